"""Repeats read-only requests, because a different server or connection may respond."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from odoochat.core.retry import transient
from odoochat.errors import OdooChatError, TimedOut

__all__ = ["repeated"]

T = TypeVar("T")

LIMITS = (3.0, 6.0, 30.0)
"""Timeout of each attempt in seconds; short at first, because a load balancer may pick a different server next time."""

PAUSE_SECONDS = 0.1


async def repeated(ask: Callable[[], Awaitable[T]], *, limits: Sequence[float | None] = LIMITS) -> T:
    """Send a request repeatedly, once per timeout, until a response arrives.

    Args:
        ask: a function that sends the request; the request must be read-only.
        limits: timeout of each attempt in seconds; None to rely on the request's own timeout, and to make no further
            attempt if that expires.

    Returns:
        The response.

    Raises:
        OdooChatError: the error from the last attempt, or the first error that a retry cannot fix.
    """
    failed: OdooChatError = TimedOut("no attempt was allowed")
    for number, limit in enumerate(limits, 1):
        try:
            if limit is None:
                return await ask()
            async with asyncio.timeout(limit):
                return await ask()
        except TimeoutError as error:
            if limit is None:
                raise
            failed = error if isinstance(error, TimedOut) else TimedOut(f"no response within {limit:g} s")
        except OdooChatError as error:
            if not transient(error):
                raise
            failed = error
        if number < len(limits):
            await asyncio.sleep(PAUSE_SECONDS * number)
    raise failed
