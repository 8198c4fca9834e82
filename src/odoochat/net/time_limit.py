"""Time limit: a timeout that raises one of this library's errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from odoochat.errors import TimedOut

__all__ = ["time_limit"]


@asynccontextmanager
async def time_limit(seconds: float | None, text: Callable[[], str]) -> AsyncGenerator[None]:
    """Limit how long a block may take.

    Args:
        seconds: the time limit, or None for no limit.
        text: a function that returns the error message.

    Raises:
        TimedOut: the time limit was exceeded, or the block itself raised this error.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        if isinstance(error, TimedOut):
            raise
        raise TimedOut(text()) from None
