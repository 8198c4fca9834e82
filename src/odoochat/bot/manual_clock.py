"""A clock that tests advance manually."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

__all__ = ["ManualClock"]


class PlannedCall:
    """A scheduled call.

    Args:
        due: the time of the call.
        call: the function to call.
    """

    def __init__(self, due: datetime, call: Callable[[], None]) -> None:
        self.due = due
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        """Cancel the call."""
        self.cancelled = True

    def order(self) -> datetime:
        """Return the due time as the sort key."""
        return self.due


class ManualClock:
    """A clock that changes only through `advance`.

    Args:
        now: the initial time, with a time zone.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._planned: list[PlannedCall] = []
        self._awake: set[asyncio.Task[object]] = set()
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until the clock reaches a given time.

        Args:
            moment: the time to wait for.
        """
        task = asyncio.current_task()
        woken = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if task is not None:
                self._awake.add(task)
            if not woken.done():
                woken.set_result(None)

        planned = PlannedCall(moment, wake)
        self._planned.append(planned)
        if task is not None:
            self._awake.discard(task)
        self._changed.set()
        try:
            await woken
        finally:
            planned.cancel()

    def call_later(self, seconds: float, call: Callable[[], None]) -> PlannedCall:
        """Call a function once the clock has advanced far enough.

        Args:
            seconds: delay in seconds.
            call: the function to call.
        """
        planned = PlannedCall(self._now + timedelta(seconds=seconds), call)
        self._planned.append(planned)
        return planned

    async def advance(self, by: timedelta, settle: Callable[[], object]) -> None:
        """Advance the clock, running due calls in order.

        Args:
            by: the time to advance by.
            settle: returns an awaitable that completes once all started work has finished.
        """
        end = self._now + by
        while True:
            self._planned = [each for each in self._planned if not each.cancelled]
            planned = sorted((each for each in self._planned if each.due <= end), key=PlannedCall.order)
            if not planned:
                break
            due = planned[0]
            self._planned.remove(due)
            self._now = max(self._now, due.due)
            due.call()
            await self.quiet()
            waiting = settle()
            if asyncio.iscoroutine(waiting):
                await waiting
        self._now = end

    async def quiet(self) -> None:
        """Wait until every woken task is sleeping again or has ended."""
        while True:
            self._awake = {task for task in self._awake if not task.done()}
            if not self._awake:
                return
            self._changed.clear()
            changed = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait([changed, *self._awake], return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
