"""The screen of one profile: its parts, and what they tell each other."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import TextArea

from odoochat.events import (
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    Event,
    EventsMissed,
    InboxReceived,
    LinkChanged,
    MessageDeleted,
    MessageEdited,
    MessageFailed,
    MessagePosted,
    NoticeReceived,
    PinChanged,
    ReactionChanged,
    StarChanged,
)
from odoochat.model import ChannelInfo, Message, RecordRef
from odoochat.tui import keys
from odoochat.tui.conversation import Host, Stage
from odoochat.tui.message_window import FOLLOWED
from odoochat.tui.rendering.bars import paint, paint_status
from odoochat.tui.rendering.wrap import excerpt
from odoochat.tui.session import Desk
from odoochat.tui.widgets.composer import Composer
from odoochat.tui.widgets.row_list import Rows
from odoochat.tui.widgets.timeline import Timeline
from odoochat.wire.content.sanitize import safe_name

__all__ = ["ChatScreen"]

PAINT_SECONDS = 1 / 30
DRAFT_SECONDS = 1.0
TYPED_SECONDS = 2.0


class ConversationList(Rows):
    """The list of conversations."""

    BINDINGS = keys.bindings("list")


class ChatScreen(Screen[None]):
    """One profile's chat.

    Args:
        desk: whose events it hears.
        host: the application.
        channel: what to open at first, 0 for what was open last.
    """

    BINDINGS = keys.bindings("everywhere")
    CSS_PATH: ClassVar[Any] = None
    AUTO_FOCUS = "#composer"
    DEFAULT_CSS = """
    ChatScreen { layout: vertical; }
    ChatScreen #body { height: 1fr; }
    ChatScreen #side { width: 26; background: $surface; }
    ChatScreen #conversations { height: 1fr; background: $surface; overflow-y: auto; }
    ChatScreen #main { width: 1fr; }
    ChatScreen #title { background: $panel; }
    ChatScreen #members { width: 24; background: $surface; display: none; }
    ChatScreen.with-members #members { display: block; }
    ChatScreen.no-side #side { display: none; }
    ChatScreen #offers { height: auto; max-height: 8; background: $panel; display: none; }
    ChatScreen #answer { background: $surface; display: none; }
    ChatScreen #arrived { display: none; }
    ChatScreen #composer { background: $surface; }
    ChatScreen #status { background: $panel; }
    ChatScreen #hints { background: $background; }
    ChatScreen.narrow #members { display: none; }
    ChatScreen.narrow.members-wanted #members { display: block; width: 1fr; max-width: 24; }
    ChatScreen.narrow.members-wanted #side { display: none; }
    ChatScreen.thin.members-wanted #main { display: none; }
    ChatScreen.thin.members-wanted #members { max-width: 100%; }
    ChatScreen.narrow #side { width: 18; }
    ChatScreen.thin #side { display: none; }
    ChatScreen.thin.side-wanted #side { display: block; width: 1fr; }
    ChatScreen.thin.side-wanted #main { display: none; }
    ChatScreen.low #hints { display: none; }
    ChatScreen.low #typing { display: none; }
    ChatScreen.flat #title { display: none; }
    ChatScreen.flat #composer { max-height: 1; }
    ChatScreen.flat #offers { display: none; }
    """

    def __init__(self, desk: Desk, host: Host, channel: str = "") -> None:
        super().__init__()
        self.desk = desk
        self.host = host
        self.stage = Stage(desk, host, self)
        self._conversations = ConversationList(host.look.chosen, id="conversations")
        self.stage.conversations = self._conversations
        self._wanted = channel
        self._paint_later: asyncio.TimerHandle | None = None
        self._draft_later: asyncio.TimerHandle | None = None
        self.stage.dirty = self.dirty
        desk.tell = self.hear
        desk.changed = self.dirty
        desk.ask_code = self._ask_code

    # ---------------------------------------------------------------------- life

    def compose(self) -> ComposeResult:
        """The parts."""
        stage = self.stage
        with Horizontal(id="body"):
            with Vertical(id="side"):
                yield stage.conversations
            with Vertical(id="main"):
                yield stage.title
                yield stage.timeline
                yield stage.arrived
                yield stage.typing
                yield stage.offers
                yield stage.answer
                yield stage.composer
            yield stage.members
        yield stage.hints
        yield stage.status

    def on_mount(self) -> None:
        """Shows what the cache has, and connects after the first paint."""
        settings = self.host.settings
        self.query_one("#side").styles.width = settings.sidebar
        self.set_class(settings.members, "with-members")
        self.stage.composer.cursor_blink = Composer.blinks
        self._open_first()
        self.stage.composer.focus()
        paint(self.stage)
        self.set_interval(1.0, self._tick)
        self.call_after_refresh(self.desk.start)

    async def _ask_code(self) -> str:
        from odoochat.tui.commands import panels as asking

        return await asking.ask_code(self.stage)

    def on_screen_resume(self) -> None:
        """It is on the screen again: what is seen now is read."""
        self.stage.mark_read()
        self.dirty()

    def _open_first(self) -> bool:
        """Opens what is wanted: a channel by id or name, what was open last, or the first."""
        found = self.desk.first(self._wanted)
        if found:
            self._wanted = ""
            self.stage.open(found)
        return bool(found)

    def on_unmount(self) -> None:
        """Keeps what must be kept."""
        for timer in (self._paint_later, self._draft_later):
            if timer is not None:
                timer.cancel()
        self.stage.notifier.close()
        self.desk.tell = lambda _: None
        self.desk.changed = lambda: None
        self.stage.keep_draft()
        self.desk.drafts.save()

    def _tick(self) -> None:
        """Once a second: waits count down, typists are forgotten."""
        paint_status(self.stage)
        composer = self.stage.composer
        if channel := composer.signs.stopped(time.monotonic()):
            self.desk.run(self.stage.tell_typing(channel, False), "typing")
        if self.stage.typing.words.strip():
            self.dirty()

    # -------------------------------------------------------------------- painting

    def dirty(self) -> None:
        """Something changed: it is painted a moment later, together with whatever else changes until then."""
        if self._paint_later is None and self.is_attached:
            self._paint_later = asyncio.get_running_loop().call_later(PAINT_SECONDS, self._paint)

    def _paint(self) -> None:
        self._paint_later = None
        if self.is_attached and self.is_running:
            paint(self.stage)

    def on_resize(self, event: events.Resize) -> None:
        """Leaves out what has no room."""
        width, height = event.size
        self.set_class(width < 90, "narrow")
        self.set_class(width < 48, "thin")
        self.set_class(height < 14, "low")
        self.set_class(height < 8, "flat")
        self.query_one("#side").styles.width = 18 if width < 90 else self.host.settings.sidebar
        if width < 48 and not self.has_class("side-wanted"):
            self.query_one("#side").styles.width = None
        self.dirty()

    # --------------------------------------------------------------------- hearing

    def hear(self, event: Event) -> None:
        """Takes an event of the desk, which has taken it in already."""
        try:
            self._hear(event)
        except Exception as error:  # noqa: BLE001 - one event must not end the link
            self.stage.defect(error)
        self.dirty()

    def _hear(self, event: Event) -> None:
        stage, window = self.stage, self.stage.timeline.window
        match event:
            case MessagePosted(message=message):
                self._posted(message)
            case (
                MessageEdited(message=Message(id=number))
                | ReactionChanged(message_id=number)
                | PinChanged(message_id=number)
            ):
                self._renew(number)
            case StarChanged(message_ids=numbers):
                for number in numbers:
                    self._renew(number)
            case MessageDeleted(id=number):
                window.remove(number)
            case MessageFailed(channel=channel, error=error):
                where = self.desk.channels[channel.id].name if channel.id in self.desk.channels else "a conversation"
                stage.toast(f"not sent in {where}: {error}; it stands there: e edits it, d drops it", "error")
            case LinkChanged(state=state, reason=reason):
                self._linked(state, reason or "")
            case ChannelJoined() | ChannelChanged() if self._wanted or not stage.channel:
                self._open_first()
            case ChannelLeft(channel=channel) if channel.id == stage.channel:
                stage.channel = 0
                self._open_first()
            case EventsMissed():
                stage.check()
            case ChannelChanged(channel=channel) if channel.id == stage.channel and stage.info.needaction:
                self.call_later(stage.mark_read)
            case InboxReceived(message=Message(record=None, channel=channel)) if channel.id == stage.channel:
                self.call_later(stage.mark_read)
            case InboxReceived(message=Message(record=RecordRef() as record) as message):
                info = ChannelInfo(0, record.name or record.model)
                self.stage.announce(message, info, seen=False)
                who = safe_name(message.author.name, 40) or "unknown"
                stage.toast(f"{who} mentions you in {safe_name(info.name, 40)}: {excerpt(message.text)}")
            case NoticeReceived(text=text):
                stage.toast(text)

    def _linked(self, state: str, reason: str) -> None:
        if state == "closed" and reason and not self.stage.channel and not self.stage.screen.is_modal:
            from odoochat.tui.commands import panels as asking

            asking.tell_refusal(self.stage, reason)
        if state != "open":
            return
        if self._wanted or not self.stage.channel:
            if not self._open_first() and self._wanted.startswith("@"):
                self.stage.run(self._open_person(self._wanted), "opening")
            elif self._wanted:
                self.stage.toast(f"there is no conversation {self._wanted!r} among yours", "warning")
                self._wanted = ""
                self._open_first()
        else:
            self.stage.check()  # what was edited or removed meanwhile
        self.stage.scene.me = self.desk.me.partner_id
        if self.has_class("with-members"):
            from odoochat.tui.commands import navigation as moving

            moving.read_members(self.stage)

    async def _open_person(self, who: str) -> None:
        assert self.desk.client is not None
        self._wanted = ""
        channel = await self.desk.client.direct(who)
        self.desk.channels[channel.id] = channel.info
        self.stage.open(channel.id)

    def _renew(self, message_id: int) -> None:
        window = self.stage.timeline.window
        if window.find(message_id) is not None and (message := self.desk.get(message_id)) is not None:
            window.put(message)

    def _posted(self, message: Message) -> None:
        stage, timeline = self.stage, self.stage.timeline
        here = message.channel.id == stage.channel
        seen = here and self.is_current and self.app.app_focus and timeline.at_bottom
        if here:
            timeline.window.settle(message.local_id)
            timeline.window.put(message)
            if timeline.follow:
                timeline.window.trim(FOLLOWED)
            if seen:
                self.call_later(stage.mark_read)
            elif not stage.own(message):
                stage.new += 1
                if timeline.unread_from is None and not self.app.app_focus:
                    timeline.unread_from = message.id
        info = self.desk.channels.get(message.channel.id)
        if info is not None:
            self.stage.announce(message, info, seen=seen)

    # ------------------------------------------------------------------ the parts speak

    async def action_do(self, name: str) -> None:
        """Runs a command, once the composer has taken in what was typed before it."""
        from odoochat.tui.commands.registry import COMMANDS  # after the first paint

        typed = asyncio.Event()
        if self.stage.composer.has_focus and self.stage.composer.call_later(typed.set):
            with suppress(TimeoutError):
                async with asyncio.timeout(TYPED_SECONDS):
                    await typed.wait()
        try:
            COMMANDS[name](self.stage)
        except Exception as error:  # noqa: BLE001 - nothing typed is lost by a mistake of ours
            self.stage.defect(error)
        self.dirty()

    @on(TextArea.Changed)
    def _changed(self, event: TextArea.Changed) -> None:
        from odoochat.tui.commands import compose as writing

        stage = self.stage
        writing.changed(stage)
        stage.keep_draft()
        if self._draft_later is None:
            self._draft_later = asyncio.get_running_loop().call_later(DRAFT_SECONDS, self._save_drafts)
        composer, text = stage.composer, event.text_area.text
        if not text.strip() or text.startswith("/") or stage.editing is not None or not composer.has_focus:
            return
        told = self.host.settings.typing and self.desk.verbs is not None and stage.channel
        if told and composer.typed(stage.channel):
            self.desk.run(self.stage.tell_typing(stage.channel, True), "typing")

    def _save_drafts(self) -> None:
        self._draft_later = None
        self.desk.drafts.save()

    @on(Composer.FilePasted)
    def _pasted(self, event: Composer.FilePasted) -> None:
        from odoochat.tui.commands import files as filing

        filing.offer_upload(self.stage, event.path)

    @on(Timeline.Reached)
    def _reached(self, event: Timeline.Reached) -> None:
        self.stage.load(top=event.top)

    @on(Timeline.Scrolled)
    def _scrolled(self) -> None:
        if self.stage.timeline.at_bottom:
            self.stage.mark_read()
        if self.stage.new:
            self.dirty()

    @on(Timeline.Clicked)
    def _clicked(self, event: Timeline.Clicked) -> None:
        from odoochat.tui.commands import messages as acting

        if event.link is not None:
            acting.open_link(self.stage, event.link)
        elif event.key is not None:
            self.stage.timeline.focus()
            self.stage.timeline.choose(event.key)
        self.dirty()

    @on(Rows.Opened)
    def _opened(self, event: Rows.Opened) -> None:
        from odoochat.tui.commands import compose as writing
        from odoochat.tui.commands import navigation as moving

        if event.rows is self.stage.conversations:
            moving.open_chosen(self.stage)
        elif event.rows is self.stage.offers and self.stage.offered is not None:
            writing.accept(self.stage)
        elif event.rows is self.stage.members and event.key is not None:
            moving.go_to(self.stage, ("person", event.key[1].id))
