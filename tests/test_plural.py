"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from odoochat.events import EventsMissed
from odoochat.plural import counted
from odoochat.render import event_line


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 replies"), (1, "1 reply"), (2, "2 replies"), (12_000, "12,000 replies")]
)
def test_only_one_takes_the_singular(number: int, words: str) -> None:
    assert counted(number, "reply", "replies") == words


def test_without_a_plural_an_s_is_added() -> None:
    assert (counted(1, "file"), counted(3, "file")) == ("1 file", "3 files")


def test_a_single_missed_event_is_one_event() -> None:
    assert "1 event was missed" in event_line(EventsMissed(count=1))
    assert "2 events were missed" in event_line(EventsMissed(count=2))
