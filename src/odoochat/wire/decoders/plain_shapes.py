"""Shapes of plain posts, which msgspec reads directly from the JSON of a notification about a new message.

A plain post consists of text: exactly one message by a known author in a channel, without files, reactions, mentions,
link previews or a parent. msgspec skips all other keys without creating objects for them. A payload that differs in
any way does not match these classes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from odoochat.wire.values import LONGEST_DATE

__all__ = [
    "AuthorReference",
    "FlatMessage",
    "FlatPost",
    "Id",
    "MessageRecord",
    "PairMessage",
    "PairPost",
    "PlainText",
    "StorePost",
    "StoreRows",
    "UntypedMessage",
]

PEOPLE_MOST = 20
"""Maximum number of people in a plain post, so that all of their names are added in one step."""

NAME_MOST = 200
"""Maximum length of a name in a plain post, in characters, so that cleaned names can be cached."""

Id: TypeAlias = Annotated[int, Meta(gt=0, le=2**63 - 1)]
OptionalId: TypeAlias = Annotated[int, Meta(gt=0, le=2**63 - 1)] | bool | None
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=NAME_MOST)]
OptionalName: TypeAlias = Annotated[str, Meta(max_length=NAME_MOST)] | bool | None
Text: TypeAlias = str | bool | None
"""Text for which Odoo sends False if it is empty."""
Date: TypeAlias = Annotated[str, Meta(max_length=LONGEST_DATE)] | bool | None
NoRecord: TypeAlias = bool | None
NoItems: TypeAlias = Annotated[list[Any], Meta(max_length=0)]
NoRecords: TypeAlias = NoItems | bool | None
NoCommands: TypeAlias = list[tuple[str, NoItems]] | bool | None
"""No records, possibly as a command: ``[["insert-and-replace", []]]`` (Odoo 15)."""

Model: TypeAlias = Literal["mail.channel", "discuss.channel"]
Subtype: TypeAlias = tuple[Id, Annotated[str, Meta(max_length=NAME_MOST)]] | bool | None

_NAMES = {
    "parent_message": "parentMessage",
    "link_previews": "linkPreviews",
    "reaction_groups": "messageReactionGroups",
}


class PlainText(Struct, gc=False, kw_only=True, rename=_NAMES):
    """What the messages of all versions have in common."""

    id: Id
    date: Date = None
    create_date: Date = None
    write_date: Date = None
    message_type: Text = None
    subject: Text = None
    temporary_id: Any = None
    parent_id: NoRecord = None
    parent_message: NoRecord = None
    pinned_at: NoRecord = None
    attachment_ids: NoRecords = None
    attachments: NoRecords = None
    partner_ids: NoRecords = None
    recipients: NoRecords = None
    reactions: NoRecords = None
    reaction_groups: NoCommands = None
    link_previews: NoRecords = None


class FlatAuthor(Struct, gc=False):
    """The author in a message dict (Odoo 16 and 17)."""

    id: Id
    name: Name
    type: Text = None


class FlatMessage(PlainText, gc=False, kw_only=True, rename=_NAMES):
    """A message dict in Odoo 16 and 17."""

    body: str
    model: Model
    author: FlatAuthor
    subtype_id: Subtype = None


class FlatPost(Struct, gc=False):
    """A post in Odoo 16 and 17, where the message is one dict.

    Attributes:
        id: channel id.
        message: the message.
    """

    id: Id
    message: FlatMessage


class PairMessage(PlainText, gc=False, kw_only=True, rename=_NAMES):
    """A message dict in Odoo 15, where the author is a pair of id and display name."""

    body: str
    model: Model
    author_id: tuple[Id, Name]
    author: UnsetType = UNSET
    subtype_id: Subtype = None


class PairPost(Struct, gc=False):
    """A post in Odoo 15.

    Attributes:
        id: channel id.
        message: the message.
    """

    id: Id
    message: PairMessage


class UntypedMessage(PlainText, gc=False, kw_only=True, rename=_NAMES):
    """A post in Odoo 14, where only its keys distinguish a message from other notifications.

    Attributes:
        res_id: channel id.
    """

    body: str
    model: Model
    res_id: Id
    author_id: tuple[Id, Name]
    author: UnsetType = UNSET
    subtype_id: Subtype = None
    info: None = None
    type: None = None


class AuthorReference(Struct, gc=False):
    """The author in a message record (Odoo 18)."""

    id: Id
    type: Text = None


class MessageRecord(PlainText, gc=False, kw_only=True, rename=_NAMES):
    """A message record in Odoo 18 and later."""

    body: str | tuple[Any, str]
    model: Literal["discuss.channel"]
    author: AuthorReference | bool | None = None
    author_id: OptionalId = None
    author_guest_id: OptionalId = None
    email_from: Text = None
    subtype_id: OptionalId = None
    subtype_description: Any = None
    starred: Any = None
    is_bookmarked: Any = None
    needaction: Any = None
    message_link_preview_ids: NoRecords = None
    started_poll_ids: None = None
    ended_poll_ids: None = None


class PersonRecord(Struct, gc=False):
    """A partner or guest record."""

    id: Id
    name: OptionalName = None
    main_user_id: OptionalId = None
    user_ids: NoRecords = None


class UserRecord(Struct, gc=False):
    """A user record."""

    id: Id
    partner_id: OptionalId = None


class SubtypeRecord(Struct, gc=False):
    """A subtype record."""

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

    messages: tuple[MessageRecord]
    partners: Annotated[tuple[PersonRecord, ...], Meta(max_length=PEOPLE_MOST)] = ()
    guests: Annotated[tuple[PersonRecord, ...], Meta(max_length=PEOPLE_MOST)] = ()
    users: Annotated[tuple[UserRecord, ...], Meta(max_length=PEOPLE_MOST)] = ()
    subtypes: Annotated[tuple[SubtypeRecord, ...], Meta(max_length=1)] = ()
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
