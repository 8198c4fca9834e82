"""SortedIds behaves like a sorted set, whatever is added and removed in which order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.sorted_ids import SLACK, SortedIds

IDS = st.integers(1, 30)


@given(st.lists(st.tuples(st.booleans(), IDS)))
def test_it_counts_as_a_set_does(steps: list[tuple[bool, int]]) -> None:
    ids, expected = SortedIds(), set[int]()
    for adds, number in steps:
        if adds and number not in expected:
            ids.add(number)
            expected.add(number)
        elif not adds:
            ids.discard(number)
            expected.discard(number)
        assert len(ids) == len(expected)
        for first in range(32):
            assert ids.count_from(first) == sum(number >= first for number in expected)


def test_removing_the_lowest_keeps_the_rest() -> None:
    ids = SortedIds()
    for number in range(4 * SLACK):
        ids.add(number)
    for number in range(3 * SLACK):
        ids.discard(number)
        assert len(ids) == 4 * SLACK - number - 1
        assert ids.count_from(0) == len(ids)
    ids.add(1)
    ids.discard(3 * SLACK)
    assert ids.count_from(0) == SLACK
    assert ids.count_from(2) == SLACK - 1
