"""The sandbox's clock: the system clock plus an offset that tests can change."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["MovableClock"]


class MovableClock:
    """A clock that runs at the same speed as another clock, with an adjustable offset.

    Args:
        base: returns the current time as a Unix timestamp.

    Attributes:
        ahead: offset from the base clock, in seconds; negative if behind.
    """

    def __init__(self, base: Callable[[], float] = time.time) -> None:
        self._base = base
        self.ahead = 0.0

    def __call__(self) -> float:
        """Return the current time as a Unix timestamp."""
        return self._base() + self.ahead

    def advance(self, seconds: float) -> None:
        """Move the clock.

        Args:
            seconds: number of seconds to move forward; negative to move back.
        """
        self.ahead += seconds
