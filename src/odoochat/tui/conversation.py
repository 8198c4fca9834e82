"""Manages the open channel: opening it, loading its messages, marking them as read and leaving it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from odoochat.errors import OdooChatError
from odoochat.model import ChannelInfo, Message
from odoochat.tui.completion import Completion, CompletionToken
from odoochat.tui.draft import Draft
from odoochat.tui.feedback import Feedback
from odoochat.tui.message_window import FOLLOWED, PendingItem
from odoochat.tui.pinned_messages import PinnedMessages
from odoochat.tui.read_marks import ReadMarks
from odoochat.tui.session import ChatSession
from odoochat.tui.storage.history import HistoryPages
from odoochat.tui.threads import Threads
from odoochat.tui.widgets.chat_widgets import ChatWidgets

__all__ = ["ConversationView"]

MAX_TRAIL = 50


class ConversationView:
    """Shows one channel at a time.

    Args:
        session: the user's session.
        screen: the screen, used to check the focus.
        widgets: the timeline and the composer.
        feedback: shows errors.
        on_open: a function that is called after switching channels.
        on_change: a function that is called when the screen needs repainting.

    Attributes:
        channel: the id of the open channel; 0 if there is none.
        trail: ids of previously open channels, most recent last.
        draft: the draft, including the message being replied to or edited.
        threads: information about threads.
        pins: the number of pinned messages in each channel.
        new: number of messages that arrived while the user was scrolled up.
        offered: the current completions and the token to complete.
    """

    def __init__(
        self,
        session: ChatSession,
        screen: Screen[Any],
        widgets: ChatWidgets,
        feedback: Feedback,
        on_open: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        self._session = session
        self._screen = screen
        self._timeline = widgets.timeline
        self._composer = widgets.composer
        self._feedback = feedback
        self._on_open = on_open
        self._on_change = on_change
        self._history = HistoryPages(session)
        self.threads = Threads(session, self._history)
        self.pins = PinnedMessages(session)
        self._positions: dict[int, int] = {}
        self.draft = Draft(session, widgets.composer)
        self._loading = False
        self._read_soon = False
        self._marks = ReadMarks(session)
        self.channel = 0
        self.trail: list[int] = []
        self.new = 0
        self.offered: tuple[CompletionToken, list[Completion]] | None = None

    @property
    def info(self) -> ChannelInfo:
        """The open channel."""
        return self._session.channels.get(self.channel) or ChannelInfo(self.channel, "")

    @property
    def target(self) -> Message | PendingItem | None:
        """The selected message."""
        return self._timeline.chosen_item

    def people(self) -> dict[int, str]:
        """Return the names of people who can be mentioned here, keyed by partner id."""
        return self._session.people.mentionable(self.channel)

    def mentioned(self, text: str) -> tuple[int, ...]:
        """Return the partner ids of the people mentioned with an @ in the text.

        Args:
            text: the text.
        """
        if "@" not in text:
            return ()
        return tuple(i for i, name in self.people().items() if f"@{name}" in text)

    # ------------------------------------------------------------ opening, leaving

    def open(self, channel: int, *, remember: bool = True) -> None:
        """Show a channel, first from the cache and then from the server.

        Args:
            channel: the channel's id.
            remember: whether the "back" command should return to the current channel.
        """
        if channel not in self._session.channels:
            self._feedback.toast("you are not a member of that conversation", "warning")
            return
        if channel != self.channel:
            self.leave()
            before, self.channel = self.channel, channel
            if remember and before:
                self.trail = [*self.trail[-MAX_TRAIL:], before]
            self._on_open()
            self._session.drafts.last = channel
            self.draft.open(channel)
            self.show_kept()
            self.check()
        if not self._screen.is_modal:
            self._screen.set_focus(self._composer)
        self._on_change()

    def go_back(self) -> bool:
        """Show the previously open channel; return False if there is none."""
        while self.trail:
            channel = self.trail.pop()
            if channel in self._session.channels and channel != self.channel:
                self.open(channel, remember=False)
                return True
        return False

    def close(self) -> None:
        """Close a channel that the user is no longer a member of. The draft is kept but not sent."""
        self.channel, self.offered = 0, None
        self.draft.close()
        self._timeline.window.reset(())
        self._timeline.redraw(forget=True)

    def show_account(self) -> None:
        """Show the connected account's own draft and messages, if those of another account are shown."""
        if not self.draft.change_account():
            return
        self.trail, self._positions = [], {}
        if self.channel not in self._session.channels:
            self.close()
        else:
            self.show_kept()

    def leave(self) -> None:
        """Save the open channel's draft, any reply or edit in progress, and the scroll position."""
        self.draft.leave()
        self.offered = None
        if not self.channel:
            return
        if typed_in := self._composer.signs.end():
            self._session.run(self.send_typing(typed_in, False), "typing")
        anchor = None if self._timeline.follow else self._timeline.anchor_id
        if anchor is None:
            self._positions.pop(self.channel, None)
        else:
            self._positions[self.channel] = anchor

    async def send_typing(self, channel: int, typing: bool) -> None:
        """Send a typing indicator to the other members. Losing an indicator is harmless.

        Args:
            channel: the channel's id.
            typing: whether the user is typing.
        """
        try:
            if self._session.client is not None:
                shown = self._session.client.channel(channel).typing
                await (shown.start() if typing else shown.stop())
        except OdooChatError:
            return

    # ------------------------------------------------------------------- loading

    def show_kept(self) -> None:
        """Show the channel from the cache at the last scroll position."""
        timeline, channel = self._timeline, self.channel
        position = self._positions.get(channel)
        page = self._history.newest(channel)
        timeline.window.reset(page, at_start=self._history.is_start(channel, page))
        if position is not None and timeline.window.find(position) is None:
            there = self._history.kept_at(channel, position)
            if there is not None:
                timeline.window.reset(there[0], at_end=there[1])
        timeline.chosen = None
        timeline.follow, self.new = True, 0
        timeline.unread_from = self._history.first_unread(channel, page)
        self.sync_pending()
        self._show_source(self.threads.source(self.info))
        timeline.redraw(forget=True)
        if position is not None and timeline.window.find(position) is not None:
            timeline.follow = False
            timeline.to_top(position)

    def _show_source(self, message: Message | None) -> None:
        """Show the message that started a thread above the first reply."""
        window = self._timeline.window
        if message is not None and window.at_start and window.find(message.id) is None:
            window.put(message)

    def check(self, *, again: bool = False) -> None:
        """Compare the displayed messages with the server, if connected.

        Args:
            again: whether to refetch data that is normally fetched only once.
        """
        if again:
            self.pins.forget()
        if self._session.client is not None and self.channel:
            self._feedback.run(self._check(self.channel), "loading the conversation")

    async def _check(self, channel: int) -> None:
        page = await self._history.check(channel)
        if channel != self.channel:
            return
        window = self._timeline.window
        await self._history.repair(channel, window.messages[:], page)
        if channel != self.channel:
            return
        window.reset(self._history.now(window.messages), at_start=window.at_start, at_end=window.at_end)
        if window.at_end:
            kept = self._history.newest(channel)
            above = [m for m in window.messages if kept and m.id < kept[0].id]
            low = self._session.cache.low(channel)
            above = [m for m in above if low is not None and m.id >= low]
            window.reset([*above, *kept], at_start=window.at_start and low == 0)
            if self._history.is_start(channel, kept):
                window.at_start = True
            if self._timeline.unread_from is None:
                self._timeline.unread_from = self._history.first_unread(channel, page)
        self._on_change()
        self.mark_read()
        self._show_source(await self.threads.find_source(self.info))
        if True in (await self.draft.find_answered(), await self.threads.read(channel), await self.pins.read(channel)):
            self._timeline.redraw(forget=True)
            self._on_change()
        await self._session.people.read_members(channel)

    def sync_pending(self) -> None:
        """Show the user's pending messages."""
        window = self._timeline.window
        arrived = {m.local_id for m in window.messages[-50:] if m.local_id}
        pending = [p for p in self._session.send_queue.pending(self.channel) if p.local_id not in arrived]
        if pending != window.pending:
            window.pending = pending
        if isinstance(chosen := self._timeline.chosen, str) and window.is_pending(chosen) is None:
            last = window.messages[-1] if window.messages else None
            if last is not None and self._session.is_own(last):
                self._timeline.chosen = last.id  # it was selected while being sent

    def load(self, *, top: bool) -> None:
        """Load the next page, first from the cache, then from the server in the background.

        Args:
            top: whether to load older messages rather than newer ones.
        """
        window = self._timeline.window
        if self._loading or not window.messages or not self.channel:
            return
        if top and (page := self._history.older_kept(self.channel, window.messages[0].id)):
            window.extend_up(page)
            self._show_source(self.threads.source(self.info))
            self._timeline.redraw()
            return
        self._loading = True
        self._feedback.run(self._load(self.channel, top=top), "loading")

    async def _load(self, channel: int, *, top: bool) -> None:
        window = self._timeline.window
        try:
            if top:
                page, end = await self._history.older(channel, window.messages[0].id)
            else:
                page, end = await self._history.newer(channel, window.messages[-1].id)
        finally:
            self._loading = False
        if channel != self.channel or not window.messages:
            return
        if top:
            window.extend_up(page)
            window.at_start = window.at_start or end
            self._show_source(self.threads.source(self.info))
        else:
            window.extend_down(page)
            window.at_end = end
        self._timeline.redraw()

    async def jump(self, message_id: int, channel: int | None = None) -> None:
        """Go to a message in any channel and select it.

        Args:
            message_id: the message's id.
            channel: the id of the message's channel; None for the open channel.

        Raises:
            OdooChatError: the page that contains the message could not be fetched.
        """
        if channel is not None and channel != self.channel:
            self.open(channel)
        window = self._timeline.window
        if window.find(message_id) is None:
            page, first, last = await self._history.around(self.channel, message_id)
            if not any(m.id == message_id for m in page):
                self._feedback.toast("that message no longer exists", "warning")
                return
            window.reset(page, at_start=first, at_end=last)
            self._timeline.follow = False
            self._timeline.redraw(forget=True)
        self._timeline.follow = False
        self._screen.set_focus(self._timeline)
        self._timeline.to_top(message_id, above=3)
        self._timeline.choose(message_id)

    def to_newest(self) -> None:
        """Scroll to the newest message."""
        timeline = self._timeline
        if not timeline.window.at_end:
            page = self._history.newest(self.channel)
            timeline.window.reset(page, at_start=self._history.is_start(self.channel, page))
        timeline.follow, self.new = True, 0
        timeline.redraw()
        self.mark_read()
        self._on_change()

    # ------------------------------------------------------------------- messages

    def add(self, message: Message, *, visible: bool) -> None:
        """Add a newly posted message.

        Args:
            message: the message.
            visible: whether the user can currently see the message.
        """
        timeline = self._timeline
        timeline.window.settle(message.local_id)
        timeline.window.put(message)
        if timeline.follow:
            timeline.window.trim(FOLLOWED)
        if visible:
            self.mark_read_soon()
        elif not self._session.is_own(message):
            self.new += 1
            if timeline.unread_from is None and not self._screen.app.app_focus:
                timeline.unread_from = message.id

    def update(self, message_id: int) -> None:
        """Redraw a changed message if the window contains it.

        Args:
            message_id: the message's id.
        """
        window = self._timeline.window
        if window.find(message_id) is not None and (message := self._session.get(message_id)) is not None:
            window.put(message)

    def mark_read_soon(self) -> None:
        """Schedule `mark_read` to run after the next layout, once for all messages that arrive before then."""
        if not self._read_soon:
            self._read_soon = self._screen.call_later(self._mark_placed)

    def _mark_placed(self) -> None:
        self._read_soon = False
        self.mark_read()

    def mark_read(self) -> None:
        """Mark the channel as read if its newest message is visible."""
        window = self._timeline.window
        if not (self._timeline.at_bottom and self._screen.is_current and self._screen.app.app_focus):
            return
        self.new = 0
        mentioned = self.info.needaction > 0
        if (self.info.unread or mentioned) and window.messages and self._session.client is not None:
            self._marks.add(self.channel, (window.messages[0].id, window.messages[-1].id), mentioned=mentioned)
