"""The multi-line text field, with typing indicators that use the same timing as Odoo."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rich.text import Text
from textual import events
from textual.content import Content
from textual.message import Message as Note
from textual.strip import Strip
from textual.widgets import TextArea

from odoochat.tui import keys
from odoochat.tui.pasted import is_code, pasted_paths
from odoochat.tui.rendering.markup_hint import formatted_parts, in_code_block
from odoochat.tui.theme import Styles

__all__ = ["Composer", "TypingSigns"]

MAX_LINES = 8
AGAIN_SECONDS = 50.0
QUIET_SECONDS = 5.0


class TypingSigns:
    """Decides when to send typing indicators: immediately, then periodically while the user types, and after a pause.

    Source: ``LONG_TYPING`` 50 s and ``SHORT_TYPING`` 5 s in
    addons/mail/static/src/discuss/typing/common/composer_patch.js (17.0 to 19.0).

    Attributes:
        channel: the id of the channel in which the user is typing; 0 for none.
    """

    def __init__(self) -> None:
        self.channel = 0
        self._told = 0.0
        self._last = 0.0

    def typed(self, channel: int, now: float) -> bool:
        """Record that the user typed something.

        Args:
            channel: the channel's id.
            now: the current time in seconds.

        Returns:
            Whether to send an indicator.
        """
        self._last = now
        if self.channel == channel and now - self._told < AGAIN_SECONDS:
            return False
        self.channel, self._told = channel, now
        return True

    def stopped(self, now: float) -> int:
        """Return the id of the channel in which the user has stopped typing, or 0 for none.

        Args:
            now: the current time in seconds.
        """
        if self.channel and now - self._last >= QUIET_SECONDS:
            return self.end()
        return 0

    def end(self) -> int:
        """Record that the user has stopped typing, and return the channel's id, or 0 for none."""
        channel, self.channel = self.channel, 0
        return channel


class Composer(TextArea):
    """The text field in which the user writes.

    Args:
        **more: other widget options.

    Attributes:
        blinks: whether the cursor blinks; set to False for screenshots.
    """

    blinks = True
    BINDINGS = keys.bindings("writing")
    DEFAULT_CSS = """
    Composer { height: auto; min-height: 3; max-height: 10; border: round $foreground 30%; padding: 0 1;
        scrollbar-size-vertical: 1; border-title-color: $foreground 70%; border-subtitle-color: $background;
        border-subtitle-background: $foreground 60%; border-subtitle-style: bold; }
    Composer:focus { border: round $primary; border-title-color: $foreground; border-subtitle-background: $primary; }
    """

    class FilesPasted(Note):
        """The user pasted the paths of files.

        Args:
            paths: the files.
            text: the pasted text.
        """

        def __init__(self, paths: list[Path], text: str) -> None:
            super().__init__()
            self.paths = paths
            self.text = text

    class FileRemoved(Note):
        """The user pressed Backspace at the start of the text to remove the last attached file."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False, **more
        )
        self.signs = TypingSigns()
        self._looks: Styles | None = None
        self._frame = ("", "")

    def use_markdown(self, styles: Styles | None) -> None:
        """Enable or disable Markdown: highlighting of formatted parts, and pasting code as a code block.

        Args:
            styles: the theme's styles; None if the text is sent as typed.
        """
        if styles is not self._looks:
            self._looks = styles
            self.refresh()

    def show_frame(self, title: str, mode: str) -> None:
        """Set the titles in the border.

        Args:
            title: the title in the upper border, which must be safe.
            mode: the mode's name, in the lower border.
        """
        if (title, mode) != self._frame:
            self._frame = (title, mode)
            self.border_title, self.border_subtitle = Content(title), Content(f" {mode} ")

    def get_line(self, line_index: int) -> Text:
        """Return a line, highlighting the parts that Markdown will format.

        Args:
            line_index: the line's index.
        """
        line = super().get_line(line_index)
        if self._looks is not None and line.plain:
            lines = [self.document.get_line(at) for at in range(line_index)]
            for start, end, style in formatted_parts(line.plain, self._looks, code=in_code_block(lines)):
                line.stylize(style, start, end)
        return line

    def _insert_code(self, text: str) -> None:
        before = self.before_cursor
        lead = "" if not before or before.endswith("\n") else "\n"
        self.replace(f"{lead}```\n{text.strip(chr(10))}\n```\n", *self.selection)

    def render_line(self, y: int) -> Strip:
        """Draw one line. It is empty if there is no room for even a single character.

        Args:
            y: the line number, counted from the top.
        """
        if self.content_size.width < 1:
            return Strip.blank(self.size.width, self.rich_style)
        return super().render_line(y)

    def fill(self, text: str) -> None:
        """Replace the text and move the cursor to the end.

        Args:
            text: the text.
        """
        if text != self.text:
            self.load_text(text)
        self.move_cursor(self.document.end)

    def amend(self, text: str) -> None:
        """Edit the end of the text, like keys that the user has typed there.

        Args:
            text: the new text.
        """
        before = self.text
        if text == before:
            return
        pairs = enumerate(zip(before, text, strict=False))
        kept = next((at for at, (a, b) in pairs if a != b), min(len(before), len(text)))
        row, start = before.count("\n", 0, kept), before.rfind("\n", 0, kept) + 1
        self.replace(text[kept:], (row, kept - start), self.document.end)
        self.move_cursor(self.document.end)

    @property
    def before_cursor(self) -> str:
        """The text before the cursor."""
        return self.get_text_range((0, 0), self.cursor_location)

    def replace_before(self, count: int, text: str) -> None:
        """Replace the last characters before the cursor.

        Args:
            count: number of characters to replace.
            text: the replacement.
        """
        row, column = self.cursor_location
        self.replace(text, (row, max(column - count, 0)), (row, column))

    def action_delete_left(self) -> None:
        """Delete the character before the cursor, or remove the last attached file at the start of the text."""
        if self.cursor_location == (0, 0) and self.selection.is_empty:
            self.post_message(self.FileRemoved())
        super().action_delete_left()

    def typed(self, channel: int) -> bool:
        """Return whether to send a typing indicator now.

        Args:
            channel: the channel's id.
        """
        return self.signs.typed(channel, time.monotonic())

    async def _on_paste(self, event: events.Paste) -> None:
        if paths := pasted_paths(event.text):
            event.prevent_default()
            event.stop()
            self.post_message(self.FilesPasted(paths, event.text))
            return
        if self._looks is not None and is_code(event.text) and not in_code_block(self.before_cursor.split("\n")[:-1]):
            event.prevent_default()
            event.stop()
            self._insert_code(event.text.replace("\r\n", "\n").replace("\r", "\n"))
            return
        await super()._on_paste(event)
        event.prevent_default()
