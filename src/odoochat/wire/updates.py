"""Updates: what a decoded notification contains, as events or as changes of known facts."""

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
    """Known names and identities of channels and people, from which decoders add what a notification leaves out."""

    def channel(self, channel_id: int) -> ChannelRef:
        """Return the channel with an id; its name is empty when unknown.

        Args:
            channel_id: id of the channel.
        """
        ...

    def author(self, kind: AuthorKind, author_id: int, name: str = "", *, display: bool = False) -> Author:
        """Return the author with an id, and remember the name when one is given.

        Args:
            kind: kind of the author.
            author_id: id of the partner or guest.
            name: as the server sent it, "" when it sent none.
            display: whether the name is a ``display_name``, which may hold a company's name before the person's.
        """
        ...

    def channel_of(self, message_id: int) -> int:
        """Return the id of the channel of a recent message, 0 for others.

        Args:
            message_id: id of the message.
        """
        ...

    def member(self, member_id: int, author: Author | None = None) -> Author | None:
        """Return the member with the id of a membership, and remember the author when one is given.

        Args:
            member_id: id of the membership.
            author: the member, None when unknown.
        """
        ...

    def partner_of(self, uid: int, partner_id: int = 0) -> int:
        """Return the partner of a user, 0 when unknown, and remember the partner when one is given.

        Args:
            uid: id of the user.
            partner_id: id of the partner, 0 when unknown.
        """
        ...


class MessagePatch(Struct, frozen=True):
    """Changed facts of a message; None means unchanged.

    Attributes:
        id: id of the message.
        html: the new body.
        written: when its row was written last, in UTC.
        attachments: all files of the message.
    """

    id: int
    html: str | None = None
    written: datetime | None = None
    attachments: tuple[Attachment, ...] | None = None


class CountersPatch(Struct, frozen=True):
    """Counters of the current user as the server counted them; None means unchanged.

    Attributes:
        inbox: messages in the inbox.
        starred: starred messages.
    """

    inbox: int | None = None
    starred: int | None = None


class Marked(Struct, frozen=True):
    """The server's lists of the user's inbox and of the starred messages.

    Attributes:
        inbox: the channel of each message in the inbox by message id, 0 for messages of records.
        starred: ids of the starred messages.
        complete: whether no message is missing because there are too many.
    """

    inbox: dict[int, int]
    starred: frozenset[int]
    complete: bool


class ChannelPatch(Struct, frozen=True):
    """Changed facts of a channel; None means unchanged.

    Attributes:
        id: id of the channel.
        name: name of the channel.
        description: description of the channel.
        unread: unread messages of the current user.
        last_activity: when something happened in it last, in UTC.
        unread_from: id of the first message that `unread` counts. The server counted at the time of the notification:
            messages received since, from that id on, are counted in addition.
        pinned: whether the channel is shown in the user's list.
        member_count: number of members.
        muted: see `ChannelInfo.muted`; a tuple of one, as None is one of its values.
        notify: see `ChannelInfo.notify`; a tuple of one, as None is one of its values.
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
    """Changed facts of a poll; None means unchanged.

    Attributes:
        id: id of the poll.
        question: question of the poll.
        ends: when voting ends, in UTC; a tuple of one, as None is one of its values.
        closed: whether voting has ended.
        several: whether one user may vote for more than one option.
        option_ids: ids of all options, in their order.
        message_id: id of the message that started it.
    """

    id: int
    question: str | None = None
    ends: tuple[datetime | None] | None = None
    closed: bool | None = None
    several: bool | None = None
    option_ids: tuple[int, ...] | None = None
    message_id: int | None = None


class PollOptionPatch(Struct, frozen=True):
    """Changed facts of an option of a poll; None means unchanged.

    Attributes:
        id: id of the option.
        poll_id: id of its poll, 0 when the server did not send it.
        label: label of the option.
        emoji: emoji of the option, "" for none.
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
    """Changed facts of polls. A vote sends only the counts of options: without their labels and without the poll.

    Attributes:
        polls: changed polls.
        options: changed options.
        started: pairs of a poll's id and the id of the message that started it.
        without: ids of messages that have no poll, or none any more.
    """

    polls: tuple[PollPatch, ...] = ()
    options: tuple[PollOptionPatch, ...] = ()
    started: tuple[tuple[int, int], ...] = ()
    without: tuple[int, ...] = ()


class Refresh(Struct, frozen=True):
    """The user's channels may have changed: they must be fetched again, and the subscription renewed.

    Attributes:
        channel_id: id of the changed channel, None when unknown.
    """

    channel_id: int | None = None


Update = Event | MessagePatch | ChannelPatch | CountersPatch | PollsPatch | Refresh
