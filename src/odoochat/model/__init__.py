"""Values of Odoo Discuss: messages, authors, channels; frozen, and free of any client."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

__all__ = [
    "FOREVER",
    "Attachment",
    "Author",
    "AuthorKind",
    "CannedAnswer",
    "ChannelInfo",
    "ChannelRef",
    "Counters",
    "LinkPreview",
    "Me",
    "Member",
    "Message",
    "Person",
    "Poll",
    "PollOption",
    "Progress",
    "Reaction",
    "RecordRef",
    "ScheduledMessage",
    "Version",
    "same_facts",
]

AuthorKind = Literal["partner", "guest", "email", "unknown"]


def same_facts(one: object, other: object) -> bool:
    """Whether two values agree in every field, names included.

    ``==`` compares people, channels, messages and files by their ids; this finds out whether something about them
    changed.

    Args:
        one, other: values of this module, tuples of them, or plain values.
    """
    if isinstance(one, Struct) and isinstance(other, Struct):
        if type(one) is not type(other):
            return False
        return all(same_facts(getattr(one, f), getattr(other, f)) for f in one.__struct_fields__)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same_facts, one, other))
    return one == other


class _Identified(Struct, frozen=True):
    """Base of values that are equal, and hash alike, when they mean the same thing, whatever it is called."""

    def _identity(self) -> Hashable:
        """What the thing is: values with equal identities are equal."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Identified):
            return NotImplemented
        return self._identity() == other._identity()

    def __ne__(self, other: object) -> bool:  # msgspec has one of its own, which compares fields
        return not self == other

    def __hash__(self) -> int:
        return hash(self._identity())


class Version(Struct, frozen=True, order=True):
    """The version of an Odoo server.

    Attributes:
        major: 14 to 20 and later; ``saas~18.5`` has major 18.
        minor: 0 for a long-term release, 1 to 5 for the releases between.
    """

    major: int
    minor: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


class Author(_Identified, frozen=True):
    """Who wrote a message or is typing. Equal to another author, `Person` or `Me` of the same kind and id.

    Attributes:
        id: of the ``res.partner`` or ``mail.guest``; 0 for the sender of an e-mail, and when the author is unknown.
        kind: ``partner`` or ``guest`` (their ids overlap), ``email`` for a message without an author that has a
            sender's address, ``unknown`` for one that has neither.
        name: as shown; empty when the server did not say.
        email: the sender's address when `kind` is ``email``, else empty. Authors of this kind are equal by it.
    """

    id: int
    kind: AuthorKind = "partner"
    name: str = ""
    email: str = ""

    def _identity(self) -> Hashable:
        return _person(self.kind, self.id, self.email or ("" if self.id else self.name))


def _person(kind: AuthorKind, number: int, address: str = "") -> Hashable:
    return ("person", kind, number) if number else ("person", kind, address.casefold())


class ChannelRef(_Identified, frozen=True):
    """A channel's id and the name it had. Equal to every `ChannelRef` and `ChannelInfo` with the same id."""

    id: int
    name: str = ""

    def _identity(self) -> Hashable:
        # What stands on a record has the channel 0: then the name alone tells one from another.
        return ("channel", self.id) if self.id else ("channel", 0, self.name)


class Attachment(_Identified, frozen=True):
    """A file of a message. Equal to another one with the same id.

    Attributes:
        id: of the ``ir.attachment``.
        name: file name as the sender gave it: not safe as a path.
        mimetype: as the server guessed it.
        size: in bytes, None when the server did not say.
    """

    id: int
    name: str = ""
    mimetype: str = ""
    size: int | None = None

    def _identity(self) -> Hashable:
        return ("attachment", self.id)


class Reaction(Struct, frozen=True):
    """An emoji under a message.

    Attributes:
        content: the emoji.
        count: how many gave it.
        authors: who gave it, as far as the server said.
    """

    content: str
    count: int
    authors: tuple[Author, ...] = ()


