"""Repeating requests that only read, because another server or connection may answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from odoochat.core.retry import transient
from odoochat.errors import OdooChatError, TimedOut

__all__ = ["repeated"]

T = TypeVar("T")

LIMITS = (3.0, 6.0, 30.0)
"""Seconds for each try: behind a balancer the next one goes to another server, so the first ones are short."""

PAUSE_SECONDS = 0.1


async def repeated(ask: Callable[[], Awaitable[T]], *, limits: Sequence[float | None] = LIMITS) -> T:
    """Send a request until there is a response, once for each limit.

    Args:
        ask: sends the request, which must not change anything.
        limits: seconds for each try; None leaves the limit to the request, which is not repeated after a timeout.

    Returns:
        The response.

    Raises:
        OdooChatError: the error of the last try, or the first one that another try cannot avoid.
    """
    failed: OdooChatError = TimedOut("no attempt was allowed")
    for number, limit in enumerate(limits, 1):
        try:
            async with asyncio.timeout(limit):
                return await ask()
        except TimeoutError as error:
            if limit is None:
                raise
            failed = error if isinstance(error, TimedOut) else TimedOut(f"no answer within {limit:g} s")
        except OdooChatError as error:
            if not transient(error):
                raise
            failed = error
        if number < len(limits):
            await asyncio.sleep(PAUSE_SECONDS * number)
    raise failed
