"""A list of selectable rows, such as channels, members or search results, drawn line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual import events
from textual.geometry import Size
from textual.message import Message as Note
from textual.scroll_view import ScrollView
from textual.strip import Strip

from odoochat.tui.rendering.strips import ListRow, row_strip
from odoochat.tui.theme import Styles

__all__ = ["RowList"]


class RowList(ScrollView, can_focus=True, inherit_bindings=False):
    """A list with one selected row.

    Args:
        looks: the styles for the selected and the marked row.
        always: whether to highlight the selected row even when the list does not have the focus.
        **more: other widget options.

    Attributes:
        rows: the rows.
        at: the position of the selected row; -1 for none.
        current: the key of the row marked as open.
    """

    DEFAULT_CSS = "RowList { overflow-x: hidden; scrollbar-size-vertical: 1; }"

    class RowOpened(Note):
        """The user opened a row.

        Args:
            rows: the list.
            key: the key.
        """

        def __init__(self, rows: RowList, key: Any) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> RowList:
            """The list."""
            return self.rows

    def __init__(self, looks: Styles, *, always: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.looks = looks
        self.rows: Sequence[ListRow] = ()
        self.at = -1
        self.current: Any = None
        self.always = always

    def show(self, rows: Sequence[ListRow], *, keep: bool = True) -> None:
        """Replace the rows.

        Args:
            rows: the new rows.
            keep: whether to keep the selection if its row still exists; otherwise, the first row is selected.
        """
        key = self.key if keep else None
        self.rows = rows
        self.virtual_size = Size(1, len(rows))
        found = next((i for i, row in enumerate(rows) if row.key is not None and row.key == key), None)
        self.at = found if found is not None else self._next(-1, 1)
        self.refresh()

    @property
    def key(self) -> Any:
        """The key of the selected row, or None if no row is selected."""
        return self.rows[self.at].key if 0 <= self.at < len(self.rows) else None

    def choose(self, key: Any) -> None:
        """Select the row with a given key.

        Args:
            key: the key.
        """
        found = next((i for i, row in enumerate(self.rows) if row.key == key), None)
        if found is not None:
            self.at = found
            self._into_view()

    def move(self, step: int) -> None:
        """Move the selection to a different row.

        Args:
            step: number of rows to move down.
        """
        to = self._next(self.at, step)
        if to >= 0:
            self.at = to
            self._into_view()

    def _next(self, at: int, step: int) -> int:
        """Return the position of the next selectable row, or -1 if there is none."""
        at += step
        while 0 <= at < len(self.rows):
            if self.rows[at].key is not None:
                return at
            at += step
        return -1

    def _into_view(self) -> None:
        if self.at < self.scroll_y:
            self.scroll_to(y=self.at, animate=False, immediate=True)
        elif self.at >= self.scroll_y + self.size.height:
            self.scroll_to(y=self.at - self.size.height + 1, animate=False, immediate=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one row.

        Args:
            y: the line number, counted from the top.
        """
        # Exclude the scrollbar's column, which would cover the text at the right edge.
        width, base = self.scrollable_content_region.width, self.rich_style
        at = y + round(self.scroll_y)
        if not 0 <= at < len(self.rows):
            return Strip.blank(width, base)
        row = self.rows[at]
        strip = row_strip(row, width)
        if at == self.at and (self.has_focus or self.always):
            strip = strip.apply_style(self.looks.chosen)
        elif row.key is not None and row.key == self.current:
            strip = strip.apply_style(self.looks.marked)
        return strip.apply_style(base)

    def on_click(self, event: events.Click) -> None:
        """Open the row that was clicked.

        Args:
            event: the event.
        """
        at = event.y + round(self.scroll_y)
        if 0 <= at < len(self.rows) and self.rows[at].key is not None:
            self.at = at
            self.refresh()
            self.post_message(self.RowOpened(self, self.rows[at].key))

    def open(self) -> None:
        """Open the selected row."""
        if self.key is not None:
            self.post_message(self.RowOpened(self, self.key))
