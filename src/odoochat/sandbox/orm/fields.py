"""The models that can be searched and read, and the fields of their records in each version."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, NamedTuple

from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.binary_fields import View, binary_value, picture, raw_content

_PARTNER = "res.partner"

Get = Callable[["View", Row], Any]


class Field(NamedTuple):
    """How a field's value is found; `to` names the model a many2one points to."""

    get: Get
    to: str = ""


def column(name: str) -> Field:
    """Return a field that is a column of the same meaning."""
    return Field(lambda _, row: row[name])


def flag(name: str) -> Field:
    """Return a column that is true or false."""
    return Field(lambda _, row: bool(row[name]))


def link(name: str, to: str) -> Field:
    """Return a column that is another record's id."""
    return Field(lambda _, row: row[name], to)


def const(value: Any) -> Field:
    """Return a field the sandbox does not fill."""
    return Field(lambda _, __: value)


Fields = dict[str, Field]

LOG: Fields = {
    "id": column("id"),
    "create_date": column("create_date"),
    "write_date": column("write_date"),
}


HISTORY = "needaction.history"  # what "not needaction" means in a domain; the dot keeps it out of answers


def _notes(view: View, row: Row) -> list[Row]:
    return view.state.marks.notifications(row["id"])


def _guest(person: int | None) -> int | None:
    """Return the id of a guest, which the state stores negated."""
    return -person if person is not None and person < 0 else None


def message_fields(version: float) -> Fields:
    """mail.message"""
    fields: Fields = {
        **LOG,
        "subject": column("subject"),
        "date": column("date"),
        "body": column("body"),
        "attachment_ids": Field(lambda v, r: [f["id"] for f in v.state.files.of_message(r["id"])]),
        "parent_id": link("parent_id", "mail.message"),
        "model": column("model"),
        "res_id": column("res_id"),
        "record_name": Field(lambda v, r: v.state.thread_name(r["model"], r["res_id"])),
        "message_type": column("message_type"),
        "subtype_id": link("subtype_id", "mail.message.subtype"),
        "is_internal": const(False),
        "email_from": column("email_from"),
        "author_id": Field(lambda _, r: r["author_id"] if (r["author_id"] or 0) > 0 else None, "res.partner"),
        "partner_ids": Field(lambda v, r: v.state.marks.partners(r["id"])),
        "notified_partner_ids": Field(lambda v, r: [n["partner_id"] for n in _notes(v, r)]),
        "notification_ids": Field(lambda v, r: [n["id"] for n in _notes(v, r)]),
        "needaction": Field(lambda v, r: r["id"] in v.state.marks.needaction(v.me)),
        HISTORY: Field(lambda v, r: any(n["is_read"] and n["partner_id"] == v.me for n in _notes(v, r))),
        "starred_partner_ids": Field(lambda v, r: v.state.marks.stars(r["id"])),
        "starred": Field(lambda v, r: v.me in v.state.marks.stars(r["id"])),
        "message_id": column("message_id"),
        "reply_to": column("email_from"),
        "create_uid": link("create_uid", "res.users"),
        "display_name": column("subject"),
    }
    if version < 15:
        fields["channel_ids"] = Field(
            lambda _, r: [] if r["subtype_id"] == NOTE or r["model"] not in CHANNELS else [r["res_id"]]
        )
        fields["moderation_status"] = const("accepted")
        fields["description"] = column("body")
        fields["__last_update"] = column("write_date")
    else:
        fields["author_guest_id"] = Field(lambda _, r: _guest(r["author_id"]), "mail.guest")
    if version >= 17:
        fields["pinned_at"] = column("pinned_at")
    if version >= 20:
        fields["is_bookmarked"] = fields.pop("starred")
        fields["bookmarked_partner_ids"] = fields.pop("starred_partner_ids")
    return fields


def _own_member(view: View, row: Row) -> Row | None:
    return view.state.channels.member(row["id"], view.me)


