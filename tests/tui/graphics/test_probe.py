"""What terminals answer, as it was seen on them, and what is made of it."""

from __future__ import annotations

import pytest

from odoochat.tui.graphics.draw import PictureMode
from odoochat.tui.graphics.probe import PATIENCE, ProbeReader, TerminalInfo, may_ask
from odoochat.tui.graphics.terminal import mode_for

# Of XTVERSION, the cell's size and DA1, in this order; recorded of xterm, mlterm, Konsole and the newer kitty.
XTERM = "\x1bP>|XTerm(379)\x1b\\\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c"
XTERM_340 = "\x1bP>|XTerm(379)\x1b\\\x1b[?63;1;2;4;6;9;15;16;22;28c"
MLTERM = "\x1b[6;22;10t\x1b[?63;1;2;3;4;6;7;15;18;22;29c"
KITTY = "\x1bP>|kitty(0.41.1)\x1b\\\x1b[6;17;8t\x1b[?62;c"
OLD_KITTY = "\x1bP>|kitty(0.26.5)\x1b\\\x1b[6;17;8t\x1b[?62;c"
KONSOLE = "\x1bP>|Konsole 22.12.3\x1b\\\x1b[6;18;8t\x1b[?62;1;4c"
GHOSTTY = "\x1bP>|ghostty 1.1.3\x1b\\\x1b[6;34;16t\x1b[?62;22c"
FOOT = "\x1bP>|foot(1.13.1)\x1b\\\x1b[6;20;10t\x1b[?62;4;22c"
TMUX = "\x1bP>|tmux 3.4\x1b\\\x1b[?1;2;4c"
PLAIN = "\x1b[?6c"
ANSWERS = (XTERM, XTERM_340, MLTERM, KONSOLE, KITTY, OLD_KITTY, GHOSTTY, FOOT, TMUX, PLAIN)


def received(answer: str) -> TerminalInfo:
    told: list[TerminalInfo] = []
    assert ProbeReader(told.append).feed(answer) == ""
    assert len(told) == 1
    return told[0]


def test_terminals_are_known_by_their_answers() -> None:
    assert received(XTERM) == TerminalInfo("xterm", (379,), False, None)
    assert received(XTERM_340) == TerminalInfo("xterm", (379,), True, None)
    assert received(MLTERM) == TerminalInfo("", (), True, (10, 22))
    assert received(KITTY) == TerminalInfo("kitty", (0, 41, 1), False, (8, 17))
    assert received(GHOSTTY) == TerminalInfo("ghostty", (1, 1, 3), False, (16, 34))
    assert received(FOOT) == TerminalInfo("foot", (1, 13, 1), True, (10, 20))
    assert received(PLAIN) == TerminalInfo()


@pytest.mark.parametrize("answer", ANSWERS)
def test_keys_pass_wherever_an_answer_is_torn(answer: str) -> None:
    whole = f"ab{answer}é\x1b[A"
    for at in range(len(whole) + 1):
        told: list[TerminalInfo] = []
        answers = ProbeReader(told.append)
        keys = answers.feed(whole[:at])
        if whole[:at][-1:] != "\x1b":
            keys += answers.feed("")
        keys += answers.feed(whole[at:]) + answers.feed("")
        assert keys == "abé\x1b[A"
        assert told[-1:] == [received(answer)]


def test_a_key_that_looks_like_an_answer_is_held_for_a_moment_alone() -> None:
    answers = ProbeReader(lambda _: None)
    for key in ("\x1b", "\x1bP", "\x1b[6"):
        assert answers.feed(key) == ""
        waits = 0
        while not (given := answers.feed("")):
            waits += 1
        assert given == key
        assert waits == (0 if key == "\x1b" else PATIENCE)
        assert answers.feed("") == ""
    assert answers.feed("\x1b") + answers.feed("[A") == "\x1b[A"
    assert answers.feed("\x1b[?2026;2$y") == "\x1b[?2026;2$y"
    answers.feed(PLAIN)
    assert answers.feed("\x1b") == "\x1b"


def test_what_is_answered_later_is_read_as_well() -> None:
    told: list[TerminalInfo] = []
    answers = ProbeReader(told.append)
    answers.feed(XTERM)
    assert answers.feed("x\x1b[?1;0;1024Sy") == "xy"
    assert answers.feed("\x1b[6;19;9t") == ""
    assert answers.feed("\x1b[6;19;9t") == ""
    assert [(t.registers, t.cell) for t in told] == [(None, None), (1024, None), (1024, (9, 19))]


@pytest.mark.parametrize("rubbish", ["\x1b[6;0;0t", "\x1b[?1;3;0S", "\x1b[?1;3S", "\x1bP>|\x1b\\", "\x1bP>|1.2\x1b\\"])
def test_empty_answers_tell_nothing(rubbish: str) -> None:
    assert received(rubbish + PLAIN) == TerminalInfo()


def test_a_picture_is_drawn_as_well_as_the_terminal_can() -> None:
    kinds = {a: mode_for("auto", received(a)).kind for a in ANSWERS}
    assert kinds == {
        XTERM: "blocks",
        XTERM_340: "sixel",
        KONSOLE: "sixel",
        MLTERM: "sixel",
        KITTY: "kitty",
        OLD_KITTY: "blocks",
        GHOSTTY: "kitty",
        FOOT: "sixel",
        TMUX: "blocks",
        PLAIN: "blocks",
    }
    assert mode_for("auto", TerminalInfo()) == PictureMode("blocks")
    assert mode_for("blocks", received(KITTY)) == PictureMode("blocks")
    assert mode_for("off", received(KITTY)) == PictureMode("off")
    assert mode_for("sixel", received(PLAIN)) == PictureMode("sixel", (10, 20), 255)
    assert mode_for("sixel", TerminalInfo(registers=16, cell=(9, 19))) == PictureMode("sixel", (9, 19), 15)
    assert mode_for("kitty", TerminalInfo()).kind == "kitty"


def test_only_a_terminal_that_may_show_pictures_is_asked() -> None:
    assert may_ask({"TERM": "xterm-256color"})
    assert may_ask({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"})
    for without in (
        {},
        {"TERM": "dumb"},
        {"TERM": "linux"},
        {"TERM": "tmux-256color"},
        {"TERM": "screen"},
        {"TERM": "xterm", "TMUX": "/tmp/tmux,1,0"},
        {"TERM": "xterm", "STY": "1.pts"},
        {"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"},
        {"TERM": "xterm-kitty", "NO_COLOR": "1"},
    ):
        assert not may_ask(without), without
