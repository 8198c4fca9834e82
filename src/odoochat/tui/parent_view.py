"""The channel beside its thread: on a wide screen both are shown."""

from __future__ import annotations

from odoochat.model import ChannelInfo
from odoochat.tui.rendering.context import RenderContext
from odoochat.tui.session import ChatSession
from odoochat.tui.storage.history import HistoryPages
from odoochat.tui.widgets.timeline import Timeline

__all__ = ["WIDE", "ParentView"]

WIDE = 140
"""Columns of a screen that has room for both."""


class ParentView:
    """Shows the channel of the thread that is open, to be read.

    Args:
        session: the messages.
        context: the render context.

    Attributes:
        timeline: the messages.
        channel: the id of the channel, 0 while none is shown.
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
        """The channel."""
        return self._session.channels.get(self.channel) or ChannelInfo(self.channel, "")

    def changed(self) -> None:
        """Read the messages again when they are shown next."""
        self._stale = True

    def show(self, info: ChannelInfo, width: int) -> bool:
        """Show the channel of a thread if there is room.

        Args:
            info: the channel that is open.
            width: columns of the screen.

        Returns:
            Whether a channel is shown.
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
            self.timeline.window.reset(page, at_start=True)
        self.timeline.redraw()
        return True
