"""The context for rendering messages, including their layout; pure."""

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
"""Minimum widths, in columns, at which names have a separate column: in comfortable and in compact density."""
NAME, NAME_COMPACT, TIME, GAP = 12, 9, 5, 2
MOST = 100
"""Maximum text width in columns; longer lines are hard to read."""


class RenderContext(Struct):
    """The data needed to render messages.

    Attributes:
        width: width in columns.
        styles: the theme's styles.
        me: the user's partner id.
        name: a function that returns the name for a partner id, or an empty string if unknown.
        quoted: a function that returns the message with a given id, or None if unknown.
        picture: a function that returns an image's lines for a width and a height, or None if they are not available
            yet.
        height: the timeline's height in rows; an image occupies at most half of it.
        seen: names of the members who have read up to each message, keyed by message id.
        compact: whether to omit the blank lines between messages.
        today: a function that returns the current day.
        thread: a function that takes a message id and returns the number of replies in the message's thread and the
            time of the last one, either of them None if unknown; it returns None if the message has no thread.
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
        """The width of the name column; 0 if names are shown above messages."""
        if self.width >= WIDE:
            return NAME
        return NAME_COMPACT if self.compact and self.width >= NARROW else 0

    @property
    def gutter(self) -> int:
        """The width of the area to the left of a message's text, which contains the time and author."""
        return 1 + TIME + GAP + self.names if self.names else 0

    @property
    def room(self) -> int:
        """The width of a message's content, including its indent."""
        return max(min(self.width - self.gutter, MOST + INDENT + 1), 1)


class RenderedMessage(Struct, frozen=True):
    """A message rendered as lines.

    Attributes:
        lines: the lines.
        lead: number of lines before the message itself: the day, the unread line, a blank line.
    """

    lines: list[Line]
    lead: int = 0


def indented(segments: Iterable[Segment], indent: int = INDENT) -> Line:
    """Indent a line.

    Args:
        segments: the line's segments.
        indent: number of spaces.
    """
    return [Segment(" " * indent), *segments]
