"""Pictures for terminal graphics protocols: each cell is a private-use character until it is written.

The screen treats these characters like any other text: it scrolls, crops and covers them, and writes only the visible
ones to the terminal. `Placements.translate` replaces them on output.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Protocol

from rich.segment import Segment

__all__ = ["FIRST", "LAST", "Placement", "Placements", "TerminalPicture"]

FIRST, LAST = 0x100000, 0x10EEED
"""Private-use characters, which `safe_text` removes from all received text. U+10EEEE is reserved by kitty."""

_CELLS = re.compile(f"[{chr(FIRST)}-{chr(LAST)}]+")


class TerminalPicture(Protocol):
    """A picture encoded for a terminal graphics protocol."""

    columns: int
    rows: int

    def send(self, number: int, /) -> Iterator[str]:
        """Yield the sequences that send the picture to the terminal.

        Args:
            number: the picture's id in the terminal.
        """
        ...

    def cells(self, number: int, row: int, start: int, count: int, /) -> str:
        """Return the sequence that draws cells of a row at the cursor.

        Args:
            number: the picture's id in the terminal.
            row: the row.
            start: the first cell.
            count: number of cells.
        """
        ...

    def free(self, number: int, /) -> str:
        """Return the sequence that removes the picture from the terminal.

        Args:
            number: the picture's id in the terminal.
        """
        ...


class Placement:
    """A picture and the characters assigned to it.

    Args:
        ink: the picture.
        number: the picture's id in the terminal, 24 bits.
        first: the code point of its first cell.
    """

    def __init__(self, ink: TerminalPicture, number: int, first: int) -> None:
        self.ink = ink
        self.number = number
        self.first = first
        self.end = first + ink.columns * ink.rows

    def lines(self) -> list[list[Segment]]:
        """Return the picture's cells, row by row."""
        rows = range(self.first, self.end, self.ink.columns)
        return [[Segment("".join(map(chr, range(row, row + self.ink.columns))))] for row in rows]


class Placements:
    """All pictures currently stored in the terminal.

    Args:
        write: writes to the terminal.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._placements: list[Placement] = []
        # Picture ids are shared by all programs in a terminal.
        self._number = random.randrange(0x100000, 0xF00000)
        self._next = FIRST

    def add(self, ink: TerminalPicture) -> Placement | None:
        """Send a picture to the terminal; None if the maximum number is reached.

        Args:
            ink: the picture.
        """
        first = self._room(ink.columns * ink.rows)
        if first is None:
            return None
        self._number = self._number % 0xFFFFFF + 1
        placement = Placement(ink, self._number, first)
        self._next = placement.end
        self._placements.append(placement)
        self._send(placement)
        return placement

    def drop(self, placement: Placement) -> None:
        """Remove a picture from the terminal, if still stored.

        Args:
            placement: the picture.
        """
        if placement in self._placements:
            self._placements.remove(placement)
            self._put(placement.ink.free(placement.number))

    def clear(self) -> None:
        """Remove all pictures from the terminal."""
        for placement in list(self._placements):
            self.drop(placement)

    def leave(self) -> None:
        """Remove all pictures before leaving the alternate screen; `again` restores them."""
        for placement in self._placements:
            self._put(placement.ink.free(placement.number))

    def again(self) -> None:
        """Resend all pictures, which were lost with the previous alternate screen."""
        for placement in self._placements:
            self._send(placement)

    def translate(self, text: str) -> str:
        """Replace placeholder characters in the output with pictures.

        Args:
            text: the text.
        """
        return _CELLS.sub(self._drawn, text) if self._placements else text

    def _send(self, placement: Placement) -> None:
        self._put("".join(placement.ink.send(placement.number)))

    def _put(self, text: str) -> None:
        if text:
            self._write(text)

    def _room(self, cells: int) -> int | None:
        """Return the first of enough consecutive free code points; recently freed ones are reused last."""
        for begin in (self._next, FIRST):
            start = begin
            for placement in sorted(self._placements, key=lambda placement: placement.first):
                if start < placement.end and placement.first < start + cells:
                    start = placement.end
            if start + cells <= LAST + 1:
                return start
        return None

    def _drawn(self, found: re.Match[str]) -> str:
        run, at, parts = found[0], 0, []
        while at < len(run):
            code = ord(run[at])
            placement = next(
                (placement for placement in self._placements if placement.first <= code < placement.end), None
            )
            if placement is None:
                parts.append(" ")  # the picture was removed
                at += 1
                continue
            row, column = divmod(code - placement.first, placement.ink.columns)
            count = 1
            while column + count < placement.ink.columns and run[at + count : at + count + 1] == chr(code + count):
                count += 1
            parts.append(placement.ink.cells(placement.number, row, column, count))
            at += count
        return "".join(parts)
