"""Reads plain posts: ordinary notifications about new messages, which are decoded much faster than other shapes.

The classes below describe the payload of a post that consists of text: exactly one message by a known author in a
channel, without files, reactions, mentions, link previews or a parent. msgspec skips all other keys without creating
objects for them. A payload that differs in any way does not match, and is decoded like any other notification, with
the same result.
"""

from __future__ import annotations

from sys import intern
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct

from odoochat.model import EPOCH, Author, AuthorKind, Message
from odoochat.wire.content import body
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.decoders.parts import local_id
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import Names
from odoochat.wire.values import sender, when

__all__ = ["FlatPost", "PostReader", "StorePost", "StoreRows", "flat_message", "learn_users", "store_message"]

P = TypeVar("P", bound=Struct)

PEOPLE_MOST = 20
"""Maximum number of people in a plain post, so that all of their names are added in one step."""

Id: TypeAlias = Annotated[int, Meta(gt=0, le=2**63 - 1)]
OptionalId: TypeAlias = Annotated[int, Meta(gt=0, le=2**63 - 1)] | bool | None
Name: TypeAlias = Annotated[str, Meta(min_length=1)]
Text: TypeAlias = str | bool | None
"""Text for which Odoo sends False if it is empty."""
NoRecord: TypeAlias = bool | None
NoRecords: TypeAlias = Annotated[list[Any], Meta(max_length=0)] | bool | None


_MESSAGE_NAMES = {
    "parent_message": "parentMessage",
    "link_previews": "linkPreviews",
    "reaction_groups": "messageReactionGroups",
}


class _Author(Struct, gc=False):
    """The author in a flat message (Odoo 16 and 17)."""

    id: Id
    name: Name
    type: Text = None


class _FlatMessage(Struct, gc=False, rename=_MESSAGE_NAMES):
    id: Id
    body: str
    model: Literal["mail.channel", "discuss.channel"]
    author: _Author
    date: Text = None
    create_date: Text = None
    write_date: Text = None
    message_type: Text = None
    subject: Text = None
    subtype_id: tuple[Id, str] | bool | None = None
    temporary_id: Any = None
    parent_message: NoRecord = None
    parent_id: NoRecord = None
    pinned_at: NoRecord = None
    attachment_ids: NoRecords = None
    attachments: NoRecords = None
    recipients: NoRecords = None
    partner_ids: NoRecords = None
    link_previews: NoRecords = None
    reactions: NoRecords = None
    reaction_groups: NoRecords = None


class FlatPost(Struct, gc=False):
    """A post in Odoo 16 and 17, where the message is one dict.

    Attributes:
        id: channel id.
        message: the message.
    """

    id: Id
    message: _FlatMessage


class _AuthorReference(Struct, gc=False):
    """The author in a message record (Odoo 18)."""

    id: Id
    type: Text = None


class _MessageRecord(Struct, gc=False, rename=_MESSAGE_NAMES):
    id: Id
    body: str | tuple[Any, str]
    model: Literal["discuss.channel"]
    author: _AuthorReference | bool | None = None
    author_id: OptionalId = None
    author_guest_id: OptionalId = None
    email_from: Text = None
    date: Text = None
    create_date: Text = None
    write_date: Text = None
    message_type: Text = None
    subject: Text = None
    subtype_id: OptionalId = None
    subtype_description: Any = None
    parent_id: NoRecord = None
    parent_message: NoRecord = None
    pinned_at: NoRecord = None
    starred: Any = None
    is_bookmarked: Any = None
    needaction: Any = None
    attachment_ids: NoRecords = None
    partner_ids: NoRecords = None
    recipients: NoRecords = None
    reactions: NoRecords = None
    message_link_preview_ids: NoRecords = None
    link_previews: NoRecords = None
    started_poll_ids: None = None
    ended_poll_ids: None = None


class _Person(Struct, gc=False):
    """A partner or guest record."""

    id: Id
    name: Text = None
    main_user_id: OptionalId = None
    user_ids: NoRecords = None


class _User(Struct, gc=False):
    id: Id
    partner_id: OptionalId = None


class _Subtype(Struct, gc=False):
    id: Id
    name: Any = None


_STORE_NAMES = {
    "messages": "mail.message",
    "partners": "res.partner",
    "guests": "mail.guest",
    "users": "res.users",
    "subtypes": "mail.message.subtype",
    "polls": "mail.poll",
    "poll_options": "mail.poll.option",
    "reactions": "MessageReactions",
}


class StoreRows(Struct, gc=False, rename=_STORE_NAMES):
    """The records of a plain post in Odoo 18 and later. Parts that a plain post never has are None."""

    messages: tuple[_MessageRecord]
    partners: Annotated[tuple[_Person, ...], Meta(max_length=PEOPLE_MOST)] = ()
    guests: Annotated[tuple[_Person, ...], Meta(max_length=PEOPLE_MOST)] = ()
    users: Annotated[tuple[_User, ...], Meta(max_length=PEOPLE_MOST)] = ()
    subtypes: Annotated[tuple[_Subtype, ...], Meta(max_length=1)] = ()
    polls: None = None
    poll_options: None = None
    reactions: None = None


