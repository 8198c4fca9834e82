"""One line of words; never read as markup."""

from __future__ import annotations

from typing import Any

from textual.strip import Strip
from textual.widget import Widget

from odoochat.tui.rendering.strips import Parts, bar_strip

__all__ = ["TextBar"]


class TextBar(Widget):
    """A line with words at its left and at its right edge; the left ones give way."""

    DEFAULT_CSS = "TextBar { height: 1; width: 1fr; }"

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
        return bar_strip(self.left, self.right, self.size.width).apply_style(self.rich_style)
