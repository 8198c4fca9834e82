"""Updates decoded from notifications, as events or as changes to known state."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from odoochat.events import Event
from odoochat.model import Attachment, Author, AuthorKind, ChannelRef

__all__ = [
    "ChannelPatch",
    "CountersPatch",
    "MessagePatch",
    "Names",
    "PollOptionPatch",
    "PollPatch",
    "PollsPatch",
    "Refresh",
    "Update",
]


class Names(Protocol):
    """Known names and identities of channels and people, used to fill in details that notifications omit."""

    def channel(self, channel_id: int) -> ChannelRef:
        """Return the channel with the given id; its name is empty if unknown.

        Args:
            channel_id: channel id.
        """
        ...

    def author(self, kind: AuthorKind, author_id: int, name: str = "", *, display: bool = False) -> Author:
        """Return the author with the given id, storing the name if given.

        Args:
            kind: the kind of author.
            author_id: partner or guest id.
            name: the name as sent by the server, "" if missing.
            display: whether the name is a ``display_name``, which may prefix the person's name with a company name.
        """
        ...

    def channel_of(self, message_id: int) -> int:
        """Return a recent message's channel id, or 0 for other messages.

        Args:
            message_id: message id.
        """
        ...

    def member(self, member_id: int, author: Author | None = None) -> Author | None:
        """Return the member with the given membership id, storing the author if given.

        Args:
            member_id: membership id.
            author: the member, None if unknown.
        """
        ...

    def partner_of(self, uid: int, partner_id: int = 0) -> int:
        """Return a user's partner id, or 0 if unknown, storing the partner id if given.

        Args:
            uid: user id.
            partner_id: partner id, 0 if unknown.
        """
        ...


class MessagePatch(Struct, frozen=True):
    """Changes to a message; None means unchanged.

    Attributes:
        id: message id.
        html: the new body.
        written: when the row was last written, in UTC.
        attachments: all files attached to the message.
    """

    id: int
    html: str | None = None
    written: datetime | None = None
    attachments: tuple[Attachment, ...] | None = None


class CountersPatch(Struct, frozen=True):
    """The current user's counters as reported by the server; None means unchanged.

    Attributes:
        inbox: number of messages in the inbox.
        starred: number of starred messages.
    """

    inbox: int | None = None
    starred: int | None = None


class Marked(Struct, frozen=True):
    """The server's lists of inbox messages and starred messages.

    Attributes:
        inbox: channel ids by message id, 0 for messages on records.
        starred: the starred messages' ids.
        complete: whether the lists are complete; False if there were too many messages to fetch.
    """

    inbox: dict[int, int]
    starred: frozenset[int]
    complete: bool


class ChannelPatch(Struct, frozen=True):
    """Changes to a channel; None means unchanged.

    Attributes:
        id: channel id.
        name: channel name.
        description: channel description.
        unread: number of messages unread by the current user.
        last_activity: time of the last activity, in UTC.
        unread_from: id of the first message counted in `unread`. The count dates from when the server
            sent the notification; messages received since then with this id or a higher one are added to it.
        pinned: whether the channel appears in the user's list.
        member_count: number of members.
        muted: see `ChannelInfo.muted`; wrapped in a one-element tuple, because None is a valid value.
        notify: see `ChannelInfo.notify`; wrapped in a one-element tuple, because None is a valid value.
    """

    id: int
    name: str | None = None
    description: str | None = None
    unread: int | None = None
    last_activity: datetime | None = None
    unread_from: int | None = None
    pinned: bool | None = None
    member_count: int | None = None
    muted: tuple[datetime | None] | None = None
    notify: tuple[str | None] | None = None


class PollPatch(Struct, frozen=True):
    """Changes to a poll; None means unchanged.

    Attributes:
        id: poll id.
        question: poll question.
        ends: when voting ends, in UTC; wrapped in a one-element tuple, because None is a valid value.
        closed: whether voting has ended.
        several: whether a user may vote for more than one option.
        option_ids: ids of all options, in display order.
        message_id: id of the message that started the poll.
    """

    id: int
    question: str | None = None
    ends: tuple[datetime | None] | None = None
    closed: bool | None = None
    several: bool | None = None
    option_ids: tuple[int, ...] | None = None
    message_id: int | None = None


class PollOptionPatch(Struct, frozen=True):
    """Changes to a poll option; None means unchanged.

    Attributes:
        id: option id.
        poll_id: the poll's id, 0 if the server did not send it.
        label: option label.
        emoji: option emoji, "" for none.
        votes: number of votes.
        mine: whether the current user voted for it.
    """

    id: int
    poll_id: int = 0
    label: str | None = None
    emoji: str | None = None
    votes: int | None = None
    mine: bool | None = None


class PollsPatch(Struct, frozen=True):
    """Changes to polls. After a vote, the server sends only the new option counts, not the labels or the poll itself.

    Attributes:
        polls: changed polls.
        options: changed options.
        started: pairs of poll id and the id of the message that started the poll.
        without: ids of messages that have no poll, or whose poll was deleted.
    """

    polls: tuple[PollPatch, ...] = ()
    options: tuple[PollOptionPatch, ...] = ()
    started: tuple[tuple[int, int], ...] = ()
    without: tuple[int, ...] = ()


class Refresh(Struct, frozen=True):
    """Signals that the user's channels may have changed; fetch them again and renew the subscription.

    Attributes:
        channel_id: the changed channel's id, None if unknown.
    """

    channel_id: int | None = None


Update = Event | MessagePatch | ChannelPatch | CountersPatch | PollsPatch | Refresh
