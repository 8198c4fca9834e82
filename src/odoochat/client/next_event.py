"""Next event: waits for the next event from a subscription."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

from odoochat.net.time_limit import time_limit

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
        TimedOut: no event arrived in time; later events are not lost.
        StopAsyncIteration: the subscription is closed.
    """
    async with time_limit(timeout, lambda: f"no event within {timeout:g} s"):
        return await anext(events)
