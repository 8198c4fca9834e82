"""Holes: tracks gaps in the notification ids, and decides when to check for messages because of them.

Odoo 16 queries its bus for ids above the last one that it sent on a WebSocket. A row gets its id on insert but becomes
visible on commit, so if a row is committed after a row with a higher id was sent, it is never sent. The client sees
this as a hole in the ids. Most holes are harmless (rows for other users), so the client checks for messages a few times
while a hole is recent. Without notifications there are no checks, and checks that find nothing become less frequent.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Holes"]


class Holes:
    """Tracks holes in the bus ids that one client receives. Times are in seconds on any monotonic clock.

    Args:
        first: seconds from the hole to the first check.
        every: seconds between checks.
        young: how long a hole triggers checks, in seconds. The sweep finds messages from longer transactions.
        idle: the interval doubles each time this many consecutive checks have found nothing.
        slowest: upper bound of the interval, in seconds.
    """

    def __init__(
        self, *, first: float = 1.0, every: float = 2.0, young: float = 30.0, idle: int = 100, slowest: float = 15.0
    ) -> None:
        self._first = first
        self._every = every
        self._young = young
        self._idle = idle
        self._slowest = slowest
        self._top = 0
        self._since: float | None = None
        self._waiting: float | None = None
        self._looked = float("-inf")
        self._fruitless = 0

    def received(self, ids: Iterable[int], now: float) -> None:
        """Record the ids that the server sent, in any order."""
        for number in sorted(ids):
            if 0 < self._top < number - 1:
                self._since = now
                self._waiting = now if self._waiting is None else self._waiting
            if number > self._top:
                self._top = number

    def due(self, now: float) -> float | None:
        """Return the number of seconds until the next check, or None if none is needed."""
        if self._since is None or now - self._since > self._young:
            return None
        pace = min(self._slowest, self._every * 2.0 ** (self._fruitless // self._idle))
        at = self._looked + pace
        if self._waiting is not None:
            at = max(at, self._waiting + self._first)
        return max(0.0, at - now)

    def looked(self, found: int, now: float) -> None:
        """Record that a check was made.

        Args:
            found: number of messages found.
            now: the time, in seconds on any monotonic clock.
        """
        self._looked = now
        self._waiting = None
        self._fruitless = 0 if found else self._fruitless + 1

    def forget(self) -> None:
        """Forget all holes, because the server's ids have started over."""
        self._top, self._since, self._waiting = 0, None, None
