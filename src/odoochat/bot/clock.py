"""The clock of a bot: the time, and waiting for it. Tests pass one that they move by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "Timer"]

LONGEST_SLEEP = 60.0
"""Seconds after which the time is read again, because the system's clock may be set, and sleeps with the machine."""


class Timer(Protocol):
    """A call that is planned."""

    def cancel(self) -> None:
        """Do not call."""
        ...


class Clock(Protocol):
    """The time, and waiting for it."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Wait.

        Args:
            moment: when to continue.
        """
        ...

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call a function later.

        Args:
            seconds: to wait.
            call: the function.
        """
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Wait.

        Args:
            moment: when to continue.
        """
        # The clock of the machine has no event for a time.
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, LONGEST_SLEEP))

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call a function later.

        Args:
            seconds: to wait.
            call: the function.
        """
        return asyncio.get_running_loop().call_later(seconds, call)
