"""Waiting for the next event of a subscription."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from odoochat.errors import TimedOut

__all__ = ["next_event"]

T = TypeVar("T")


async def next_event(events: AsyncIterator[T], timeout: float | None) -> T:
    """Wait for the next event; see `Client.events` and `Pool.events`.

    Args:
        events: the subscription.
        timeout: seconds to wait; None to wait forever.

    Returns:
        The event.

    Raises:
        TimedOut: there was none in time; later ones are not lost.
        StopAsyncIteration: the subscription is closed.
    """
    try:
        async with asyncio.timeout(timeout):
            return await anext(events)
    except TimeoutError as error:
        if isinstance(error, TimedOut):
            raise
        raise TimedOut(f"no event within {timeout:g} s") from None
