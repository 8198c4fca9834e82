"""A profile's chat screen: its layout, and its event and key handlers."""

from __future__ import annotations

import asyncio
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import TextArea

from odoochat.events import Event
from odoochat.tui import keys
from odoochat.tui.controller import ChatController, Host
from odoochat.tui.rendering.bars import paint, paint_status
from odoochat.tui.screens.event_display import EventDisplay
from odoochat.tui.screens.first_paint import NO_FRAME, NO_LIST
from odoochat.tui.session import ChatSession
from odoochat.tui.widgets.bar import TextBar
from odoochat.tui.widgets.chat_widgets import ChatWidgets
from odoochat.tui.widgets.composer import Composer
from odoochat.tui.widgets.notices import NoticeBar
from odoochat.tui.widgets.row_list import RowList
from odoochat.tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    # The commands import the dialogs, which are loaded only when a key is pressed.
    from odoochat.tui.commands.registry import CommandRegistry

__all__ = ["ChatScreen"]

PAINT_SECONDS = 1 / 30
DRAFT_SECONDS = 1.0


class ConversationList(RowList):
    """The list of conversations."""

    BINDINGS = keys.bindings("list")


class ChatScreen(Screen[None]):
    """One profile's chat.

    Args:
        session: the user's session.
        host: the application.
        channel: the id or name of the channel to open first; empty for the channel that was open last.

    Attributes:
        controller: the screen's controller.
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
    ChatScreen #parent { width: 1fr; display: none; border-right: vkey $panel; }
    ChatScreen.with-parent #parent { display: block; }
    ChatScreen #parent-title { background: $panel; }
    ChatScreen #title { background: $panel; }
    ChatScreen #members { width: 24; background: $surface; display: none; }
    ChatScreen.with-members #members { display: block; }
    ChatScreen.no-side #side { display: none; }
    ChatScreen #offers { height: auto; max-height: 8; background: $panel; display: none; }
    ChatScreen #answer { background: $surface; display: none; }
    ChatScreen #files { background: $surface; display: none; }
    ChatScreen #arrived { display: none; }
    ChatScreen #composer { background: $background; }
    ChatScreen #status { background: $panel; }
    ChatScreen #hints { background: $background; }
    ChatScreen #notices { background: $panel; }
    ChatScreen.narrow #members { display: none; }
    ChatScreen.narrow.members-wanted #members { display: block; width: 1fr; max-width: 24; }
    ChatScreen.narrow.members-wanted #side { display: none; }
    ChatScreen.thin.members-wanted #main { display: none; }
    ChatScreen.thin.members-wanted #members { max-width: 100%; }
    ChatScreen.narrow #side { width: 18; }
    ChatScreen.thin #side { display: none; }
    ChatScreen.thin.side-wanted #side { display: block; width: 1fr; }
    ChatScreen.thin.side-wanted #main { display: none; }
    ChatScreen.low #composer { border: none; min-height: 1; max-height: 1; }
    ChatScreen.flat #hints { display: none; }
    ChatScreen.flat #typing { display: none; }
    ChatScreen.flat #title { display: none; }
    ChatScreen.flat #offers { display: none; }
    """

    def __init__(self, session: ChatSession, host: Host, channel: str = "") -> None:
        super().__init__()
        self.session = session
        self.host = host
        conversations = ConversationList(host.theme_styles, id="conversations")
        self.controller = ChatController(session, host, self, self.on_session_change, conversations)
        self._events = EventDisplay(self.controller, self, channel)
        self._paint_later: asyncio.TimerHandle | None = None
        self._draft_later: asyncio.TimerHandle | None = None
        self._busy = False
        session.attach(self)

    @cached_property
    def commands(self) -> CommandRegistry:
        """The commands. They are imported after the first paint."""
        from odoochat.tui.commands.registry import CommandRegistry

        return CommandRegistry(self.controller)

    # ---------------------------------------------------------------- life cycle

    def compose(self) -> ComposeResult:
        """Create the widgets."""
        widgets = self.controller.widgets
        # Without widgets yet, the classes cost nothing; each later change applies the style sheets to all widgets.
        self.set_class(self.host.settings.members, "with-members")
        fit(self, widgets, self.app.size, self.host.settings.sidebar)
        with Horizontal(id="body"):
            with widgets.side:
                yield widgets.conversations
            with Vertical(id="parent"):
                yield widgets.parent_title
                yield self.controller.parent.timeline
            with Vertical(id="main"):
                yield widgets.title
                yield widgets.timeline
                yield widgets.arrived
                yield widgets.typing
                yield widgets.offers
                yield widgets.answer
                yield widgets.files
                yield widgets.composer
            yield widgets.members
        yield widgets.notices
        yield widgets.hints
        yield widgets.status

    def on_mount(self) -> None:
        """Show cached content, and connect after the first paint."""
        composer = self.controller.widgets.composer
        composer.cursor_blink = Composer.blinks
        self._events.open_first()
        composer.amend(self.host.typeahead.take(composer.text))
        self.set_focus(composer)
        paint(self.controller)
        self.set_interval(1.0, self._tick)
        self.set_interval(0.15, self._spin)
        if self.host.keyboard.open:  # if not, this happens once the keys pressed earlier have been delivered
            self.call_after_refresh(self.session.start)

    async def ask_code(self) -> str:
        """Prompt the user for the two-factor code, or return "" if they cancel."""
        return await self.commands.panels.ask_code()

    def on_screen_resume(self) -> None:
        """Mark the visible messages as read when the screen is shown again."""
        self.controller.conversation.mark_read()
        self.on_session_change()

    def on_unmount(self) -> None:
        """Save the draft and the scroll position."""
        for timer in (self._paint_later, self._draft_later):
            if timer is not None:
                timer.cancel()
        self.controller.notifier.close()
        self.session.attach(None)
        self.controller.conversation.draft.keep()
        self.session.drafts.save()

    def _tick(self) -> None:
        """Update countdowns and expire typing indicators, every second."""
        paint_status(self.controller)
        self.controller.feedback.expire()
        widgets, conversation = self.controller.widgets, self.controller.conversation
        if channel := widgets.composer.signs.stopped(time.monotonic()):
            self.session.run(conversation.send_typing(channel, False), "typing")
        if widgets.typing.words.strip():
            self.on_session_change()

    def _spin(self) -> None:
        """Show jobs that are taking a long time."""
        busy, self._busy = self._busy, bool(self.controller.feedback.busy)
        if busy or self._busy:
            paint_status(self.controller)

    def on_key(self, event: events.Key) -> None:
        """Start writing if the key is a character that is not bound to a command.

        Args:
            event: the event.
        """
        composer = self.controller.widgets.composer
        if event.is_printable and event.character is not None and self.focused is not composer:
            event.stop()
            self.set_focus(composer)
            composer.insert(event.character)
            self.on_session_change()

    # ------------------------------------------------------------------ painting

    def on_descendant_focus(self) -> None:
        """Show the hints and the mode for the focused widget."""
        self.on_session_change()

    def on_session_change(self) -> None:
        """Schedule a repaint, which covers all changes made until then."""
        if self._paint_later is None and self.is_attached:
            self._paint_later = asyncio.get_running_loop().call_later(PAINT_SECONDS, self._paint)

    def _paint(self) -> None:
        self._paint_later = None
        if self.is_attached and self.is_running:
            paint(self.controller)

    def on_resize(self, event: events.Resize) -> None:
        """Hide the parts that do not fit.

        Args:
            event: the event.
        """
        fit(self, self.controller.widgets, event.size, self.host.settings.sidebar)
        self.on_session_change()

    # -------------------------------------------------------------------- events

    def on_session_event(self, event: Event) -> None:
        """Update the screen after an event that the session has already applied.

        Args:
            event: the event.
        """
        try:
            self._events.show(event)
        except Exception as error:  # noqa: BLE001 - one event must not end the session
            self.controller.feedback.defect(error)
        self.on_session_change()

    # --------------------------------------------------------------- from widgets

    async def action_do(self, name: str) -> None:
        """Run a command.

        Args:
            name: the command's name.
        """
        try:
            self.commands.run(name)
        except Exception as error:  # noqa: BLE001 - our own bugs must not lose what was typed
            self.controller.feedback.defect(error)
        self.on_session_change()

    @on(TextArea.Changed)
    def _text_changed(self, event: TextArea.Changed) -> None:
        conversation, composer = self.controller.conversation, self.controller.widgets.composer
        self.commands.compose.changed()
        conversation.draft.keep()
        if self._draft_later is None:
            self._draft_later = asyncio.get_running_loop().call_later(DRAFT_SECONDS, self._save_drafts)
        text = event.text_area.text
        if not text.strip() or text.startswith("/") or conversation.draft.editing is not None:
            return
        if self.focused is not composer:
            return
        wanted = self.host.settings.typing and self.session.client is not None and conversation.channel
        if wanted and composer.typed(conversation.channel):
            self.session.run(conversation.send_typing(conversation.channel, True), "typing")

    def _save_drafts(self) -> None:
        self._draft_later = None
        self.session.drafts.save()

    @on(Composer.FilesPasted)
    def _files_pasted(self, event: Composer.FilesPasted) -> None:
        self.commands.uploads.offer(event.paths, event.text)

    @on(Composer.FileRemoved)
    def _file_removed(self) -> None:
        self.commands.uploads.remove()

    @on(NoticeBar.Dismissed)
    def _notices_dismissed(self) -> None:
        self.controller.feedback.clear()

    @on(TextBar.Pressed)
    async def _bar_pressed(self, event: TextBar.Pressed) -> None:
        match dict(event.meta):
            case {"file": int(at)}:
                self.commands.uploads.remove(at)
            case {"channel": int(channel)}:
                self.controller.conversation.open(channel)
            case {"command": str(name)}:
                await self.action_do(name)

    @on(Timeline.Reached)
    def _end_reached(self, event: Timeline.Reached) -> None:
        if event.timeline is self.controller.widgets.timeline:
            self.controller.conversation.load(top=event.top)

    @on(Timeline.Scrolled)
    def _scrolled(self) -> None:
        if self.controller.widgets.timeline.at_bottom:
            self.controller.conversation.mark_read()
        if self.controller.conversation.new:
            self.on_session_change()

    @on(Timeline.Clicked)
    def _clicked(self, event: Timeline.Clicked) -> None:
        timeline = self.controller.widgets.timeline
        if event.timeline is not timeline and event.link is None:
            self.controller.conversation.open(self.controller.parent.channel)
        elif event.link is not None:
            self.commands.messages.open_link(event.link)
        elif event.reaction is not None and isinstance(event.key, int):
            self.commands.reactions.toggle_reaction(event.key, event.reaction)
        elif event.key is not None:
            self.set_focus(timeline)
            timeline.choose(event.key)
            if event.thread:
                self.commands.run("thread")
        self.on_session_change()

    @on(RowList.RowOpened)
    def _row_opened(self, event: RowList.RowOpened) -> None:
        widgets = self.controller.widgets
        if event.rows is widgets.conversations:
            self.commands.navigation.open_chosen()
        elif event.rows is widgets.offers:
            self.commands.compose.accept()
        elif event.rows is widgets.members and event.key is not None:
            self.commands.navigation.go_to(("person", event.key[1].id))


def fit(screen: Screen[None], widgets: ChatWidgets, size: Size, sidebar: int) -> None:
    """Choose the layout of a chat screen for its size.

    Args:
        screen: the chat screen.
        widgets: its widgets.
        size: its size.
        sidebar: width of the channel list in columns, from the settings.
    """
    width, height = size
    screen.set_class(width < 90, "narrow")
    screen.set_class(width < NO_LIST, "thin")
    screen.set_class(height < NO_FRAME, "low")
    screen.set_class(height < 8, "flat")
    widgets.composer.styles.max_height = None if height < NO_FRAME else max(height // 3, 3)
    hidden = width < NO_LIST and not screen.has_class("side-wanted")
    widgets.side.styles.width = None if hidden else 18 if width < 90 else sidebar
