"""Rate limiter for incoming webhooks, with one token bucket per key and a default rate per minute."""

from __future__ import annotations

from collections.abc import Callable

from odoochat.core.last_known import LastKnown

__all__ = ["PER_MINUTE", "RateLimit"]

PER_MINUTE = 60.0
"""Default number of messages per minute for one token."""

MOST_KEYS = 10_000


class RateLimit:
    """Token buckets by key. The least recently used bucket is evicted first; its key then starts over with a full one.

    Args:
        per_minute: tokens added per minute.
        burst: size of a bucket.
        clock: returns the time in seconds, counted from an arbitrary point.
    """

    def __init__(self, per_minute: float, burst: int, clock: Callable[[], float]) -> None:
        self._rate = per_minute / 60
        self._burst = float(burst)
        self._clock = clock
        self._buckets: LastKnown[str, tuple[float, float]] = LastKnown(MOST_KEYS)

    def take(self, key: str) -> float:
        """Take a token from a bucket.

        Args:
            key: the bucket's key.

        Returns:
            0 if a token was available, otherwise the number of seconds until the next one.
        """
        now = self._clock()
        tokens, since = self._buckets.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._buckets[key] = (tokens - 1 if wait == 0 else tokens, now)
        return wait
