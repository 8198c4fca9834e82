"""One line of words; never read as markup."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

__all__ = ["Bar"]

Parts = tuple[tuple[str, Style], ...]


class Bar(Widget):
    """A line with words at its left and at its right edge; the left ones give way."""

    DEFAULT_CSS = "Bar { height: 1; width: 1fr; }"

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.left: Parts = ()
        self.right: Parts = ()

    def show(self, left: Parts, right: Parts = ()) -> None:
        """Shows other words; safe ones."""
        if (left, right) != (self.left, self.right):
            self.left, self.right = left, right
            self.refresh()

    @property
    def words(self) -> str:
        """What it says."""
        return "".join(text for text, _ in self.left) + " " + "".join(text for text, _ in self.right)

    def render_line(self, y: int) -> Strip:
        """The line."""
        width, base = self.size.width, self.rich_style
        right = [Segment(text, style) for text, style in self.right]
        room = width - sum(cell_len(text) for text, _ in self.right)
        if room < width // 3:
            right, room = [], width
        strip = Strip([Segment(text, style) for text, style in self.left])
        if strip.cell_length > room > 0:
            strip = Strip([*strip.crop(0, room - 1), Segment("…")])
        return Strip([*strip.adjust_cell_length(max(room, 0)), *right]).adjust_cell_length(width).apply_style(base)
