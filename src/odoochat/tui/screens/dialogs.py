"""Dialogs shown over the chat, with rows that can be filtered by typing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input

from odoochat.errors import OdooChatError
from odoochat.tui import keys
from odoochat.tui.rendering.strips import ListRow
from odoochat.tui.theme import Styles
from odoochat.tui.widgets.row_list import RowList
from odoochat.wire.content.sanitize import safe_line

__all__ = ["Chooser", "KeyTable", "ranked"]

Find = Callable[[str], Sequence[ListRow]]
Ask = Callable[[str], Awaitable[Sequence[ListRow]]]
ASK_SECONDS = 0.25
ANSWER_SECONDS = 2.0
"""Seconds that Enter waits for rows from the server if there are no local ones."""
MAX_ROWS = 20
USUAL_ROWS = 8
NARROW = 60
"""Number of columns below which the table of keys has no column for all keys of a command."""
EDGES = 4
"""Number of lines that a dialog occupies in addition to its rows."""
MAX_FUZZY = 1_000
"""Maximum number of rows for fuzzy matching. With more rows, only literal matches are considered."""


def ranked(query: str, rows: Sequence[tuple[str, ListRow]], found: Style) -> list[ListRow]:
    """Return the rows that fuzzily match a query, best match first, with the matching letters highlighted.

    Args:
        query: the user's input.
        rows: the rows, each with the words to match.
        found: the style for matching letters.
    """
    if not query.strip():
        return [row for _, row in rows]
    matcher = Matcher(query)
    if len(rows) > MAX_FUZZY:
        low = query.casefold().strip()
        rows = [each for each in rows if low in each[0].casefold()][:MAX_FUZZY]
    scored = [(score, row) for words, row in rows if (score := matcher.match(words)) > 0]
    return [row for _, row in sorted(scored, key=lambda pair: -pair[0])]


class Chooser(ModalScreen[Any]):
    """A dialog with an input field and the rows that match the input.

    The dialog returns the key of the selected row, or None if cancelled.

    Args:
        title: the title.
        styles: the theme's styles.
        find: a function that returns the local rows that match the input.
        ask: a function that fetches more rows from the server; called shortly after the last key.
        text: the initial input.
        other: the description of the Tab key in the hint; empty if Tab does nothing.
        tab: a function that is called on Tab with the selected row's key and the input, and returns the new input, or
            None to change only the title.
        free: whether to return the input itself if no row matches.
        placeholder: the text to show while the input is empty.
        amend: a function that returns the input, corrected if necessary.
        further: a function that takes the chosen row's key and returns None to accept it, or new input to keep the
            dialog open with. It raises `OdooChatError` if the key is invalid.
        unmatched: the text to show if no row matches.
    """

    BINDINGS = [
        Binding("escape", "cancel", "cancel", priority=True),
        Binding("enter", "submit", "confirm", priority=True),
        Binding("up,ctrl+p", "move(-1)", "up", priority=True),
        Binding("down,ctrl+n", "move(1)", "down", priority=True),
        Binding("pageup", "move(-8)", "page up", priority=True),
        Binding("pagedown", "move(8)", "page down", priority=True),
        Binding("tab", "tab", "other", priority=True),
        Binding("ctrl+q", "app.quit", "quit odoochat"),
    ]
    DEFAULT_CSS = """
    Chooser { align: center top; background: $background 60%; }
    Chooser > Vertical { width: 84; max-width: 96%; height: auto; max-height: 90%; background: $surface;
        border: round $primary; border-title-color: $foreground; border-title-style: bold;
        border-subtitle-color: $foreground 70%; padding: 0 1; }
    Chooser Input { border: none; padding: 0; height: 1; background: $surface; }
    Chooser Input:focus { border: none; }
    Chooser RowList { height: auto; max-height: 20; margin-top: 1; background: $surface; }
    Chooser.short RowList { margin-top: 0; }
    """

    def __init__(
        self,
        title: str,
        styles: Styles,
        find: Find,
        *,
        ask: Ask | None = None,
        text: str = "",
        other: str = "",
        tab: Callable[[Any, str], str | None] | None = None,
        free: bool = False,
        placeholder: str = "",
        amend: Callable[[str], str] = lambda text: text,
        further: Callable[[Any], str | None] = lambda _: None,
        unmatched: str = "nothing found",
    ) -> None:
        super().__init__()
        self.heading = title
        self._theme_styles = styles
        self._find = find
        self._ask = ask
        self._text = text
        self._other = other
        self._tab = tab
        self._free = free
        self._amend = amend
        self._further = further
        self._unmatched = unmatched
        self._found_for: str | None = None
        self._rows = 1
        self._top: int | None = None
        self._asking: asyncio.Task[None] | None = None
        self._input = Input(text, placeholder=placeholder, select_on_focus=False)
        self._input.cursor_blink = self.blinks
        self.list = RowList(styles, always=True, id="found")
        self.list.can_focus = False

    blinks = True

    def compose(self) -> ComposeResult:
        """Create the widgets."""
        with Vertical(id="box"):
            yield self._input
            yield self.list

    def on_mount(self) -> None:
        """Show the rows for the initial input."""
        self._show_title()
        self._look_up(self._text)
        self.set_focus(self._input)

    def on_resize(self, event: events.Resize) -> None:
        """Hide the blank line if there is no room.

        Args:
            event: the event.
        """
        self.set_class(event.size.height < 14, "short")
        self._top = None
        self._place()

    def _place(self) -> None:
        """Centre the dialog once. After that, only the lower edge moves, so the input stays put when rows change."""
        height = self.app.size.height
        if self._top is None:
            self._top = max((height - max(self._rows, USUAL_ROWS) - EDGES) // 2, 0)
            self.query_one("#box").styles.margin = (self._top, 0, 0, 0)
        self.list.styles.max_height = max(min(MAX_ROWS, height - self._top - EDGES), 1)

    def _show_title(self) -> None:
        box = self.query_one("#box")
        box.border_title = Content(self.heading)
        other = f" · Tab {self._other}" if self._other else ""
        box.border_subtitle = Content(f"↑↓ select · Enter confirm{other} · Esc cancel")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        text = self._amend(event.value)
        if text != event.value:
            self._set_text(text)
        if text != self._found_for:
            self._look_up(text)

    def _set_text(self, text: str) -> None:
        self._input.value = text
        self._input.cursor_position = len(text)

    def _look_up(self, text: str) -> None:
        self._found_for = text
        self._fill(self._find(text))
        if self._asking is not None:
            self._asking.cancel()
        if self._ask is not None:
            self._asking = asyncio.create_task(self._look_further(text), name="odoochat find")

    def _fill(self, rows: Sequence[ListRow], *, keep: bool = False) -> None:
        if not rows and self._found_for and not self._free:
            rows = [ListRow(None, ((self._unmatched, self._theme_styles.dim),))]
        self.list.show(rows, keep=keep)
        self._rows = max(min(len(rows), MAX_ROWS), 1)
        self.list.styles.height = self._rows
        self._place()

    async def _look_further(self, text: str) -> None:
        await asyncio.sleep(ASK_SECONDS)
        assert self._ask is not None
        try:
            rows = await self._ask(text)
        except (OdooChatError, OSError) as error:
            rows = [ListRow(None, ((safe_line(str(error)), self._theme_styles.failed),))]
        if self.is_mounted and rows:
            known = {row.key for row in self.list.rows if row.key is not None}
            shown = [row for row in self.list.rows if row.key is not None or known]
            self._fill([*shown, *(r for r in rows if r.key is None or r.key not in known)], keep=True)

    async def action_submit(self) -> None:
        """Submit the selected row, first waiting for rows from the server if there are no local ones."""
        text = self._amend(self._input.value)
        if text != self._found_for:  # the latest input has not been searched yet
            self._look_up(text)
        if self.list.key is None and self._asking is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._asking), ANSWER_SECONDS)
        key = self.list.key
        if key is None and self._free and text.strip():
            key = text
        if key is None or not self.is_current:
            return
        try:
            further = self._further(key)
        except OdooChatError as error:
            self._fill([ListRow(None, ((safe_line(str(error)), self._theme_styles.failed),))])
            return
        if further is None:
            self.dismiss(key)
        else:
            self._set_text(further)
            self._look_up(further)

    @on(RowList.RowOpened)
    def _clicked(self, event: RowList.RowOpened) -> None:
        self.dismiss(event.key)

    def on_unmount(self) -> None:
        """Cancel the request to the server."""
        if self._asking is not None:
            self._asking.cancel()

    def action_move(self, step: int) -> None:
        """Move the selection to a different row.

        Args:
            step: number of rows to move down.
        """
        for _ in range(abs(step)):
            self.list.move(1 if step > 0 else -1)

    def action_tab(self) -> None:
        """Run the dialog's Tab action."""
        if self._tab is None:
            return
        text = self._tab(self.list.key, self._input.value)
        if text is not None:
            self._set_text(text)
        self._show_title()
        self._look_up(self._input.value)

    def action_cancel(self) -> None:
        """Close the dialog without choosing a row."""
        self.dismiss(None)


