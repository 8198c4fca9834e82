"""The bot's clock, which tests replace with one that they control."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock", "Timer"]

LONGEST_SLEEP = 60.0
"""Interval in seconds at which the time is read again, in case the system clock is changed or the machine is
suspended."""


class Timer(Protocol):
    """A scheduled call."""

    def cancel(self) -> None:
        """Cancel the call."""
        ...


class Clock(Protocol):
    """Provides the time and lets callers wait for it."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until a moment.

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
    """The system clock."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until a moment.

        Args:
            moment: the time to wait for.
        """
        # The system clock cannot notify when a time is reached.
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, LONGEST_SLEEP))

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Call a function later.

        Args:
            seconds: delay in seconds.
            call: the function to call.
        """
        return asyncio.get_running_loop().call_later(seconds, call)
