"""Notifications about messages, in the order in which each version sends them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.channels import UNREAD
from odoochat.sandbox.versions.fields import false, in_channel
from odoochat.sandbox.versions.messages import EDITED, MESSAGE, previews
from odoochat.sandbox.versions.people import persona
from odoochat.sandbox.versions.reactions import reaction_groups
from odoochat.sandbox.versions.sender import INSERT, BusSender
from odoochat.sandbox.versions.store import Json, RecordStore


class Posted(NamedTuple):
    """A posted message.

    Attributes:
        message: the message row.
        channel: the channel row.
        payload: the message payload, built before the inboxes were notified (Odoo 14 to 17).
        inboxes: ids of the partners with the message in their inbox.
        temporary_id: temporary id assigned by the client (17 and later).
        silent: whether to suppress the notification sound (18 and later); None if the client did not specify it.
    """

    message: Row
    channel: Row
    payload: Json
    inboxes: list[int]
    temporary_id: Any
    silent: Any


Step = Callable[[BusSender, Posted], None]


def posted(
    sender: BusSender, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None
) -> None:
    """Send notifications about a message in a channel.

    Args:
        sender: the version's sender.
        message: the message row.
        inboxes: ids of the partners with the message in their inbox.
        temporary_id: temporary id assigned by the client.
        silent: whether to suppress the notification sound.
    """
    channel = sender.facts.channel(message["res_id"])
    payload = {} if sender.capabilities.store else sender.flat.message(message)
    event = Posted(message, channel, payload, inboxes, temporary_id, silent)
    if sender.facts.version == 14 and message["subtype_id"] == NOTE:
        return  # a note in a channel does not notify clients
    for step in _POSTED[sender.facts.version]:
        step(sender, event)


def _inboxes(sender: BusSender, event: Posted) -> None:
    for partner in event.inboxes:
        inbox(sender, event.message, partner)


def _untyped(sender: BusSender, event: Posted) -> None:
    sender.state.bus.send(sender.channel_key(event.channel["id"]), event.payload)


def _flat(sender: BusSender, event: Posted) -> None:
    message = event.payload
    if event.temporary_id is not None and sender.facts.version >= 17:
        message = {**message, "temporary_id": event.temporary_id}
    kind = f"{sender.state.channel_model}/new_message"
    sender.to_channel(event.channel["id"], kind, {"id": event.channel["id"], "message": message})


def _public_copy(sender: BusSender, event: Posted) -> None:
    # for readers without a login
    if event.channel["public"] == "public":
        payload = {"id": event.channel["id"], "message": event.payload}
        sender.send(event.channel["uuid"], "mail.channel/new_message", payload)


def _member_interest(sender: BusSender, event: Posted) -> None:
    if event.channel["channel_type"] == "channel":
        return
    for member in sender.state.members.of_channel(event.channel["id"]):
        interest = {"id": event.channel["id"], "last_interest_dt": member["last_interest_dt"]}
        if sender.facts.version >= 16:
            interest["isServerPinned"] = bool(member["is_pinned"])
        sender.to_partner(member["partner_id"], "mail.channel/last_interest_dt_changed", interest)


def _pinned_thread(sender: BusSender, event: Posted) -> None:
    channel_id = event.channel["id"]
    thread = {"id": channel_id, "model": "discuss.channel", "is_pinned": True}
    sender.send(sender.channel_key(channel_id, "members"), INSERT, {"Thread": thread})


def _channel_interest(sender: BusSender, event: Posted) -> None:
    interest = {"id": event.channel["id"], "last_interest_dt": event.channel["last_interest_dt"]}
    sender.to_channel(event.channel["id"], "discuss.channel/last_interest_dt_changed", interest)


def _pinned_record(sender: BusSender, event: Posted) -> None:
    record = {"id": event.channel["id"], "is_pinned": True}
    sender.send(sender.channel_key(event.channel["id"], "members"), INSERT, {"discuss.channel": [record]})


def _interest_record(sender: BusSender, event: Posted) -> None:
    if event.message["message_type"] == "comment":
        record = {"id": event.channel["id"], "last_interest_dt": event.channel["last_interest_dt"]}
        sender.insert(event.channel["id"], {"discuss.channel": [record]})


def _own_counter(sender: BusSender, event: Posted) -> None:
    message = event.message
    member = sender.state.members.find(event.channel["id"], message["author_id"] or 0)
    if member is None or member["new_message_separator"] <= message["id"]:
        return
    record = {**sender.stores.short_member(member), "new_message_separator": member["new_message_separator"]}
    if message["message_type"] == "comment":
        base = sender.state.bus.last_id() - 1
        record |= {**UNREAD.of(sender.facts, member), "message_unread_counter_bus_id": base}
    sender.insert_for(member["partner_id"], {"discuss.channel.member": [record]})


def _stored(sender: BusSender, event: Posted) -> None:
    store = RecordStore()
    sender.stores.add_message(store, event.message, None)
    payload: Json = {sender.capabilities.store_key: store.data(), "id": event.channel["id"]}
    if event.temporary_id is not None:
        payload["temporary_id"] = event.temporary_id
    if event.silent is not None:
        payload["silent"] = event.silent
    sender.to_channel(event.channel["id"], "discuss.channel/new_message", payload)


_POSTED: dict[int, tuple[Step, ...]] = {
    14: (_inboxes, _untyped),
    15: (_inboxes, _flat, _public_copy, _member_interest),
    16: (_inboxes, _member_interest, _flat),
    17: (_inboxes, _pinned_thread, _channel_interest, _flat),
    18: (_pinned_record, _own_counter, _inboxes, _stored),
    19: (_interest_record, _own_counter, _inboxes, _stored),
    20: (_own_counter, _inboxes, _stored, _interest_record),  # the last activity is written after the commit
}


def inbox(sender: BusSender, message: Row, partner_id: int) -> None:
    """Notify a partner of a message in their inbox."""
    version = sender.facts.version
    if version == 14:
        sender.state.bus.send([sender.state.name, "ir.needaction", partner_id], sender.flat.message(message))
        return
    if not sender.capabilities.store:
        payload = sender.flat.message(message)
        if version >= 17:
            follower = sender.state.records.follower(message["model"], message["res_id"], partner_id)
            payload["user_follower_id"] = follower["id"] if follower else False
    else:
        store = RecordStore()
        sender.stores.add_message(store, message, sender.state.accounts.user_of(partner_id))
        sender.stores.add_self_follower(store, message, partner_id)
        payload = store.data() if version < 19 else {"message_id": message["id"], "store_data": store.data()}
    sender.to_partner(partner_id, "mail.message/inbox", payload)


# edits


def edited_flat(sender: BusSender, message: Row) -> None:
    """Notify readers that a message was edited (Odoo 15 to 17)."""
    record = EDITED[sender.facts.version].of(sender.facts, message)
    if sender.facts.version >= 17:
        sender.to_thread(message, INSERT, {"Message": record})
    else:
        sender.to_thread(message, "mail.message/insert", record)


def edited_store(sender: BusSender, message: Row) -> None:
    """Notify readers that a message was edited (Odoo 18 and later), including files and the parent message."""
    store = RecordStore().add("mail.message", EDITED[sender.facts.version].of(sender.facts, message))
    for file in sender.state.files.of_message(message["id"]):
        store.add("ir.attachment", sender.stores.file(file))
    parent = sender.facts.parent(message)
    if parent is not None:
        sender.stores.add_message(store, parent, None, nested=True)
    sender.to_thread(message, INSERT, store.data())


def unlinked(sender: BusSender, message_ids: list[int], partner_id: int) -> None:
    """Notify a mentioned partner that messages were deleted (Odoo 15 and later)."""
    sender.to_partner(partner_id, "mail.message/delete", {"message_ids": message_ids})


def file_deleted(sender: BusSender, attachment_id: int, message: Row) -> None:
    """Notify a message's readers that one of its files was deleted (Odoo 15 and later)."""
    where = {"id": message["id"], "write_date": message["write_date"]}
    sender.to_thread(message, "ir.attachment/delete", {"id": attachment_id, "message": where})


