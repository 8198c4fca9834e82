"""Channel and member fields in each version."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.fields import ABSENT, Facts, Fields, Get, column, columns, const, false, flag
from odoochat.sandbox.versions.people import CHAT_MEMBER, PARTNER, member_persona, named, persona
from odoochat.sandbox.versions.store import Json, cache_key, token

# members


def _reference(name: str) -> Get:
    return lambda _, row: {"id": row[name]} if row[name] else False


def thread(facts: Facts, channel_id: int) -> Json:
    """Return a channel as referenced in relations (Odoo 17 to 19)."""
    return {"id": channel_id, "model": facts.state.channel_model}


def _thread_of(facts: Facts, member: Row) -> Json:
    return thread(facts, member["channel_id"])


def _channel_of(facts: Facts, member: Row) -> Any:
    return place(facts, member["channel_id"])


def place(facts: Facts, channel_id: int) -> Any:
    """Return the channel that a member or thread belongs to (Odoo 19 and later; just its id in 20)."""
    return channel_id if facts.version >= 20 else thread(facts, channel_id)


def _person(kind: str) -> Get:
    def found(_: Facts, member: Row) -> Any:
        person = member["partner_id"]
        return abs(person) if (person > 0) == (kind == "partner") else ABSENT

    return found


def _unread(facts: Facts, member: Row) -> int:
    return facts.state.members.unread(member)


def _bus_id(facts: Facts, _: Row) -> int:
    return facts.state.bus.last_id()


def _role(facts: Facts, member: Row) -> Any:
    channel = facts.channel(member["channel_id"])
    owner = facts.state.accounts.partner_of(channel["create_uid"]) == member["partner_id"]
    return "owner" if owner and channel["channel_type"] != "chat" else False


MEMBER: dict[int, Fields] = {}
MEMBER[16] = columns("id") | {
    "channel": lambda _, row: {"id": row["channel_id"]},
    "persona": lambda facts, row: member_persona(facts, row["partner_id"]),
}
MEMBER[17] = MEMBER[16] - {"channel"} | {
    "create_date": column("create_date"),
    "thread": _thread_of,
    "lastFetchedMessage": _reference("fetched_message_id"),
    "lastSeenMessage": _reference("seen_message_id"),
}
# Fields that identify a member in a store update.
SHORT_MEMBER: dict[int, Fields] = {
    18: columns("id") | {"persona": lambda _, row: persona(row["partner_id"]), "thread": _thread_of},
    19: columns("id") | {"channel_id": _channel_of, "partner_id": _person("partner"), "guest_id": _person("guest")},
}
SHORT_MEMBER[20] = SHORT_MEMBER[19]
_READ = columns("create_date", "fetched_message_id", "last_seen_dt", "seen_message_id")
MEMBER[18] = SHORT_MEMBER[18] | _READ
MEMBER[19] = SHORT_MEMBER[19] | _READ
MEMBER[20] = MEMBER[19] - {"fetched_message_id"} | {"channel_role": _role}

# A member's unread counter, with the bus id at which it was computed.
UNREAD = Fields(
    {
        "message_unread_counter": _unread,
        "message_unread_counter_bus_id": _bus_id,
        "new_message_separator": column("new_message_separator"),
    }
)
# A member as seen by that user.
OWN_MEMBER: dict[int, Fields] = {}
OWN_MEMBER[18] = MEMBER[18] | UNREAD | columns("last_interest_dt")
OWN_MEMBER[19] = MEMBER[19] | UNREAD | columns(
    "custom_channel_name", "custom_notifications", "last_interest_dt", "mute_until_dt", "unpin_dt"
) | {"rtc_inviting_session_id": const(False)}  # fmt: skip
OWN_MEMBER[20] = OWN_MEMBER[19] - {"custom_channel_name", "fetched_message_id"} | {
    "channel_role": _role,
    "is_favorite": lambda facts, row: facts.state.members.is_favorite(row["id"]),
}

# channels


def of_reader(get: Get) -> Get:
    """Return a field that requires a reader."""
    return lambda facts, row: ABSENT if facts.uid is None else get(facts, row)


def _own(get: Get) -> Get:
    """Return a field from the reader's membership; absent if the reader is not a member."""

    def found(facts: Facts, channel: Row) -> Any:
        member = facts.own_member(channel)
        return ABSENT if member is None else get(facts, member)

    return found


def own(*names: str) -> Fields:
    """Return columns from the reader's membership."""
    return Fields({name: _own(column(name)) for name in names})


def _small(get: Get) -> Get:
    """Return a field that only chats and groups have."""
    return lambda facts, row: ABSENT if row["channel_type"] == "channel" else get(facts, row)


def _only(kind: str, get: Get) -> Get:
    return lambda facts, row: get(facts, row) if row["channel_type"] == kind else ABSENT


