"""Notifications about channels and their members in each version."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.channels import BASIC, MEMBER, thread
from odoochat.sandbox.versions.fields import false
from odoochat.sandbox.versions.people import named
from odoochat.sandbox.versions.sender import BusSender
from odoochat.sandbox.versions.store import Json, RecordStore

# Member fields whose changes are sent to the member's own devices. Source: `_sync_field_names` (19.0)
SYNCED = (
    "custom_channel_name", "custom_notifications", "last_interest_dt", "message_unread_counter", "mute_until_dt",
    "new_message_separator", "unpin_dt",
)  # fmt: skip


def _untyped(sender: BusSender, partner_id: int, payload: Json) -> None:
    sender.state.bus.send(sender.partner_key(partner_id), payload)


# a user is a member of a new channel


def opened14(sender: BusSender, channel: Row, partner_id: int) -> None:
    """Notify a user that they are now a member of a channel (Odoo 14)."""
    info = {"info": "creation"} if channel["channel_type"] == "channel" else {}
    _untyped(sender, partner_id, {**sender.flat.channel_for(channel, partner_id), **info})


def opened15(sender: BusSender, channel: Row, partner_id: int) -> None:
    """Notify a user that they are now a member of a channel (Odoo 15 to 17)."""
    info = sender.flat.channel_info(channel, sender.state.accounts.user_of(partner_id))
    if sender.facts.version >= 17:
        sender.insert_for(partner_id, {"Thread": info})
    else:
        sender.to_partner(partner_id, "mail.channel/legacy_insert", info)


def opened18(sender: BusSender, channel: Row, partner_id: int) -> None:
    """Notify a user that they are now a member of a channel (Odoo 18 and later)."""
    store = RecordStore()
    sender.stores.add_own(store, channel, sender.state.accounts.user_of(partner_id))
    if channel["channel_type"] != "channel":
        sender.stores.add_members(store, channel, without=partner_id)
    sender.insert_for(partner_id, store)


# a member joined


def joined14(sender: BusSender, channel: Row, member: Row, inviter: int | None) -> None:
    """Notify clients that a member joined (Odoo 14)."""
    info = {"info": "join"} if inviter is None else {}
    partner_id = member["partner_id"]
    _untyped(sender, partner_id, {**sender.flat.channel_for(channel, partner_id), **info})


def joined15(sender: BusSender, channel: Row, member: Row, inviter: int | None) -> None:
    """Notify clients that a member joined (Odoo 15)."""
    uid = sender.state.accounts.user_of(member["partner_id"])
    by = inviter if inviter is not None else false(uid)
    payload = {"channel": sender.flat.channel_info(channel, uid), "invited_by_user_id": by}
    sender.to_partner(member["partner_id"], "mail.channel/joined", payload)
    row = sender.facts.partner(member["partner_id"])
    if row["id"] < 0:
        guests = named(sender.facts, [row["id"]])
        _counted15(sender, channel, members=[["insert", []]], guestMembers=[["insert", guests]])
        return
    shown = {"id": row["id"], "im_status": sender.facts.im_status(row["id"]), "name": row["name"]}
    _counted15(sender, channel, members=[["insert", [shown]]], guestMembers=[["insert", []]])


def joined16(sender: BusSender, channel: Row, member: Row, inviter: int | None) -> None:
    """Notify clients that a member joined (Odoo 16)."""
    info = sender.flat.channel_info(channel, sender.state.accounts.user_of(member["partner_id"]))
    payload = {"channel": info, "invited_by_user_id": false(inviter)}
    sender.to_partner(member["partner_id"], "mail.channel/joined", payload)
    _counted15(sender, channel, channelMembers=[["insert", [MEMBER[16].of(sender.facts, member)]]])


def joined17(sender: BusSender, channel: Row, member: Row, inviter: int | None) -> None:
    """Notify clients that a member joined (Odoo 17)."""
    payload: Json = {"channel": {**BASIC[17].of(sender.facts, channel), "is_pinned": True}}
    _joined(sender, member, payload, inviter)
    _members17(sender, channel, "ADD", MEMBER[17].of(sender.facts, member))


def joined18(sender: BusSender, channel: Row, member: Row, inviter: int | None) -> None:
    """Notify clients that a member joined (Odoo 18)."""
    header = {**BASIC[18].of(sender.facts, channel), "model": "discuss.channel", "is_pinned": True}
    _joined(sender, member, {"channel": header, "open_chat_window": False}, inviter)
    _member_added(sender, channel, member)


def joined19(sender: BusSender, channel: Row, member: Row, inviter: int | None) -> None:
    """Notify clients that a member joined (Odoo 19 and later)."""
    store = RecordStore()
    if inviter is None:
        sender.stores.add_own(store, channel, sender.state.accounts.user_of(member["partner_id"]))
    else:
        sender.stores.add_channel(store, channel, None)
        store.add("discuss.channel.member", {"id": member["id"], "unpin_dt": false(member["unpin_dt"])})
    stored = {sender.capabilities.store_key: store.data()}
    _joined(sender, member, {"channel_id": channel["id"], "invite_to_rtc_call": False, **stored}, inviter)
    _member_added(sender, channel, member)


def _joined(sender: BusSender, member: Row, payload: Json, inviter: int | None) -> None:
    invited = {} if inviter is None else {"invited_by_user_id": inviter}
    sender.to_partner(member["partner_id"], "discuss.channel/joined", {**payload, **invited})


def _counted15(sender: BusSender, channel: Row, **commands: list[Any]) -> None:
    payload: Json = {"id": channel["id"], "memberCount": sender.member_count(channel), **commands}
    sender.to_channel(channel["id"], "mail.channel/insert", payload)


def _members17(sender: BusSender, channel: Row, command: str, member: Json) -> None:
    members = {"channelMembers": [[command, [member]]], "memberCount": sender.member_count(channel)}
    sender.insert(channel["id"], {"Thread": {**thread(sender.facts, channel["id"]), **members}})


def _counted18(sender: BusSender, channel: Row, **more: Any) -> RecordStore:
    count = {sender.capabilities.count_field: sender.member_count(channel)}
    return RecordStore().add("discuss.channel", {"id": channel["id"], **count, **more})


def _member_added(sender: BusSender, channel: Row, member: Row) -> None:
    store = _counted18(sender, channel)
    sender.stores.add_member(store, member)
    sender.insert(channel["id"], store)


# a member left


def left14(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify clients that a member left (Odoo 14)."""
    facts = sender.facts.read_by_partner(member["partner_id"])
    empty = {
        "message_needaction_counter": sender.state.marks.needaction_in(channel["id"], facts.me),
        "message_unread_counter": 0,
        "seen_message_id": False,
        "custom_channel_name": False,
        "is_pinned": False,
    }
    header = sender.flat.channel_for(channel, member["partner_id"])
    _untyped(sender, member["partner_id"], {**empty, **header, "info": "unsubscribe"})


