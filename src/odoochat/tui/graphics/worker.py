"""Runs the thread that decodes and draws images, one at a time for the whole application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

__all__ = ["PictureWorker"]

P = ParamSpec("P")
T = TypeVar("T")


class PictureWorker:
    """Runs blocking image processing in a dedicated thread.

    All images are processed in the same thread, so that an allocator with per-thread pools reuses the memory of the
    previous image.

    Attributes:
        turn: the lock to hold while processing an image.
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "odoochat-pictures")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in the thread. The caller must hold `turn`.

        Args:
            work: the function.
            args: its arguments.
            kwargs: its keyword arguments.

        Returns:
            The function's return value.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Stop the thread after its current job."""
        self._thread.shutdown(wait=False, cancel_futures=True)
