"""Shows a window of a channel's messages, drawing only visible lines, so that the cost is independent of its length."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import Any

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message as Note
from textual.scroll_view import ScrollView
from textual.strip import Strip

from odoochat.model import Message
from odoochat.tui import keys
from odoochat.tui.message_window import MessageWindow, PendingItem
from odoochat.tui.rendering.context import indented
from odoochat.tui.rendering.message import RenderContext, RenderedMessage, render_message, render_pending

__all__ = ["Timeline"]

Item = Message | PendingItem


class Timeline(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a window of messages. Visible messages stay in place when others above or below them change.

    Args:
        context: the render context.
        **more: other widget options.

    Attributes:
        window: the messages. Call `redraw` after changing them.
        context: the render context.
        follow: whether the view follows the newest message.
        unread_from: the id of the first message that was unread when the channel was opened.
        chosen: the selected message's id, or its local id if it is pending.
    """

    BINDINGS = keys.bindings("messages")
    DEFAULT_CSS = """
    Timeline { height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
        scrollbar-color: $panel; scrollbar-background: $background; }
    """

    class Reached(Note):
        """Posted when the view nears either end of the window.

        Args:
            timeline: the timeline.
            top: whether the view is near the older end rather than the newer one.
        """

        def __init__(self, timeline: Timeline, *, top: bool) -> None:
            super().__init__()
            self.timeline = timeline
            self.top = top

    class Scrolled(Note):
        """Posted when the view moves."""

    class Clicked(Note):
        """Posted when a message, or a link in it, is clicked.

        Args:
            timeline: the timeline.
            key: the message's id or local id; None if no message was clicked.
            link: the URL of the clicked link; None if no link was clicked.
            reaction: the emoji of the clicked reaction; None if no reaction was clicked.
            thread: whether the line about the message's thread was clicked.
        """

        def __init__(
            self,
            timeline: Timeline,
            key: int | str | None,
            link: str | None,
            reaction: str | None = None,
            *,
            thread: bool = False,
        ) -> None:
            super().__init__()
            self.thread = thread
            self.timeline = timeline
            self.key = key
            self.link = link
            self.reaction = reaction

    def __init__(self, context: RenderContext, **more: Any) -> None:
        super().__init__(**more)
        self.window = MessageWindow()
        self.context = context
        self.follow = True
        self.unread_from: int | None = None
        self.chosen: int | str | None = None
        self._items: list[Item] = []
        self._blocks: list[RenderedMessage] = []
        self._ends: list[int] = []
        self._drawn: dict[int, tuple[Message, Message | None, bool, RenderedMessage]] = {}

    # ------------------------------------------------------------------- drawing

    def redraw(self, *, forget: bool = False) -> None:
        """Redraw the parts of the window that have changed.

        Args:
            forget: whether to redraw every message; needed after names, images or the width change.
        """
        if not self.size.width:
            return  # not laid out yet; the first resize draws
        half = self.context.height // 2
        self.context.height = self.size.height
        if forget or self.context.width != self._room:
            self._drawn.clear()
            self.context.width = self._room
        elif self.context.height // 2 != half:
            self._drawn = {n: d for n, d in self._drawn.items() if not d[0].attachments}
        anchor = None if self.follow else self._anchor()
        before: Message | None = None
        drawn: dict[int, tuple[Message, Message | None, bool, RenderedMessage]] = {}
        blocks: list[RenderedMessage] = []
        for message in self.window.messages:
            unread = message.id == self.unread_from
            old = self._drawn.get(message.id)
            if old is None or old[0] is not message or old[1] is not before or old[2] is not unread:
                old = (message, before, unread, render_message(message, before, self.context, unread=unread))
            drawn[message.id] = old
            blocks.append(old[3])
            before = message
        pending = self.window.pending if self.window.at_end else []
        blocks += [render_pending(each, self.context) for each in pending]
        self._items = [*self.window.messages, *pending]
        self._drawn, self._blocks = drawn, blocks
        self._ends = list(accumulate(len(b.lines) for b in blocks))
        self._take_height(self._ends[-1] if self._ends else 0)
        if self.follow:
            self._jump(self.max_scroll_y)
        elif anchor is not None:
            self._restore(*anchor)
        self.refresh()

    def _take_height(self, lines: int) -> None:
        """Update the scrollbar's length. It is always visible, so no new layout pass is needed."""
        size = Size(1, lines)
        if size != self.virtual_size:
            self.set_reactive(Timeline.virtual_size, size)  # pyright: ignore[reportArgumentType]
            self._scroll_update(size)

    def forget(self, message_id: int) -> None:
        """Redraw a message on the next `redraw`.

        Args:
            message_id: the message's id.
        """
        self._drawn.pop(message_id, None)

    @property
    def _room(self) -> int:
        return max(self.scrollable_content_region.width, 1)

    def _jump(self, y: float) -> None:
        self.scroll_to(y=max(y, 0), animate=False, immediate=True, force=True)

    def _anchor(self) -> tuple[int | str, int] | None:
        """Return the item at the top of the view, and how many of its lines are hidden above it."""
        top = round(self.scroll_y)
        at = bisect_right(self._ends, top)
        if at >= len(self._items):
            return None
        return _key(self._items[at]), top - self._start(at)

    def _restore(self, key: int | str, offset: int) -> None:
        at = self._place(key)
        if at is not None:
            self._jump(self._start(at) + offset)

    def _start(self, at: int) -> int:
        return self._ends[at - 1] if at else 0

    def _place(self, key: int | str | None) -> int | None:
        if key is None:
            return None
        if isinstance(key, int):
            return self.window.index(key)
        return next((i for i, item in enumerate(self._items) if _key(item) == key), None)

    def _line_at(self, y: int) -> tuple[int, int] | None:
        """Return the index of the item shown on a line of the view, and the line's index within that item."""
        total = self._ends[-1] if self._ends else 0
        # A short conversation is aligned to the bottom, where the next message will appear.
        line = y + round(self.scroll_y) - max(self.size.height - total, 0)
        if not 0 <= line < total:
            return None
        at = bisect_right(self._ends, line)
        return at, line - self._start(at)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the view.

        Args:
            y: the line number, counted from the top.
        """
        width, base = self.size.width, self.rich_style
        place = self._line_at(y)
        if place is None:
            hint = _empty_hint(self.window, self.context) if y == self.size.height - 1 else ()
            return Strip(hint).adjust_cell_length(width).apply_style(base)
        at, line = place
        found = self._blocks[at]
        strip = Strip(found.lines[line]).adjust_cell_length(width)
        if line >= found.lead and _key(self._items[at]) == self.chosen and self.has_focus:
            strip = strip.apply_style(self.context.styles.chosen)
            if width > 1:
                strip = Strip([Segment("▎", self.context.styles.accent), *strip.crop(1, width)])
        return strip.apply_style(base)

    # ------------------------------------------------------------------- choosing

    @property
    def chosen_item(self) -> Item | None:
        """The selected message."""
        at = self._place(self.chosen)
        # The window may contain more than what is drawn; the drawn items may still include a message being sent.
        items: list[Item] = [*self.window.messages] if isinstance(self.chosen, int) else self._items
        return items[at] if at is not None and at < len(items) else None

    def choose(self, key: int | str | None) -> None:
        """Select a message and scroll it into view.

        Args:
            key: the message's id or local id.
        """
        self.chosen = key
        at = self._place(key)
        if at is not None and at < len(self._blocks):
            top, bottom = self._start(at), self._ends[at]
            if top < self.scroll_y or bottom - top > self.size.height:
                self._jump(top)
            elif bottom > self.scroll_y + self.size.height:
                self._jump(bottom - self.size.height)
        self.refresh()

    @property
    def anchor_id(self) -> int | None:
        """The id of the message at the top of the view."""
        anchor = self._anchor()
        return anchor[0] if anchor is not None and isinstance(anchor[0], int) else None

    def to_top(self, message_id: int, above: int = 0) -> None:
        """Scroll a message to the top of the view.

        Args:
            message_id: the message's id.
            above: number of lines to keep visible above the message.
        """
        at = self.window.index(message_id)
        if at is not None and at < len(self._ends):
            self._jump(self._start(at) - above)

    def move(self, step: int) -> bool:
        """Move the selection to a different message.

        Args:
            step: number of messages to move down.

        Returns:
            Whether the selection moved; False at the end of the window.
        """
        if not self._items:
            return False
        at = self._place(self.chosen)
        to = len(self._items) - 1 if at is None else at + step
        if not 0 <= to < len(self._items):
            return False
        self.choose(_key(self._items[to]))
        return True

    def choose_end(self, *, first: bool) -> None:
        """Select the first or last message in the window.

        Args:
            first: whether to select the first message instead of the last.
        """
        self.redraw()  # so that a message that has just arrived counts as the last one
        if self._items:
            self.choose(_key(self._items[0 if first else -1]))

    def page(self, step: int) -> None:
        """Scroll by pages and select a visible message.

        Args:
            step: number of pages to move down.
        """
        self._jump(self.scroll_y + step * max(self.size.height - 2, 1))
        if self.chosen is not None:
            place = self._line_at(0 if step < 0 else self.size.height - 1)
            if place is not None:
                self.chosen = _key(self._items[place[0]])
        self.refresh()

    # ------------------------------------------------------------------- handlers

    @property
    def at_bottom(self) -> bool:
        """Whether the newest line is in view."""
        return self.window.at_end and self.scroll_y >= self.max_scroll_y - 1

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Record the scroll position, and request more messages near either end of the window.

        Args:
            old_value: the previous top line.
            new_value: the new top line.
        """
        super().watch_scroll_y(old_value, new_value)
        self.follow = self.at_bottom
        if new_value < old_value and new_value < 2 * self.size.height and not self.window.at_start:
            self.post_message(self.Reached(self, top=True))
        elif new_value > self.max_scroll_y - 2 * self.size.height and not self.window.at_end:
            self.post_message(self.Reached(self, top=False))
        self.post_message(self.Scrolled())

    def on_resize(self, event: events.Resize) -> None:
        """Rewrap the lines.

        Args:
            event: the event.
        """
        self.redraw()

    def on_focus(self) -> None:
        """Enter message mode."""
        self.refresh()

    def on_blur(self) -> None:
        """Leave message mode."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Report which link or message was clicked.

        Args:
            event: the event.
        """
        place = self._line_at(event.y)
        link, reaction = event.style.meta.get("link"), event.style.meta.get("reaction")
        key = _key(self._items[place[0]]) if place is not None else None
        clicked = self.Clicked(
            self,
            key,
            link if isinstance(link, str) else None,
            reaction if isinstance(reaction, str) else None,
            thread=event.style.meta.get("thread") is True,
        )
        self.post_message(clicked)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """While the pointer is over a reaction, show who reacted.

        Args:
            event: the event.
        """
        who = event.style.meta.get("who")
        if who != self.tooltip:
            self.tooltip = Content(who) if isinstance(who, str) else None


def _empty_hint(window: MessageWindow, context: RenderContext) -> list[Segment]:
    """Return the line for a channel that is known to have no messages; empty for any other."""
    if window.messages or window.pending or not (window.at_start and window.at_end):
        return []
    return indented([Segment("no messages yet", context.styles.dim)])


def _key(item: Item) -> int | str:
    return item.id if isinstance(item, Message) else item.local_id
