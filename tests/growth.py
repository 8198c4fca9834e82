"""How the processor time of a function grows with its input: a ratio, so that slow and busy machines agree."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

FACTOR = 8
LEAST_SECONDS = 0.004  # for the large input: below, the clock measures itself
TRIES = 12  # only a failure takes all; a neighbour on the machine may slow some of them


def grows_linearly(feed: Callable[[str], object], make: Callable[[int], str], size: int = 5_000) -> bool:
    """Whether eight times the input takes far less than the 64 times as long of a quadratic function.

    Args:
        feed: the function to be measured.
        make: returns an input of about so many characters.
        size: of the small input; the large one has eight times as many.
    """
    small, large = make(size), make(size * FACTOR)
    times: list[tuple[float, float]] = []
    for _ in range(TRIES):
        times.append((_seconds(feed, small), _seconds(feed, large)))
        quickest = [min(column) for column in zip(*times, strict=True)]
        if quickest[1] < 3 * max(FACTOR * quickest[0], LEAST_SECONDS):
            return True
    print(f"seconds for the small and the large input: {times}")  # shown if the test fails
    return False


def _seconds(feed: Callable[[str], object], given: str) -> float:
    gc.collect(0)
    start = time.process_time()
    feed(given)
    return time.process_time() - start
