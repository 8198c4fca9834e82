"""Shows a thread's parent channel next to the thread on a wide screen."""

from __future__ import annotations

from odoochat.model import ChannelInfo
from odoochat.tui.rendering.context import RenderContext
from odoochat.tui.session import ChatSession
from odoochat.tui.storage.history import HistoryPages
from odoochat.tui.widgets.timeline import Timeline

__all__ = ["WIDE", "ParentView"]

WIDE = 140
"""Minimum screen width, in columns, to show both the thread and its parent channel."""


class ParentView:
    """Shows the open thread's parent channel, read-only.

    Args:
        session: the user's session.
        context: the render context.

    Attributes:
        timeline: the widget that shows the messages.
        channel: the parent channel's id; 0 if none is shown.
    """

    def __init__(self, session: ChatSession, context: RenderContext) -> None:
        self._session = session
        self._history = HistoryPages(session)
        self._stale = True
        self.timeline = Timeline(context, id="parent-timeline")
        self.timeline.can_focus = False
        self.channel = 0

    @property
    def info(self) -> ChannelInfo:
        """The parent channel."""
        return self._session.channels.get(self.channel) or ChannelInfo(self.channel, "")

    def changed(self) -> None:
        """Reload the messages when they are next shown."""
        self._stale = True

    def show(self, info: ChannelInfo, width: int) -> bool:
        """Show the parent channel of a thread if there is room.

        Args:
            info: the open channel.
            width: the screen's width in columns.

        Returns:
            Whether a parent channel is shown.
        """
        wanted = info.parent if width >= WIDE and info.parent in self._session.channels else None
        if wanted is None:
            self.channel = 0
            return False
        if wanted != self.channel:
            self.channel, self._stale = wanted, True
            self.timeline.follow = True
        if self._stale:
            self._stale = False
            page = self._history.newest(wanted)
            self.timeline.window.reset(page, at_start=bool(page))
        self.timeline.redraw()
        return True
