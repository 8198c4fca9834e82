"""The bot's clock, which tests can replace with a manually controlled one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["SET_BACK", "Clock", "SystemClock", "Timer"]

LONGEST_SLEEP = 60.0
"""Interval in seconds at which a waiting task rereads the system clock, in case the clock was changed or the machine
was suspended."""

SET_BACK = timedelta(hours=3)
"""Minimum backward jump that counts as the system clock being set back. As with cron, smaller corrections do not cause
repeated runs."""


class Timer(Protocol):
    """A scheduled call."""

    def cancel(self) -> None:
        """Cancel the call."""
        ...


class Clock(Protocol):
    """Provides the time, and waits until a given time."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until a given time, or until the clock is set back by `SET_BACK` or more.

        Args:
            moment: the time to wait for.
        """
        ...

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call a function later.

        Args:
            seconds: delay in seconds.
            call: the function to call.
        """
        ...


class SystemClock:
    """The system clock.

    Args:
        read: returns the time in UTC.
        longest: maximum time between two reads of the clock while waiting, in seconds.
    """

    def __init__(
        self, read: Callable[[], datetime] = lambda: datetime.now(UTC), longest: float = LONGEST_SLEEP
    ) -> None:
        self._read = read
        self._longest = longest

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._read()

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until a given time, or until the clock is set back by `SET_BACK` or more.

        Args:
            moment: the time to wait for.
        """
        # There is no way to be notified when the system clock reaches a given time.
        latest = now = self.now()
        while latest - SET_BACK < now < moment:
            await asyncio.sleep(min((moment - now).total_seconds(), self._longest))
            now = self.now()
            latest = max(latest, now)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call a function later.

        Args:
            seconds: delay in seconds.
            call: the function to call.
        """
        return asyncio.get_running_loop().call_later(seconds, call)
