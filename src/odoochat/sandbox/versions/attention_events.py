"""Notifications about typing, reading, presence and settings in each version."""

from __future__ import annotations

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.channels import MEMBER, UNREAD, thread
from odoochat.sandbox.versions.fields import false
from odoochat.sandbox.versions.people import NAME, READER, named_persona, persona
from odoochat.sandbox.versions.sender import INSERT, BusSender
from odoochat.sandbox.versions.store import Json, RecordStore


def _is_small(sender: BusSender, member: Row) -> bool:
    """Return whether the channel's members can see what others have read."""
    return sender.facts.channel(member["channel_id"])["channel_type"] in sender.capabilities.seen_types


# typing and reading


def typing14(sender: BusSender, member: Row, is_typing: bool) -> None:
    """Notify a channel that a member is typing or has stopped (Odoo 14 and 15)."""
    channel = sender.facts.channel(member["channel_id"])
    payload = {
        "is_typing": is_typing,
        "partner_id": member["partner_id"],
        "partner_name": sender.facts.partner(member["partner_id"])["name"],
    }
    for key in (sender.channel_key(channel["id"]), channel["uuid"]):  # the second one is for live chat visitors
        if sender.facts.version >= 15:
            sender.send(key, "mail.channel.partner/typing_status", {"channel_id": channel["id"], **payload})
        else:
            sender.state.bus.send(key, {"info": "typing_status", **payload})


def typing16(sender: BusSender, member: Row, is_typing: bool) -> None:
    """Notify a channel that a member is typing or has stopped (Odoo 16 and 17)."""
    payload = {**MEMBER[sender.facts.version].of(sender.facts, member), "isTyping": is_typing}
    channel = sender.facts.channel(member["channel_id"])
    for key in (sender.channel_key(channel["id"]), channel["uuid"]):  # the second one is for live chat visitors
        sender.send(key, f"{sender.state.member_model}/typing_status", payload)


def typing18(sender: BusSender, member: Row, is_typing: bool) -> None:
    """Notify a channel that a member is typing or has stopped (Odoo 18 and later)."""
    store = RecordStore()
    sender.stores.add_member(store, member)
    store.add("discuss.channel.member", {"id": member["id"], "isTyping": is_typing, "is_typing_dt": sender.state.now()})
    sender.insert(member["channel_id"], store)


def seen14(sender: BusSender, member: Row) -> None:
    """Notify clients that a member has read messages (Odoo 14)."""
    payload: Json = {
        "info": "channel_seen",
        "last_message_id": false(member["seen_message_id"]),
        "partner_id": member["partner_id"],
    }
    if _is_small(sender, member):
        sender.state.bus.send(sender.channel_key(member["channel_id"]), payload)
    else:
        key = sender.partner_key(member["partner_id"])
        sender.state.bus.send(key, {**payload, "channel_id": member["channel_id"]})


def seen15(sender: BusSender, member: Row) -> None:
    """Notify clients that a member has read messages (Odoo 15 and 16)."""
    payload = {
        "channel_id": member["channel_id"],
        "last_message_id": false(member["seen_message_id"]),
        "partner_id": member["partner_id"],
    }
    kind = f"{sender.state.member_model}/seen"
    if _is_small(sender, member):
        sender.to_channel(member["channel_id"], kind, payload)
    else:
        sender.to_partner(member["partner_id"], kind, payload)


def seen17(sender: BusSender, member: Row) -> None:
    """Notify clients that a member has read messages (Odoo 17)."""
    basic: Json = {
        "id": member["id"],
        "persona": persona(member["partner_id"]),
        "lastSeenMessage": MEMBER[17]["lastSeenMessage"](sender.facts, member),
    }
    unread = (UNREAD - {"new_message_separator"}).of(sender.facts, member)
    own = {
        **thread(sender.facts, member["channel_id"]),
        **unread,
        "seen_message_id": false(member["seen_message_id"]),
    }
    sender.insert_for(member["partner_id"], {"ChannelMember": {**basic, "thread": own}})
    if _is_small(sender, member):
        sender.insert(member["channel_id"], {"ChannelMember": basic})


