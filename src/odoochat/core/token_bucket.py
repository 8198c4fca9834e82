"""Token bucket: limits how many operations may begin each second."""

from __future__ import annotations

__all__ = ["TokenBucket"]


class TokenBucket:
    """Limits the rate of operations. Times are in seconds on any monotonic clock.

    Args:
        rate: average number of operations per second.
        burst: number of operations that may begin at once after an idle period; at least 1.

    Raises:
        ValueError: the rate is not positive.
    """

    def __init__(self, rate: float, burst: float = 1.0) -> None:
        if rate <= 0.0:
            raise ValueError(f"the rate must be positive, not {rate:g}")
        self._rate = rate
        self._burst = max(1.0, burst)
        self._tokens = self._burst
        self._counted_at: float | None = None

    def take(self, now: float) -> float:
        """Take a token for one operation, on credit if none is left.

        Args:
            now: the current time.

        Returns:
            Number of seconds until the operation may begin; 0 if it may begin immediately.
        """
        if self._counted_at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._counted_at) * self._rate)
        self._counted_at = now
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._rate)