class KeyTable(Chooser):
    """A dialog with all keyboard shortcuts. Enter runs the command in the selected row.

    Args:
        styles: the theme's styles.
        keymap: the keys for each command.
    """

    def __init__(self, styles: Styles, keymap: dict[str, str]) -> None:
        self._keymap = keymap
        self._narrow = False
        super().__init__("Keyboard shortcuts", styles, self._matching, placeholder="type to filter")

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the rows for the new width.

        Args:
            event: the event.
        """
        narrow = event.size.width < NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            self._fill(self._matching(self._input.value), keep=True)

    def _matching(self, text: str) -> list[ListRow]:
        low = text.casefold()
        rows: list[ListRow] = []
        for where, place in keys.PLACES.items():
            if not low:
                rows.append(ListRow(None, ((place, Style(bold=True)),)))
            for key in keys.of_place(where):
                shown = keys.shown(self._keymap[key.name])
                if low in f"{key.label} {shown} {key.name}".casefold():
                    rows.append(self._row(key, shown))
        return rows

    def _row(self, key: keys.Key, shown: str) -> ListRow:
        """Return a command's row. In a narrow terminal the description comes first, because it needs the room."""
        style = self._theme_styles.mention
        if self._narrow:
            return ListRow(key.name, ((f"  {key.label}", Style()),), shown.partition(" ")[0], style)
        return ListRow(key.name, ((f"  {shown:<22} ", style), (key.label, Style())))
