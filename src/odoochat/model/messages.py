"""Messages and their components: files, reactions, link previews, polls."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from odoochat.model.channels import ChannelRef, RecordRef
from odoochat.model.identity import Identified
from odoochat.model.people import Author

__all__ = [
    "Attachment",
    "LinkPreview",
    "Message",
    "PendingMessage",
    "PendingState",
    "Poll",
    "PollOption",
    "Progress",
    "Reaction",
    "ScheduledMessage",
]


class Attachment(Identified, frozen=True, eq=False):
    """A file attached to a message. Equal to any `Attachment` with the same id.

    Attributes:
        id: the ``ir.attachment`` id.
        name: the file name chosen by the sender; not safe as a path.
        mimetype: the MIME type detected by the server.
        size: size in bytes, or None if the server did not send it.
    """

    id: int
    name: str = ""
    mimetype: str = ""
    size: int | None = None

    def identity(self) -> Hashable:
        """Return the attachment's id."""
        return ("attachment", self.id)


class Reaction(Struct, frozen=True):
    """A message's reactions with one emoji.

    Attributes:
        content: the emoji.
        count: number of people who added it.
        authors: the people who added it, if known.
    """

    content: str
    count: int
    authors: tuple[Author, ...] = ()


class LinkPreview(Struct, frozen=True):
    """The server's preview of a link in a message. Untrusted, like the page that it describes.

    Attributes:
        url: the link.
        title: the page's title.
        description: the page's description.
        image: URL of the page's image; the link itself if it points to an image.
    """

    url: str
    title: str = ""
    description: str = ""
    image: str = ""


class Message(Identified, frozen=True, eq=False, gc=False):
    """A message in a channel or on a record. Equal to any `Message` with the same id, regardless of other fields.

    Attributes:
        id: the ``mail.message`` id.
        channel: the channel; its id is 0 for a message on a record.
        author: the author.
        text: the body as plain text, without control characters.
        html: the body as the server stores it. Untrusted; sanitize it with `odoochat.wire.content.body`.
        date: when it was posted, in UTC; for an e-mail, according to the sender's clock.
        reply_to: id of the message that it replies to, or None.
        attachments: the files.
        reactions: emojis and their counts, if known.
        kind: Odoo's ``message_type``: ``comment``, ``notification`` (a system line), ``email``…
        written: when its row was last written (``write_date``), in UTC; None if the server did not send it. Stars and
            pins also change it; see `edited_at` for edits.
        local_id: the id that this client assigned before posting it; None for messages from other clients.
        pinned: when it was pinned to its channel (Odoo 17 and later), or None if it is not pinned.
        starred: whether the current user starred it (bookmarked it in Odoo 20), if known.
        needaction: whether it is in the current user's inbox, if known.
        mentions: the partner ids of the mentioned people.
        record: the record that it belongs to, or None for messages in channels.
        previews: link previews, if known.
        subtype: its subtype in the server's language: ``Discussions``, ``Note``… or empty.
        reactions_known: whether `reactions` is complete.
        subject: the subject of an e-mail or of a message on a record; empty if there is none.
        created: when the server stored it, in UTC; None if the server did not send it.
        mine: whether the current user wrote it.
        edited_at: when its text was last edited, in UTC; None if it was never edited. Before Odoo 17 the server does
            not record edits, so only edits that this client receives live are known.
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
    written: datetime | None = None
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
    mine: bool = False
    edited_at: datetime | None = None

    def identity(self) -> Hashable:
        """Return the message's id, or its local id and body if it has no id."""
        return ("message", self.id) if self.id else ("message", 0, self.local_id, self.html)

    @property
    def is_system(self) -> bool:
        """Whether Odoo generated the message, e.g. because a member joined or a field changed."""
        return self.kind not in ("comment", "email", "email_outgoing", "whatsapp_message")


PendingState = Literal["waiting", "sending", "unclear"]
"""Whether a pending message is waiting for its next attempt, is being sent, or may already be on the server."""


class PendingMessage(Struct, frozen=True):
    """A message from this client that has not been posted yet.

    Attributes:
        local_id: identifies the message until the server assigns an id (`Message.local_id` afterwards).
        channel: the target channel; its id is 0 for a record.
        text: its text.
        record: the target record, or None for a channel.
        state: ``waiting`` for its next attempt, ``sending``, or ``unclear`` if it may already be on the server.
        attempts: number of attempts so far.
    """

    local_id: str
    channel: ChannelRef
    text: str
    record: RecordRef | None = None
    state: PendingState = "waiting"
    attempts: int = 0


class ScheduledMessage(Struct, frozen=True):
    """A message on a record that the server will post later (Odoo 18 and later).

    Attributes:
        id: the ``mail.scheduled.message`` id.
        record: the record.
        author: the author.
        text: the body as plain text, without control characters.
        html: the body as the server stores it. Untrusted.
        date: when it will be posted, in UTC.
    """

    id: int
    record: RecordRef
    author: Author
    text: str
    html: str
    date: datetime


class PollOption(Struct, frozen=True):
    """A poll option.

    Attributes:
        id: the ``mail.poll.option`` id.
        label: its text.
        emoji: its emoji; empty if it has none.
        votes: number of votes.
        mine: whether the current user voted for it, if known.
    """

    id: int
    label: str = ""
    emoji: str = ""
    votes: int = 0
    mine: bool = False


class Poll(Struct, frozen=True):
    """A poll (Odoo 20).

    Attributes:
        id: the ``mail.poll`` id.
        question: the question.
        options: the options, in order.
        ends: when it ends or ended, in UTC; None if the server did not send it.
        closed: whether it has ended.
        several: whether a member can vote for multiple options.
    """

    id: int
    question: str
    options: tuple[PollOption, ...] = ()
    ends: datetime | None = None
    closed: bool = False
    several: bool = False


class Progress(Struct, frozen=True):
    """Progress of a transfer.

    Attributes:
        done: bytes transferred so far.
        total: total number of bytes, or None if the server did not send it.
    """

    done: int
    total: int | None = None
