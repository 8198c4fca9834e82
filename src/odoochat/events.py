"""What happened: frozen values in the past tense."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from odoochat.model import Author, ChannelInfo, ChannelRef, Message

__all__ = [
    "ChannelChanged",
    "ChannelJoined",
    "ChannelLeft",
    "Event",
    "EventsMissed",
    "LinkChanged",
    "LinkState",
    "MessageDeleted",
    "MessageEdited",
    "MessageFailed",
    "MessagePending",
    "MessagePosted",
    "MessageSeen",
    "NotificationReceived",
    "PresenceChanged",
    "ReactionChanged",
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
    """

    message_id: int
    content: str
    count: int


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
