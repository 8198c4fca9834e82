"""Odoo 18: facts come as a store dict, records by model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from odoochat.events import (
    InboxReceived,
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    NotificationReceived,
    PinChanged,
    PresenceChanged,
    PreviewsChanged,
    ReactionChanged,
    TypingChanged,
)
from odoochat.model import EPOCH, Attachment, Author, AuthorKind, ChannelRef, LinkPreview, Message, Reaction, RecordRef
from odoochat.wire.content import body
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.decoders.flat_parts import flattened, for_me, local_id, mentioned, previews, reaction
from odoochat.wire.decoders.record import presence
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import ChannelPatch, Heard, MessagePatch, Names, Refresh
from odoochat.wire.values import (
    attachment,
    count,
    dicts,
    identifier,
    identifiers,
    items,
    muted_until,
    notified,
    pair,
    records,
    sender,
    text,
    when,
)
from odoochat.wire.versions.dialect import Dialect

__all__ = ["Odoo18"]


class Odoo18(Dialect):
    """Odoo 18, and the base of what came after it."""

    generation = 18
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
                channel = identifier(payload.get("channel_id")) or pair(payload.get("channel"))[0]
                return [Refresh(channel or None)]
            case "discuss.channel/leave" | "discuss.channel/delete" | "discuss.channel/unpin":
                return [Refresh(identifier(payload.get("id")) or None)]
            case "mail.message/delete":
                return [MessageDeleted(i) for i in identifiers(payload.get("message_ids"))]
            case "bus.bus/im_status_updated":
                return presence(payload, names)
            case "discuss.channel.member/fetched":
                return []
            case "mail.message/inbox":
                return self._inbox(payload, names)
        return for_me(notification.type, payload, names) or [NotificationReceived(notification.type, payload)]

    def _inbox(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        """18 sends the store itself, 19 ``{"message_id", "store_data"}``."""
        data = payload.get("store_data", payload)
        rows = dicts(data.get("mail.message")) if isinstance(data, dict) else []
        number = identifier(payload.get("message_id"))
        row = next((r for r in rows if not number or r.get("id") == number), None)
        if row is None or not identifier(row.get("id")):
            return []
        message = self._message(row, Store(data, names), names)
        return [InboxReceived(msgspec.structs.replace(message, needaction=True))]

    def _new_message(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        data = payload.get("data") or payload.get("store_data") or {}
        rows = dicts(data.get("mail.message")) if isinstance(data, dict) else []
        parents = {pair(r.get("parent_id") or r.get("parentMessage"))[0] for r in rows}
        # A reply brings its parent along: the new one is nobody's parent.
        row = next((r for r in rows if identifier(r.get("id")) not in parents), rows[0] if rows else None)
        if row is None or not identifier(row.get("id")):
            return []
        message = self._message(row, Store(data, names), names, identifier(payload.get("id")))
        return [MessagePosted(msgspec.structs.replace(message, local_id=local_id(payload.get("temporary_id"))))]

    def _message(self, row: Mapping[str, Any], people: Store, names: Names, channel_id: int = 0) -> Message:
        """A Message from a record of ``mail.message`` and the store that it came in."""
        html = body.body_html(row.get("body"))
        thread = row.get("thread")
        model = row.get("model") or (thread.get("model") if isinstance(thread, dict) else None)
        number = channel_id or identifier(row.get("res_id")) or pair(thread)[0]
        record = None
        if isinstance(model, str) and model and model != self.channel_model:
            record = RecordRef(model, number, body.safe_line(str(row.get("record_name") or "")))
        return Message(
            id=row["id"],
            channel=ChannelRef(0, record.name) if record else names.channel(number),
            author=people.author(row),
            text=body.to_text(html),
            html=html,
            date=when(row.get("date")) or when(row.get("create_date")) or EPOCH,
            reply_to=pair(row.get("parent_id") or row.get("parentMessage"))[0] or None,
            attachments=people.files(row.get("attachment_ids")),
            reactions=people.reactions(row["id"], row.get("reactions")),
            kind=str(row.get("message_type") or "comment"),
            written=when(row.get("write_date")),
            pinned=when(row.get("pinned_at")),
            starred=row.get("starred") is True,
            needaction=row.get("needaction") is True,
            mentions=mentioned(row.get("partner_ids", row.get("recipients"))),
            record=record,
            previews=people.previews(row) or (),
            subtype=people.subtype(row),
            subject=body.safe_line(text(row.get("subject")), 500),
            created=when(row.get("create_date")),
        )

    def page_messages(self, answer: object, names: Names, channel_id: int) -> list[Message]:
        """See `Dialect.page_messages`; a store under ``data`` (18, 19), or the store itself (20).

        The store holds the answered messages too, which may be far older: the page is what ``messages`` lists, in 20
        that of its ``DataResponse`` (Source: addons/mail/tools/discuss.py, `resolve_data_request`).
        """
        if not isinstance(answer, dict):
            return []
        data = answer.get("data", answer)
        listed = answer.get("messages")
        if not isinstance(data, dict):
            return []
        if not isinstance(listed, list):
            responses = [r["messages"] for r in dicts(data.get("DataResponse")) if isinstance(r.get("messages"), list)]
            listed = [number for ids in responses for number in ids] if responses else None
        rows = [r for r in dicts(data.get("mail.message")) if identifier(r.get("id")) and "body" in r]
        if listed is not None:
            page = {pair(thing)[0] for thing in listed}
            rows = [r for r in rows if r["id"] in page]
        store = Store(data, names)
        return [self._message(row, store, names) for row in rows]

    def reactions_in(self, answer: object, names: Names) -> dict[int, tuple[Reaction, ...]]:
        """See `Dialect.reactions_in`; a message without the key ``reactions`` says nothing of them."""
        if not isinstance(answer, dict):
            return {}
        data = answer.get("data", answer)
        if not isinstance(data, dict):
            return {}
        store = Store(data, names)
        rows = [row for row in records(data.get("mail.message")) if "reactions" in row]
        return {row["id"]: store.reactions(row["id"], row["reactions"]) for row in rows}

    def _records(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        store = Store(payload, names)
        heard: list[Heard] = []
        for row in dicts(payload.get("mail.message")):
            heard += _message_changes(row, store)
        for row in dicts(payload.get("discuss.channel.member")):
            heard += _member(row, store, names)
        for row in dicts(payload.get("discuss.channel")):
            heard += _channel(row)
            heard += _membership(row, store, names)
        for row in dicts(payload.get("res.users")):
            if isinstance(row.get("im_status"), str) and (partner := pair(row.get("partner_id"))[0]):
                heard.append(PresenceChanged(names.author("partner", partner), row["im_status"]))
        return _merged(heard)


PEOPLE: tuple[tuple[AuthorKind, str], ...] = (("partner", "res.partner"), ("guest", "mail.guest"))


class Store:
    """A store dict: records by model, looked up by id."""

    def __init__(self, data: Mapping[str, Any], names: Names) -> None:
        self._data = data
        self._names = names
        self._tables: dict[str, dict[int, dict[str, Any]]] = {}
        self._groups: dict[int, dict[str, dict[str, Any]]] | None = None
        self._new_members: dict[int, list[dict[str, Any]]] | None = None
        for kind, model in PEOPLE:
            if model not in data:
                continue
            for row in dicts(data.get(model)):
                if isinstance(row.get("name"), str) and identifier(row.get("id")):
                    names.author(kind, row["id"], safe_name(row["name"]))

    def _table(self, model: str) -> dict[int, dict[str, Any]]:
        """The records of a model by id, read once: what refers to them may be as many."""
        if (table := self._tables.get(model)) is None:
            table = {number: r for r in dicts(self._data.get(model)) if (number := identifier(r.get("id")))}
            self._tables[model] = table
        return table

    def author(self, row: Mapping[str, Any]) -> Author:
        """The author of a message: ``author`` ``{"id", "type"}`` (18), ``author_id`` or ``author_guest_id`` (19)."""
        author = row.get("author")
        if isinstance(author, dict):
            kind: AuthorKind = "guest" if author.get("type") == "guest" else "partner"
            if number := identifier(author.get("id")):
                return self._names.author(kind, number)
        if partner := pair(row.get("author_id"))[0]:
            return self._names.author("partner", partner)
        guest = pair(row.get("author_guest_id"))[0]
        return self._names.author("guest", guest) if guest else sender(row.get("email_from"))

    def persona(self, row: Mapping[str, Any]) -> Author | None:
        """Who a member record is: ``persona`` (18), ``partner_id`` or ``guest_id`` (19)."""
        someone = row.get("persona")
        if isinstance(someone, dict):
            kind: AuthorKind = "guest" if someone.get("type") == "guest" else "partner"
            if number := identifier(someone.get("id")):
                return self._names.author(kind, number)
        if partner := pair(row.get("partner_id"))[0]:
            return self._names.author("partner", partner)
        guest = pair(row.get("guest_id"))[0]
        return self._names.author("guest", guest) if guest else None

    def files(self, ids: object) -> tuple[Attachment, ...]:
        """The attachments with these ids, in the order they were made; Odoo gives the last one first."""
        rows = self._table("ir.attachment")
        found = sorted({pair(i)[0] for i in items(ids)} - {0})
        return tuple(attachment(rows.get(i, {"id": i})) for i in found)

    def reactions(self, message_id: int, inline: object = None) -> tuple[Reaction, ...]:
        """The reactions under a message: groups of their own (18, 19), or whole ones inside the message (20)."""
        own = self._own_groups().get(message_id)
        groups = list(own.values()) if own else [g for g in flattened(inline) if isinstance(g, dict) and "count" in g]
        return tuple(made for g in groups if (made := reaction(g, self._names)) is not None)

    def changed_reaction(self, message_id: int, group: Mapping[str, Any]) -> Reaction | None:
        """The reaction that an ``ADD`` speaks of: by its message and emoji (18, 19), or whole (20); None if unknown."""
        if "count" in group:
            return reaction(group, self._names)
        own = self._own_groups().get(message_id, {}).get(str(group.get("content")))
        return reaction(own, self._names) if own is not None else None

    def _own_groups(self) -> dict[int, dict[str, dict[str, Any]]]:
        """The groups that are records of their own, by message and emoji."""
        if self._groups is None:
            self._groups = {}
            for group in dicts(self._data.get("MessageReactions")):
                if isinstance(content := group.get("content"), str):
                    self._groups.setdefault(pair(group.get("message"))[0], {}).setdefault(content, group)
        return self._groups

    def rows(self, model: str, ids: object) -> list[dict[str, Any]]:
        """The records of a model with these ids, as far as they came along."""
        known = self._table(model)
        return [known[i] for i in (pair(thing)[0] for thing in flattened(ids)) if i in known]

    def previews(self, row: Mapping[str, Any]) -> tuple[LinkPreview, ...] | None:
        """Behind a message's links: ``linkPreviews`` (18), ``message_link_preview_ids`` (19); None if not told."""
        if "message_link_preview_ids" in row:
            links = self.rows("mail.message.link.preview", row["message_link_preview_ids"])
            shown = [link.get("link_preview_id") for link in links if not link.get("is_hidden")]
            return previews(self.rows("mail.link.preview", shown))
        if "linkPreviews" in row:
            there = flattened(row["linkPreviews"])
            return previews(
                there
                if there and isinstance(there[0], dict) and "source_url" in there[0]
                else self.rows("mail.link.preview", there)
            )
        return None

    def subtype(self, row: Mapping[str, Any]) -> str:
        """The name of a message's subtype, as far as told."""
        found = self.rows("mail.message.subtype", [row.get("subtype_id")])
        name = found[0].get("name") if found else row.get("subtype_description")
        return name if isinstance(name, str) else ""

    def newcomers(self, channel_id: int) -> list[Author]:
        """The people whose whole member records of a channel came along: those who were just brought in."""
        if self._new_members is None:
            self._new_members = {}
            for row in self._table("discuss.channel.member").values():
                if "create_date" in row:
                    where = pair(row.get("thread") or row.get("channel_id"))[0]
                    self._new_members.setdefault(where, []).append(row)
        there = ((row["id"], self.persona(row)) for row in self._new_members.get(channel_id, ()))
        return [self._names.member(number, author) or author for number, author in there if author is not None]

    def members(self, ids: object) -> list[tuple[int, Author | None]]:
        """Member records by their ids, and whose they are."""
        rows = self._table("discuss.channel.member")
        found = []
        for number in (pair(thing)[0] for thing in items(ids)):
            author = self.persona(rows[number]) if number in rows else None
            found.append((number, self._names.member(number, author)))
        return found


