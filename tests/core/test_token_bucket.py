"""The token bucket, with times of a test."""

from __future__ import annotations

import pytest

from odoochat.core.token_bucket import TokenBucket


def test_a_burst_and_then_the_rate() -> None:
    bucket = TokenBucket(10.0, burst=2.0)
    assert [bucket.take(5.0) for _ in range(4)] == pytest.approx([0.0, 0.0, 0.1, 0.2])
    assert bucket.take(5.3) == pytest.approx(0.0)


def test_a_rest_fills_the_bucket_to_the_burst_only() -> None:
    bucket = TokenBucket(1.0, burst=2.0)
    assert [bucket.take(0.0), bucket.take(0.0)] == [0.0, 0.0]
    assert [bucket.take(100.0) for _ in range(3)] == pytest.approx([0.0, 0.0, 1.0])


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_a_rate_that_is_not_positive(rate: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        TokenBucket(rate)


@pytest.mark.parametrize("burst", [{}, {"burst": 0.5}])
def test_without_a_burst_each_operation_waits_for_the_one_before(burst: dict[str, float]) -> None:
    bucket = TokenBucket(1.0, **burst)
    assert [bucket.take(0.0) for _ in range(3)] == pytest.approx([0.0, 1.0, 2.0])
