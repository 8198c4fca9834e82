"""The rate limiter of incoming webhooks: a token bucket for each key, and the default rate (`PER_MINUTE`)."""

from __future__ import annotations

from collections.abc import Callable

from odoochat.core.last_known import LastKnown

__all__ = ["PER_MINUTE", "RateLimit"]

PER_MINUTE = 60.0
"""Messages that one token may post in a minute, unless the caller sets another rate."""

MOST_KEYS = 10_000


class RateLimit:
    """Token buckets. The key that was used least recently is forgotten first; it starts again with a full bucket.

    Args:
        per_minute: tokens that are added per minute.
        burst: size of a bucket.
        clock: returns the time in seconds, from any start.
    """

    def __init__(self, per_minute: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._buckets: LastKnown[str, tuple[float, float]] = LastKnown(MOST_KEYS)

    def take(self, key: str) -> float:
        """Take one token.

        Args:
            key: whose token.

        Returns:
            0 when there was one, else the seconds until there is one.
        """
        now = self._clock()
        tokens, since = self._buckets.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._buckets[key] = (tokens - 1 if wait == 0 else tokens, now)
        return wait