def _merged(heard: list[Heard]) -> list[Heard]:
    """The same with one patch for each channel and one mark for each reader: the last one that the store has."""
    patches: dict[int, int] = {}
    marks: dict[tuple[int, AuthorKind, int], int] = {}
    kept: list[Heard] = []
    for thing in heard:
        place: int | None = None
        if isinstance(thing, ChannelPatch):
            place = patches.setdefault(thing.id, len(kept))
        elif isinstance(thing, MessageSeen):
            place = marks.setdefault((thing.channel.id, thing.author.kind, thing.author.id), len(kept))
        if place is None or place == len(kept):
            kept.append(thing)
        elif isinstance(thing, ChannelPatch):
            facts = {f: v for f in thing.__struct_fields__ if (v := getattr(thing, f)) is not None}
            kept[place] = msgspec.structs.replace(kept[place], **facts)
        else:
            kept[place] = thing
    return kept


def _message_changes(row: dict[str, Any], store: Store) -> list[Heard]:
    number = identifier(row.get("id"))
    if not number:
        return []
    if row.get("_DELETE"):
        return [MessageDeleted(number)]
    heard: list[Heard] = []
    if "body" in row and "thread" not in row:
        files = store.files(row["attachment_ids"]) if "attachment_ids" in row else None
        html = body.body_html(row["body"])
        heard.append(MessagePatch(number, html=html, written=when(row.get("write_date")), attachments=files))
    for command in items(row.get("reactions")):
        if isinstance(command, list) and len(command) == 2 and command[0] in ("ADD", "DELETE"):
            for group in dicts(command[1]):
                if isinstance(content := group.get("content"), str):
                    there = store.changed_reaction(number, group) if command[0] == "ADD" else None
                    now = there or Reaction(content, 0)
                    heard.append(ReactionChanged(number, content, now.count, now.authors))
    if "body" not in row and "pinned_at" in row:
        heard.append(PinChanged(number, when(row["pinned_at"])))
    if "body" not in row and (shown := store.previews(row)) is not None:
        heard.append(PreviewsChanged(number, shown))
    return heard