class StorePost(Struct, gc=False):
    """A post in Odoo 18 and later, where the message and its author are records in a store.

    Attributes:
        id: channel id.
        data: the store in Odoo 18 and 19.
        store_data: the store in Odoo 20.
        temporary_id: the local id of the client that posted the message.
    """

    id: Id
    data: StoreRows | None = None
    store_data: StoreRows | None = None
    temporary_id: Any = None


class _PostMessage(Struct, Generic[P], gc=False):
    type: str
    payload: P


class _PostRow(Struct, Generic[P], gc=False):
    """A notification about a plain post."""

    id: Id
    message: _PostMessage[P]
    channel: None = None


class PostReader(Generic[P]):
    """Reads plain posts; see `PayloadReader`.

    Args:
        notification: the type of the notification about a new message.
        shape: the payload's class.
    """

    def __init__(self, notification: str, shape: type[P]) -> None:
        self.notification = notification
        self._decoder = msgspec.json.Decoder(shape)
        self._rows = msgspec.json.Decoder(tuple[_PostRow[shape]])  # type: ignore[valid-type]

    def read_frame(self, text: str) -> Notification | None:
        """See `PayloadReader.read_frame`."""
        try:
            (row,) = self._rows.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None
        message = row.message
        if message.type != self.notification:
            return None
        return Notification(row.id, message.type, message.payload)

    def read(self, payload: Raw) -> P | None:
        """See `PayloadReader.read`."""
        try:
            return self._decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None


def flat_message(post: FlatPost, names: Names) -> Message:
    """Build the message of a plain post in Odoo 16 and 17.

    Args:
        post: the post.
        names: known names, updated in place.
    """
    row = post.message
    person = row.author
    kind: AuthorKind = "guest" if person.type == "guest" else "partner"
    subtype = row.subtype_id
    return _message(
        row,
        post.id,
        names.author(kind, person.id, safe_name(person.name)),
        row.temporary_id,
        safe_name(subtype[1]) if isinstance(subtype, tuple) else "",
        names,
    )


def store_message(post: StorePost, names: Names) -> Message | None:
    """Build the message of a plain post in Odoo 18 and later.

    Args:
        post: the post.
        names: known names, updated in place.

    Returns:
        The message, or None if the post has no store.
    """
    store = post.data or post.store_data
    if store is None:
        return None
    row = store.messages[0]
    subtype = store.subtypes[0] if store.subtypes else None
    name = subtype.name if subtype is not None and subtype.id == row.subtype_id else row.subtype_description
    return _message(
        row,
        post.id,
        _store_author(store, row, names),
        post.temporary_id,
        name if isinstance(name, str) else "",
        names,
        starred=row.starred is True or row.is_bookmarked is True,
        needaction=row.needaction is True,
    )


def learn_users(store: StoreRows, names: Names) -> None:
    """Store each user's partner, because presence notifications contain only the user (Odoo 20).

    Args:
        store: the store of a plain post.
        names: known users, updated in place.
    """
    for user in store.users:
        if type(user.partner_id) is int:
            names.partner_of(user.id, user.partner_id)
    for person in store.partners:
        if type(person.main_user_id) is int:
            names.partner_of(person.main_user_id, person.id)


def _store_author(store: StoreRows, row: _MessageRecord, names: Names) -> Author:
    """Add the names in a store to the known names, and return the message's author."""
    kind: AuthorKind = "partner"
    number = row.author_id
    if isinstance(row.author, _AuthorReference):
        kind, number = "guest" if row.author.type == "guest" else "partner", row.author.id
    elif type(number) is not int:
        kind, number = "guest", row.author_guest_id
    author = None
    for person in store.partners:
        if isinstance(person.name, str):
            known = names.author("partner", person.id, safe_name(person.name))
            if person.id == number and kind == "partner":
                author = known
    for person in store.guests:
        if isinstance(person.name, str):
            known = names.author("guest", person.id, safe_name(person.name))
            if person.id == number and kind == "guest":
                author = known
    if author is not None:
        return author
    return names.author(kind, number) if type(number) is int else sender(row.email_from)


def _message(
    row: _FlatMessage | _MessageRecord,
    channel_id: int,
    author: Author,
    temporary: object,
    subtype: str,
    names: Names,
    *,
    starred: bool = False,
    needaction: bool = False,
) -> Message:
    html = row.body
    if isinstance(html, tuple):
        html = html[1] if html[0] == "markup" else ""
    date, created, subject = when(row.date), row.create_date, row.subject
    moment = date if created == row.date else when(created)
    return Message(
        row.id,
        names.channel(channel_id),
        author,
        intern(body.to_text(html)),
        intern(html),
        date or moment or EPOCH,
        None,
        (),
        (),
        str(row.message_type or "comment"),
        date if row.write_date == row.date else when(row.write_date),
        local_id(temporary),
        None,
        starred,
        needaction,
        (),
        None,
        (),
        subtype,
        True,
        body.safe_line(subject, 500) if subject and isinstance(subject, str) else "",
        moment,
    )
