"""Values of Odoo Discuss: messages, authors, channels; frozen, and free of any client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

__all__ = [
    "Attachment",
    "Author",
    "AuthorKind",
    "ChannelInfo",
    "ChannelRef",
    "Me",
    "Message",
    "Reaction",
    "Version",
]

AuthorKind = Literal["partner", "guest", "unknown"]


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


class Author(Struct, frozen=True):
    """Who wrote a message or is typing.

    Attributes:
        id: of the ``res.partner`` or ``mail.guest``; 0 when the author is unknown (e.g. an e-mail).
        kind: which of the two; ids of partners and guests overlap.
        name: as shown; empty when the server did not say.
    """

    id: int
    kind: AuthorKind = "partner"
    name: str = ""


class ChannelRef(Struct, frozen=True):
    """A channel's id and the name it had."""

    id: int
    name: str = ""


class Attachment(Struct, frozen=True):
    """A file of a message.

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


class Reaction(Struct, frozen=True):
    """An emoji under a message, and how many gave it."""

    content: str
    count: int


class Message(Struct, frozen=True):
    """A message of a channel.

    Attributes:
        id: of the ``mail.message``.
        channel: where it stands.
        author: who wrote it.
        text: the body as plain text, without control characters.
        html: the body as the server keeps it. Hostile until cleaned: see ``odoochat.wire.body``.
        date: when it was posted, in UTC.
        reply_to: id of the message it answers, None when it answers none.
        attachments: its files.
        reactions: emojis and their counts, as far as known.
        kind: Odoo's ``message_type``: ``comment``, ``notification`` (a system line), ``email``…
        edited: when its content last changed (``write_date``), None when the server did not say.
        local_id: the id that this client gave it on its way out, None for others' messages.
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


class ChannelInfo(Struct, frozen=True):
    """A conversation that I am a member of.

    Attributes:
        id: of the ``discuss.channel`` (``mail.channel`` up to Odoo 16).
        name: as it is shown to me; a direct chat bears the other's name.
        kind: Odoo's ``channel_type``: ``channel``, ``chat``, ``group``, ``livechat``…
        unread: messages that I have not read.
        last_activity: when something last happened in it, in UTC.
        description: its topic.
        partners: partner ids of its members, as far as known (always for chats).
    """

    id: int
    name: str
    kind: str = "channel"
    unread: int = 0
    last_activity: datetime | None = None
    description: str = ""
    partners: tuple[int, ...] = ()

    @property
    def ref(self) -> ChannelRef:
        """This channel's id and name."""
        return ChannelRef(self.id, self.name)


class Me(Struct, frozen=True):
    """The user who is logged in."""

    uid: int
    partner_id: int
    name: str
    login: str = ""

    @property
    def author(self) -> Author:
        """Me, as an author."""
        return Author(self.partner_id, "partner", self.name)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
