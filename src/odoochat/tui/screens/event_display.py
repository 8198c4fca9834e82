"""Shows the session's events on the chat screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
)
from odoochat.model import ChannelInfo, Message, RecordRef
from odoochat.tui.controller import ChatController
from odoochat.tui.rendering.wrap import excerpt
from odoochat.wire.content.sanitize import safe_name

if TYPE_CHECKING:
    from odoochat.tui.screens.chat import ChatScreen

__all__ = ["EventDisplay"]


class EventDisplay:
    """Dispatches events to the parts of a chat screen.

    Args:
        chat: the chat screen's controller.
        screen: the screen.
        wanted: the id or name of the channel to open first; empty for the channel that was open last.
    """

    def __init__(self, chat: ChatController, screen: ChatScreen, wanted: str) -> None:
        self._chat = chat
        self._screen = screen
        self._wanted = wanted
        self._homeless = False

    def open_first(self) -> bool:
        """Open the requested channel, or else the one that was open last, or else the first one."""
        found = self._chat.session.first_channel(self._wanted)
        if found:
            self._wanted, self._homeless = "", False
            self._chat.conversation.open(found)
        return bool(found)

    def show(self, event: Event) -> None:
        """Update the screen after an event that the session has already applied.

        Args:
            event: the event.
        """
        if isinstance(event, LinkChanged):
            self._link_changed(event)
        elif not self._message_event(event):
            self._channel_event(event)

    def _message_event(self, event: Event) -> bool:
        """Update the screen after a message event, or return False for any other event."""
        chat = self._chat
        chat.parent.changed()
        match event:
            case MessagePosted(message=message):
                self._message_posted(message)
            case MessageEdited(message=message):  # also sent by the session after other changes
                chat.conversation.update(message.id)
            case PinChanged(message_id=number, pinned=pinned, channel=channel):
                chat.conversation.pins.note(number, channel.id if channel else None, pinned=pinned is not None)
            case ReactionChanged() | PreviewsChanged() | StarChanged():
                pass
            case MessageDeleted(id=number):
                chat.conversation.pins.note(number, None, pinned=False)
                chat.widgets.timeline.window.remove(number)
            case MessageFailed(channel=channel, error=error):
                known = chat.session.channels.get(channel.id)
                where = f" in {safe_name(known.name, 40)}" if known is not None else ""
                chat.feedback.toast(f"message not sent{where}: {error}; press e to edit or d to discard", "error")
            case _:
                return False
        return True

    def _channel_event(self, event: Event) -> None:
        chat, here = self._chat, self._chat.conversation.channel
        match event:
            case ChannelJoined() | ChannelChanged() if self._wanted or not (here or self._homeless):
                self.open_first()
            case ChannelLeft(channel=channel) if channel.id == here:
                self._left(safe_name(channel.name, 40))
            case EventsMissed():
                chat.conversation.check(again=True)
            case ChannelChanged(channel=channel) if channel.id == here and chat.conversation.info.needaction:
                chat.conversation.mark_read_soon()
            case InboxReceived(message=Message(record=None, channel=channel)) if channel.id == here:
                chat.conversation.mark_read_soon()
            case InboxReceived(message=Message(record=RecordRef() as record) as message):
                info = ChannelInfo(0, record.name or record.model)
                chat.announce(message, info, seen=False)
                who = safe_name(message.author.name, 40) or "unknown"
                chat.feedback.toast(f"{who} mentioned you in {safe_name(info.name, 40)}: {excerpt(message.text)}")
            case NoticeReceived(text=text):
                chat.feedback.toast(text)

    def _left(self, name: str) -> None:
        """Switch to a different channel, unless the user is writing: that text must not end up in the wrong channel."""
        self._chat.conversation.close()
        self._homeless = bool(self._chat.widgets.composer.text.strip())
        if self._homeless:
            self._chat.feedback.toast(f"you are no longer a member of {name}; press Ctrl-K to open another", "warning")
        elif not self._chat.conversation.go_back():
            self.open_first()

    def _link_changed(self, link: LinkChanged) -> None:
        chat, reason = self._chat, link.reason or ""
        chat.conversation.show_account()
        if link.state == "closed" and reason and not chat.conversation.channel and not self._screen.is_modal:
            self._screen.commands.panels.show_refusal(reason)
        if link.state != "open":
            return
        if self._wanted or not (chat.conversation.channel or self._homeless):
            if not self.open_first() and self._wanted.startswith("@"):
                chat.feedback.lead(self._open_person(self._wanted), "opening")
            elif self._wanted:
                chat.feedback.toast(f"no such conversation: {self._wanted}", "warning")
                self._wanted = ""
                self.open_first()
        else:
            chat.conversation.check(again=True)  # messages may have been edited or deleted in the meantime
        chat.context.me = chat.session.me.partner_id
        if self._screen.has_class("with-members"):
            self._screen.commands.navigation.read_members()

    async def _open_person(self, who: str) -> None:
        client = self._chat.session.client
        if client is not None:
            self._wanted = ""
            channel = await client.direct(who)
            self._chat.session.add_channel(channel)
            self._chat.conversation.open(channel.id)

    def _message_posted(self, message: Message) -> None:
        chat, screen = self._chat, self._screen
        here = message.channel.id == chat.conversation.channel
        visible = here and screen.is_current and screen.app.app_focus and chat.widgets.timeline.at_bottom
        if here:
            chat.conversation.add(message, visible=visible)
        if (source := chat.conversation.threads.posted(message)) is not None:
            chat.widgets.timeline.forget(source)
        info = chat.session.channels.get(message.channel.id)
        if info is not None:
            chat.announce(message, info, seen=visible)