def message_pinned17(sender: BusSender, message: Row) -> None:
    """Notify a channel that a message was pinned or unpinned (Odoo 17)."""
    record = {"id": message["id"], "pinned_at": false(message["pinned_at"])}
    sender.to_thread(message, INSERT, {"Message": record})


def message_pinned18(sender: BusSender, message: Row) -> None:
    """Notify a channel that a message was pinned or unpinned (Odoo 18 and later)."""
    record = {"id": message["id"], "pinned_at": false(message["pinned_at"])}
    sender.to_thread(message, INSERT, {"mail.message": [record]})


def previewed16(sender: BusSender, message: Row) -> None:
    """Notify readers of a message's link previews (Odoo 16)."""
    sender.to_thread(message, "mail.link.preview/insert", previews(sender.facts, message))


def previewed17(sender: BusSender, message: Row) -> None:
    """Notify readers of a message's link previews (Odoo 17)."""
    sender.to_thread(message, INSERT, {"LinkPreview": previews(sender.facts, message)})


def previewed18(sender: BusSender, message: Row) -> None:
    """Notify readers of a message's link previews (Odoo 18 and later)."""
    ids = MESSAGE[sender.facts.version][sender.capabilities.preview_field](sender.facts, message)
    store = RecordStore().add("mail.message", {"id": message["id"], sender.capabilities.preview_field: ids})
    sender.stores.add_previews(store, message)
    sender.to_thread(message, INSERT, store.data())


# reactions; each function returns the route's response


