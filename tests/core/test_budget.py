"""The budget of frames: never more in a window than the server allows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from odoochat.core.budget import FrameBudget


@given(st.lists(st.floats(0, 1.0), min_size=1, max_size=200))
def test_never_more_than_six_frames_in_two_seconds(pauses):
    budget, now, sent = FrameBudget(), 0.0, []
    for pause in pauses:
        now += pause
        while wait := budget.wait(now):
            assert 0 < wait <= 2.2
            now += wait
        sent.append(now)
    for at in sent:
        assert sum(at - 2.0 < other <= at for other in sent) <= 6


def test_a_budget_that_is_spent_says_for_how_long() -> None:
    budget = FrameBudget(frames=2, window=2.0)
    assert [budget.wait(0.0), budget.wait(0.5), budget.wait(0.5), budget.wait(1.5)] == [0.0, 0.0, 1.5, 0.5]
    assert [budget.wait(2.0), budget.wait(2.0)] == [0.0, 0.5]
