"""What the commands act upon: the desk, the conversation that is shown, and the parts of the screen."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from textual.screen import Screen

from odoochat.errors import OdooChatError
from odoochat.model import Attachment, ChannelInfo, Message, Progress
from odoochat.render import safe_line
from odoochat.tui.bar import Bar
from odoochat.tui.complete import Offer, Token
from odoochat.tui.composer import Composer
from odoochat.tui.desk import Desk
from odoochat.tui.gallery import Gallery
from odoochat.tui.layout import Scene
from odoochat.tui.look import Look
from odoochat.tui.past import Past
from odoochat.tui.rows import Rows
from odoochat.tui.settings import Settings
from odoochat.tui.timeline import Timeline
from odoochat.tui.window import Pending

__all__ = ["Host", "Stage"]

log = logging.getLogger("odoochat")

NO_LINK = "there is no link to the server now: F5 tries again"


class Host(Protocol):
    """The application around the screens of all profiles."""

    settings: Settings
    look: Look

    def use_theme(self, name: str) -> None:
        """Takes another theme."""

    def reload_settings(self) -> None:
        """Reads the settings file again."""

    def next_profile(self) -> None:
        """Shows the next profile's screen."""

    def profile_names(self) -> list[str]:
        """All profiles that can be shown."""
        ...

    def show_profile(self, name: str) -> None:
        """Shows a profile's screen."""

    def write_terminal(self, sequence: str) -> None:
        """Sends an escape sequence of ours to the terminal."""


