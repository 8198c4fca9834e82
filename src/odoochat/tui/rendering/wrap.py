"""Wraps text into lines and renders marked parts; pure."""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style

from odoochat.wire.content.sanitize import safe_line

__all__ = ["MAX_LINES", "Line", "Mark", "excerpt", "painted", "wrap"]

Line = list[Segment]
"""A timeline line. A Textual Strip takes ten times longer to create, so it is only created for visible lines."""

Mark = tuple[int, int, Style]
"""A marked part of some text: start, end and style."""

MAX_LINES = 300
"""Maximum number of lines to draw per message."""
_TOKEN = re.compile(r"\S+|\s+")


def excerpt(text: str, limit: int = 200) -> str:
    """Return the start of some text as a single terminal-safe line. The time does not depend on the text's length.

    Args:
        text: any text from the network.
        limit: maximum number of characters; longer text is truncated and ends with ``…``.
    """
    return safe_line(text[: limit * 20], limit)


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Wrap text and return the start and end of each line. Words are kept whole if they fit.

    Args:
        text: the text.
        width: maximum width of a line in cells.
    """
    lines: list[tuple[int, int]] = []
    start = 0
    for paragraph in text.split("\n"):
        end = start + len(paragraph)
        if (len(paragraph) if paragraph.isascii() else cell_len(paragraph)) <= width:
            lines.append((start, end))
        else:
            lines += _broken(paragraph, start, max(width, 1))
        start = end + 1
    return lines


def _broken(paragraph: str, offset: int, width: int) -> list[tuple[int, int]]:
    lines: list[tuple[int, int]] = []
    begin = at = used = 0
    for found in _TOKEN.finditer(paragraph):
        token = found[0]
        cells = len(token) if token.isascii() else cell_len(token)
        if used + cells <= width:
            used += cells
            at = found.end()
            continue
        if token.isspace():
            # Trailing blanks may exceed the width.
            lines.append((offset + begin, offset + found.start()))
            begin = at = found.end()
            used = 0
            continue
        if used:
            lines.append((offset + begin, offset + at))
        begin = found.start()
        if cells > width:
            *whole, rest = chop_cells(token, width) or [token]  # empty for zero-width characters
            for piece in whole:
                lines.append((offset + begin, offset + begin + len(piece)))
                begin += len(piece)
            cells = cell_len(rest)
        at, used = found.end(), cells
    if at > begin or not lines:
        lines.append((offset + begin, offset + at))
    return lines


def painted(text: str, start: int, end: int, marks: list[Mark], base: Style) -> list[Segment]:
    """Render a line of text with the marked parts in their styles.

    Args:
        text: the text.
        start: the index where the line starts.
        end: the index where the line ends.
        marks: the marked parts of the text.
        base: the style of all unmarked parts.
    """
    parts: list[Segment] = []
    at = start
    for first, last, style in marks:
        if last <= at or first >= end:
            continue
        if first > at:
            parts.append(Segment(text[at:first], base))
        parts.append(Segment(text[max(first, at) : min(last, end)], base + style))
        at = min(last, end)
    if at < end:
        parts.append(Segment(text[at:end], base))
    return parts