class RecordRef(_Identified, frozen=True):
    """A business document whose discussion (chatter) a message stands in. Equal to another one of that model and id.

    Attributes:
        model: e.g. ``sale.order``.
        id: of the record.
        name: as the server calls it; empty when it did not say.
    """

    model: str
    id: int
    name: str = ""

    def _identity(self) -> Hashable:
        return ("record", self.model, self.id)


class LinkPreview(Struct, frozen=True):
    """What the server found behind a link of a message: hostile, like the page it comes from.

    Attributes:
        url: the link.
        title, description: of the page.
        image: address of its picture; the link itself when that is one.
    """

    url: str
    title: str = ""
    description: str = ""
    image: str = ""


class Message(_Identified, frozen=True):
    """A message of a channel. Equal to another one with the same id, whatever either says.

    Attributes:
        id: of the ``mail.message``.
        channel: where it stands.
        author: who wrote it.
        text: the body as plain text, without control characters.
        html: the body as the server keeps it. Hostile until cleaned: see ``odoochat.wire.content.body``.
        date: when it was posted, in UTC; for an e-mail what its sender's clock said.
        reply_to: id of the message it answers, None when it answers none.
        attachments: its files.
        reactions: emojis and their counts, as far as known.
        reactions_known: whether `reactions` is all that the server has; else there may be others.
        kind: Odoo's ``message_type``: ``comment``, ``notification`` (a system line), ``email``…
        edited: when its content last changed (``write_date``), None when the server did not say.
        local_id: the id that this client gave it on its way out, None for others' messages.
        pinned: when it was pinned to its channel (17 and later), None when it is not.
        starred: whether I put a star (20: a bookmark) on it, as far as known.
        needaction: whether it waits in my inbox, as far as known.
        mentions: partner ids of those who were mentioned in it.
        record: the document that it stands on, None for messages of channels. `channel` then has the id 0.
        previews: what the server found behind its links, as far as known.
        subtype: its subtype as the server names it, in its language: ``Discussions``, ``Note``… or empty.
        subject: of an e-mail or a message on a record; empty when there is none.
        created: when the server stored it, None when it did not say.
    """

    id: int
    channel: ChannelRef
    author: Author
    text: str
    html: str
    date: datetime
    reply_to: int | None = None
    attachments: tuple[Attachment, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    kind: str = "comment"
    edited: datetime | None = None
    local_id: str | None = None
    pinned: datetime | None = None
    starred: bool = False
    needaction: bool = False
    mentions: tuple[int, ...] = ()
    record: RecordRef | None = None
    previews: tuple[LinkPreview, ...] = ()
    subtype: str = ""
    reactions_known: bool = True
    subject: str = ""
    created: datetime | None = None

    def _identity(self) -> Hashable:
        return ("message", self.id) if self.id else ("message", 0, self.local_id, self.html)

    @property
    def is_system(self) -> bool:
        """Whether Odoo wrote it, not a person: somebody joined, pinned, was invited; a field of a record changed."""
        return self.kind not in ("comment", "email", "email_outgoing", "whatsapp_message")


class PollOption(Struct, frozen=True):
    """One of the answers that a poll offers.

    Attributes:
        id: of the ``mail.poll.option``.
        votes: how many voted for it.
        mine: whether I did, as far as known.
    """

    id: int
    label: str = ""
    emoji: str = ""
    votes: int = 0
    mine: bool = False


class Poll(Struct, frozen=True):
    """A question that people vote on (20).

    Attributes:
        id: of the ``mail.poll``.
        options: the answers, in their order.
        ends: when it ends, or ended.
        closed: whether it is over.
        several: whether one may vote for more than one option.
    """

    id: int
    question: str
    options: tuple[PollOption, ...] = ()
    ends: datetime | None = None
    closed: bool = False
    several: bool = False


class ChannelInfo(_Identified, frozen=True):
    """A conversation that I am a member of. Equal to every `ChannelInfo` and `ChannelRef` with the same id.

    Attributes:
        id: of the ``discuss.channel`` (``mail.channel`` up to Odoo 16).
        name: as it is shown to me; a direct chat bears the other's name.
        kind: Odoo's ``channel_type``: ``channel``, ``chat``, ``group``, ``livechat``…
        unread: messages that I have not read.
        last_activity: when something last happened in it, in UTC.
        description: its topic.
        partners: partner ids of its members, as far as known (always for chats).
        needaction: messages of it that wait in my inbox.
        parent: the channel that this one is a thread of (18 and later), None when it is none.
        muted: until when I get no notifications of it (17 and later), `FOREVER` for good; None when I do.
        notify: which messages of it notify me (17 and later): ``all``, ``mentions``, ``no_notif``; None for what my
            settings say.
        pinned: whether it stands in my list.
        member_count: how many are in it, 0 when the server did not say.
        uuid: the secret part of its invitation link; empty when the server did not say.
    """

    id: int
    name: str
    kind: str = "channel"
    unread: int = 0
    last_activity: datetime | None = None
    description: str = ""
    partners: tuple[int, ...] = ()
    needaction: int = 0
    parent: int | None = None
    muted: datetime | None = None
    notify: str | None = None
    pinned: bool = True
    member_count: int = 0
    uuid: str = ""

    def _identity(self) -> Hashable:
        return self.ref._identity()

    @property
    def ref(self) -> ChannelRef:
        """This channel's id and name."""
        return ChannelRef(self.id, self.name)


class Me(_Identified, frozen=True):
    """Who I am: the user who is logged in, or a guest. Equal to that `Author` and `Person`.

    Attributes:
        uid, partner_id: of the user; 0 for a guest.
        guest_id: of the ``mail.guest``, 0 for a user.
    """

    uid: int
    partner_id: int
    name: str
    login: str = ""
    guest_id: int = 0

    def _identity(self) -> Hashable:
        return self.author._identity()

    @property
    def author(self) -> Author:
        """Me, as an author."""
        if self.guest_id:
            return Author(self.guest_id, "guest", self.name)
        return Author(self.partner_id, "partner", self.name)


class Member(_Identified, frozen=True):
    """Somebody in a channel. Equal to another one with the same id: the same person in the same channel.

    Attributes:
        author: who.
        id: of the member record.
        status: ``online``, ``away``, ``offline``…; empty when the server did not say.
        seen: the last message that he read, 0 for none.
        joined: since when he is in it.
    """

    author: Author
    id: int
    status: str = ""
    seen: int = 0
    joined: datetime | None = None

    def _identity(self) -> Hashable:
        return ("member", self.id) if self.id else ("member", 0, self.author._identity())


class Person(_Identified, frozen=True):
    """Somebody one can write to. Equal to another person, an `Author` or `Me` of the same partner id.

    Attributes:
        id: of the ``res.partner``.
        name: as shown.
        login, email: as far as I may see them.
        status: ``online``, ``away``, ``offline``…; empty when the server did not say.
        uid: of the user, 0 when there is none.
    """

    id: int
    name: str
    login: str = ""
    email: str = ""
    status: str = ""
    uid: int = 0

    def _identity(self) -> Hashable:
        return _person("partner", self.id)

    @property
    def author(self) -> Author:
        """This person, as an author."""
        return Author(self.id, "partner", self.name)


class ScheduledMessage(Struct, frozen=True):
    """A message on a record that the server will post later.

    Attributes:
        id: of the ``mail.scheduled.message``.
        html: hostile until cleaned; `text` is safe to show.
        date: when it will be posted, in UTC.
    """

    id: int
    record: RecordRef
    author: Author
    text: str
    html: str
    date: datetime


class CannedAnswer(Struct, frozen=True):
    """A text that people keep to answer with.

    Attributes:
        shortcut: what is typed for it.
        text: what is sent.
    """

    id: int
    shortcut: str
    text: str


class Counters(Struct, frozen=True):
    """How many messages wait in my inbox, and how many bear my star."""

    inbox: int = 0
    starred: int = 0


class Progress(Struct, frozen=True):
    """How far a file is.

    Attributes:
        done: bytes that went over the line.
        total: bytes in all, None when the server did not say.
    """

    done: int
    total: int | None = None


FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""How Odoo writes "muted for good" (``mute_until_dt``, addons/mail/controllers/discuss/settings.py of 17 and later)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
