"""A single line of text, never interpreted as markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual import events
from textual.message import Message as Note
from textual.strip import Strip
from textual.widget import Widget

from odoochat.tui.rendering.strips import Parts, bar_strip

__all__ = ["TextBar"]


class TextBar(Widget):
    """A line with a left and a right part. The left part is truncated if there is not enough room.

    Args:
        **more: other widget options.
    """

    DEFAULT_CSS = "TextBar { height: 1; width: 1fr; }"

    class Pressed(Note):
        """A part of the line was clicked.

        Args:
            meta: the metadata in the style of that part.
        """

        def __init__(self, meta: Mapping[str, Any]) -> None:
            super().__init__()
            self.meta = meta

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.left: Parts = ()
        self.right: Parts = ()

    def show(self, left: Parts, right: Parts = ()) -> None:
        """Replace the text, which must be safe.

        Args:
            left: the text parts at the left edge, with their styles.
            right: the text parts at the right edge, with their styles.
        """
        if (left, right) != (self.left, self.right):
            self.left, self.right = left, right
            self.refresh()

    @property
    def words(self) -> str:
        """The displayed text."""
        return "".join(text for text, _ in self.left) + " " + "".join(text for text, _ in self.right)

    def render_line(self, y: int) -> Strip:
        """Draw the line.

        Args:
            y: the line number, counted from the top.
        """
        return bar_strip(self.left, self.right, self.size.width).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Report which part was clicked.

        Args:
            event: the event.
        """
        if event.style.meta:
            self.post_message(self.Pressed(event.style.meta))
