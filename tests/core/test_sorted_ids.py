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


@given(st.sets(IDS), st.lists(st.lists(IDS, unique=True)))
def test_many_are_removed_as_one_by_one(numbers: set[int], removals: list[list[int]]) -> None:
    ids = SortedIds()
    for number in numbers:
        ids.add(number)
    for removed in removals:
        for these in (removed, sorted(numbers)[: len(removed)]):  # any ids, and the lowest ones
            ids.discard_all(these)
            numbers = numbers - {*these}
            for first in range(32):
                assert ids.count_from(first) == sum(number >= first for number in numbers)


def test_removing_many_of_the_lowest_keeps_the_rest() -> None:
    ids = SortedIds()
    for number in range(4 * SLACK):
        ids.add(number)
    for first in range(0, 3 * SLACK, 100):
        ids.discard_all(list(range(first, first + 100)))
        assert len(ids) == ids.count_from(0) == ids.count_from(first + 100) == 4 * SLACK - first - 100