def _membership(row: dict[str, Any], store: Store, names: Names) -> list[Heard]:
    """Who came and went: ``channelMembers`` (18), ``channel_member_ids`` (19) with commands; 19 tells of those who come
    by their member records alone."""
    heard: list[Heard] = []
    channel = names.channel(identifier(row.get("id")))
    if not channel.id:
        return []
    for command in items(row.get("channelMembers", row.get("channel_member_ids"))):
        if isinstance(command, list) and len(command) == 2 and command[0] in ("ADD", "DELETE"):
            for _, author in store.members(command[1]):
                if author is not None:
                    heard.append((MemberJoined if command[0] == "ADD" else MemberLeft)(channel, author))
    if (
        "channel_type" not in row
        and "channel_member_ids" not in row
        and ("member_count" in row or "memberCount" in row)
    ):
        heard += [MemberJoined(channel, author) for author in store.newcomers(channel.id)]
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
    names.member(identifier(row.get("id")), author)
    if (last := pair(row.get("seen_message_id"))[0]) and "create_date" not in row:
        heard.append(MessageSeen(names.channel(channel), author, last))
    if (unread := row.get("message_unread_counter")) is not None and count(unread) == unread:
        separator = identifier(row.get("new_message_separator")) or None
        heard.append(ChannelPatch(channel, unread=unread, unread_from=separator))
    if "mute_until_dt" in row:
        heard.append(ChannelPatch(channel, muted=(muted_until(row["mute_until_dt"]),)))
    if "custom_notifications" in row:
        heard.append(ChannelPatch(channel, notify=(notified(row["custom_notifications"]),)))
    if "unpin_dt" in row:
        heard.append(ChannelPatch(channel, pinned=not row["unpin_dt"]))
    return heard


def _channel(row: dict[str, Any]) -> list[Heard]:
    number = identifier(row.get("id"))
    if not number:
        return []
    heard: list[Heard] = []
    name, description = row.get("name"), row.get("description")
    patch = ChannelPatch(
        number,
        name=name if isinstance(name, str) else None,
        description=description if isinstance(description, str) else None,
        last_activity=when(row.get("last_interest_dt")),
        member_count=count(row.get("member_count", row.get("memberCount"))) or None,
    )
    if patch != ChannelPatch(number):
        heard.append(patch)
    # A whole channel record (it has its type) is one that I was just brought into; the others tell that I left.
    if row.get("channel_type") or row.get("close_chat_window") or "isLocallyPinned" in row or row.get("_DELETE"):
        heard.append(Refresh(number))
    return heard
