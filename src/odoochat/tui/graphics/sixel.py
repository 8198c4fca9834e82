"""Sixels: each row of cells is a separate image, so that any part can be redrawn; pure.

The format is DEC's (VT330/VT340 Programmer Reference Manual, chapter 14): a character encodes six pixels of a column,
``$`` returns to the left edge of the band, ``-`` starts the next band, ``#`` selects and defines a colour in
percentages, ``!`` repeats, ``"`` sets the size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["CLEAR", "SixelPicture", "encoded"]

CLEAR = 0
"""Index of transparent pixels. Set to the background colour, because some terminals (Konsole) fill images with it."""

_BAND = 6
_LONG = re.compile(rb"(.)\1{3,}", re.DOTALL)
_TO_CHARACTERS = bytes(63 + bits for bits in range(64)) + bytes(192)


@lru_cache(256 * _BAND)
def _bit(colour: int, line: int) -> bytes:
    """Return a translation table that maps one colour to a line's bit, and all other colours to zero."""
    return bytes(1 << line if index == colour else 0 for index in range(256))


def encoded(lines: list[bytes], palette: list[tuple[int, int, int]]) -> str:
    """Encode an image as sixels.

    Args:
        lines: lines of palette indexes from top to bottom, all the same length; `CLEAR` for transparent pixels.
        palette: red, green and blue from 0 to 255 for each index; at most 256 colours, including `CLEAR`.
    """
    width = len(lines[0])
    parts = [f'\x1bP0;1;0q"1;1;{width};{len(lines)}'.encode()]
    for index in sorted({CLEAR}.union(*lines)):
        percents = ";".join(str((value * 100 + 127) // 255) for value in palette[index])
        parts.append(f"#{index};2;{percents}".encode())
    for top in range(0, len(lines), _BAND):
        band = lines[top : top + _BAND]
        if top:
            parts.append(b"-")
        colours = sorted(set().union(*band) - {CLEAR})
        parts.append(b"$".join(b"#%d%b" % (colour, _colour(band, colour)) for colour in colours))
    return (b"".join(parts) + b"\x1b\\").decode("ascii")


def _colour(band: list[bytes], colour: int) -> bytes:
    """Encode one colour of a band of up to six lines."""
    bits = 0
    for number, line in enumerate(band):
        if colour in line:
            bits |= int.from_bytes(line.translate(_bit(colour, number)), "big")
    characters = bits.to_bytes(len(band[0]), "big").translate(_TO_CHARACTERS).rstrip(b"?")
    return _LONG.sub(lambda run: b"!%d%b" % (len(run[0]), run[1]), characters)


class SixelPicture:
    """An image for a terminal that supports sixels.

    Args:
        lines: the lines of palette indexes, as for `encoded`, which must fill the cells exactly.
        palette: red, green and blue for each index.
        cell: cell width and height in pixels.
    """

    def __init__(self, lines: list[bytes], palette: list[tuple[int, int, int]], cell: tuple[int, int]) -> None:
        self._lines = lines
        self._palette = palette
        self._cell = cell
        self.columns = len(lines[0]) // cell[0]
        self.rows = len(lines) // cell[1]
        # Whole rows are drawn most often, so they are encoded in advance.
        self._whole = [self._encoded(row, 0, self.columns) for row in range(self.rows)]

    def send(self, _number: int) -> Iterator[str]:
        """Yield nothing, because sixel terminals do not store images."""
        return iter(())

    def cells(self, _number: int, row: int, start: int, count: int) -> str:
        """Return some of a row's cells: blanks with the pixels drawn over them. The cursor ends up after the blanks.

        Args:
            row: the row.
            start: the first cell.
            count: number of cells.
        """
        part = self._whole[row] if count == self.columns else self._encoded(row, start, count)
        return f"\x1b7{' ' * count}\x1b8{part}\x1b8\x1b[{count}C"

    @staticmethod
    def free(_number: int) -> str:
        """Return an empty string, because overwriting the pixels removes them."""
        return ""

    def _encoded(self, row: int, start: int, count: int) -> str:
        width, height = self._cell
        lines = self._lines[row * height : (row + 1) * height]
        return encoded([line[start * width : (start + count) * width] for line in lines], self._palette)
