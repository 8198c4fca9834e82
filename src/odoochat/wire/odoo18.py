"""Odoo 18: facts come as a store dict, records by model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoochat.events import (
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    NotificationReceived,
    PresenceChanged,
    ReactionChanged,
    TypingChanged,
)
from odoochat.model import EPOCH, Attachment, Author, AuthorKind, Message, Reaction
from odoochat.wire import body
from odoochat.wire.dialect import ChannelPatch, Dialect, Heard, MessagePatch, Names, Refresh
from odoochat.wire.frames import Notification
from odoochat.wire.odoo14 import local_id
from odoochat.wire.odoo17 import presence
from odoochat.wire.values import attachment, dicts, integer, items, pair, when

__all__ = ["Odoo18"]


class Odoo18(Dialect):
    """Odoo 18, and the base of what came after it."""

    interest_on_channel = True

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """See `Dialect.decode`."""
        payload = notification.payload
        if not isinstance(payload, dict):
            return []
        match notification.type:
            case "discuss.channel/new_message":
                return self._new_message(payload, names)
            case "mail.record/insert":
                return self._records(payload, names)
            case "discuss.channel/joined":
                channel = integer(payload.get("channel_id")) or pair(payload.get("channel"))[0]
                return [Refresh(channel or None)]
            case "discuss.channel/leave" | "discuss.channel/delete" | "discuss.channel/unpin":
                return [Refresh(integer(payload.get("id")) or None)]
            case "mail.message/delete":
                return [MessageDeleted(integer(i)) for i in items(payload.get("message_ids"))]
            case "bus.bus/im_status_updated":
                return presence(payload, names)
            case "discuss.channel.member/fetched" | "mail.message/inbox":
                return []
        return [NotificationReceived(notification.type, payload)]

    def _new_message(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        data = payload.get("data") or payload.get("store_data") or {}
        rows = dicts(data.get("mail.message")) if isinstance(data, dict) else []
        parents = {pair(r.get("parent_id") or r.get("parentMessage"))[0] for r in rows}
        # A reply brings its parent along: the new one is nobody's parent.
        row = next((r for r in rows if integer(r.get("id")) not in parents), rows[0] if rows else None)
        if row is None or not integer(row.get("id")):
            return []
        people = Store(data, names)
        html = body.body_html(row.get("body"))
        channel = integer(payload.get("id")) or integer(row.get("res_id")) or pair(row.get("thread"))[0]
        message = Message(
            id=row["id"],
            channel=names.channel(channel),
            author=people.author(row),
            text=body.to_text(html),
            html=html,
            date=when(row.get("date")) or when(row.get("create_date")) or EPOCH,
            reply_to=pair(row.get("parent_id") or row.get("parentMessage"))[0] or None,
            attachments=people.files(row.get("attachment_ids")),
            reactions=people.reactions(row["id"]),
            kind=str(row.get("message_type") or "comment"),
            edited=when(row.get("write_date")),
            local_id=local_id(payload.get("temporary_id")),
        )
        return [MessagePosted(message)]

    def _records(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        store = Store(payload, names)
        heard: list[Heard] = []
        for row in dicts(payload.get("mail.message")):
            heard += _message(row, store)
        for row in dicts(payload.get("discuss.channel.member")):
            heard += _member(row, store, names)
        for row in dicts(payload.get("discuss.channel")):
            heard += _channel(row)
        for row in dicts(payload.get("res.users")):
            if isinstance(row.get("im_status"), str) and (partner := pair(row.get("partner_id"))[0]):
                heard.append(PresenceChanged(names.author("partner", partner), row["im_status"]))
        return heard


PEOPLE: tuple[tuple[AuthorKind, str], ...] = (("partner", "res.partner"), ("guest", "mail.guest"))


class Store:
    """A store dict: records by model, looked up by id."""

    def __init__(self, data: Mapping[str, Any], names: Names) -> None:
        self._data = data
        self._names = names
        for kind, model in PEOPLE:
            if model not in data:
                continue
            for row in dicts(data.get(model)):
                if isinstance(row.get("name"), str) and integer(row.get("id")):
                    names.author(kind, row["id"], row["name"])

    def author(self, row: Mapping[str, Any]) -> Author:
        """The author of a message: ``author`` ``{"id", "type"}`` (18), ``author_id`` or ``author_guest_id`` (19)."""
        author = row.get("author")
        if isinstance(author, dict):
            kind: AuthorKind = "guest" if author.get("type") == "guest" else "partner"
            return self._names.author(kind, integer(author.get("id")))
        if partner := pair(row.get("author_id"))[0]:
            return self._names.author("partner", partner)
        guest = pair(row.get("author_guest_id"))[0]
        return self._names.author("guest", guest) if guest else Author(0, "unknown", "")

    def persona(self, row: Mapping[str, Any]) -> Author | None:
        """Who a member record is: ``persona`` (18), ``partner_id`` or ``guest_id`` (19)."""
        someone = row.get("persona")
        if isinstance(someone, dict):
            kind: AuthorKind = "guest" if someone.get("type") == "guest" else "partner"
            return self._names.author(kind, integer(someone.get("id")))
        if partner := pair(row.get("partner_id"))[0]:
            return self._names.author("partner", partner)
        guest = pair(row.get("guest_id"))[0]
        return self._names.author("guest", guest) if guest else None

    def files(self, ids: object) -> tuple[Attachment, ...]:
        """The attachments with these ids, in the order they were made; Odoo gives the last one first."""
        rows = {integer(r.get("id")): r for r in dicts(self._data.get("ir.attachment"))}
        found = sorted({pair(i)[0] for i in items(ids)} - {0})
        return tuple(attachment(rows.get(i, {"id": i})) for i in found)

    def reactions(self, message_id: int) -> tuple[Reaction, ...]:
        """The reactions under a message."""
        groups = dicts(self._data.get("MessageReactions"))
        return tuple(
            Reaction(str(g.get("content")), integer(g.get("count")))
            for g in groups
            if pair(g.get("message"))[0] == message_id
        )


def _message(row: dict[str, Any], store: Store) -> list[Heard]:
    number = integer(row.get("id"))
    if not number:
        return []
    if row.get("_DELETE"):
        return [MessageDeleted(number)]
    heard: list[Heard] = []
    if "body" in row and "thread" not in row:
        files = store.files(row["attachment_ids"]) if "attachment_ids" in row else None
        html = body.body_html(row["body"])
        heard.append(MessagePatch(number, html=html, edited=when(row.get("write_date")), attachments=files))
    for command in items(row.get("reactions")):
        if isinstance(command, list) and len(command) == 2 and command[0] in ("ADD", "DELETE"):
            for group in dicts(command[1]):
                content = str(group.get("content"))
                left = [r.count for r in store.reactions(number) if r.content == content]
                heard.append(ReactionChanged(number, content, left[0] if left and command[0] == "ADD" else 0))
    return heard


def _member(row: dict[str, Any], store: Store, names: Names) -> list[Heard]:
    channel = pair(row.get("thread") or row.get("channel_id"))[0]
    author = store.persona(row)
    if not channel or author is None:
        return []
    heard: list[Heard] = []
    if "isTyping" in row:
        # Its seen_message_id is only company here: nothing was read.
        return [TypingChanged(names.channel(channel), author, bool(row["isTyping"]))]
    if last := pair(row.get("seen_message_id"))[0]:
        heard.append(MessageSeen(names.channel(channel), author, last))
    if isinstance(row.get("message_unread_counter"), int):
        separator = integer(row.get("new_message_separator")) or None
        heard.append(ChannelPatch(channel, unread=row["message_unread_counter"], unread_from=separator))
    return heard


def _channel(row: dict[str, Any]) -> list[Heard]:
    number = integer(row.get("id"))
    if not number:
        return []
    heard: list[Heard] = []
    name, description = row.get("name"), row.get("description")
    patch = ChannelPatch(
        number,
        name=name if isinstance(name, str) else None,
        description=description if isinstance(description, str) else None,
        last_activity=when(row.get("last_interest_dt")),
    )
    if patch != ChannelPatch(number):
        heard.append(patch)
    # A whole channel record (it has its type) is one that I was just brought into; the others tell that I left.
    if row.get("channel_type") or row.get("close_chat_window") or "isLocallyPinned" in row or row.get("_DELETE"):
        heard.append(Refresh(number))
    return heard
