"""Time limits whose end is an error of the library."""

from __future__ import annotations

import asyncio

import pytest

from odoochat.errors import TimedOut
from odoochat.net.time_limit import time_limit


async def test_the_end_of_the_time_is_an_error_of_the_library() -> None:
    with pytest.raises(TimedOut, match="nothing came"):
        async with time_limit(0.0, lambda: "nothing came"):
            await asyncio.Event().wait()


async def test_an_error_of_the_block_stays_as_it_is() -> None:
    with pytest.raises(TimedOut, match="its own"):
        async with time_limit(10.0, lambda: "nothing came"):
            raise TimedOut("its own")
    with pytest.raises(StopAsyncIteration):
        async with time_limit(None, lambda: "nothing came"):
            raise StopAsyncIteration
