"""Methods for channels, messages, users and settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from odoochat.sandbox import errors
from odoochat.sandbox.database.bus import key
from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.orm.posting import Caller, one
from odoochat.sandbox.orm.queries import Queries, id_list


class FrozenDict(dict[str, Any]):
    """A dict subclass that the XML-RPC marshaller rejects, like Odoo's frozendict."""


def _inside(caller: Caller, channel_id: int) -> bool:
    """Return whether the caller is a member, or raise an error if the channel does not exist."""
    state = caller.world.state
    if state.channels.get(channel_id) is None:
        raise errors.no_record(state.channel_model, channel_id, caller.uid)
    return state.members.find(channel_id, caller.me) is not None


# attention


def notify_typing(caller: Caller, ids: list[int], is_typing: bool) -> None:
    """Send a typing notification (Odoo 14 and 15)."""
    for channel in filter(lambda one: _inside(caller, one), ids):
        caller.world.members.typing(caller.uid, channel, bool(is_typing))


def channel_seen(caller: Caller, ids: list[int], last_message_id: int | None = None) -> Any:
    """Mark a channel as read up to a message and return the message id."""
    channel_id = one(caller, ids)
    if not _inside(caller, channel_id):
        return False
    return caller.world.members.read(caller.uid, channel_id, last_message_id or None) or False


def channel_fetched(caller: Caller, ids: list[int]) -> None:
    """Mark messages in chats as fetched by a device."""
    for channel in ids:
        if _inside(caller, channel):
            caller.world.members.fetched(caller.uid, channel)


# channels


def _info(caller: Caller, channel_id: int) -> Any:
    return caller.world.payloads.channel_info(caller.world.state.channel(channel_id), caller.uid)


def channel_info(caller: Caller, ids: list[int], *_: Any) -> list[Any]:
    """Return channel headers."""
    return [_info(caller, caller.world.channels.readable(caller.uid, channel)["id"]) for channel in ids]


def channel_get(caller: Caller, partners_to: Sequence[int], pin: bool = True, force_open: bool = False) -> Any:
    """Return the direct chat with these partners, creating it if necessary."""
    return _info(caller, caller.world.channels.chat(caller.uid, id_list(partners_to), pin=pin))


def channel_create14(caller: Caller, name: str, privacy: str = "public") -> Any:
    """Create a channel (Odoo 14)."""
    return {**channel_create15(caller, name, privacy), "info": "creation"}


def channel_create15(caller: Caller, name: str, privacy: str = "public") -> Any:
    """Create a channel (Odoo 15)."""
    return _info(caller, caller.world.channels.create(caller.uid, name, public=str(privacy), announce=True))


def channel_create(caller: Caller, name: str, group_id: Any = None) -> Any:
    """Create a channel for everyone, or for a user group."""
    public = "groups" if group_id else "public"
    return _info(caller, caller.world.channels.create(caller.uid, name, public=public, announce=True))


def create_group(caller: Caller, partners_to: Sequence[int], default_display_mode: Any = False, name: str = "") -> Any:
    """Create a group."""
    made = caller.world.channels.create(caller.uid, name, "group", partners=id_list(partners_to))
    return _info(caller, made)


def add_members18(
    caller: Caller,
    ids: list[int],
    partner_ids: Any = None,
    guest_ids: Any = None,
    invite_to_rtc_call: bool = False,
    open_chat_window: bool = False,
    post_joined_message: bool = True,
) -> list[int]:
    """Invite members and return the ids of the new member records (Odoo 18 and later)."""
    return caller.world.channels.invite(caller.uid, one(caller, ids), id_list(partner_ids or []))


def add_members(caller: Caller, ids: list[int], *args: Any, **kwargs: Any) -> None:
    """Invite members (Odoo 15 to 17)."""
    add_members18(caller, ids, *args, **kwargs)


def channel_invite(caller: Caller, ids: list[int], partner_ids: Any) -> None:
    """Invite members (Odoo 14)."""
    caller.world.channels.invite(caller.uid, one(caller, ids), id_list(partner_ids))


def channel_search_to_join(caller: Caller, name: Any = None, domain: Any = None) -> list[Row]:
    """Return the channels that the user may join (Odoo 14 and 15)."""
    orm, model = Queries(caller.world, caller.uid), caller.world.state.channel_model
    terms = [["channel_type", "=", "channel"], ["channel_partner_ids", "not in", [caller.me]],
             ["public", "!=", "private"], *(domain or [])]  # fmt: skip
    if name:
        terms.append(["name", "ilike", name])
    return orm.search_read(model, terms, ["name", "public", "uuid", "channel_type"])


def channel_join(caller: Caller, ids: list[int]) -> None:
    """Join a channel."""
    caller.world.channels.join(caller.uid, one(caller, ids))


