"""Time slice: keeps the event loop responsive during long processing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["PARTS", "TimeSlice"]

PARTS = 8
"""Number of parts of a job to process between checks of the clock."""


class TimeSlice:
    """Limits how long one job occupies the event loop at a time.

    Awaiting a result that is already available does not yield to the event loop, so a job that processes thousands of
    received frames or rows would block everything else until it is done.

    Args:
        seconds: CPU time that the job may use per slice. Wall-clock time would be too strict on a busy machine, where
            the job would spend more time waiting than running.
        pause: seconds to leave for other tasks between slices. Handling a key press takes many iterations of
            the event loop, so yielding for a single iteration is not enough.
        clock: a function that returns the thread's CPU time, in seconds.
    """

    __slots__ = ("_begun", "_clock", "_parts", "_pause", "_seconds")

    def __init__(
        self, seconds: float = 0.008, pause: float = 0.002, clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._seconds = seconds
        self._pause = pause
        self._clock = clock
        self._begun: float | None = None
        self._parts = 0

    async def share(self) -> None:
        """Pause if the current slice is used up. Await this before each small part of the job."""
        if self.is_over():
            await self.pause()

    def is_over(self) -> bool:
        """Count one part of the job and return whether to await `pause` before processing that part.

        Use this for parts that take less time than awaiting `share`.
        """
        if self._begun is None:
            self._begun, self._parts = self._clock(), 0
            # The next iteration of the event loop starts a new slice, whatever triggered it.
            asyncio.get_running_loop().call_soon(self._end)
            return False
        self._parts += 1
        # Reading the clock may take longer than a part.
        return self._parts % PARTS == 0 and self._clock() - self._begun >= self._seconds

    def is_used_up(self) -> bool:
        """Return whether to await `pause`, reading the clock at once. Call this every `PARTS` parts."""
        if self._begun is None:
            return self.is_over()
        return self._clock() - self._begun >= self._seconds

    async def pause(self) -> None:
        """Give other tasks time to run."""
        await asyncio.sleep(self._pause)

    def _end(self) -> None:
        self._begun = None
