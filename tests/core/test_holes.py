"""When a hole in the bus ids is a reason to look, and how often."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.holes import Holes


def looks(holes: Holes, arrivals: dict[float, list[int]], until: float, found: int = 0) -> list[float]:
    """The times of the looks, when frames with those ids arrive at those times."""
    now, made = 0.0, []
    times = sorted(arrivals)
    while now <= until:
        due = holes.due(now)
        coming = times[0] if times else until + 1.0
        if due is not None and now + due < coming:
            now += due
            if now > until:
                break
            made.append(now)
            holes.looked(found, now)
        elif times:
            now = times.pop(0)
            holes.received(arrivals[now], now)
        else:
            break
    return made


def test_ids_without_a_hole_are_no_reason_to_look() -> None:
    assert looks(Holes(), {0.0: [5], 1.0: [6, 7], 9.0: [8]}, 1000.0) == []


def test_the_first_id_is_no_hole() -> None:
    assert looks(Holes(), {0.0: [5000]}, 1000.0) == []


def test_a_row_of_a_young_hole_is_found_within_three_seconds_of_its_commit() -> None:
    made = looks(Holes(), {0.0: [5], 10.0: [7]}, 1000.0)
    assert made[0] <= 12.0
    assert all(later - earlier <= 3.0 for earlier, later in itertools.pairwise(made))
    assert 37.0 <= made[-1] <= 42.0, "and no more when it is old"


def test_holes_that_never_end_do_not_keep_the_looks_away() -> None:
    busy = {n / 4: [n * 3] for n in range(1, 400)}
    made = looks(Holes(), busy, 20.0, found=1)
    assert made[0] < 2.0
    assert all(later - earlier <= 3.0 for earlier, later in itertools.pairwise(made))


def test_a_busy_server_is_asked_ever_less_while_nothing_is_found() -> None:
    busy = {n / 4: [n * 3] for n in range(1, 4800)}
    made = looks(Holes(idle=30), busy, 1200.0)
    assert len([at for at in made if at > 600.0]) <= 600 / 14
    found = looks(Holes(), busy, 60.0, found=1)
    assert len(found) > 25, "a look that finds something makes the next ones quick"


def test_a_restored_database_begins_anew() -> None:
    holes = Holes()
    holes.received([5, 9], 0.0)
    holes.forget()
    assert holes.due(0.0) is None
    holes.received([1], 1.0)
    assert holes.due(1.0) is None


@given(st.lists(st.lists(st.integers(1, 40), max_size=5), max_size=12))
def test_there_is_a_reason_exactly_when_an_id_was_passed_over(frames: list[list[int]]) -> None:
    holes, seen, passed = Holes(), 0, False
    for frame in frames:
        holes.received(frame, 0.0)
        for number in sorted(frame):
            passed = passed or 0 < seen < number - 1
            seen = max(seen, number)
    assert (holes.due(0.0) is not None) == passed


def test_the_first_look_comes_a_second_after_the_first_hole() -> None:
    holes = Holes()
    holes.received([5, 9], 10.0)
    holes.received([15], 10.5)
    assert holes.due(10.5) == 0.5
    assert holes.due(12.0) == 0.0
    assert holes.due(40.5) is not None
    assert holes.due(40.6) is None


def test_the_interval_doubles_after_each_hundred_looks_without_a_result() -> None:
    holes = Holes()
    holes.received([5, 9], 0.0)
    paces = []
    for look in range(401):
        holes.looked(0, 0.0)
        if look in (98, 99, 198, 199, 298, 299, 398, 399):
            paces.append(holes.due(0.0))
    assert paces == [2.0, 4.0, 4.0, 8.0, 8.0, 15.0, 15.0, 15.0]
    holes.looked(1, 0.0)
    assert [holes.due(0.0), holes.due(1.5)] == [2.0, 0.5]
    for _ in range(99):
        holes.looked(0, 0.0)
    assert holes.due(0.0) == 2.0, "a result begins the count again"
    holes.looked(0, 0.0)
    assert holes.due(0.0) == 4.0
