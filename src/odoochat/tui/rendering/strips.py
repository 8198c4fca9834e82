"""RowList and bars as strips; pure, and light: the first paint is made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

__all__ = ["ListRow", "Parts", "bar_strip", "current_style", "row_strip"]

Parts = tuple[tuple[str, Style], ...]
NO_STYLE = Style()


@dataclass(frozen=True, slots=True)
class ListRow:
    """A row: safe words, and what they stand for.

    Attributes:
        key: what is chosen with it; None for a heading.
        parts: words and their styles.
        end: words at the right edge.
    """

    key: Any
    parts: tuple[tuple[str, Style], ...]
    end: str = ""
    end_style: Style = NO_STYLE


def row_strip(row: ListRow, width: int) -> Strip:
    """A row; its words give way to what stands at its right edge."""
    end = f" {row.end}" if row.end else ""
    room = max(width - cell_len(end), 0)
    strip = Strip([Segment(text, style) for text, style in row.parts])
    if strip.cell_length > room:
        strip = Strip([*strip.crop(0, max(room - 1, 0)), Segment("…" if room else "")])
    end = set_cell_size(end, min(cell_len(end), width))
    return Strip([*strip.adjust_cell_length(room), Segment(end, row.end_style)])


def current_style(chosen: Style) -> Style:
    """Of the row that stands for what is on the screen, by the style of the chosen one."""
    mark = Style(bgcolor=chosen.bgcolor) if chosen.bgcolor else Style(underline=True)
    return Style(bold=True, reverse=False) + mark


def bar_strip(left: Parts, right: Parts, width: int) -> Strip:
    """A line with words at its left and at its right edge; the left ones give way."""
    ending = [Segment(text, style) for text, style in right]
    room = width - sum(cell_len(text) for text, _ in right)
    if room < width // 3:
        ending, room = [], width
    strip = Strip([Segment(text, style) for text, style in left])
    if strip.cell_length > room > 0:
        strip = Strip([*strip.crop(0, room - 1), Segment("…")])
    return Strip([*strip.adjust_cell_length(max(room, 0)), *ending]).adjust_cell_length(width)
