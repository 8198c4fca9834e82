"""Ids that were seen: each is new once, the oldest are forgotten first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.seen import Seen


@given(st.lists(st.integers(0, 50)))
def test_an_id_is_new_once(numbers):
    seen, known = Seen(1000), set()
    for number in numbers:
        assert seen.add(number) == (number not in known)
        known.add(number)


def test_seen_is_bounded_and_forgets_the_oldest():
    seen = Seen(3, [1, 2, 3, 4])
    assert list(seen) == [2, 3, 4]
    assert 1 not in seen
    seen.discard(3)
    assert len(seen) == 2


@given(st.integers(1, 8), st.lists(st.integers(0, 12)))
def test_seen_keeps_the_newest_ids(capacity: int, added: list[int]) -> None:
    seen = Seen(capacity)
    kept: list[int] = []
    for number in added:
        assert seen.add(number) is (number not in kept)
        if number not in kept:
            kept.append(number)
        if len(kept) > capacity + capacity // 4:
            kept = kept[-capacity:]
        assert list(seen) == kept
        assert len(seen) == len(kept)
    for number in range(13):
        assert (number in seen) is (number in kept)


def test_discarded_ids_are_new_again() -> None:
    seen = Seen(5, [1, 2, 3])
    seen.discard(2)
    seen.discard(9)
    assert list(seen) == [1, 3]
    assert seen.add(2)
    seen.clear()
    assert not len(seen)
    assert 1 not in seen
