"""The clock of a sandbox: that of the machine, which a test moves."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["MovableClock"]


class MovableClock:
    """A clock that goes as fast as another one, ahead of it or behind it.

    Args:
        base: returns the current time, in seconds since 1970.

    Attributes:
        ahead: how far it is ahead, in seconds.
    """

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self.ahead = 0.0

    def __call__(self) -> float:
        """Return the time, in seconds since 1970."""
        return self._base() + self.ahead

    def advance(self, seconds: float) -> None:
        """Move the clock.

        Args:
            seconds: how far; negative moves it back.
        """
        self.ahead += seconds
