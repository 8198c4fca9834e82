"""Dialogs over the screen: choose from rows by typing, and read a page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from rich.style import Style
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.fuzzy import Matcher
from textual.screen import ModalScreen
from textual.widgets import Input

from odoochat.errors import OdooChatError
from odoochat.tui import keys
from odoochat.tui.theme import Look
from odoochat.tui.widgets.bar import Bar
from odoochat.tui.widgets.row_list import Row, Rows
from odoochat.wire.content.sanitize import safe_line

__all__ = ["Chooser", "KeyTable", "ranked"]

Find = Callable[[str], Sequence[Row]]
Ask = Callable[[str], Awaitable[Sequence[Row]]]
ASK_SECONDS = 0.25
MOST_FUZZY = 1_000
"""Rows that are matched letter by letter; of more, those that hold the query as it stands."""


def ranked(query: str, rows: Sequence[tuple[str, Row]], found: Style) -> list[Row]:
    """Rows whose words fit a query as fuzzily as people type, the best first, with the letters that fit marked."""
    if not query.strip():
        return [row for _, row in rows]
    matcher = Matcher(query)
    if len(rows) > MOST_FUZZY:
        low = query.casefold().strip()
        rows = [each for each in rows if low in each[0].casefold()][:MOST_FUZZY]
    scored = [(score, row) for words, row in rows if (score := matcher.match(words)) > 0]
    return [row for _, row in sorted(scored, key=lambda pair: -pair[0])]


class Chooser(ModalScreen[Any]):
    """An input, and rows that follow what is typed.

    Args:
        title: what is asked.
        find: rows for a text, at once.
        ask: rows for a text from the server, a little after the last key; they are shown below the others.
        other: what Tab does with the text, in the words of the hint; none when empty.
        tab: called at Tab with the chosen key and the text; gives another text, or None to change the title alone.
        free: whether the text itself may be the answer, when no row fits.
    """

    BINDINGS = [
        Binding("escape", "leave", "leave"),
        Binding("up,ctrl+p", "move(-1)", "up", priority=True),
        Binding("down,ctrl+n", "move(1)", "down", priority=True),
        Binding("pageup", "move(-8)", "page up", priority=True),
        Binding("pagedown", "move(8)", "page down", priority=True),
        Binding("tab", "tab", "other", priority=True),
        Binding("ctrl+q", "app.quit", "leave odoochat"),
    ]
    DEFAULT_CSS = """
    Chooser { align: center top; background: $background 50%; }
    Chooser > Vertical { width: 84; max-width: 96%; height: auto; max-height: 90%; margin-top: 1;
        background: $surface; border: round $primary; padding: 0 1; }
    Chooser Input { border: none; padding: 0; height: 1; background: $surface; }
    Chooser Input:focus { border: none; }
    Chooser Rows { height: auto; max-height: 20; background: $surface; }
    Chooser Bar { background: $surface; }
    """

    def __init__(
        self,
        title: str,
        look: Look,
        find: Find,
        *,
        ask: Ask | None = None,
        text: str = "",
        other: str = "",
        tab: Callable[[Any, str], str | None] | None = None,
        free: bool = False,
        placeholder: str = "",
    ) -> None:
        super().__init__()
        self.heading = title
        self._look = look
        self._find = find
        self._ask = ask
        self._text = text
        self._other = other
        self._tab = tab
        self._free = free
        self._asking: asyncio.Task[None] | None = None
        self._input = Input(text, placeholder=placeholder, select_on_focus=False)
        self._input.cursor_blink = self.blinks
        self._title, self._hint = Bar(), Bar()
        self.list = Rows(look.chosen, id="found")
        self.list.can_focus = False
        self.list.always = True

    blinks = True

    def compose(self) -> ComposeResult:
        """The parts."""
        with Vertical():
            yield self._title
            yield self._input
            yield self.list
            yield self._hint

    def on_mount(self) -> None:
        """Shows what fits the first text."""
        self._show_title()
        self._look_up(self._text)
        self._input.focus()

    def _show_title(self) -> None:
        self._title.show(((self.heading, Style(bold=True)),))
        other = f"  Tab {self._other}" if self._other else ""
        self._hint.show(((f"↑↓ choose  Enter takes it{other}  Esc leaves", self._look.dim),))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._look_up(event.value)

    def _look_up(self, text: str) -> None:
        self._fill(self._find(text))
        if self._asking is not None:
            self._asking.cancel()
        if self._ask is not None:
            self._asking = asyncio.create_task(self._look_further(text), name="odoochat find")

    def _fill(self, rows: Sequence[Row], *, keep: bool = False) -> None:
        self.list.show(rows, keep=keep)
        self.list.styles.height = max(min(len(rows), 20), 1)

    async def _look_further(self, text: str) -> None:
        await asyncio.sleep(ASK_SECONDS)
        assert self._ask is not None
        try:
            rows = await self._ask(text)
        except (OdooChatError, OSError) as error:
            rows = [Row(None, ((safe_line(str(error)), self._look.failed),))]
        if self.is_mounted and rows:
            known = {row.key for row in self.list.rows if row.key is not None}
            self._fill([*self.list.rows, *(r for r in rows if r.key is None or r.key not in known)], keep=True)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        key = self.list.key
        if key is None and self._free and event.value.strip():
            key = event.value
        if key is not None:
            self.dismiss(key)

    @on(Rows.Opened)
    def _clicked(self, event: Rows.Opened) -> None:
        self.dismiss(event.key)

    def on_unmount(self) -> None:
        """Asks no more."""
        if self._asking is not None:
            self._asking.cancel()

    def action_move(self, step: int) -> None:
        """Chooses another row."""
        for _ in range(abs(step)):
            self.list.move(1 if step > 0 else -1)

    def action_tab(self) -> None:
        """Does what Tab does here."""
        if self._tab is None:
            return
        text = self._tab(self.list.key, self._input.value)
        if text is not None:
            self._input.value = text
            self._input.cursor_position = len(text)
        self._show_title()
        self._look_up(self._input.value)

    def action_leave(self) -> None:
        """Chooses nothing."""
        self.dismiss(None)


class KeyTable(Chooser):
    """All keys; typing narrows them, Enter does what the row says."""

    def __init__(self, look: Look, keymap: dict[str, str]) -> None:
        rows: list[tuple[str, Row]] = []
        for where, place in keys.PLACES.items():
            rows.append((place, Row(None, ((place, Style(bold=True)),))))
            for key in keys.of_place(where):
                shown = keys.shown(keymap[key.name])
                words = f"{key.label} {shown} {key.name}"
                rows.append((words, Row(key.name, ((f"  {shown:<22} ", look.mention), (key.label, Style())))))

        def find(text: str) -> Sequence[Row]:
            low = text.casefold()
            return [row for words, row in rows if low in words.casefold() and (row.key is not None or not low)]

        super().__init__("All keys", look, find, placeholder="type to find a key")
