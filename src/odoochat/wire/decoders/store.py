"""Decoder for Odoo 18 and later, which send stores of records keyed by model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from odoochat.events import InboxReceived, MessageDeleted, MessagePosted, NotificationReceived, PresenceChanged
from odoochat.model import EPOCH, ChannelRef, LinkPreview, Message, Reaction, RecordRef
from odoochat.wire.content import body
from odoochat.wire.content.shared_text import share
from odoochat.wire.decoders.parts import local_id, mentioned_ids, personal_updates
from odoochat.wire.decoders.plain_posts import PostReader, StorePost, learn_users, store_message
from odoochat.wire.decoders.polls import polls_in
from odoochat.wire.decoders.record import presence
from odoochat.wire.decoders.store_changes import Merged, channel_changes, departures, member_changes, message_changes
from odoochat.wire.decoders.store_records import StoreRecords
from odoochat.wire.envelopes.frames import Notification, PayloadReader
from odoochat.wire.envelopes.polled import PolledReader, polled_reader
from odoochat.wire.updates import Names, Refresh, Update
from odoochat.wire.values import dicts, identifier, identifiers, is_array, is_object, items, pair, records, when
from odoochat.wire.version_table import VersionTable

__all__ = ["StoreDecoder"]

POSTS = PostReader("discuss.channel/new_message", StorePost)

FEW = 20
"""Maximum number of people in a store whose names are all added in one step."""


class StoreDecoder:
    """Decodes notifications and responses from Odoo 18 and later; see `Decoder`.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    @property
    def posts(self) -> PayloadReader:
        """See `Decoder.posts`."""
        return POSTS

    @property
    def polled(self) -> PolledReader:
        """See `Decoder.polled`."""
        return polled_reader(POSTS)

    # ------------------------------------------------------------- notifications

    def is_post(self, notification: Notification) -> bool:
        """See `Decoder.is_post`."""
        return notification.type == POSTS.notification

    def plain_message(self, notification: Notification, names: Names) -> Message | None:
        """See `Decoder.plain_message`."""
        post = notification.payload
        if not isinstance(post, StorePost):
            return None
        if self._table.presence_model == "res.users" and post.store_data is not None:
            learn_users(post.store_data, names)
        return store_message(post, names)

    def decode(self, notification: Notification, names: Names) -> list[Update]:
        """See `Decoder.decode`."""
        return [update for update in self.steps(notification, names) if update is not None]

    def steps(self, notification: Notification, names: Names) -> Iterable[Update | None]:
        """See `Decoder.steps`."""
        payload = notification.payload
        if isinstance(payload, StorePost):
            message = self.plain_message(notification, names)
            return [MessagePosted(message)] if message is not None else []
        if not is_object(payload):
            return []
        kind = notification.type
        store = payload if kind == "mail.record/insert" else payload.get("store_data")
        if is_object(store) and (self._table.polls or self._table.presence_model == "res.users"):
            return self._with_store(kind, payload, store, names)
        return self._decode(kind, payload, names)

    def _with_store(
        self, kind: str, payload: dict[str, Any], store: dict[str, Any], names: Names
    ) -> Iterator[Update | None]:
        if self._table.presence_model == "res.users":
            yield from _remember_users(store, names)
        yield from self._decode(kind, payload, names)
        if self._table.polls and (polls := polls_in(store)) is not None:
            yield polls

    def _decode(self, kind: str, payload: dict[str, Any], names: Names) -> Iterable[Update | None]:
        match kind:
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
            case "mail.message/mark_as_unread" if self._table.bookmarks:
                return self._inbox_again(payload, names)
            case _:
                pass
        return personal_updates(kind, payload, names) or [NotificationReceived(kind, payload)]

    def _inbox(self, payload: dict[str, Any], names: Names) -> list[Update]:
        """Decode a message added to the inbox: the store itself (Odoo 18), or ``{"message_id", "store_data"}`` (19)."""
        data = payload.get("store_data", payload)
        rows = dicts(data.get("mail.message")) if is_object(data) else []
        number = identifier(payload.get("message_id"))
        row = next((r for r in rows if not number or r.get("id") == number), None)
        if row is None or not identifier(row.get("id")):
            return []
        message = self._message(row, _records_of(data, names), names)
        return [InboxReceived(msgspec.structs.replace(message, needaction=True))]

    def _inbox_again(self, payload: Mapping[str, Any], names: Names) -> list[Update]:
        """Decode messages that the user moved back to the inbox (Odoo 20)."""
        inner = payload.get("store_data")
        data = inner if is_object(inner) else {}
        store = _records_of(data, names)
        ids = set(identifiers(payload.get("message_ids")))
        return [
            InboxReceived(msgspec.structs.replace(self._message(row, store, names), needaction=True))
            for row in dicts(data.get("mail.message"))
            if identifier(row.get("id")) in ids
        ]

    def _new_message(self, payload: dict[str, Any], names: Names) -> Iterable[Update | None]:
        data: Any = payload.get("data") or payload.get("store_data") or {}
        rows = dicts(data.get("mail.message")) if is_object(data) else []
        row = rows[0] if rows else None
        if len(rows) > 1:
            # A reply is sent together with its parent; the new message is the one that no other message replies to.
            parents = {pair(r.get("parent_id") or r.get("parentMessage"))[0] for r in rows}
            row = next((r for r in rows if identifier(r.get("id")) not in parents), row)
        if row is None or not identifier(row.get("id")):
            return []
        store = StoreRecords(data, names)
        if store.people > FEW:
            return self._post_in_steps(row, store, names, payload)
        store.learn_all_names()
        return [self._post(row, store, names, payload)]

    def _post_in_steps(
        self, row: dict[str, Any], store: StoreRecords, names: Names, payload: dict[str, Any]
    ) -> Iterator[Update | None]:
        yield from store.learn_names()
        yield self._post(row, store, names, payload)

    def _post(self, row: dict[str, Any], store: StoreRecords, names: Names, payload: dict[str, Any]) -> MessagePosted:
        channel_id, temporary = identifier(payload.get("id")), local_id(payload.get("temporary_id"))
        return MessagePosted(self._message(row, store, names, channel_id, temporary))

    def _records(self, payload: dict[str, Any], names: Names) -> Iterator[Update | None]:
        store = StoreRecords(payload, names)
        yield from store.learn_names()
        for row in dicts(payload.get("mail.message")):
            yield from message_changes(row, store)
        facts = Merged()
        for row in dicts(payload.get("discuss.channel.member")):
            for update in member_changes(row, store, names):
                facts.add(update)
            yield None
        for row in dicts(payload.get("discuss.channel")):
            for update in channel_changes(row, store, names):
                facts.add(update)
                yield None
        yield from facts.updates
        for row in dicts(payload.get("res.users")):
            partner = pair(row.get("partner_id"))[0] or names.partner_of(identifier(row.get("id")))
            if isinstance(row.get("im_status"), str) and partner:
                yield PresenceChanged(names.author("partner", partner), row["im_status"])
        if self._table.deletes_members:
            yield from departures(payload, names)

    # ------------------------------------------------------------------ messages

    def _message(
        self,
        row: Mapping[str, Any],
        store: StoreRecords,
        names: Names,
        channel_id: int = 0,
        temporary: str | None = None,
    ) -> Message:
        """Build a Message from a ``mail.message`` record and its store."""
        get = row.get
        number = row["id"]
        html = body.body_html(get("body"))
        thread = get("thread")
        model = get("model") or (thread.get("model") if is_object(thread) else None)
        place = channel_id or identifier(get("res_id")) or pair(thread)[0]
        record = None
        if isinstance(model, str) and model and model != self._table.channel_model:
            record = RecordRef(model, place, body.safe_line(str(get("record_name") or "")))
        created, parent = when(get("create_date")), get("parent_id") or get("parentMessage")
        pinned, subject, mentioned = get("pinned_at"), get("subject"), get("partner_ids", get("recipients"))
        return Message(
            number,
            ChannelRef(0, record.name) if record else names.channel(place),
            store.author(row),
            share(body.to_text(html)),
            share(html),
            when(get("date")) or created or EPOCH,
            (pair(parent)[0] or None) if parent else None,
            store.files(get("attachment_ids")),
            store.reactions(number, get("reactions")),
            str(get("message_type") or "comment"),
            when(get("write_date")),
            temporary,
            when(pinned) if pinned else None,
            get(self._table.star_field) is True or get("starred") is True,
            get("needaction") is True,
            mentioned_ids(mentioned) if mentioned else (),
            record,
            store.previews(row) or (),
            store.subtype(row),
            True,
            body.safe_line(subject, 500) if subject and isinstance(subject, str) else "",
            created,
        )

    def page_messages(self, answer: object, names: Names, channel_id: int) -> list[Message]:
        """See `Decoder.page_messages`. The store is in ``data`` (Odoo 18 and 19) or is the response itself (Odoo 20).

        The store also contains messages that were replied to, which may be much older. The page consists only of the
        messages listed in ``messages`` (in Odoo 20, inside ``DataResponse``). Source: addons/mail/tools/discuss.py,
        `resolve_data_request` (20.0).
        """
        data = _store_of(answer)
        if data is None or not is_object(answer):
            return []
        listed = answer.get("messages")
        if not is_array(listed):
            responses = [r["messages"] for r in dicts(data.get("DataResponse")) if is_array(r.get("messages"))]
            listed = [number for ids in responses for number in ids] if responses else None
        rows = [r for r in records(data.get("mail.message")) if "body" in r]
        if listed is not None:
            page = {pair(thing)[0] for thing in listed}
            rows = [r for r in rows if r["id"] in page]
        store = _records_of(data, names)
        return [self._message(row, store, names) for row in rows]

    def reactions_in(self, answer: object, names: Names) -> dict[int, tuple[Reaction, ...]]:
        """See `Decoder.reactions_in`. Reactions are unknown for messages without a ``reactions`` key."""
        if (data := _store_of(answer)) is None:
            return {}
        store = _records_of(data, names)
        rows = [row for row in records(data.get("mail.message")) if "reactions" in row]
        return {row["id"]: store.reactions(row["id"], row["reactions"]) for row in rows}

    def previews_in(self, answer: object, names: Names, message_id: int) -> tuple[LinkPreview, ...]:
        """See `Decoder.previews_in`. The store is in ``data`` (Odoo 18 and 19) or is the response itself (Odoo 20)."""
        if (data := _store_of(answer)) is None:
            return ()
        row = next((r for r in records(data.get("mail.message")) if r["id"] == message_id), None)
        return (_records_of(data, names).previews(row) or ()) if row is not None else ()


def _records_of(data: Mapping[str, Any], names: Names) -> StoreRecords:
    """Return a store's records, after adding the names they contain to the known names."""
    store = StoreRecords(data, names)
    store.learn_all_names()
    return store


def _store_of(answer: object) -> dict[str, Any] | None:
    if not is_object(answer):
        return None
    data = answer.get("data", answer)
    return data if is_object(data) else None


def _remember_users(store: Mapping[str, Any], names: Names) -> Iterator[None]:
    """Store each user's partner, because presence notifications contain only the user (Odoo 20)."""
    for row in dicts(store.get("res.users")):
        if (uid := identifier(row.get("id"))) and (partner := pair(row.get("partner_id"))[0]):
            names.partner_of(uid, partner)
        yield None
    for row in records(store.get("res.partner")):
        for user in (row.get("main_user_id"), *items(row.get("user_ids"))):
            if uid := pair(user)[0]:
                names.partner_of(uid, row["id"])
        yield None
