"""Texts from the network become safe to show, alone and in pieces."""

from __future__ import annotations

import pytest

from odoochat.wire.content.sanitize import safe_pieces, safe_text


def test_safe_pieces_are_returned_as_they_are() -> None:
    pieces = ["one ", "two"]
    assert safe_pieces(pieces) is pieces


@pytest.mark.parametrize(
    ("pieces", "safe"),
    [
        (["a\r", "\nb"], ["a\n", "b"]),  # a line end across two pieces belongs to the first
        (["a\x1b", "[31mb", "c"], ["a", "b", "c"]),
        (["a\x1b[3", "1", "mb"], ["a", "", "b"]),
        (["\x00a", "\u202eb\ud800"], ["a", "b\ufffd"]),
        (["", "\x07", ""], ["", "", ""]),
    ],
)
def test_unsafe_characters_are_removed_from_the_piece_that_holds_them(pieces: list[str], safe: list[str]) -> None:
    assert safe_pieces(pieces) == safe
    assert "".join(safe) == safe_text("".join(pieces))
