"""Pictures that the terminal can show: a private character stands for each cell, and becomes pixels on its way out.

For the screen those characters are text like any other: they scroll, are cut, and vanish below a dialog, and what is
written to the terminal is what can be seen. Only there, in `Plates.translate`, do they become the terminal's own means.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Protocol

from rich.segment import Segment

__all__ = ["FIRST", "LAST", "Ink", "Plate", "Plates"]

FIRST, LAST = 0x100000, 0x10EEED
"""The characters: private ones, which `safe_text` lets nobody send. U+10EEEE is kitty's own."""

_CELLS = re.compile(f"[{chr(FIRST)}-{chr(LAST)}]+")


class Ink(Protocol):
    """A picture in the terminal's own means."""

    columns: int
    rows: int

    def send(self, number: int, /) -> Iterator[str]:
        """What gives the picture to the terminal."""
        ...

    def cells(self, number: int, row: int, start: int, count: int, /) -> str:
        """What draws so many cells of a row where the cursor is."""
        ...

    def free(self, number: int, /) -> str:
        """What takes it from the terminal."""
        ...


class Plate:
    """A picture with its characters.

    Attributes:
        number: the terminal's name for it: 24 bits.
        first: the character of its first cell.
    """

    def __init__(self, ink: Ink, number: int, first: int) -> None:
        self.ink = ink
        self.number = number
        self.first = first
        self.end = first + ink.columns * ink.rows

    def lines(self) -> list[list[Segment]]:
        """Its cells, row by row."""
        rows = range(self.first, self.end, self.ink.columns)
        return [[Segment("".join(map(chr, range(row, row + self.ink.columns))))] for row in rows]


class Plates:
    """All pictures that the terminal has now.

    Args:
        write: writes to the terminal.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._plates: list[Plate] = []
        # A terminal's numbers are shared by all programs in it.
        self._number = random.randrange(0x100000, 0xF00000)
        self._next = FIRST

    def add(self, ink: Ink) -> Plate | None:
        """Gives a picture to the terminal; None when there are too many."""
        first = self._room(ink.columns * ink.rows)
        if first is None:
            return None
        self._number = self._number % 0xFFFFFF + 1
        plate = Plate(ink, self._number, first)
        self._next = plate.end
        self._plates.append(plate)
        self._send(plate)
        return plate

    def drop(self, plate: Plate) -> None:
        """Takes a picture from the terminal; one that is gone already is passed over."""
        if plate in self._plates:
            self._plates.remove(plate)
            self._put(plate.ink.free(plate.number))

    def clear(self) -> None:
        """Takes all pictures from the terminal."""
        for plate in list(self._plates):
            self.drop(plate)

    def leave(self) -> None:
        """Takes all pictures from the terminal while its second screen is left; they come back by `again`."""
        for plate in self._plates:
            self._put(plate.ink.free(plate.number))

    def again(self) -> None:
        """Gives all pictures to the terminal once more: they belonged to the second screen that was left."""
        for plate in self._plates:
            self._send(plate)

    def translate(self, text: str) -> str:
        """What is written to the terminal, with pictures in the place of their characters."""
        return _CELLS.sub(self._drawn, text) if self._plates else text

    def _send(self, plate: Plate) -> None:
        self._put("".join(plate.ink.send(plate.number)))

    def _put(self, text: str) -> None:
        if text:
            self._write(text)

    def _room(self, cells: int) -> int | None:
        """A character from which so many are free; those freed last are used last."""
        for begin in (self._next, FIRST):
            start = begin
            for plate in sorted(self._plates, key=lambda plate: plate.first):
                if start < plate.end and plate.first < start + cells:
                    start = plate.end
            if start + cells <= LAST + 1:
                return start
        return None

    def _drawn(self, found: re.Match[str]) -> str:
        run, at, parts = found[0], 0, []
        while at < len(run):
            code = ord(run[at])
            plate = next((plate for plate in self._plates if plate.first <= code < plate.end), None)
            if plate is None:
                parts.append(" ")  # of a picture that is gone
                at += 1
                continue
            row, column = divmod(code - plate.first, plate.ink.columns)
            count = 1
            while column + count < plate.ink.columns and run[at + count : at + count + 1] == chr(code + count):
                count += 1
            parts.append(plate.ink.cells(plate.number, row, column, count))
            at += count
        return "".join(parts)