def _not_chat(get: Get) -> Get:
    return lambda facts, row: ABSENT if row["channel_type"] == "chat" else get(facts, row)


def _thread_only(get: Get) -> Get:
    return lambda facts, row: get(facts, row) if row["parent_channel_id"] else ABSENT


def _count(facts: Facts, channel: Row) -> int:
    return len(facts.state.members.of_channel(channel["id"]))


def _needaction(facts: Facts, channel: Row) -> int:
    return facts.state.marks.needaction_in(channel["id"], facts.me)


def _last_message(facts: Facts, channel: Row) -> Any:
    return false(facts.state.channels.last_message_id(channel["id"]))


def _seen_infos(rows: list[Row]) -> list[Json]:
    names = columns("id", "partner_id", "fetched_message_id", "seen_message_id")
    return [{name: false(row[name]) for name in names} for row in rows]


def _seen(facts: Facts, channel: Row) -> list[Json]:
    return _seen_infos(facts.state.members.of_channel(channel["id"]))


def _by_partner(facts: Facts, channel: Row) -> list[Row]:
    return sorted(facts.state.members.of_channel(channel["id"]), key=lambda one: int(one["partner_id"]))


def _partners15(facts: Facts, channel: Row) -> list[Row]:
    return [one for one in _by_partner(facts, channel) if one["partner_id"] > 0]


def _guests15(facts: Facts, channel: Row) -> Any:
    guests = [one["partner_id"] for one in _by_partner(facts, channel) if one["partner_id"] < 0]
    return [["insert", named(facts, guests)]]


def _people15(facts: Facts, channel: Row) -> list[Json]:
    return [PARTNER[15].of(facts, facts.partner(one["partner_id"])) for one in _partners15(facts, channel)]


def _people14(facts: Facts, channel: Row) -> list[Json]:
    members = facts.state.members.of_channel(channel["id"])
    return [CHAT_MEMBER.of(facts, facts.partner(one["partner_id"])) for one in members]


def _members(command: str) -> Get:
    """Return all members of a chat or group, but only the reader's own membership for a channel."""

    def found(facts: Facts, channel: Row) -> Any:
        rows: list[Row] = facts.state.members.of_channel(channel["id"])
        if channel["channel_type"] == "channel":
            own = facts.own_member(channel)
            if own is None:
                return ABSENT
            rows = [own]
        return [[command, [MEMBER[facts.version].of(facts, row) for row in rows]]]

    return found


def _group(_: Facts, channel: Row) -> Any:
    return "User types / Internal User" if channel["public"] == "groups" else False


def _unread_or_none(facts: Facts, channel: Row) -> int:
    member = facts.own_member(channel)
    return facts.state.members.unread(member) if member is not None else 0


def _nested16(facts: Facts, channel: Row) -> Json:
    return NESTED16.of(facts, channel)


def _parent18(facts: Facts, channel: Row) -> Any:
    parent = channel["parent_channel_id"]
    return thread(facts, parent) if parent else False


def _parent19(facts: Facts, channel: Row) -> Any:
    parent = channel["parent_channel_id"]
    return place(facts, parent) if parent else False


def _general(_: Facts, channel: Row) -> bool:
    return bool(channel["name"] == "general")


