"""The parts of one profile's screen, what they stand on, and what is said to the user."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from textual.screen import Screen

from odoochat.errors import OdooChatError
from odoochat.model import Attachment, ChannelInfo, Message, Progress
from odoochat.tui import notifications as notices
from odoochat.tui.completion import Offer, Token
from odoochat.tui.graphics.gallery import Gallery
from odoochat.tui.graphics.terminal import Easel
from odoochat.tui.message_window import Pending
from odoochat.tui.rendering.lists import is_muted
from odoochat.tui.rendering.message import Scene
from odoochat.tui.session import Desk
from odoochat.tui.settings import Settings
from odoochat.tui.storage.history import Past
from odoochat.tui.theme import Look
from odoochat.tui.widgets.bar import Bar
from odoochat.tui.widgets.composer import Composer
from odoochat.tui.widgets.row_list import Rows
from odoochat.tui.widgets.timeline import Timeline
from odoochat.wire.content.sanitize import safe_line, safe_name

__all__ = ["Ground", "Host"]

log = logging.getLogger("odoochat")

MAX_TOASTS = 8
NO_LINK = "there is no link to the server now: F5 tries again"


class Host(Protocol):
    """The application around the screens of all profiles."""

    settings: Settings
    look: Look
    easel: Easel

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

    def temporary_folder(self) -> Path:
        """A folder for files that are opened: the user's alone, and removed at the end."""
        ...

    def write_terminal(self, sequence: str) -> None:
        """Sends an escape sequence of ours to the terminal."""


class Ground:
    """One profile's screen, without its looks and without what is read in it.

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
        self.notifier = notices.Notifier(host.write_terminal, desk.run, self._ring)
        self.pictures = Gallery(desk, host.easel, self._picture_came)
        self.channel = 0
        self.trail: list[int] = []
        self.replying: Message | None = None
        self.editing: Message | None = None
        self.new = 0
        self.offered: tuple[Token, list[Offer]] | None = None
        self.recall: int | None = None
        self.transfers: dict[str, Progress] = {}
        self._places: dict[int, int] = {}
        self._begun: dict[int, tuple[Message | None, Message | None, str]] = {}
        self._loading = False
        self._quotes: set[int] = set()
        self._told: tuple[str, str, float] = ("", "", 0.0)
        self._toasts: deque[float] = deque()
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

    @property
    def info(self) -> ChannelInfo:
        """The conversation on the screen."""
        return self.desk.channels.get(self.channel) or ChannelInfo(self.channel, "")

    def quoted(self, message_id: int) -> Message | None:
        """A message that is answered; one that is not known here is fetched."""
        found = self.timeline.window.find(message_id) or self.desk.get(message_id)
        if found is None and self.desk.verbs is not None and message_id not in self._quotes:
            self._quotes.add(message_id)
            self.desk.run(self._fetch_quoted(message_id), "quoted message")
        return found

    async def _fetch_quoted(self, message_id: int) -> None:
        try:
            assert self.desk.verbs is not None
            self.desk.keep([await self.desk.verbs.message(message_id)])
        except OdooChatError:
            return  # it is gone, or I may not read it
        for message in self.timeline.window.messages:
            if message.reply_to == message_id:
                self.timeline.forget(message.id)
        self.dirty()

    def _picture_came(self, attachment: Attachment) -> None:
        for message in self.timeline.window.messages:
            if attachment in message.attachments:
                self.timeline.forget(message.id)
        self.dirty()

    def _ring(self) -> None:
        self.screen.app.bell()

    def toast(self, text: str, severity: Any = "information") -> None:
        """Tells something for a few seconds; its words are cleaned, and never read as markup.

        The same words are not told twice in a row, and no more than `MAX_TOASTS` stand there at once.
        """
        now = time.monotonic()
        timeout = 6 if severity == "information" else 10
        while self._toasts and self._toasts[0] < now:
            self._toasts.popleft()
        if ((text, severity) == self._told[:2] and now - self._told[2] < 3) or len(self._toasts) >= MAX_TOASTS:
            return
        self._told = (text, severity, now)
        self._toasts.append(now + timeout)
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

    def able(self, feature: str) -> bool:
        """Whether the server can be asked for something of docs/features.md; says so when not."""
        if not self.online():
            return False
        assert self.desk.verbs is not None
        try:
            self.desk.verbs.require(feature)
        except OdooChatError as error:
            self.toast(str(error), "warning")
            return False
        return True

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
        return {i: safe_name(n, 60) for i, n in found.items() if n}

    def mentioned(self, text: str) -> tuple[int, ...]:
        """Partner ids of those whose names stand behind an @ in a text."""
        if "@" not in text:
            return ()
        return tuple(i for i, name in self.people().items() if f"@{name}" in text)

    def announce(self, message: Message, info: ChannelInfo, *, seen: bool) -> None:
        """Notifies of a message where that is wanted: on the desktop, and by the bell."""
        settings, me = self.host.settings, self.desk.me.partner_id
        muted = is_muted(info, self.desk.drafts.muted)
        if not notices.is_wanted(message, info, me=me, how=settings.notify, muted=muted, on_screen=seen):
            return
        self.notifier.notify(*notices.notification_of(message, info), bell=settings.bell)
