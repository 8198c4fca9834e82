"""Images for terminal graphics protocols: each cell is a private-use character until it is written.

The screen treats these characters like any other text: they can be scrolled, cropped and covered, and only the visible
ones are written to the terminal. `Placements.translate` replaces them on output.
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
    """An image encoded for a terminal graphics protocol."""

    columns: int
    rows: int

    def send(self, number: int, /) -> Iterator[str]:
        """Yield the sequences that send the image to the terminal.

        Args:
            number: the image's id in the terminal.
        """
        ...

    def cells(self, number: int, row: int, start: int, count: int, /) -> str:
        """Return the sequence that draws some of a row's cells at the cursor.

        Args:
            number: the image's id in the terminal.
            row: the row.
            start: the first cell.
            count: number of cells.
        """
        ...

    def free(self, number: int, /) -> str:
        """Return the sequence that removes the image from the terminal.

        Args:
            number: the image's id in the terminal.
        """
        ...


class Placement:
    """An image and the characters assigned to it.

    Args:
        ink: the encoded image.
        number: the image's id in the terminal, a 24-bit number.
        first: the code point of the image's first cell.
    """

    def __init__(self, ink: TerminalPicture, number: int, first: int) -> None:
        self.ink = ink
        self.number = number
        self.first = first
        self.end = first + ink.columns * ink.rows

    def lines(self) -> list[list[Segment]]:
        """Return the image's cells, row by row."""
        rows = range(self.first, self.end, self.ink.columns)
        return [[Segment("".join(map(chr, range(row, row + self.ink.columns))))] for row in rows]


class Placements:
    """All images currently stored in the terminal.

    Args:
        write: a function that writes to the terminal.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._placements: list[Placement] = []
        # Picture ids are shared by all programs in a terminal.
        self._number = random.randrange(0x100000, 0xF00000)
        self._next = FIRST

    def add(self, ink: TerminalPicture) -> Placement | None:
        """Send an image to the terminal, returning None if there is no room for its cells.

        Args:
            ink: the encoded image.
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
        """Remove an image from the terminal if it is still stored there.

        Args:
            placement: the image's placement.
        """
        if placement in self._placements:
            self._placements.remove(placement)
            self._put(placement.ink.free(placement.number))

    def clear(self) -> None:
        """Remove all images from the terminal."""
        for placement in list(self._placements):
            self.drop(placement)

    def leave(self) -> None:
        """Remove all images before leaving the alternate screen; `again` restores them."""
        for placement in self._placements:
            self._put(placement.ink.free(placement.number))

    def again(self) -> None:
        """Resend all images, which were lost with the previous alternate screen."""
        for placement in self._placements:
            self._send(placement)

    def translate(self, text: str) -> str:
        """Replace placeholder characters in the output with images.

        Args:
            text: the output.
        """
        return _CELLS.sub(self._drawn, text) if self._placements else text

    def _send(self, placement: Placement) -> None:
        self._put("".join(placement.ink.send(placement.number)))

    def _put(self, text: str) -> None:
        if text:
            self._write(text)

    def _room(self, cells: int) -> int | None:
        """Return the start of a sufficiently long run of free code points, reusing recently freed ones last."""
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
