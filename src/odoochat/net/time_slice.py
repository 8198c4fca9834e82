"""Time slice: lets other work of the event loop run while very much is processed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["PARTS", "TimeSlice"]

PARTS = 8
"""Number of parts of a job after which the time is looked at."""


class TimeSlice:
    """Limits how long one job keeps the event loop at a time.

    Awaiting something that is there already does not return to the event loop: a job that processes thousands of
    frames or rows that have arrived would stop everything else until it is done.

    Args:
        seconds: processor time that the job may use in one turn of the event loop. On a busy machine little may be done
            in a moment of the clock, and the job would wait more than it works.
        pause: seconds that it then leaves to others. Answering a key takes many turns of the event loop, so a single
            turn is not enough.
        clock: returns the processor time of the thread, in seconds.
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
        """Return at once within the slice, else after a pause; to be awaited before each small part of the job."""
        if self.is_over():
            await self.pause()

    def is_over(self) -> bool:
        """Count one part of the job; return whether `pause` is to be awaited before it.

        For parts that take less time than awaiting `share` does.
        """
        if self._begun is None:
            self._begun, self._parts = self._clock(), 0
            # The next turn of the event loop begins a new slice, whatever let it begin.
            asyncio.get_running_loop().call_soon(self._end)
            return False
        self._parts += 1
        # Asking for the time may take longer than a part.
        return self._parts % PARTS == 0 and self._clock() - self._begun >= self._seconds

    async def pause(self) -> None:
        """Leave time to others."""
        await asyncio.sleep(self._pause)

    def _end(self) -> None:
        self._begun = None
