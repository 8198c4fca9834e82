"""Notices about outcomes and errors, shown on their own lines between messages and hints so that nothing is covered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.segment import Segment
from textual.message import Message as Note
from textual.strip import Strip
from textual.widget import Widget

from odoochat.tui.feedback import Notice
from odoochat.tui.rendering.wrap import wrap
from odoochat.tui.theme import Styles

__all__ = ["NoticeBar"]

MAX_LINES = 2
"""Maximum number of lines per notice."""
SIGNS = {"information": "✓", "warning": "!", "error": "✗"}


class NoticeBar(Widget):
    """Shows the latest notices.

    Args:
        **more: other widget options.
    """

    DEFAULT_CSS = "NoticeBar { height: 1; width: 1fr; display: none; }"

    class Dismissed(Note):
        """The user clicked on the notices."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._lines: list[Strip] = []

    def show(self, notices: Sequence[Notice], styles: Styles, most: int) -> None:
        """Replace the displayed notices.

        Args:
            notices: the notices, most recent last.
            styles: the theme's styles.
            most: maximum number of notices to show.
        """
        width = max(self.app.size.width - 4, 1)
        lines: list[Strip] = []
        looks = {"information": styles.mention, "warning": styles.to_me, "error": styles.failed}
        for notice in [*notices][-most:]:
            for at, (start, end) in enumerate(wrap(notice.text, width)[:MAX_LINES]):
                sign = f" {SIGNS.get(notice.severity, '·')} " if not at else "   "
                style = looks.get(notice.severity, styles.text)
                lines.append(Strip([Segment(sign, style), Segment(notice.text[start:end], styles.text)]))
        if lines != self._lines:
            self._lines = lines
            self.styles.height = max(len(lines), 1)
            self.display = bool(lines)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line.

        Args:
            y: the line number, counted from the top.
        """
        line = self._lines[y] if y < len(self._lines) else Strip([])
        return line.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def on_click(self) -> None:
        """Report that the notices were clicked."""
        self.post_message(self.Dismissed())
