"""A clock that a test moves by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

__all__ = ["ManualClock"]


class PlannedCall:
    """A call that is planned.

    Args:
        due: when it is due.
        call: the function.
    """

    def __init__(self, due: datetime, call: Callable[[], None]) -> None:
        self.due = due
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        """Do not call."""
        self.cancelled = True

    def order(self) -> datetime:
        """Return when it is due, to sort calls."""
        return self.due


class ManualClock:
    """A clock that stands still until `advance` moves it.

    Args:
        now: the first time, with a time zone.
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
        """Wait until the clock was moved to a moment.

        Args:
            moment: when to continue.
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
        """Call a function when the clock was moved far enough.

        Args:
            seconds: from now.
            call: the function.
        """
        planned = PlannedCall(self._now + timedelta(seconds=seconds), call)
        self._planned.append(planned)
        return planned

    async def advance(self, by: timedelta, settle: Callable[[], object]) -> None:
        """Move the clock, and carry out what is due on the way, in order.

        Args:
            by: how far.
            settle: returns an awaitable that ends when what was begun has ended.
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
        """Wait until every task that was woken sleeps again or has ended."""
        while True:
            self._awake = {task for task in self._awake if not task.done()}
            if not self._awake:
                return
            self._changed.clear()
            changed = asyncio.ensure_future(self._changed.wait())
            await asyncio.wait([changed, *self._awake], return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