class Stage:
    """One profile's screen, without its looks.

    Attributes:
        channel: the conversation on the screen, 0 for none.
        trail: those that were on it before, the latest last.
        replying, editing: what the composer's text answers or replaces.
        new: messages that came while the view stood elsewhere.
        offered: the completions that are shown, and the token that they complete.
        recall: the place in the history of what was sent, None while a draft is written.
        transfers: files on their way, by name.
    """

    def __init__(self, desk: Desk, host: Host, screen: Screen[Any]) -> None:
        self.desk = desk
        self.host = host
        self.screen = screen
        self.past = Past(desk)
        self.pictures = Gallery(desk, lambda: host.settings.images, self._picture_came)
        self.channel = 0
        self.trail: list[int] = []
        self.replying: Message | None = None
        self.editing: Message | None = None
        self.new = 0
        self.offered: tuple[Token, list[Offer]] | None = None
        self.recall: int | None = None
        self.transfers: dict[str, Progress] = {}
        self._places: dict[int, int] = {}
        self._loading = False
        self._told: tuple[str, str, float] = ("", "", 0.0)
        self.dirty: Callable[[], None] = lambda: None
        look = host.look
        self.scene = Scene(80, look, desk.me.partner_id, desk.name_of, self.quoted, self.pictures.get)
        self.timeline = Timeline(self.scene, id="timeline")
        self.conversations = Rows(look.chosen, id="conversations")
        self.members = Rows(look.chosen, id="members")
        self.offers = Rows(look.chosen, id="offers")
        self.offers.can_focus = False
        self.offers.always = True
        self.composer = Composer(id="composer")
        self.title, self.typing, self.answer = Bar(id="title"), Bar(id="typing"), Bar(id="answer")
        self.arrived, self.hints, self.status = Bar(id="arrived"), Bar(id="hints"), Bar(id="status")

    # --------------------------------------------------------------------- facts

    @property
    def info(self) -> ChannelInfo:
        """The conversation on the screen."""
        return self.desk.channels.get(self.channel) or ChannelInfo(self.channel, "")

    def quoted(self, message_id: int) -> Message | None:
        """A message that is answered."""
        return self.timeline.window.find(message_id) or self.desk.get(message_id)

    def _picture_came(self, attachment: Attachment) -> None:
        for message in self.timeline.window.messages:
            if attachment in message.attachments:
                self.timeline.forget(message.id)
        self.dirty()

    # ---------------------------------------------------------------------- saying

    def toast(self, text: str, severity: Any = "information") -> None:
        """Tells something for a few seconds; its words are cleaned, and never read as markup.

        The same words are not told twice in a row.
        """
        now = time.monotonic()
        if (text, severity) == self._told[:2] and now - self._told[2] < 3:
            return
        self._told = (text, severity, now)
        timeout = 6 if severity == "information" else 10
        self.screen.app.notify(safe_line(text, 300), severity=severity, timeout=timeout, markup=False)

    def run(self, job: Coroutine[Any, Any, Any], name: str) -> None:
        """Runs what asks the server; an error is told, with the way out that its words hold."""

        async def told() -> None:
            try:
                await job
            except (OdooChatError, OSError) as error:
                self.toast(f"{name}: {error}", "error")
            except Exception as error:  # noqa: BLE001 - a mistake of ours must not go unseen
                self.defect(error)

        self.desk.run(told(), name)

    def defect(self, error: Exception) -> None:
        """Tells of a mistake of ours; the chat goes on."""
        log.error("a defect", exc_info=error)
        self.toast(f"a defect of odoochat, please report it: {type(error).__name__}: {error}", "error")

    def online(self) -> bool:
        """Whether the server can be asked; says so when not."""
        if self.desk.verbs is None:
            self.toast(NO_LINK, "warning")
            return False
        return True

    # -------------------------------------------------------------------- conversation

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
            self.desk.drafts.last = channel
            self.composer.fill(self.desk.drafts.text(str(channel)))
            self.show_kept()
            self.check()
        if not self.screen.is_modal:
            self.composer.focus()
        self.dirty()

    def leave(self) -> None:
        """Keeps the draft and the place of the conversation on the screen."""
        self.keep_draft()
        self.replying = self.editing = self.recall = None
        self.offered = None
        if not self.channel:
            return
        if (typed_in := self.composer.signs.end()) and self.desk.verbs is not None:
            self.desk.run(self._stop_typing(typed_in), "typing")
        anchor = None if self.timeline.follow else self.timeline.anchor_id
        if anchor is None:
            self._places.pop(self.channel, None)
        else:
            self._places[self.channel] = anchor

    async def _stop_typing(self, channel: int) -> None:
        try:
            assert self.desk.verbs is not None
            await self.desk.verbs.typing(channel, False)
        except OdooChatError:
            return  # the sign ends by itself

    def keep_draft(self) -> None:
        """Keeps what is written; an edit under way is no draft, nor is what was sent before."""
        recalled = self.recall is not None and self.composer.text == self.desk.drafts.history[self.recall]
        if self.channel and self.editing is None and not recalled:
            self.desk.drafts.keep(str(self.channel), self.composer.text)

    def show_kept(self) -> None:
        """Shows what the cache has of the conversation."""
        timeline, channel = self.timeline, self.channel
        page = self.past.newest(channel)
        timeline.window.reset(page, at_start=self.past.is_start(channel, page))
        timeline.chosen = None
        timeline.follow, self.new = True, 0
        timeline.unread_from = self._first_unread(page)
        self.sync_pending()
        timeline.redraw(forget=True)
        place = self._places.get(channel)
        if place is not None and timeline.window.find(place) is not None:
            timeline.follow = False
            timeline.to_top(place)

    def _first_unread(self, page: list[Message]) -> int | None:
        left = self.info.unread
        for message in reversed(page):
            if message.kind == "comment" and message.author.id != self.desk.me.partner_id:
                left -= 1
                if left == 0:
                    return message.id
        return None

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
                self.timeline.unread_from = self._first_unread(page)
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
        mentions = [m for m in window.messages if m.needaction] if self.info.needaction else []
        if (self.info.unread or mentions) and window.messages and self.desk.verbs is not None:
            self.desk.run(self._mark_read(self.channel, window.messages[-1].id, mentions), "reading")

    async def _mark_read(self, channel: int, message_id: int, mentions: list[Message]) -> None:
        try:
            assert self.desk.verbs is not None
            await self.desk.verbs.mark_read(channel, message_id)
            if mentions:  # as the web client does with mentions that are seen in their conversation
                await self.desk.verbs.inbox_read(mentions)
        except OdooChatError:
            return  # the next message says it anew

    # --------------------------------------------------------------------- writing

    @property
    def target(self) -> Message | Pending | None:
        """The message that is acted on."""
        return self.timeline.chosen_item

    def own(self, message: Message) -> bool:
        """Whether I wrote a message."""
        return message.author.kind == "partner" and message.author.id == self.desk.me.partner_id

    def people(self) -> dict[int, str]:
        """Who can be mentioned here: members first, then whoever was heard of."""
        self.desk.name_of(0)
        found = {m.author.id: m.author.name for m in self.desk.members.get(self.channel, [])}
        found |= {i: n for i, n in self.desk.names.items() if n and i not in found}
        found.pop(self.desk.me.partner_id, None)
        return {i: safe_line(n, 60) for i, n in found.items() if n}

    def mentioned(self, text: str) -> tuple[int, ...]:
        """Partner ids of those whose names stand behind an @ in a text."""
        if "@" not in text:
            return ()
        return tuple(i for i, name in self.people().items() if f"@{name}" in text)
