"""Backoff: how long to wait before each retry; a client's values are in `odoochat.client.timing`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

__all__ = ["backoff"]


def backoff(
    random: Callable[[], float], *, base: float = 1.0, factor: float = 2.0, cap: float = 60.0
) -> Iterator[float]:
    """Yield the number of seconds to wait before each retry, using full jitter up to a growing limit.

    Args:
        random: a function that returns numbers between 0 and 1.
        base: the first limit, in seconds.
        factor: multiplies the limit after each retry.
        cap: the highest limit, in seconds.
    """
    limit = base
    while True:
        yield random() * limit
        limit = min(cap, limit * factor)