def channel_fields(version: float) -> Fields:
    """mail.channel, discuss.channel"""
    fields: Fields = {
        **LOG,
        "name": column("name"),
        "display_name": column("name"),
        "active": flag("active"),
        "channel_type": column("channel_type"),
        "description": column("description"),
        "uuid": column("uuid"),
        "channel_partner_ids": Field(lambda v, r: v.state.channels.partners(r["id"])),
        "is_member": Field(lambda v, r: _own_member(v, r) is not None),
        "message_ids": Field(lambda v, r: [m["id"] for m in v.state.messages.page(r["id"], limit=None)]),
        "message_needaction_counter": Field(lambda v, r: v.state.marks.needaction_in(r["id"], v.me)),
        "create_uid": link("create_uid", "res.users"),
        "image_128" if version < 15 else "avatar_128": Field(lambda v, r: picture(v, r["name"])),
    }
    if version < 15:
        fields["public"] = column("public")
        fields["message_unread_counter"] = Field(_unread)
        fields["channel_last_seen_partner_ids"] = Field(_member_ids)
        fields["__last_update"] = column("write_date")
        return fields
    if version < 16:
        fields["public"] = column("public")
        fields["message_unread_counter"] = Field(_unread)
        fields["channel_last_seen_partner_ids"] = Field(_member_ids)
        fields["member_count"] = Field(lambda v, r: len(v.state.channels.members(r["id"])))
        return fields
    fields["channel_member_ids"] = Field(_member_ids)
    fields["channel_member_ids.partner_id"] = Field(lambda v, r: v.state.channels.partners(r["id"]))
    fields["member_count"] = Field(lambda v, r: len(v.state.channels.members(r["id"])))
    fields["last_interest_dt"] = column("last_interest_dt")
    if version >= 16:
        fields["invitation_url"] = Field(lambda _, r: f"/chat/{r['id']}/{r['uuid']}")
        group = "group_public_id"
        fields[group] = Field(lambda _, r: 1 if r["public"] == "groups" else None, "res.groups")
    if version >= 17:
        fields["allow_public_upload"] = flag("allow_public_upload")
    if version >= 18:
        fields["sub_channel_ids"] = Field(lambda v, r: [one["id"] for one in v.state.channels.threads(r["id"])])
        fields["parent_channel_id"] = link("parent_channel_id", "discuss.channel")
        fields["from_message_id"] = link("from_message_id", "mail.message")
    if version >= 19:
        fields["self_member_id"] = Field(
            lambda v, r: m["id"] if (m := _own_member(v, r)) else None, "discuss.channel.member"
        )
    return fields


def _unread(view: View, row: Row) -> int:
    member = _own_member(view, row)
    return view.state.channels.unread(member) if member else 0


def _member_ids(view: View, row: Row) -> list[int]:
    return [member["id"] for member in view.state.channels.members(row["id"])]


def member_fields(version: float) -> Fields:
    """mail.channel.partner, mail.channel.member, discuss.channel.member"""
    channel = "discuss.channel" if version >= 17 else "mail.channel"
    fields: Fields = {
        **LOG,
        "partner_id": Field(lambda _, r: r["partner_id"] if r["partner_id"] > 0 else None, "res.partner"),
        "channel_id": link("channel_id", channel),
        "custom_channel_name": column("custom_channel_name"),
        "fetched_message_id": link("fetched_message_id", "mail.message"),
        "seen_message_id": link("seen_message_id", "mail.message"),
        "is_pinned": flag("is_pinned"),
        "display_name": Field(lambda v, r: label(v, "member", r["id"])),
    }
    if version < 16:
        fields["partner_email"] = Field(lambda v, r: (v.state.accounts.partner(r["partner_id"]) or {}).get("email"))
        if version >= 15:
            fields["last_interest_dt"] = column("last_interest_dt")
            fields["guest_id"] = const(False)
    else:
        fields["message_unread_counter"] = Field(lambda v, r: v.state.channels.unread(r))
        fields["last_interest_dt"] = column("last_interest_dt")
        fields["last_seen_dt"] = column("last_seen_dt")
        fields["is_self"] = Field(lambda v, r: r["partner_id"] == v.me)
        fields["guest_id"] = Field(lambda _, r: _guest(r["partner_id"]), "mail.guest")
    if version >= 17:
        fields["custom_notifications"] = column("custom_notifications")
        fields["mute_until_dt"] = column("mute_until_dt")
    if version >= 18:
        fields["new_message_separator"] = column("new_message_separator")
        fields["unpin_dt"] = column("unpin_dt")
    if version >= 20:
        fields["is_favorite"] = Field(lambda v, r: v.state.channels.is_favorite(r["id"]))
        for gone in ("fetched_message_id", "custom_channel_name"):
            del fields[gone]
    return fields


def partner_fields(version: float) -> Fields:
    """res.partner"""
    fields: Fields = {
        **LOG,
        "name": column("name"),
        "display_name": column("display_name"),
        "parent_id": link("parent_id", "res.partner"),
        "lang": column("lang"),
        "email": column("email"),
        "active": flag("active"),
        "im_status": Field(lambda v, r: v.state.im_status(r["id"])),
        "user_ids": Field(lambda v, r: [uid] if (uid := v.state.accounts.user_of(r["id"])) else []),
        "image_128" if version < 15 else "avatar_128": Field(lambda v, r: picture(v, r["name"])),
        "is_company": Field(lambda v, r: r["id"] in v.state.accounts.companies()),
        "partner_share": flag("share"),
        "message_ids": Field(
            lambda v, r: [m["id"] for m in v.state.messages.page(r["id"], model=_PARTNER, limit=None)]
        ),
        "message_follower_ids": Field(lambda v, r: [one["id"] for one in v.state.records.followers(_PARTNER, r["id"])]),
        "message_partner_ids": Field(lambda v, r: v.state.records.partners(_PARTNER, r["id"])),
        "message_is_follower": Field(lambda v, r: v.me in v.state.records.partners(_PARTNER, r["id"])),
        "message_needaction": Field(lambda v, r: v.state.marks.needaction_on(_PARTNER, r["id"], v.me) > 0),
        "message_needaction_counter": Field(lambda v, r: v.state.marks.needaction_on(_PARTNER, r["id"], v.me)),
    }
    if version < 16:
        fields["channel_ids"] = Field(lambda v, r: v.state.channels.of(r["id"]))
    if version >= 20:
        del fields["im_status"]  # † of users alone
    if version >= 19:
        fields["main_user_id"] = Field(lambda v, r: v.state.accounts.user_of(r["id"]), "res.users")
    return fields