def seen18(sender: BusSender, member: Row) -> None:
    """Notify clients that a member has read messages (Odoo 18 and later)."""
    short = sender.stores.short_member(member)
    store = RecordStore().add("discuss.channel.member", {**short, "seen_message_id": false(member["seen_message_id"])})
    sender.stores.add_person(store, member["partner_id"], READER)
    base = sender.state.bus.last_id()
    if _is_small(sender, member):
        sender.insert(member["channel_id"], store)
    else:
        sender.insert_for(member["partner_id"], store)
    unread = {**short, **UNREAD.of(sender.facts, member), "message_unread_counter_bus_id": base}
    sender.insert_for(member["partner_id"], {"discuss.channel.member": [unread]})


def separated18(sender: BusSender, member: Row) -> None:
    """Notify a member that the new message separator has moved (Odoo 18 and later)."""
    record = {**sender.stores.short_member(member), **UNREAD.of(sender.facts, member)}
    sender.insert_for(member["partner_id"], {"discuss.channel.member": [record]})


def fetched14(sender: BusSender, member: Row) -> None:
    """Notify a channel that a member's device has fetched messages (Odoo 14 to 19)."""
    payload = {
        "id": member["id"],
        "last_message_id": false(member["fetched_message_id"]),
        "partner_id": member["partner_id"],
    }
    if sender.facts.version >= 15:
        kind = f"{sender.state.member_model}/fetched"
        sender.to_channel(member["channel_id"], kind, {"channel_id": member["channel_id"], **payload})
    else:
        key = sender.channel_key(member["channel_id"])
        sender.state.bus.send(key, {"info": "channel_fetched", **payload})


# people


def presence17(sender: BusSender, partner_id: int, shown: str, status: str) -> None:
    """Send a notification about a person's status (Odoo 17 to 19)."""
    guest = partner_id < 0
    person = {"guest_id": -partner_id if guest else False, "partner_id": False if guest else partner_id}
    payload = {"im_status": shown, "presence_status": status, **person}
    sender.send(sender.partner_key(partner_id, "presence"), "bus.bus/im_status_updated", payload)


def presence20(sender: BusSender, partner_id: int, shown: str, status: str) -> None:
    """Send a notification about a person's status (Odoo 20, where statuses belong to users)."""
    uid = sender.state.accounts.user_of(partner_id)
    model, number = ("mail.guest", -partner_id) if partner_id < 0 else ("res.users", uid)
    if not number:
        return
    guest = partner_id < 0
    key = sender.partner_key(partner_id, "presence") if guest else sender.user_key(number, "presence")
    sender.send(key, INSERT, {model: [{"id": number, "im_status": shown}]})
    sender.insert_for(partner_id, {model: [{"id": number, "presence_status": status}]})


def status_chosen19(sender: BusSender, partner_id: int, shown: str) -> None:
    """Send a notification about the status that a user chose (Odoo 19)."""
    payload = {"debounce": False, "im_status": shown, "partner_id": partner_id}
    sender.send(sender.partner_key(partner_id, "presence"), "bus.bus/im_status_updated", payload)


def status_chosen20(sender: BusSender, partner_id: int, shown: str) -> None:
    """Send a notification about the status that a user chose (Odoo 20, in the user record)."""
    presence20(sender, partner_id, shown, shown)


def guest_renamed16(sender: BusSender, person: int, channels: list[int]) -> None:
    """Notify a guest's channels of the guest's new name (Odoo 15 and later)."""
    kind, payload = INSERT, Json()
    if sender.capabilities.store:
        store = RecordStore()
        sender.stores.add_person(store, person, NAME)
        payload = store.data()
    elif sender.facts.version >= 17:
        payload = {"Persona": named_persona(sender.facts, person)}
    else:
        kind, payload = "mail.guest/insert", {"id": -person, "name": sender.facts.partner(person)["name"]}
    for channel_id in channels:
        sender.to_channel(channel_id, kind, payload)
    sender.to_partner(person, kind, payload)


def settings15(sender: BusSender, uid: int) -> Json:
    """Notify a user's devices of changed settings, which the route also returns (Odoo 15 and later)."""
    answer = {"id": uid}
    kind = "res.users.settings" if sender.facts.version >= 17 else "res.users.settings/insert"
    sender.to_partner(sender.state.accounts.partner_of(uid), kind, answer)
    return answer


def canned_changed18(sender: BusSender, row: Row, *, deleted: bool = False) -> None:
    """Notify the creator of a canned response that it was changed (Odoo 18 and later)."""
    shown = {name: row[name] for name in ("id", "source", "substitution")}
    record = {"_DELETE": True, "id": row["id"]} if deleted else shown
    sender.insert_for(sender.state.accounts.partner_of(row["create_uid"]), {"mail.canned.response": [record]})
