"""Holds one profile's session, its widgets and the objects that act on them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import replace
from textual.screen import Screen

from odoochat.errors import OdooChatError
from odoochat.model import Attachment, ChannelInfo, Message, Progress
from odoochat.tui import notifications
from odoochat.tui.conversation import ConversationView
from odoochat.tui.feedback import Feedback
from odoochat.tui.graphics.gallery import Gallery
from odoochat.tui.graphics.terminal import TerminalGraphics
from odoochat.tui.keyboard import Keyboard
from odoochat.tui.parent_view import ParentView
from odoochat.tui.rendering.lists import is_muted
from odoochat.tui.rendering.message import RenderContext
from odoochat.tui.session import ChatSession
from odoochat.tui.settings import ChatSettings
from odoochat.tui.theme import Styles
from odoochat.tui.typeahead import Typeahead
from odoochat.tui.widgets.chat_widgets import ChatWidgets
from odoochat.tui.widgets.row_list import RowList

__all__ = ["ChatController", "Host"]


class Host(Protocol):
    """The application, which holds every profile's screen."""

    settings: ChatSettings
    theme_styles: Styles
    graphics: TerminalGraphics
    keyboard: Keyboard
    typeahead: Typeahead

    def keep_theme(self, name: str) -> None:
        """Switch to a theme and save it as the default.

        Args:
            name: the name.
        """

    def reload_settings(self) -> None:
        """Reload the settings file."""

    def next_profile(self) -> None:
        """Show the next profile's screen."""

    def profile_names(self) -> list[str]:
        """Return the names of all profiles."""
        ...

    def show_profile(self, name: str) -> None:
        """Show a profile's screen.

        Args:
            name: the name.
        """

    def temporary_folder(self) -> Path:
        """Return a private temporary folder for opened files, which is removed on exit."""
        ...

    def write_terminal(self, sequence: str) -> None:
        """Send an escape sequence to the terminal.

        Args:
            sequence: the sequence.
        """


class ChatController:
    """The objects on which a chat screen's commands act.

    Args:
        session: the user's session.
        host: the application.
        screen: the screen.
        on_change: a function that is called when the screen needs repainting.
        conversations: the widget that lists the channels.

    Attributes:
        widgets: the screen's widgets.
        feedback: shows notices and errors.
        conversation: the open channel.
        parent: shows the open thread's parent channel if there is room.
        context: the render context.
        pictures: the images in messages.
        notifier: sends notifications for messages that are not visible.
        transfers: transfers in progress, keyed by file name.
    """

    def __init__(
        self,
        session: ChatSession,
        host: Host,
        screen: Screen[Any],
        on_change: Callable[[], None],
        conversations: RowList,
    ) -> None:
        self.session = session
        self.host = host
        self.screen = screen
        self.dirty = on_change
        self.transfers: dict[str, Progress] = {}
        self._quotes: set[int] = set()
        self.feedback = Feedback(session, screen, host.keyboard.wait_for, on_change)
        self.notifier = notifications.Notifier(host.write_terminal, session.run, self.feedback.ring)
        self.pictures = Gallery(session, host.graphics, self._picture_drawn)
        styles = host.theme_styles
        self.context = RenderContext(
            80, styles, session.me.partner_id, session.people.name_of, self.quoted, self.pictures.get
        )
        self.context.compact = host.settings.density == "compact"
        self.widgets = ChatWidgets(conversations, self.context, styles)
        self.parent = ParentView(session, replace(self.context))
        self.conversation = ConversationView(
            session, screen, self.widgets, self.feedback, self.pictures.opened, on_change
        )

        threads = self.conversation.threads
        self.context.thread = lambda number: threads.words(number, self.conversation.channel)
        self.parent.timeline.context.thread = lambda number: threads.words(number, self.parent.channel)

    def use_styles(self, styles: Styles) -> None:
        """Switch to a different theme's styles.

        Args:
            styles: the theme's styles.
        """
        self.context.styles = self.parent.timeline.context.styles = styles
        self.parent.timeline.redraw(forget=True)
        for rows in (self.widgets.conversations, self.widgets.members, self.widgets.offers):
            rows.looks = styles

    def transferred(self, name: str) -> Callable[[Progress], None]:
        """Return a callback that shows a transfer's progress.

        Args:
            name: the file's name.
        """

        def moved(progress: Progress) -> None:
            self.transfers[name] = progress
            self.dirty()

        return moved

    def quoted(self, message_id: int) -> Message | None:
        """Return a quoted message. If it is unknown, return None, fetch it in the background and repaint later.

        Args:
            message_id: the message's id.
        """
        found = self.widgets.timeline.window.find(message_id) or self.session.get(message_id)
        if found is None and self.session.client is not None and message_id not in self._quotes:
            self._quotes.add(message_id)
            self.session.run(self._fetch_quoted(message_id), "quoted message")
        return found

    async def _fetch_quoted(self, message_id: int) -> None:
        client = self.session.client
        if client is None:
            return
        try:
            self.session.keep([await client.fetch_message(message_id)])
        except OdooChatError:
            return  # the message was deleted, or the user may not read it
        self._redraw(lambda message: message.reply_to == message_id)

    def _picture_drawn(self, attachment: Attachment) -> None:
        self._redraw(lambda message: attachment in message.attachments)

    def _redraw(self, wanted: Callable[[Message], bool]) -> None:
        for message in self.widgets.timeline.window.messages:
            if wanted(message):
                self.widgets.timeline.forget(message.id)
        self.dirty()

    def announce(self, message: Message, info: ChannelInfo, *, seen: bool) -> None:
        """Send a notification for a message if the settings call for one.

        Args:
            message: the message.
            info: the message's channel.
            seen: whether the message is currently visible.
        """
        settings, me = self.host.settings, self.session.me.partner_id
        muted = is_muted(info, self.session.drafts.muted)
        if notifications.is_wanted(message, info, me=me, how=settings.notify, muted=muted, on_screen=seen):
            self.notifier.notify(*notifications.notification_of(message, info), bell=settings.bell)