def reacted15(sender: BusSender, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
    """Notify readers of a reaction (Odoo 15 and 16)."""
    given = sender.state.marks.reactions(message["id"]).get(content, [])
    who = [["insert" if add else "insert-and-unlink", {"id": abs(partner_id)}]]
    message_field: Json = {"message": {"id": message["id"]}}
    if sender.facts.version < 16:
        message_field = {"messageId": message["id"]}
    group = {
        "content": content,
        "count": len(given),
        "guests": who if partner_id < 0 else [],
        "partners": who if partner_id > 0 else [],
        **message_field,
    }
    command = "insert" if given else "insert-and-unlink"
    payload = {"id": message["id"], "messageReactionGroups": [[command, group]]}
    sender.to_thread(message, "mail.message/insert", payload, partner_id)
    if sender.facts.version < 16:
        return payload
    # Odoo 16 returns a dictionary as a string here; clients must accept it.
    answered = {**group, "message": f"{{'id': {message['id']}}}"}
    return {"id": message["id"], "messageReactionGroups": [[command, answered]]}


def reacted17(sender: BusSender, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
    """Notify readers of a reaction (Odoo 17)."""
    count = len(sender.state.marks.reactions(message["id"]).get(content, []))
    group = {
        "content": content,
        "count": count,
        "personas": [["ADD" if add else "DELETE", persona(partner_id)]],
        "message": {"id": message["id"]},
    }
    record = {"id": message["id"], "reactions": [["ADD" if count else "DELETE", group]]}
    sender.to_thread(message, INSERT, {"Message": record}, partner_id)
    return {}


def reacted18(sender: BusSender, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
    """Notify readers of a reaction (Odoo 18 and later). Odoo 20 sends the group itself."""
    one = {"message": message["id"], "content": content}
    groups = reaction_groups(sender.facts, message, content)
    shown = groups if sender.facts.version >= 20 else [one]
    change = ["ADD", shown] if groups else ["DELETE", one]
    store = RecordStore().add("mail.message", {"id": message["id"], "reactions": [change]})
    sender.stores.add_reactions(store, message, content)
    sender.to_thread(message, INSERT, store.data(), partner_id)
    return store.data()


# stars and inbox


def starred14(sender: BusSender, message_ids: list[int], partner_id: int, *, on: bool) -> None:
    """Notify a user of stars added or removed (Odoo 14)."""
    payload = {"type": "toggle_star", "message_ids": message_ids, "starred": on}
    sender.state.bus.send(sender.partner_key(partner_id), payload)


def starred15(sender: BusSender, message_ids: list[int], partner_id: int, *, on: bool) -> None:
    """Notify a user of stars added or removed (Odoo 15 to 19)."""
    sender.to_partner(partner_id, "mail.message/toggle_star", {"message_ids": message_ids, "starred": on})


def starred20(sender: BusSender, message_ids: list[int], partner_id: int, *, on: bool) -> None:
    """Notify a user of bookmarks added or removed (Odoo 20, where they replace stars)."""
    if message_ids:
        records = [{"id": message_id, "is_bookmarked": on} for message_id in message_ids]
        sender.insert_for(partner_id, {"mail.message": records})


def done14(sender: BusSender, message_ids: list[int], partner_id: int) -> None:
    """Notify a user of messages removed from the inbox (Odoo 14), including the messages' channels."""
    rows = [sender.state.messages.get(message) for message in message_ids]
    rooms = sorted({row["res_id"] for row in rows if row is not None and in_channel(row)})
    payload = {"type": "mark_as_read", "message_ids": message_ids, "channel_ids": rooms}
    sender.state.bus.send(sender.partner_key(partner_id), payload)


def emptied14(sender: BusSender, message_ids: list[int], partner_id: int) -> None:
    """Notify a user that the inbox was emptied (Odoo 14)."""
    sender.state.bus.send(sender.partner_key(partner_id), {"type": "mark_as_read", "message_ids": message_ids})


def done15(sender: BusSender, message_ids: list[int], partner_id: int) -> None:
    """Notify a user of messages removed from the inbox (Odoo 15 and later), including the remaining count."""
    left = len(sender.state.marks.needaction(partner_id))
    payload = {"message_ids": message_ids, "needaction_inbox_counter": left}
    sender.to_partner(partner_id, "mail.message/mark_as_read", payload)


def undone20(sender: BusSender, message_ids: list[int], uid: int) -> None:
    """Notify a user of messages moved back to the inbox (Odoo 20)."""
    store = RecordStore()
    for message_id in message_ids:
        row = sender.state.messages.get(message_id)
        if row is not None:
            sender.stores.add_message(store, row, uid)
    payload = {"message_ids": message_ids, "store_data": store.data()}
    sender.to_partner(sender.state.accounts.partner_of(uid), "mail.message/mark_as_unread", payload)


def transient14(sender: BusSender, partner_id: int, channel_id: int, body: str) -> None:
    """Notify a user of a message that only they can see (Odoo 14)."""
    payload = {"body": body, "channel_ids": [channel_id], "info": "transient_message"}
    sender.state.bus.send(sender.partner_key(partner_id), payload)


def transient15(sender: BusSender, partner_id: int, channel_id: int, body: str) -> None:
    """Notify a user of a message that only they can see (Odoo 15 and later)."""
    where = {"channel_id": channel_id} if sender.facts.version >= 17 else {"res_id": channel_id}
    sender.to_partner(partner_id, f"{sender.state.channel_model}/transient_message", {"body": body, **where})
