"""What the commands act upon: the conversation that is shown, as it is opened, read and left."""

from __future__ import annotations

from odoochat.errors import OdooChatError
from odoochat.tui.controller import Ground, Host

__all__ = ["Host", "Stage"]

MENTIONS = 100


class Stage(Ground):
    """One profile's screen, without its looks."""

    def open(self, channel: int, *, remember: bool = True) -> None:
        """Shows a conversation: at once what the cache has, then what the server has."""
        if channel not in self.desk.channels:
            self.toast("that conversation is not among yours", "warning")
            return
        if channel != self.channel:
            self.leave()
            if remember and self.channel:
                self.trail = [*self.trail[-50:], self.channel]
            self.channel = channel
            self.pictures.opened()
            self.desk.drafts.last = channel
            self.replying, self.editing, edited = self._begun.pop(channel, (None, None, ""))
            self.composer.fill(edited or self.desk.drafts.text(str(channel)))
            self.show_kept()
            self.check()
        if not self.screen.is_modal:
            self.composer.focus()
        self.dirty()

    def leave(self) -> None:
        """Keeps the draft, what it answers, an edit, and the place of the conversation on the screen."""
        self.keep_draft()
        if self.replying is not None or self.editing is not None:
            edited = self.composer.text if self.editing is not None else ""
            self._begun[self.channel] = self.replying, self.editing, edited
        self.replying = self.editing = self.recall = None
        self.offered = None
        if not self.channel:
            return
        if typed_in := self.composer.signs.end():
            self.desk.run(self.tell_typing(typed_in, False), "typing")
        anchor = None if self.timeline.follow else self.timeline.anchor_id
        if anchor is None:
            self._places.pop(self.channel, None)
        else:
            self._places[self.channel] = anchor

    async def tell_typing(self, channel: int, typing: bool) -> None:
        """Shows the others that I write, or no longer do."""
        try:
            if self.desk.verbs is not None:
                await self.desk.verbs.typing(channel, typing)
        except OdooChatError:
            return  # a sign of typing is no matter to speak of, and ends by itself

    def keep_draft(self) -> None:
        """Keeps what is written; an edit under way is no draft, nor is what was sent before."""
        recalled = self.recall is not None and self.composer.text == self.desk.drafts.history[self.recall]
        if self.channel and self.editing is None and not recalled:
            self.desk.drafts.keep(str(self.channel), self.composer.text)

    def show_kept(self) -> None:
        """Shows what the cache has of the conversation."""
        timeline, channel = self.timeline, self.channel
        place = self._places.get(channel)
        page = self.past.newest(channel)
        timeline.window.reset(page, at_start=self.past.is_start(channel, page))
        if place is not None and timeline.window.find(place) is None and (there := self.past.kept_at(channel, place)):
            timeline.window.reset(there[0], at_end=there[1])
        timeline.chosen = None
        timeline.follow, self.new = True, 0
        timeline.unread_from = self.past.first_unread(channel, page)
        self.sync_pending()
        timeline.redraw(forget=True)
        if place is not None and timeline.window.find(place) is not None:
            timeline.follow = False
            timeline.to_top(place)

    def check(self) -> None:
        """Compares what is shown with the server, when there is a link."""
        if self.desk.client is not None and self.channel:
            self.run(self._check(self.channel), "reading the conversation")

    async def _check(self, channel: int) -> None:
        page = await self.past.check(channel)
        if channel != self.channel:
            return
        window = self.timeline.window
        if window.at_end:
            kept = self.past.newest(channel)
            above = [m for m in window.messages if kept and m.id < kept[0].id]
            low = self.desk.cache.low(channel)
            above = [m for m in above if low is not None and m.id >= low]
            window.reset([*above, *kept], at_start=window.at_start and low == 0)
            if self.past.is_start(channel, kept):
                window.at_start = True
            if self.timeline.unread_from is None:
                self.timeline.unread_from = self.past.first_unread(channel, page)
        self.dirty()
        self.mark_read()
        await self.desk.read_members(channel)

    def sync_pending(self) -> None:
        """Takes over what is on its way out."""
        window = self.timeline.window
        arrived = {m.local_id for m in window.messages[-50:] if m.local_id}
        pending = [p for p in self.desk.outgoing.pending(self.channel) if p.local_id not in arrived]
        if pending != window.pending:
            window.pending = pending

    def load(self, *, top: bool) -> None:
        """Loads the next page in a direction: from the cache at once, from the server in the background."""
        window = self.timeline.window
        if self._loading or not window.messages or not self.channel:
            return
        if top and (page := self.past.older_kept(self.channel, window.messages[0].id)):
            window.extend_up(page)
            self.timeline.redraw()
            return
        self._loading = True
        self.run(self._load(self.channel, top=top), "loading")

    async def _load(self, channel: int, *, top: bool) -> None:
        window = self.timeline.window
        try:
            if top:
                page, end = await self.past.older(channel, window.messages[0].id)
            else:
                page, end = await self.past.newer(channel, window.messages[-1].id)
        finally:
            self._loading = False
        if channel != self.channel or not window.messages:
            return
        if top:
            window.extend_up(page)
            window.at_start = window.at_start or end
        else:
            window.extend_down(page)
            window.at_end = end
        self.timeline.redraw()

    async def jump(self, message_id: int, channel: int | None = None) -> None:
        """Shows a message wherever it stands, and chooses it."""
        if channel is not None and channel != self.channel:
            self.open(channel)
        window = self.timeline.window
        if window.find(message_id) is None:
            page, first, last = await self.past.around(self.channel, message_id)
            if not any(m.id == message_id for m in page):
                self.toast("that message is not there (any more)", "warning")
                return
            window.reset(page, at_start=first, at_end=last)
            self.timeline.follow = False
            self.timeline.redraw(forget=True)
        self.timeline.follow = False
        self.timeline.focus()
        self.timeline.to_top(message_id, above=3)
        self.timeline.choose(message_id)

    def to_newest(self) -> None:
        """Shows the newest message."""
        timeline = self.timeline
        if not timeline.window.at_end:
            page = self.past.newest(self.channel)
            timeline.window.reset(page, at_start=self.past.is_start(self.channel, page))
        timeline.follow, self.new = True, 0
        timeline.redraw()
        self.mark_read()
        self.dirty()

    def mark_read(self) -> None:
        """Tells the server what I have read, when I can see it."""
        window = self.timeline.window
        if not (self.timeline.at_bottom and self.screen.is_current and self.screen.app.app_focus):
            return
        self.new = 0
        mentioned = self.info.needaction > 0
        if (self.info.unread or mentioned) and window.messages and self.desk.verbs is not None:
            shown = window.messages[0].id, window.messages[-1].id
            self.desk.run(self._mark_read(self.channel, shown, mentioned=mentioned), "reading")

    async def _mark_read(self, channel: int, shown: tuple[int, int], *, mentioned: bool) -> None:
        try:
            assert self.desk.verbs is not None
            await self.desk.verbs.mark_read(channel, shown[1])
            if mentioned:  # as the web client does with mentions that are seen in their conversation
                found = await self.desk.verbs.inbox(MENTIONS)
                seen = [m for m in found if m.channel.id == channel and shown[0] <= m.id <= shown[1]]
                if seen:
                    await self.desk.verbs.inbox_read(seen)
        except OdooChatError:
            return  # the next message says it anew
