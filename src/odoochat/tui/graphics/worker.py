"""The thread that decodes and draws pictures, one at a time in the whole application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

__all__ = ["PictureWorker"]

P = ParamSpec("P")
T = TypeVar("T")


class PictureWorker:
    """Runs blocking work on pictures in a thread of its own.

    All work uses the same thread, so that an allocator with a pool for each thread reuses the memory of the previous
    picture.

    Attributes:
        turn: the lock to hold while working on a picture.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "odoochat-pictures")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in the thread; `turn` must be held.

        Args:
            work: the function.
            args: its arguments.
            kwargs: its keyword arguments.

        Returns:
            What it returns.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """End the thread when its work is done."""
        self._thread.shutdown(wait=False, cancel_futures=True)