def left15(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify clients that a member left (Odoo 15 and 16)."""
    partner_id = member["partner_id"]
    info = sender.flat.channel_info(channel, sender.state.accounts.user_of(partner_id))
    if sender.facts.version >= 16:
        sender.to_partner(partner_id, "mail.channel/leave", info)
        _counted15(sender, channel, channelMembers=[["insert-and-unlink", [{"id": member["id"]}]]])
        return
    sender.to_partner(partner_id, "mail.channel/leave", {**info, "is_pinned": False})
    name = "members" if partner_id > 0 else "guestMembers"
    _counted15(sender, channel, **{name: [["insert-and-unlink", {"id": abs(partner_id)}]]})


def left17(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify clients that a member left (Odoo 17)."""
    gone = {**BASIC[17].of(sender.facts, channel), "is_pinned": False, "isLocallyPinned": False}
    sender.to_partner(member["partner_id"], "discuss.channel/leave", gone)
    _members17(sender, channel, "DELETE", {"id": member["id"]})


def left18(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify clients that a member left (Odoo 18)."""
    gone = {"id": channel["id"], "isLocallyPinned": False, "is_pinned": False}
    sender.to_partner(member["partner_id"], "discuss.channel/leave", {"discuss.channel": [gone]})
    removed18(sender, channel, member)


def left19(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify clients that a member left (Odoo 19 and later)."""
    gone = {"close_chat_window": True, "id": channel["id"], "isLocallyPinned": False}
    sender.insert_for(member["partner_id"], {"discuss.channel": [gone]})
    removed18(sender, channel, member)


def removed18(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify a channel that a member was removed (Odoo 18 and later). In Odoo 20, the member receives nothing else."""
    if sender.facts.version >= 20:
        store = _counted18(sender, channel).add("discuss.channel.member", {"id": member["id"], "_DELETE": True})
    else:
        name = "channel_member_ids" if sender.facts.version >= 19 else "channelMembers"
        store = _counted18(sender, channel, **{name: [["DELETE", [member["id"]]]]})
    sender.insert(channel["id"], store)


# a channel or a membership changed


def changed15(sender: BusSender, channel: Row, *fields: str) -> None:
    """Notify a channel of its changed fields (Odoo 15, one notification per field)."""
    for name in fields:
        sender.to_channel(channel["id"], "mail.channel/insert", {"id": channel["id"], name: false(channel[name])})


def changed16(sender: BusSender, channel: Row, *fields: str) -> None:
    """Notify a channel of its changed fields (Odoo 16 and later)."""
    values = {name: false(channel[name]) for name in fields}
    if sender.capabilities.store:
        sender.insert(channel["id"], {"discuss.channel": [{"id": channel["id"], **values}]})
    elif sender.facts.version >= 17:
        sender.insert(channel["id"], {"Thread": {**thread(sender.facts, channel["id"]), **values}})
    else:
        record = {**thread(sender.facts, channel["id"]), **values}
        sender.to_channel(channel["id"], "mail.thread/insert", record)


def deleted15(sender: BusSender, channel_id: int) -> None:
    """Notify members that a channel was deleted (Odoo 15 and later)."""
    sender.to_channel(channel_id, f"{sender.state.channel_model}/delete", {"id": channel_id})


def member_written15(sender: BusSender, member: Row, fresh: Json, names: list[str], *, by_method: bool) -> None:
    """Notify a member of changes to their membership (Odoo 15 to 18; only Discuss methods send this)."""
    if not by_method:
        return
    values = {name: false(member[name]) for name in names}
    partner_id, channel_id = member["partner_id"], member["channel_id"]
    if sender.capabilities.store:
        sender.insert_for(partner_id, {"discuss.channel": [{"id": channel_id, **values}]})
    elif sender.facts.version >= 17:
        sender.insert_for(partner_id, {"Thread": {**thread(sender.facts, channel_id), **values}})
    else:
        sender.to_partner(partner_id, "mail.channel/insert", {"id": channel_id, **values})


def member_written19(sender: BusSender, member: Row, fresh: Json, names: list[str], *, by_method: bool) -> None:
    """Notify a member of changes to their membership (Odoo 19 and later; every write sends this)."""
    values = {name: false(value) for name, value in fresh.items() if name in SYNCED}
    if "message_unread_counter" in values:
        values["message_unread_counter_bus_id"] = sender.state.bus.last_id()
    if values:
        record = {**sender.stores.short_member(member), **values}
        sender.insert_for(member["partner_id"], {"discuss.channel.member": [record]})
    if by_method and names == ["custom_channel_name"]:  # the method sends it a second time
        again = {"custom_channel_name": false(member["custom_channel_name"]), "id": member["id"]}
        sender.insert_for(member["partner_id"], {"discuss.channel.member": [again]})


def pinned14(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify a member that a channel was shown or hidden (Odoo 14)."""
    header = sender.flat.channel_for(channel, member["partner_id"])
    info = {} if member["is_pinned"] else {"info": "unsubscribe"}
    # As seen on a live server, the header is built before the change is in the database.
    _untyped(sender, member["partner_id"], {**header, **info, "is_pinned": not member["is_pinned"]})


def pinned15(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify a member that a channel was shown or hidden (Odoo 15 to 18)."""
    if not member["is_pinned"]:
        kind = f"{sender.state.channel_model}/unpin"
        sender.to_partner(member["partner_id"], kind, {"id": channel["id"]})
    elif sender.capabilities.store:
        _own_channel(sender, channel, member)
    else:
        opened15(sender, channel, member["partner_id"])


def pinned19(sender: BusSender, channel: Row, member: Row) -> None:
    """Notify a member that a channel was shown or hidden (Odoo 19 and later)."""
    record = {**sender.stores.short_member(member), "unpin_dt": false(member["unpin_dt"])}
    sender.insert_for(member["partner_id"], {"discuss.channel.member": [record]})
    if member["is_pinned"]:
        _own_channel(sender, channel, member)
    else:
        closed = {"close_chat_window": True, "id": channel["id"]}
        sender.insert_for(member["partner_id"], {"discuss.channel": [closed]})


def _own_channel(sender: BusSender, channel: Row, member: Row) -> None:
    uid = sender.state.accounts.user_of(member["partner_id"])
    sender.insert_for(member["partner_id"], sender.stores.channel_info(channel, uid))


def favored20(sender: BusSender, member: Row) -> None:
    """Notify a member that a channel was added to or removed from the favourites (Odoo 20)."""
    favorite = sender.state.members.is_favorite(member["id"])
    record = {**sender.stores.short_member(member), "is_favorite": favorite}
    sender.insert_for(member["partner_id"], {"discuss.channel.member": [record]})
