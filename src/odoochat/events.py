"""Events: frozen values that describe what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from odoochat.model import Author, ChannelInfo, ChannelRef, Counters, LinkPreview, Message, Poll

__all__ = [
    "AttachmentRemoved",
    "ChannelChanged",
    "ChannelJoined",
    "ChannelLeft",
    "CountersChanged",
    "Event",
    "EventsMissed",
    "InboxRead",
    "InboxReceived",
    "LinkChanged",
    "LinkState",
    "MemberJoined",
    "MemberLeft",
    "MessageDeleted",
    "MessageEdited",
    "MessageFailed",
    "MessagePending",
    "MessagePosted",
    "MessageSeen",
    "NoticeReceived",
    "NotificationReceived",
    "PinChanged",
    "PollChanged",
    "PresenceChanged",
    "PreviewsChanged",
    "ReactionChanged",
    "StarChanged",
    "TypingChanged",
    "Via",
]

Via = Literal["websocket", "peek", "longpoll", "rpc"]
LinkState = Literal["connecting", "open", "waiting", "closed"]


class Event(Struct, frozen=True):
    """Base class of all events."""


class MessagePosted(Event, frozen=True, gc=False):
    """A message was posted in one of the current user's channels, by any user including the current one.

    Attributes:
        message: the message.
    """

    message: Message


class MessageEdited(Event, frozen=True):
    """A message's text or files changed.

    Attributes:
        message: the current version of the message.
    """

    message: Message


class MessageDeleted(Event, frozen=True):
    """A message was deleted, i.e. emptied or removed entirely.

    Attributes:
        id: the message's id.
        channel: its channel, or None if unknown.
    """

    id: int
    channel: ChannelRef | None = None


class MessagePending(Event, frozen=True):
    """One of this client's messages is being sent.

    Attributes:
        local_id: identifies the message until the server assigns an id (`Message.local_id` afterwards).
        channel: the target channel; its id is 0 for a record.
        text: its text.
        attempt: 1 for the first attempt.
    """

    local_id: str
    channel: ChannelRef
    text: str
    attempt: int = 1


class MessageFailed(Event, frozen=True):
    """One of this client's messages was not posted and will not be retried.

    Attributes:
        local_id: the local id, as in `MessagePending`.
        channel: the target channel; its id is 0 for a record.
        text: its text.
        error: the reason in one line, safe to show.
    """

    local_id: str
    channel: ChannelRef
    text: str
    error: str


class TypingChanged(Event, frozen=True):
    """A member started or stopped typing.

    Attributes:
        channel: the channel.
        author: the member.
        typing: whether they are now typing.
    """

    channel: ChannelRef
    author: Author
    typing: bool


class MessageSeen(Event, frozen=True):
    """A member, possibly the current user on another device, read a channel up to a message.

    Attributes:
        channel: the channel.
        author: the member.
        message_id: id of the last message that they read.
    """

    channel: ChannelRef
    author: Author
    message_id: int


class ReactionChanged(Event, frozen=True):
    """A message's reactions with one emoji changed.

    Attributes:
        message_id: the message's id.
        content: the emoji.
        count: number of people now reacting with it; 0 if the last reaction was removed.
        authors: the people reacting with it, if known.
    """

    message_id: int
    content: str
    count: int
    authors: tuple[Author, ...] = ()


class PollChanged(Event, frozen=True):
    """A poll was started, received a vote, ended or was deleted (Odoo 20).

    Attributes:
        poll: the current state of the poll; None if it was deleted.
        message_id: id of the message that started it, or None if the server did not send it.
    """

    poll: Poll | None
    message_id: int | None


class PinChanged(Event, frozen=True):
    """A message was pinned to its channel, or unpinned.

    Attributes:
        message_id: the message's id.
        pinned: when it was pinned, in UTC; None if it was unpinned.
        channel: the channel, or None if unknown.
    """

    message_id: int
    pinned: datetime | None
    channel: ChannelRef | None = None


class StarChanged(Event, frozen=True):
    """The current user starred messages (bookmarked them in Odoo 20) or unstarred them, on any device.

    Attributes:
        message_ids: the messages' ids.
        starred: whether they are now starred.
    """

    message_ids: tuple[int, ...]
    starred: bool


class PreviewsChanged(Event, frozen=True):
    """A message's link previews changed.

    Attributes:
        message_id: the message's id.
        previews: all of its previews.
    """

    message_id: int
    previews: tuple[LinkPreview, ...]


class AttachmentRemoved(Event, frozen=True):
    """An attachment was removed.

    Attributes:
        id: the ``ir.attachment`` id.
    """

    id: int


class InboxReceived(Event, frozen=True):
    """A message arrived in the current user's inbox: it mentions them, or they follow its record.

    A message in one of the user's channels is also published as `MessagePosted`.

    Attributes:
        message: the message.
    """

    message: Message


class InboxRead(Event, frozen=True):
    """Messages were removed from the current user's inbox, on any device.

    Attributes:
        message_ids: the messages' ids.
    """

    message_ids: tuple[int, ...]


class CountersChanged(Event, frozen=True):
    """The number of inbox messages or starred messages changed.

    Attributes:
        counters: the current counts.
    """

    counters: Counters


class MemberJoined(Event, frozen=True):
    """Another person joined a channel (Odoo 15 and later; Odoo 14 only posts a system message).

    Attributes:
        channel: the channel.
        author: the new member.
    """

    channel: ChannelRef
    author: Author


class MemberLeft(Event, frozen=True):
    """Another person left a channel or was removed from it (Odoo 15 and later).

    Attributes:
        channel: the channel.
        author: the former member.
    """

    channel: ChannelRef
    author: Author


class NoticeReceived(Event, frozen=True):
    """The server sent the current user a private notice, such as the response to a command or a warning.

    Attributes:
        text: plain text, safe to show.
        channel: the channel that it belongs to, or None if there is none.
    """

    text: str
    channel: ChannelRef | None = None


class PresenceChanged(Event, frozen=True):
    """A person's presence changed.

    Attributes:
        author: the person.
        status: ``online``, ``away``, ``offline``, ``busy``…
    """

    author: Author
    status: str


class ChannelJoined(Event, frozen=True):
    """The current user joined a channel.

    Attributes:
        channel: the channel.
    """

    channel: ChannelInfo


class ChannelLeft(Event, frozen=True):
    """The current user left a channel or was removed from it, or the channel was deleted.

    Attributes:
        channel: the channel.
    """

    channel: ChannelRef


class ChannelChanged(Event, frozen=True):
    """A channel's name, unread count or another field changed.

    Attributes:
        channel: the current state of the channel.
    """

    channel: ChannelInfo


class LinkChanged(Event, frozen=True):
    """The state of the live link changed.

    Attributes:
        state: ``connecting``; ``open`` (the server has accepted the session); ``waiting`` for the next attempt;
            ``closed``.
        via: the transport in use or being tried, or None if closed.
        retry_in: seconds until the next attempt, or None if not waiting.
        reason: a description of the problem, or None if nothing is wrong.
    """

    state: LinkState
    via: Via | None = None
    retry_in: float | None = None
    reason: str | None = None


class EventsMissed(Event, frozen=True):
    """Events were dropped because this subscription's queue was full. Every subscription receives this event.

    Attributes:
        count: number of events dropped at this point.
    """

    count: int


class NotificationReceived(Event, frozen=True):
    """A server notification that has no event type of its own.

    Attributes:
        type: the notification's type.
        payload: the payload as JSON values, as sent by the server.
    """

    type: str
    payload: Any