def user_fields(version: float) -> Fields:
    """res.users"""
    return {
        **LOG,
        "login": column("login"),
        "name": column("name"),
        "display_name": column("name"),
        "email": column("email"),
        "partner_id": link("partner_id", "res.partner"),
        "active": flag("active"),
        "share": flag("share"),
        "notification_type": column("notification_type"),
        "totp_enabled": Field(lambda _, r: bool(r["totp_secret"])),
        "lang": column("lang"),
        "tz": const(False),
        "im_status": Field(lambda v, r: v.state.im_status(r["partner_id"])),
        **({} if version < 19 else {"manual_im_status": column("manual_im_status")}),
        **({} if version < 16 else {"res_users_settings_ids": Field(lambda _, r: [r["id"]])}),
    }


def file_fields(version: float) -> Fields:
    """ir.attachment"""
    content = Field(lambda v, r: base64.b64encode(v.state.files.content(r)).decode())
    return {
        **LOG,
        "name": column("name"),
        "display_name": column("name"),
        "mimetype": column("mimetype"),
        "file_size": column("size"),
        "res_model": column("res_model"),
        "res_id": Field(lambda _, r: r["res_id"] or 0),
        "res_name": Field(lambda v, r: v.state.thread_name(r["res_model"], r["res_id"])),
        "checksum": column("checksum"),
        "type": const("binary"),
        "url": const(False),
        # † In 20 a binary field is read as an object.
        "raw": Field(raw_content) if version < 20 else Field(binary_value),
        "access_token": column("access_token"),
        "create_uid": link("create_uid", "res.users"),
        **({"datas": content} if version < 20 else {}),
    }


def settings_fields(_version: float) -> Fields:
    """res.users.settings: one record a user, with the user's id"""
    return {
        **LOG,
        "user_id": link("id", "res.users"),
        "display_name": column("name"),
        "is_discuss_sidebar_category_channel_open": const(True),
        "is_discuss_sidebar_category_chat_open": const(True),
    }


KINDS: dict[str, Callable[[float], Fields]] = {
    "message": message_fields,
    "channel": channel_fields,
    "member": member_fields,
    "partner": partner_fields,
    "user": user_fields,
    "file": file_fields,
    "settings": settings_fields,
}


def kind_of(state: State, model: str) -> str:
    """Return the kind of record that a model names in this version; an unknown model raises the error of Odoo."""
    known = {
        "mail.message": "message",
        state.channel_model: "channel",
        state.member_model: "member",
        "res.partner": "partner",
        "res.users": "user",
        "ir.attachment": "file",
        "mail.followers": "follower",
    }
    if state.version >= 15:
        known["res.users.settings"] = "settings"
    known["mail.canned.response" if state.version >= 18 else "mail.shortcode"] = "canned"
    if state.version >= 16:
        known["mail.link.preview"] = "preview"
        known["mail.guest"] = "guest"
    if state.version >= 18:
        known["mail.scheduled.message"] = "scheduled"
    kind = known.get(model)
    if kind is None:
        raise OdooError("model", model)
    return kind


def label(view: View, kind: str, record_id: int) -> Any:
    """Return the display name beside a many2one's id."""
    state = view.state
    if kind == "member":
        member = state.channels.member_by_id(record_id) or {"partner_id": 0, "channel_id": 0}
        person = state.accounts.partner(member["partner_id"]) or {"name": False, "display_name": False}
        if state.version < 16:
            return person["display_name"]
        return f"“{person['name']}” in “{label(view, 'channel', member['channel_id'])}”"
    if kind == "channel":
        return (state.channels.get(record_id) or {"name": False})["name"]
    if kind == "partner":
        return (state.accounts.partner(record_id) or {"display_name": False})["display_name"]
    if kind == "guest":
        return (state.accounts.partner(-record_id) or {"name": False})["name"]
    if kind == "user":
        return (state.accounts.user(record_id) or {"name": False})["name"]
    if kind == "message":
        message = state.messages.get(record_id)
        return state.thread_name(message["model"], message["res_id"]) if message else False
    if kind == "res.groups":
        return "Role / User" if state.version >= 19 else "User types / Internal User"
    if kind == "mail.message.subtype":
        return "Note" if record_id == NOTE else "Discussions"
    return False