def channel_join_and_get_info(caller: Caller, ids: list[int]) -> Any:
    """Join a channel, and return its header."""
    channel_id = one(caller, ids)
    caller.world.channels.join(caller.uid, channel_id)
    return {**_info(caller, channel_id), "info": "join"}


def action_unfollow14(caller: Caller, ids: list[int]) -> bool:
    """Leave a channel (Odoo 14 and 15)."""
    action_unfollow(caller, ids)
    return True


def action_unfollow(caller: Caller, ids: list[int]) -> None:
    """Leave a channel."""
    caller.world.channels.leave(caller.uid, one(caller, ids))


def channel_rename(caller: Caller, ids: list[int], name: str) -> None:
    """Rename a channel, and post a system message about it."""
    caller.world.channels.change(caller.uid, one(caller, ids), {"name": name}, announce=True)


def channel_change_description(caller: Caller, ids: list[int], description: str) -> None:
    """Change a channel's description."""
    caller.world.channels.change(caller.uid, one(caller, ids), {"description": description})


def channel_set_custom_name(caller: Caller, ids: list[int], name: str) -> None:
    """Set the user's custom name for a channel."""
    member = caller.world.members.find(caller.uid, one(caller, ids))
    caller.world.members.write(member, {"custom_channel_name": name or None}, by_method=True)


def channel_pin(caller: Caller, ids: list[int], pinned: bool = False) -> None:
    """Show or hide a channel in the user's list."""
    if _inside(caller, one(caller, ids)):
        caller.world.members.pin(caller.uid, ids[0], on=bool(pinned))


def channel_pin_by_uuid(caller: Caller, uuid: str, pinned: bool = False) -> None:
    """Show or hide a channel, identified by its UUID (Odoo 14 and 15)."""
    found = caller.world.state.db.value("SELECT id FROM channel WHERE uuid = ?", uuid)
    if found and _inside(caller, found):
        caller.world.members.pin(caller.uid, found, on=bool(pinned))


def set_message_pin(caller: Caller, ids: list[int], message_id: int, pinned: bool) -> None:
    """Pin a message."""
    caller.world.messages.pin(caller.uid, one(caller, ids), message_id, on=bool(pinned))


def execute_command_help(caller: Caller, ids: list[int], **_: Any) -> None:
    """Send a message that only the caller can see."""
    text = "<span class='o_mail_notification'>You can mention others by @, and channels by #.</span>"
    caller.world.notifier.send("transient", caller.me, one(caller, ids), text)


def get_mention_suggestions(caller: Caller, search: str = "", limit: int = 8) -> list[Row]:
    """Search channels by partial name (Odoo 14 to 17)."""
    model, names = caller.world.state.channel_model, ["id", "name", "channel_type"]
    return Queries(caller.world, caller.uid).search_read(model, [["name", "ilike", search]], names, limit=limit)


def get_mention_suggestions18(caller: Caller, search: str = "", limit: int = 8) -> dict[str, list[Row]]:
    """Search channels by partial name (Odoo 18 and 19)."""
    return {"discuss.channel": get_mention_suggestions(caller, search, limit)}


# messages


def channel_fetch_message(caller: Caller, ids: list[int], last_id: Any = None, limit: int = 20) -> Any:
    """Return a channel's messages, newest first (Odoo 14)."""
    channel = caller.world.channels.readable(caller.uid, one(caller, ids))
    rows = caller.world.state.messages.page(channel["id"], before=last_id or None, limit=None)
    shown = [row for row in rows if row["subtype_id"] != NOTE]  # in 14 notes do not belong to a channel
    return caller.world.payloads.format(shown[:limit], caller.uid)


def channel_fetch_preview(caller: Caller, ids: list[int]) -> Any:
    """Return each channel's newest message."""
    found: list[Row] = []
    for channel_id in ids:
        rows = caller.world.state.messages.page(channel_id, limit=1)
        formatted = caller.world.payloads.format(rows, caller.uid)
        found.append({"id": channel_id, "last_message": formatted[0] if formatted else False})
    return found


def _messages(caller: Caller, ids: list[int]) -> list[Row]:
    rows = [caller.world.state.messages.get(one) for one in ids]
    return caller.world.messages.readable(caller.uid, [row for row in rows if row is not None])


def message_fetch(caller: Caller, domain: Any, limit: int = 20, *_: Any, **__: Any) -> Any:
    """Search for messages and format them (Odoo 14)."""
    ids = Queries(caller.world, caller.uid).search("mail.message", domain, limit=limit)
    return caller.world.payloads.format(_messages(caller, ids), caller.uid)


def message_format(caller: Caller, ids: list[int], *_: Any, **__: Any) -> Any:
    """Return messages in the bus format."""
    return caller.world.payloads.format(_messages(caller, ids), caller.uid)


def set_message_done(caller: Caller, ids: list[int]) -> None:
    """Remove messages from the inbox."""
    caller.world.messages.done(caller.uid, ids)