CHANNEL: dict[int, Fields] = {}
CHANNEL[14] = columns("id", "name", "uuid", "channel_type", "public", "create_uid") | {
    "state": const("open"),
    "is_minimized": const(False),
    "mass_mailing": const(False),
    "moderation": const(False),
    "is_moderator": const(False),
    "group_based_subscription": _general,
    "last_message_id": _last_message,
    "message_needaction_counter": _own(lambda facts, row: _needaction(facts, {"id": row["channel_id"]})),
    "message_unread_counter": _own(_unread),
    "is_pinned": _own(flag("is_pinned")),
    "members": _only("chat", _people14),
    "seen_partners_info": _only("chat", _seen),
} | own("seen_message_id", "custom_channel_name")  # fmt: skip
# † 15 is based on the source only. Source: addons/mail/models/mail_channel.py (15.0)
CHANNEL[15] = CHANNEL[14] - {"mass_mailing", "moderation", "is_moderator"} | {
    "avatarCacheKey": lambda _, row: cache_key(row["id"])[:40],
    "defaultDisplayMode": const(False),
    "description": column("description"),
    "memberCount": _count,
    "invitedGuests": const([["insert", []]]),
    "invitedPartners": const([["insert", []]]),
    "rtcSessions": const([["insert", []]]),
    "message_needaction_counter": of_reader(const(0)),
    "message_unread_counter": of_reader(_unread_or_none),
    "guestMembers": _small(_guests15),
    "members": _small(_people15),
    "seen_partners_info": _small(lambda facts, row: _seen_infos(_partners15(facts, row))),
} | own("last_interest_dt")  # fmt: skip
NESTED16 = columns("channel_type", "id") | {
    "avatarCacheKey": CHANNEL[15]["avatarCacheKey"],
    "memberCount": _count,
    "channelMembers": _members("insert"),
    "serverMessageUnreadCounter": _own(_unread),
    "custom_channel_name": _own(column("custom_channel_name")),
}
CHANNEL[16] = CHANNEL[15] - {
    "avatarCacheKey", "channel_type", "public", "memberCount", "invitedGuests", "invitedPartners", "guestMembers",
    "members", "message_unread_counter", "custom_channel_name",
} | {
    "authorizedGroupFullName": _group,
    "invitedMembers": const([["insert", []]]),
    "channel": _nested16,
    "message_needaction_counter": of_reader(_needaction),
    "seen_partners_info": _small(_seen),
}  # fmt: skip
# A channel without member fields, as sent on joining and leaving.
BASIC: dict[int, Fields] = {}
BASIC[17] = columns(
    "channel_type", "id", "name", "description", "uuid", "create_uid"
) | {
    "avatarCacheKey": CHANNEL[15]["avatarCacheKey"],
    "memberCount": _count,
    "defaultDisplayMode": const(False),
    "group_based_subscription": _general,
    "authorizedGroupFullName": _group,
    "allow_public_upload": flag("allow_public_upload"),
    "model": const("discuss.channel"),
}  # fmt: skip
CHANNEL[17] = BASIC[17] | {
    "is_editable": const(True),
    "message_needaction_counter": of_reader(_needaction),
    "channelMembers": _members("ADD"),
    "state": _own(const("open")),
    "message_unread_counter": _own(_unread),
    "message_unread_counter_bus_id": _own(_bus_id),
    "is_minimized": _own(const(False)),
    "is_pinned": _own(flag("is_pinned")),
    "seen_partners_info": _small(_seen),
    "invitedMembers": const([["ADD", []]]),
    "rtcSessions": const([["ADD", []]]),
} | own(
    "custom_notifications", "mute_until_dt", "seen_message_id", "custom_channel_name", "last_interest_dt"
)  # fmt: skip
BASIC[18] = BASIC[17] - {"model"} | {
    "avatarCacheKey": lambda _, row: cache_key(row["id"]),
    "last_interest_dt": column("last_interest_dt"),
}
CHANNEL[18] = BASIC[18] | {
    "fetchChannelInfoState": const("fetched"),
    "from_message_id": column("from_message_id"),
    "invitedMembers": const([["ADD", []]]),
    "is_editable": lambda facts, _: facts.uid is None or facts.uid > 0,
    "parent_channel_id": _parent18,
    "rtcSessions": const([["ADD", []]]),
    "message_needaction_counter": of_reader(_needaction),
    "message_needaction_counter_bus_id": of_reader(_bus_id),
    "is_pinned": _own(flag("is_pinned")),
    "state": _own(const("closed")),
} | own("custom_channel_name", "custom_notifications", "mute_until_dt")  # fmt: skip
CHANNEL[19] = columns("channel_type", "create_uid", "id", "last_interest_dt", "name", "uuid") | {
    "default_display_mode": const(False),
    "invited_member_ids": const([["ADD", []]]),
    "member_count": _count,
    "rtc_session_ids": const([["ADD", []]]),
    "avatar_cache_key": _not_chat(lambda _, row: cache_key(row["id"])),
    "description": _not_chat(column("description")),
    "from_message_id": _not_chat(column("from_message_id")),
    "parent_channel_id": _not_chat(_parent19),
    "group_ids": _only("channel", lambda _, row: [1] if row["name"] == "general" else []),
    "group_public_id": _only("channel", lambda _, row: 1 if row["public"] == "groups" else False),
    "channel_name_member_ids": _only(
        "group", lambda facts, row: [member["id"] for member in facts.state.members.of_channel(row["id"])]
    ),
    "fetchChannelInfoState": of_reader(const("fetched")),
    "is_editable": of_reader(lambda facts, _: (facts.uid or 0) > 0),
    "message_needaction_counter": of_reader(_needaction),
    "message_needaction_counter_bus_id": of_reader(_bus_id),
}
# † 20 is based on the source only. Source: addons/mail/models/discuss/discuss_channel.py (late 19.x)
CHANNEL[20] = CHANNEL[19] | {
    "discuss_category_id": const(False),
    "avatar_128_access_token": _not_chat(lambda _, row: token("avatar_128", row["id"])),
    "is_readonly": _only("channel", const(False)),
    "create_date": _thread_only(column("create_date")),
    "message_count": _thread_only(lambda facts, row: len(facts.state.messages.page(row["id"], limit=None))),
}
