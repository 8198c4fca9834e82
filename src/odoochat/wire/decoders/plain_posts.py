"""Reads plain posts: ordinary notifications about new messages, which are decoded much faster than other shapes.

`odoochat.wire.decoders.plain_shapes` describes them. All other notifications are decoded from JSON values, with the
same result.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Raw, Struct

from odoochat.model import EPOCH, Author, AuthorKind, Message
from odoochat.wire.content import body
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.decoders.parts import local_id
from odoochat.wire.decoders.plain_shapes import (
    AuthorReference,
    FlatMessage,
    FlatPost,
    Id,
    MessageRecord,
    PairMessage,
    PairPost,
    PlainText,
    StorePost,
    StoreRows,
    UntypedMessage,
)
from odoochat.wire.envelopes.frames import UNREADABLE, Item, Notification
from odoochat.wire.updates import Names
from odoochat.wire.values import moment, sender, when

__all__ = [
    "FlatPost",
    "PairPost",
    "PostReader",
    "StorePost",
    "UntypedMessage",
    "UntypedReader",
    "flat_message",
    "learn_users",
    "store_message",
]

K = TypeVar("K")
P = TypeVar("P", bound=Struct)

_clean_name = lru_cache(maxsize=1024)(safe_name)
"""Cleans a name of at most `NAME_MOST` characters; a channel has few authors, and most of its messages one subtype."""


class _Envelope(Struct, Generic[K, P], gc=False):
    type: K
    payload: P


class _PostRow(Struct, Generic[K, P], gc=False):
    """A notification about a plain post."""

    id: Id
    message: _Envelope[K, P]
    channel: None = None


class PostReader(Generic[P]):
    """Reads plain posts; see `PayloadReader`.

    Args:
        notification: the type of the notification about a new message.
        shape: the payload's class.
    """

    def __init__(self, notification: str, shape: type[P]) -> None:
        self.notification = notification
        self._shape = shape
        self.row: Any = _PostRow[Literal[notification], shape]  # type: ignore[valid-type]

    @cached_property
    def _payload(self) -> msgspec.json.Decoder[P]:
        return msgspec.json.Decoder(self._shape)

    @cached_property
    def _only(self) -> msgspec.json.Decoder[Any]:
        return msgspec.json.Decoder(tuple[self.row])  # type: ignore[name-defined]

    def read_frame(self, text: str) -> Notification | None:
        """See `PayloadReader.read_frame`."""
        try:
            (row,) = self._only.decode(text)
        except UNREADABLE:
            return None
        message = row.message
        return Notification(row.id, message.type, message.payload)

    def read(self, payload: Raw) -> P | None:
        """See `PayloadReader.read`."""
        try:
            return self._payload.decode(payload)
        except UNREADABLE:
            return None

    def notifications(self, rows: list[Any]) -> list[Item]:
        """See `RowReader.notifications`."""
        kind = self.notification
        return [Notification(row.id, kind, row.message.payload) for row in rows]


class _UntypedRow(Notification, frozen=True, kw_only=True, gc=False, rename={"payload": "message"}):
    """A notification about a plain post in Odoo 14, which is decoded without an intermediate object."""

    id: Id
    type: Literal[""] = ""
    payload: UntypedMessage
    channel: tuple[str, Literal["mail.channel"], Any]  # pyright: ignore[reportGeneralTypeIssues]


class UntypedReader:
    """Reads plain posts in Odoo 14; see `RowReader`."""

    row = _UntypedRow

    def notifications(self, rows: list[Item]) -> list[Item]:
        """See `RowReader.notifications`."""
        return rows


def flat_message(row: FlatMessage | PairMessage | UntypedMessage, channel_id: int, names: Names) -> Message:
    """Build the message of a plain post in Odoo 14 to 17.

    Args:
        row: the message dict.
        channel_id: channel id.
        names: known names, updated in place.
    """
    if isinstance(row, FlatMessage):
        person = row.author
        author = names.author("guest" if person.type == "guest" else "partner", person.id, _clean_name(person.name))
    else:
        number, name = row.author_id
        author = names.author("partner", number, _clean_name(name), display=True)
    subtype = row.subtype_id
    return _message(
        row,
        channel_id,
        author,
        row.body,
        row.temporary_id,
        _clean_name(subtype[1]) if isinstance(subtype, tuple) else "",
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
    html = row.body
    return _message(
        row,
        post.id,
        _store_author(store, row, names),
        html if isinstance(html, str) else html[1] if html[0] == "markup" else "",
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


def _store_author(store: StoreRows, row: MessageRecord, names: Names) -> Author:
    """Add the names in a store to the known names, and return the message's author."""
    kind: AuthorKind = "partner"
    number = row.author_id
    if isinstance(row.author, AuthorReference):
        kind, number = "guest" if row.author.type == "guest" else "partner", row.author.id
    elif type(number) is not int:
        kind, number = "guest", row.author_guest_id
    author = None
    for person in store.partners:
        if isinstance(person.name, str):
            known = names.author("partner", person.id, _clean_name(person.name))
            if person.id == number and kind == "partner":
                author = known
    for person in store.guests:
        if isinstance(person.name, str):
            known = names.author("guest", person.id, _clean_name(person.name))
            if person.id == number and kind == "guest":
                author = known
    if author is not None:
        return author
    return names.author(kind, number) if type(number) is int else sender(row.email_from)


def _message(
    row: PlainText,
    channel_id: int,
    author: Author,
    html: str,
    temporary: object,
    subtype: str,
    names: Names,
    *,
    starred: bool = False,
    needaction: bool = False,
) -> Message:
    given, subject, shown = row.date, row.subject, body.shared(html)
    date = moment(given) if isinstance(given, str) else None
    created, written = row.create_date, row.write_date  # None up to Odoo 16
    created_at = None if created is None else date if created == given else when(created)
    return Message(
        row.id,
        names.channel(channel_id),
        author,
        shown.text,
        shown.html,
        date or created_at or EPOCH,
        None,
        (),
        (),
        str(row.message_type or "comment"),
        None if written is None else date if written == given else when(written),
        None if temporary is None else local_id(temporary),
        None,
        starred,
        needaction,
        (),
        None,
        (),
        subtype,
        True,
        body.safe_line(subject, 500) if subject and isinstance(subject, str) else "",
        created_at,
    )
