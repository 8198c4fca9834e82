"""The token bucket: how many operations may begin each second."""

from __future__ import annotations

__all__ = ["TokenBucket"]


class TokenBucket:
    """Limits how often something begins; times are seconds of any steady clock.

    Args:
        rate: operations per second, on average.
        burst: operations that may begin at once after a rest; at least 1.

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
        """Take the token of one operation, on credit when there is none.

        Args:
            now: the time.

        Returns:
            Seconds until the operation may begin; 0 when it may begin at once.
        """
        if self._counted_at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._counted_at) * self._rate)
        self._counted_at = now
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._rate)
