"""Renders rows and bars as strips; pure, and cheap to import because the first paint needs it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

__all__ = ["ListRow", "Parts", "bar_strip", "row_strip"]

Parts = tuple[tuple[str, Style], ...]
NO_STYLE = Style()


class ListRow(Struct, frozen=True):
    """A row of a list.

    Attributes:
        key: the row's key; None for a heading.
        parts: the parts of the text, which must be safe, and their styles.
        end: the text at the right edge.
        end_style: the style of the text at the right edge.
    """

    key: Any
    parts: tuple[tuple[str, Style], ...]
    end: str = ""
    end_style: Style = NO_STYLE


def row_strip(row: ListRow, width: int) -> Strip:
    """Render a row as a strip, truncating its parts to leave room for the text at the right edge.

    Args:
        row: the row.
        width: width in columns.
    """
    end = f" {row.end}" if row.end else ""
    room = max(width - cell_len(end), 0)
    strip = Strip([Segment(text, style) for text, style in row.parts])
    if strip.cell_length > room:
        strip = Strip([*strip.crop(0, max(room - 1, 0)), Segment("…" if room else "")])
    end = set_cell_size(end, min(cell_len(end), width))
    return Strip([*strip.adjust_cell_length(room), Segment(end, row.end_style)])


def bar_strip(left: Parts, right: Parts, width: int) -> Strip:
    """Render a line with a left and a right part, truncating the left part if there is not enough room.

    Args:
        left: the text parts at the left edge, with their styles.
        right: the text parts at the right edge, with their styles.
        width: width in columns.
    """
    ending = [Segment(text, style) for text, style in right]
    room = width - sum(cell_len(text) for text, _ in right)
    if room < width // 3:
        ending, room = [], width
    strip = Strip([Segment(text, style) for text, style in left])
    if strip.cell_length > room > 0:
        strip = Strip([*strip.crop(0, room - 1), Segment("…")])
    return Strip([*strip.adjust_cell_length(max(room, 0)), *ending]).adjust_cell_length(width)
