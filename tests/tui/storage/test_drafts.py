"""Drafts of two screens become one, and no text is dropped because its letters occur in the other one."""

from __future__ import annotations

import pytest

from odoochat.tui.storage.drafts import Drafts


@pytest.mark.parametrize(
    ("mine", "theirs", "merged"),
    [
        ("a longer text", "on", "a longer text\non"),
        ("one\ntwo\nthree", "two", "one\ntwo\nthree"),
        ("one\ntwo", "one\ntwo\n", "one\ntwo"),
        ("one\ntwo", "two\none", "one\ntwo\ntwo\none"),
        ("", "on", "on"),
        ("on", " \n", "on"),
    ],
)
def test_the_draft_of_a_closed_screen_follows(mine: str, theirs: str, merged: str) -> None:
    open_screen, closed = Drafts(None), Drafts(None)
    open_screen.keep("1", mine)
    closed.keep("1", theirs)
    open_screen.take_over(closed)
    assert open_screen.text("1") == merged
