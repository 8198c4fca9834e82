"""Kitty's graphics protocol: an image is sent once and then shown with placeholder characters; pure.

Source: sw.kovidgoyal.net/kitty/graphics-protocol (kitty's docs/graphics-protocol.rst), sections "Remote client",
"Unicode placeholders" and "Deleting images"; for the diacritics, kitty's gen/rowcolumn-diacritics.txt. Kitty 0.28 and
later and Ghostty support placeholders.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

__all__ = ["CHUNK", "MAX_CELLS", "KittyPicture"]

CHUNK = 4096
"""Maximum number of data characters in one command."""

PLACEHOLDER = "\U0010eeee"
# Diacritics that encode row and column numbers above the placeholder: the first entries in kitty's list.
_MARKS = (
    "\u0305\u030d\u030e\u0310\u0312\u033d\u033e\u033f\u0346\u034a\u034b\u034c\u0350\u0351\u0352\u0357"
    "\u035b\u0363\u0364\u0365\u0366\u0367\u0368\u0369\u036a\u036b\u036c\u036d\u036e\u036f\u0483\u0484"
    "\u0485\u0486\u0487\u0592\u0593\u0594\u0595\u0597\u0598\u0599\u059c\u059d\u059e\u059f\u05a0\u05a1"
)
MAX_CELLS = len(_MARKS)
"""Maximum number of columns or rows in an image."""


class KittyPicture:
    """An image for a terminal that supports kitty's protocol.

    Args:
        png: the image in PNG format.
        columns: number of columns, at most `MAX_CELLS`.
        rows: number of rows, at most `MAX_CELLS`.
    """

    def __init__(self, png: bytes, columns: int, rows: int) -> None:
        self.columns = columns
        self.rows = rows
        self._data = base64.b64encode(png).decode("ascii")

    def send(self, number: int) -> Iterator[str]:
        """Yield the commands that transmit the image, without requesting responses.

        Args:
            number: the image's id in the terminal.
        """
        for at in range(0, len(self._data), CHUNK):
            more = int(at + CHUNK < len(self._data))
            keys = f"a=T,U=1,f=100,i={number},c={self.columns},r={self.rows},q=2" if not at else "q=2"
            yield f"\x1b_G{keys},m={more};{self._data[at : at + CHUNK]}\x1b\\"

    def cells(self, number: int, row: int, start: int, count: int) -> str:
        """Return some of a row's cells. Their colour encodes the id; each encodes its own position in case of cropping.

        Args:
            number: the image's id in the terminal.
            row: the row.
            start: the first cell.
            count: number of cells.
        """
        marks = (f"{PLACEHOLDER}{_MARKS[row]}{_MARKS[at]}" for at in range(start, start + count))
        # The colours encode the id, so changes by a theme, a filter or a dialog's shade are reverted.
        colour = f"{number >> 16 & 255};{number >> 8 & 255};{number & 255}"
        return f"\x1b[27;38;2;{colour}m{''.join(marks)}\x1b[39m"

    @staticmethod
    def free(number: int) -> str:
        """Return the command that removes the image from the terminal's memory.

        Args:
            number: the image's id in the terminal.
        """
        return f"\x1b_Ga=d,d=I,i={number},q=2\x1b\\"
