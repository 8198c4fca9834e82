"""Probes the terminal: extracts its responses to queries from the keyboard input; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

__all__ = ["CELL", "COLOURS", "QUERY", "ProbeReader", "TerminalInfo", "may_ask"]

CELL = "\x1b[16t"
"""XTWINOPS 16: the size of a cell in pixels (xterm's ctlseqs)."""

COLOURS = "\x1b[?1;1;0S"
"""XTSMGRAPHICS: the maximum number of colours in a sixel image (xterm's ctlseqs)."""

QUERY = f"\x1b[>0q{CELL}\x1b[c"
"""Queries for XTVERSION, the cell size and DA1. Every terminal responds to DA1, so its response marks the end.

All are CSI sequences, because terminals ignore unknown ones (ECMA-48), but some print an unknown APC or DCS.
"""

PATIENCE = 9
"""Number of pauses to wait for the rest of a response. The driver reads ten times per second, so this is one second."""

_ANSWER = re.compile(
    "\x1bP>\\|(?P<name>[^\x1b\x07]{0,100}+)(?:\x1b\\\\|\x07)"
    "|\x1b\\[6;(?P<height>\\d{1,4}+);(?P<width>\\d{1,4}+)t"
    "|\x1b\\[\\?1;(?P<status>\\d{1,2}+)(?:;(?P<registers>\\d{1,9}+))?S"
    "|\x1b\\[\\?(?P<attributes>[\\d;]{1,100})c"
)
# The start of a response at the end of the input.
_BEGUN = re.compile("\x1b(?:P(?:>(?:\\|[^\x1b\x07]{0,100}\x1b?)?)?|\\[(?:[?6][\\d;]{0,100})?)?\\Z")
_NAME = re.compile(r"([a-z][a-z.-]*)\W*(\d+(?:\.\d+)*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TerminalInfo:
    """A terminal's responses.

    Attributes:
        name: the terminal's name in lower case; an empty string if unknown.
        version: the components of the terminal's version number.
        sixel: whether the terminal supports sixels.
        cell: cell width and height in pixels; None if unknown.
        registers: maximum number of colours in a sixel image; None if unknown.
    """

    name: str = ""
    version: tuple[int, ...] = ()
    sixel: bool = False
    cell: tuple[int, int] | None = None
    registers: int | None = None


class ProbeReader:
    """Reads the input from a terminal to which queries were sent.

    Args:
        on_answer: a function that `feed` calls once the terminal has responded to all queries, and on each later
            response.
    """

    def __init__(self, on_answer: Callable[[TerminalInfo], None]) -> None:
        self._on_answer = on_answer
        self._terminal = TerminalInfo()
        self._held = ""
        self._waited = 0
        self._complete = False

    def feed(self, text: str) -> str:
        """Process input and return the keys that it contains.

        Args:
            text: the input; empty after a pause. A possible response that stays incomplete is treated as keys: a lone
                Esc after one pause, longer input after `PATIENCE` pauses.
        """
        if text or self._held == "\x1b":
            self._waited = 0
        elif self._held and self._waited < PATIENCE:
            self._waited += 1
            return ""
        came, text, self._held = bool(text), self._held + text, ""
        if "\x1b" not in text:
            return text
        before = self._terminal, self._complete
        text = _ANSWER.sub(self._take, text)
        if self._complete and (self._terminal, True) != before:
            self._on_answer(self._terminal)
        # After the last response, Esc is never held back, because later responses arrive in one piece.
        if came and not self._complete and (begun := _BEGUN.search(text)):
            text, self._held = text[: begun.start()], begun[0]
        return text

    def _take(self, found: re.Match[str]) -> str:
        terminal = self._terminal
        if found["attributes"] is not None:
            # DA1: 4 means sixels (xterm's ctlseqs). The level comes first; kitty's list is empty: "62;".
            self._complete = True
            terminal = replace(terminal, sixel="4" in found["attributes"].split(";")[1:])
        elif found["width"] is not None:
            width, height = int(found["width"]), int(found["height"])
            terminal = replace(terminal, cell=(width, height) if width and height else None)
        elif found["status"] is not None:
            good = found["status"] == "0" and found["registers"]
            terminal = replace(terminal, registers=int(found["registers"]) if good else None)
        elif named := _NAME.search(found["name"]):
            version = tuple(int(n[:9]) for n in (named[2] or "").split(".") if n)
            terminal = replace(terminal, name=named[1].lower(), version=version)
        self._terminal = terminal
        return ""


def may_ask(environ: Mapping[str, str]) -> bool:
    """Return whether to query the terminal. It must support colour, and must not be nested or a bare console.

    Args:
        environ: the environment variables.
    """
    term = environ.get("TERM", "")
    return (
        bool(term)
        and not environ.get("NO_COLOR")  # half blocks are then drawn in greys
        and term not in ("dumb", "linux", "unknown")
        and not term.startswith(("screen", "tmux"))
        and not environ.get("TMUX")
        and not environ.get("STY")
        and environ.get("TERM_PROGRAM") != "Apple_Terminal"
    )