def mark_as_unread(caller: Caller, ids: list[int]) -> None:
    """Move messages back to the inbox (Odoo 20)."""
    caller.world.messages.undone(caller.uid, ids)


def mark_all_as_read14(caller: Caller, domain: Any = None, *_: Any) -> Any:
    """Mark inbox messages as read (all, or those matching a domain); return their ids and record names (Odoo 14)."""
    inside = Queries(caller.world, caller.uid).search("mail.message", domain) if domain else None
    return [[one, _record_name(caller, one)] for one in caller.world.messages.empty_inbox(caller.uid, inside)]


def mark_all_as_read(caller: Caller, domain: Any = None, *_: Any) -> list[int] | None:
    """Mark all inbox messages as read; given a domain, mark only those that match and return their ids."""
    if not domain:
        caller.world.messages.empty_inbox(caller.uid)
        return None
    inside: list[int] = Queries(caller.world, caller.uid).search("mail.message", domain)
    caller.world.messages.done(caller.uid, inside)
    return inside


def _record_name(caller: Caller, message_id: int) -> Any:
    return Queries(caller.world, caller.uid).read("mail.message", [message_id], ["record_name"])[0]["record_name"]


def unstar_all(caller: Caller) -> None:
    """Remove all of the user's stars."""
    caller.world.messages.unstar_all(caller.uid)


def toggle_message_starred(caller: Caller, ids: list[int]) -> None:
    """Toggle the stars on messages (Odoo 14 to 17)."""
    caller.world.messages.star(caller.uid, ids)


def toggle_message_starred18(caller: Caller, ids: list[int]) -> dict[str, list[Row]]:
    """Toggle the stars on messages and return the records (Odoo 18 and 19)."""
    result = caller.world.messages.star(caller.uid, ids)
    return {"mail.message": [{"id": one, "starred": on} for one, on in result.items()]}


def generate_access_token(caller: Caller, ids: list[int]) -> list[str]:
    """Create tokens that let anyone download the files."""
    return [caller.world.state.files.open_access(one) for one in ids]


def copy_file(caller: Caller, ids: list[int], default: Any = None) -> int:
    """Copy a file (Odoo 14 to 17)."""
    return copy_files(caller, ids, default)[0]


def copy_files(caller: Caller, ids: list[int], default: Any = None) -> list[int]:
    """Copy files; Odoo 14 and 15 omit the content if `default` overrides values (observed on a live Odoo 14 server)."""
    files = caller.world.state.files
    made: list[int] = []
    for number in ids:
        row = files.get(number)
        if row is None:
            raise errors.not_found()
        kept = caller.world.state.capabilities.copies_content or not default
        content = files.content(row) if kept else b""
        where = default or {}
        made.append(
            files.add(
                row["name"], content, uid=caller.uid, mimetype=row["mimetype"], model=where.get("res_model"),
                res_id=where.get("res_id") or 0,
            )
        )  # fmt: skip
    return made


# users


def context_get14(caller: Caller) -> FrozenDict:
    """Return the user's context, which JSON can encode but XML-RPC cannot (Odoo 14 and 15)."""
    return FrozenDict(lang="en_US", tz=False)


def context_get(caller: Caller) -> dict[str, Any]:
    """Return the user's context, including the id of the user the API key belongs to."""
    return {"lang": "en_US", "tz": False, "uid": caller.uid}


def change_password(caller: Caller, old_passwd: str, new_passwd: str) -> bool:
    """Change the user's password if the old one is correct."""
    user = caller.world.state.accounts.user(caller.uid)
    if user is None or user["password"] != old_passwd:
        raise errors.denied()
    caller.world.state.accounts.change_password(user["login"], new_passwd)
    return True


def set_res_users_settings(caller: Caller, ids: list[int], new_settings: Any = None) -> Any:
    """Update the user's settings and notify the user's own devices, even if `new_settings` is empty."""
    if one(caller, ids, model="res.users.settings") != caller.uid:
        raise errors.no_right("User Settings", "res.users.settings", "write", caller.uid)
    return caller.world.notifier.send("settings", caller.uid)


# the bus over RPC, 14


def bus_poll(caller: Caller, channels: Sequence[Any], last: int, options: Any = None, *_: Any) -> Any:
    """Return notifications for channels immediately, without checking access rights."""
    rows = caller.world.state.bus.poll([key(channel) for channel in channels], last)
    return [{"id": row.id, "channel": _decoded(row.channel), "message": row.message} for row in rows]


def _decoded(channel: str) -> Any:
    return json.loads(channel)


def presence_update(caller: Caller, inactivity_period: float, *_: Any, **__: Any) -> None:
    """Update the user's presence, as `bus.presence.update` does."""
    if caller.uid in caller.world.channels.racing:
        caller.world.channels.racing.discard(caller.uid)
        raise errors.duplicate("bus_presence_user_unique", "user_id", str(caller.uid))
    caller.world.channels.presence(caller.uid, inactivity_period)
