"""Limits how often a key may do something: a token bucket for each key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

__all__ = ["RateLimit"]

MOST_KEYS = 10_000


class RateLimit:
    """Token buckets. A key that was not seen for long is forgotten, which gives it a full bucket.

    Args:
        per_minute: number of times a minute.
        burst: number of times at once.
        clock: returns the time in seconds, from any start.
    """

    def __init__(self, per_minute: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one token.

        Args:
            key: whose token.

        Returns:
            0 when there was one, else the seconds until there is one.
        """
        now = self._clock()
        tokens, since = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._buckets[key] = (tokens - 1 if wait == 0 else tokens, now)
        if len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)
        return wait
