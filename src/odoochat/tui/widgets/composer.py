"""Where one writes: several lines, history, and signs of typing with Odoo's timing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from textual import events
from textual.message import Message as Note
from textual.strip import Strip
from textual.widgets import TextArea

from odoochat.tui import keys

__all__ = ["Composer", "TypingSigns", "pasted_path"]

MOST_LINES = 8
AGAIN_SECONDS = 50.0
QUIET_SECONDS = 5.0


class TypingSigns:
    """When to tell that I type: at once, again while I go on, and that I stopped after a while of quiet.

    Timing as in Odoo's web client: ``LONG_TYPING`` 50 s and ``SHORT_TYPING`` 5 s,
    addons/mail/static/src/discuss/typing/common/composer_patch.js (17 to 19).
    """

    def __init__(self) -> None:
        self.channel = 0
        self._told = 0.0
        self._last = 0.0

    def typed(self, channel: int, now: float) -> bool:
        """Something was typed; whether to tell it."""
        self._last = now
        if self.channel == channel and now - self._told < AGAIN_SECONDS:
            return False
        self.channel, self._told = channel, now
        return True

    def stopped(self, now: float) -> int:
        """The channel where to tell that I stopped, 0 for none."""
        if self.channel and now - self._last >= QUIET_SECONDS:
            return self.end()
        return 0

    def end(self) -> int:
        """Forgets that I type; the channel where to tell it, 0 for none."""
        channel, self.channel = self.channel, 0
        return channel


def pasted_path(text: str) -> Path | None:
    """The file that a pasted text names, None when it names none that is there: terminals paste dropped files so."""
    text = text.strip()
    if not text or "\n" in text or len(text) > 4000:
        return None
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    elif text[0] == text[-1] and text[0] in "'\"" and len(text) > 2:
        text = text[1:-1]
    else:
        text = text.replace("\\ ", " ")
    if not text.startswith(("/", "~", "./", "../")) and text[1:3] not in (":\\", ":/"):
        return None
    try:
        path = Path(text).expanduser()
        return path if path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


class Composer(TextArea):
    """The text that is being written.

    Attributes:
        blinks: whether the cursor blinks; pictures want it still.
    """

    blinks = True
    BINDINGS = keys.bindings("writing")
    DEFAULT_CSS = """
    Composer { height: auto; min-height: 1; max-height: 8; border: none; padding: 0 1; scrollbar-size-vertical: 1; }
    Composer:focus { border: none; }
    """

    class FilePasted(Note):
        """The path of a file was pasted."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, **more: Any) -> None:
        super().__init__(
            soft_wrap=True, show_line_numbers=False, tab_behavior="focus", highlight_cursor_line=False, **more
        )
        self.signs = TypingSigns()

    def render_line(self, y: int) -> Strip:
        """Draw one line; without room for a single character it is empty, and so is the placeholder."""
        if self.content_size.width < 1:
            return Strip.blank(self.size.width, self.rich_style)
        return super().render_line(y)

    def fill(self, text: str) -> None:
        """Holds another text, with the cursor at its end."""
        if text != self.text:
            self.load_text(text)
        self.move_cursor(self.document.end)

    @property
    def before_cursor(self) -> str:
        """What stands before the cursor."""
        return self.get_text_range((0, 0), self.cursor_location)

    def replace_before(self, count: int, text: str) -> None:
        """Puts a text in the place of the last characters before the cursor."""
        row, column = self.cursor_location
        self.replace(text, (row, max(column - count, 0)), (row, column))

    def typed(self, channel: int) -> bool:
        """Whether to tell the others now that I type."""
        return self.signs.typed(channel, time.monotonic())

    async def _on_paste(self, event: events.Paste) -> None:
        path = pasted_path(event.text)
        if path is not None and not self.text.strip():
            event.prevent_default()
            event.stop()
            self.post_message(self.FilePasted(path))
            return
        await super()._on_paste(event)
        event.prevent_default()
