"""What drawing messages needs, and where their parts stand; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from msgspec import Struct, field
from rich.segment import Segment

from odoochat.model import Attachment, Message
from odoochat.tui.rendering.wrap import Line
from odoochat.tui.theme import Styles

__all__ = ["RenderContext", "RenderedMessage", "indented"]

INDENT = 2
WIDE, NARROW = 64, 44
"""Columns from which names have a column of their own, also in the compact density."""
NAME, NAME_COMPACT, TIME, GAP = 12, 9, 5, 2
MOST = 100
"""Columns of text; longer lines are hard to read."""


class RenderContext(Struct):
    """What drawing a message needs.

    Attributes:
        width: width in columns.
        styles: the theme's styles.
        me: the user's partner id.
        name: returns a partner's name by id, empty if unknown.
        quoted: returns a message by its id, None if unknown.
        picture: returns the lines of a picture for a width and a height, None if there is none (yet).
        height: rows of the timeline; a picture takes at most half of them.
        seen: names of those who have read up to a message, by its id.
        compact: whether there are no blank lines between messages.
        today: returns the current day.
        thread: returns, by a message's id, the number of replies in its thread and the time of the last one; both are
            None if unknown. None if the message has no thread.
    """

    width: int
    styles: Styles
    me: int = 0
    name: Callable[[int], str] = lambda _: ""
    quoted: Callable[[int], Message | None] = lambda _: None
    picture: Callable[[Attachment, int, int], list[Line] | None] = lambda _a, _w, _h: None
    seen: dict[int, list[str]] = field(default_factory=dict)
    compact: bool = False
    height: int = 40
    today: Callable[[], date] = lambda: datetime.now().astimezone().date()
    thread: Callable[[int], tuple[int | None, datetime | None] | None] = lambda _: None

    @property
    def names(self) -> int:
        """The width of the column of names, 0 where names stand above their messages."""
        if self.width >= WIDE:
            return NAME
        return NAME_COMPACT if self.compact and self.width >= NARROW else 0

    @property
    def gutter(self) -> int:
        """The columns left of a message's text: its time and its author."""
        return 1 + TIME + GAP + self.names if self.names else 0

    @property
    def room(self) -> int:
        """The columns of a message's content, with its indent."""
        return max(min(self.width - self.gutter, MOST + INDENT + 1), 1)


class RenderedMessage(Struct, frozen=True):
    """A message's lines.

    Attributes:
        lines: the lines.
        lead: how many of them come before the message itself: the day, the line of new messages, a blank.
    """

    lines: list[Line]
    lead: int = 0


def indented(segments: Iterable[Segment], indent: int = INDENT) -> Line:
    """Return a line with blanks before it.

    Args:
        segments: the line.
        indent: how many blanks.
    """
    return [Segment(" " * indent), *segments]
