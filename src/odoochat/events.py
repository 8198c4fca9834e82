"""What happened: frozen values in the past tense."""

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
    """Base of all events."""


class MessagePosted(Event, frozen=True):
    """A message appeared in one of my channels, mine included."""

    message: Message


class MessageEdited(Event, frozen=True):
    """A message's content changed.

    Attributes:
        message: the message as it is now.
    """

    message: Message


class MessageDeleted(Event, frozen=True):
    """A message was emptied or removed."""

    id: int
    channel: ChannelRef | None = None


class MessagePending(Event, frozen=True):
    """A message of mine is on its way out.

    Attributes:
        local_id: names it until the server has given it an id.
        attempt: 1 for the first try.
    """

    local_id: str
    channel: ChannelRef
    text: str
    attempt: int = 1


class MessageFailed(Event, frozen=True):
    """A message of mine was not posted, and will not be by itself.

    Attributes:
        error: one line, safe to show.
    """

    local_id: str
    channel: ChannelRef
    text: str
    error: str


class TypingChanged(Event, frozen=True):
    """Somebody began or stopped typing."""

    channel: ChannelRef
    author: Author
    typing: bool


class MessageSeen(Event, frozen=True):
    """Somebody read a channel up to a message; my own marks come too, from my other devices."""

    channel: ChannelRef
    author: Author
    message_id: int


class ReactionChanged(Event, frozen=True):
    """An emoji's count under a message changed.

    Attributes:
        count: how many give it now, 0 when the last one took it back.
        authors: who gives it, as far as the server said.
    """

    message_id: int
    content: str
    count: int
    authors: tuple[Author, ...] = ()


class PollChanged(Event, frozen=True):
    """A poll was started, somebody voted, or it is over (20).

    Attributes:
        poll: as it is now; None when it was deleted.
        message_id: id of the message that started it, None when the server did not say.
    """

    poll: Poll | None
    message_id: int | None


class PinChanged(Event, frozen=True):
    """A message was pinned to its channel, or is no longer.

    Attributes:
        pinned: since when, None when it is no longer.
    """

    message_id: int
    pinned: datetime | None
    channel: ChannelRef | None = None


class StarChanged(Event, frozen=True):
    """I put a star (20: a bookmark) on messages, or took it off; on any of my devices."""

    message_ids: tuple[int, ...]
    starred: bool


class PreviewsChanged(Event, frozen=True):
    """The server found something behind the links of a message, or a preview was taken away."""

    message_id: int
    previews: tuple[LinkPreview, ...]


class AttachmentRemoved(Event, frozen=True):
    """A file was removed."""

    id: int


class InboxReceived(Event, frozen=True):
    """A message came into my inbox: I am mentioned in it, or follow the record that it stands on.

    A message of a channel of mine comes as `MessagePosted` as well.
    """

    message: Message


class InboxRead(Event, frozen=True):
    """Messages left my inbox; on any of my devices."""

    message_ids: tuple[int, ...]


class CountersChanged(Event, frozen=True):
    """There are more or fewer messages in my inbox, or with my star."""

    counters: Counters


class MemberJoined(Event, frozen=True):
    """Somebody else is in a channel now (15 and later; 14 says it in a line of the channel alone)."""

    channel: ChannelRef
    author: Author


class MemberLeft(Event, frozen=True):
    """Somebody else is no longer in a channel (15 and later)."""

    channel: ChannelRef
    author: Author


class NoticeReceived(Event, frozen=True):
    """The server tells me, and nobody else, something: the answer to a command, a warning.

    Attributes:
        text: safe to show.
    """

    text: str
    channel: ChannelRef | None = None


class PresenceChanged(Event, frozen=True):
    """Somebody came or went.

    Attributes:
        status: ``online``, ``away``, ``offline``, ``busy``…
    """

    author: Author
    status: str


class ChannelJoined(Event, frozen=True):
    """I am a member of a channel that I was not a member of before."""

    channel: ChannelInfo


class ChannelLeft(Event, frozen=True):
    """I am no longer a member of a channel, or it was deleted."""

    channel: ChannelRef


class ChannelChanged(Event, frozen=True):
    """A channel's name, unread count or other fact changed."""

    channel: ChannelInfo


class LinkChanged(Event, frozen=True):
    """The live link changed its state.

    Attributes:
        state: ``connecting``, ``open`` (the server has shown that it knows us), ``waiting``, ``closed``.
        via: the transport that is tried or used, None when closed.
        retry_in: seconds until the next try, None unless waiting.
        reason: why, in words; None when nothing is wrong.
    """

    state: LinkState
    via: Via | None = None
    retry_in: float | None = None
    reason: str | None = None


class EventsMissed(Event, frozen=True):
    """A subscription was too slow and its queue was full.

    Attributes:
        count: events that this subscription did not get at this place.
    """

    count: int


class NotificationReceived(Event, frozen=True):
    """The server sent something that has no event of its own."""

    type: str
    payload: Any
