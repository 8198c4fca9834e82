"""Fields of the records that can be searched and read over RPC, in each version.

A kind of record has the same name in all versions, but its model may differ. Each table lists the versions that changed
it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from odoochat.sandbox.database.link_previews import described
from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.orm.binary_fields import View, binary_value, picture, raw_content
from odoochat.sandbox.orm.fields import Field, column, columns, const, flag, link
from odoochat.sandbox.orm.own_fields import OWN, own_fields, own_model
from odoochat.sandbox.versions.fields import Table, newest

HISTORY = "needaction.history"  # implements "not needaction" in a domain; the dot keeps it out of results

_LOG = columns("id", "create_date", "write_date")
_CREATOR = link("create_uid", "res.users")
_PARTNER = "res.partner"


def _notes(view: View, row: Row) -> list[Row]:
    return view.state.marks.notifications(row["id"])


def _guest(person: int | None) -> int | None:
    """Return a guest's id, which the database stores negated."""
    return -person if person is not None and person < 0 else None


def _partner(person: int | None) -> int | None:
    return person if person is not None and person > 0 else None


_PICTURE = Field(lambda v, r: picture(v, r["name"]))

# messages

MESSAGE: dict[int, Table[Field]] = {}
MESSAGE[14] = _LOG | columns("subject", "date", "body") | {
    "attachment_ids": Field(lambda v, r: [f["id"] for f in v.state.files.of_message(r["id"])]),
    "parent_id": link("parent_id", "mail.message"),
    "model": column("model"),
    "res_id": column("res_id"),
    "record_name": Field(lambda v, r: v.state.thread_name(r["model"], r["res_id"])),
    "message_type": column("message_type"),
    "subtype_id": link("subtype_id", "mail.message.subtype"),
    "is_internal": const(False),
    "email_from": column("email_from"),
    "author_id": Field(lambda _, r: _partner(r["author_id"]), _PARTNER),
    "partner_ids": Field(lambda v, r: v.state.marks.partners(r["id"])),
    "notified_partner_ids": Field(lambda v, r: [n["partner_id"] for n in _notes(v, r)]),
    "notification_ids": Field(lambda v, r: [n["id"] for n in _notes(v, r)]),
    "needaction": Field(lambda v, r: r["id"] in v.state.marks.needaction(v.me)),
    HISTORY: Field(lambda v, r: any(n["is_read"] and n["partner_id"] == v.me for n in _notes(v, r))),
    "starred_partner_ids": Field(lambda v, r: v.state.marks.stars(r["id"])),
    "starred": Field(lambda v, r: v.me in v.state.marks.stars(r["id"])),
    "message_id": column("message_id"),
    "reply_to": column("email_from"),
    "create_uid": _CREATOR,
    "display_name": column("subject"),
    "channel_ids": Field(lambda _, r: [] if r["subtype_id"] == NOTE or r["model"] not in CHANNELS else [r["res_id"]]),
    "moderation_status": const("accepted"),
    "description": column("body"),
    "__last_update": column("write_date"),
}  # fmt: skip
MESSAGE[15] = MESSAGE[14] - {"channel_ids", "moderation_status", "description", "__last_update"} | {
    "author_guest_id": Field(lambda _, r: _guest(r["author_id"]), "mail.guest"),
}
MESSAGE[17] = MESSAGE[15] | columns("pinned_at")
MESSAGE[20] = MESSAGE[17] - {"starred", "starred_partner_ids"} | {
    "is_bookmarked": MESSAGE[14]["starred"],
    "bookmarked_partner_ids": MESSAGE[14]["starred_partner_ids"],
}

# channels and members


def _own_member(view: View, row: Row) -> Row | None:
    return view.state.members.find(row["id"], view.me)


def _unread(view: View, row: Row) -> int:
    member = _own_member(view, row)
    return view.state.members.unread(member) if member else 0


_MEMBER_IDS = Field(lambda v, r: [member["id"] for member in v.state.members.of_channel(r["id"])])
_MEMBERS = Field(lambda v, r: v.state.members.partners(r["id"]))
_COUNT = Field(lambda v, r: len(v.state.members.of_channel(r["id"])))

CHANNEL: dict[int, Table[Field]] = {}
CHANNEL[14] = _LOG | columns("name") | {
    "display_name": column("name"),
    "active": flag("active"),
    "channel_type": column("channel_type"),
    "description": column("description"),
    "uuid": column("uuid"),
    "channel_partner_ids": _MEMBERS,
    "is_member": Field(lambda v, r: _own_member(v, r) is not None),
    "message_ids": Field(lambda v, r: [m["id"] for m in v.state.messages.page(r["id"], limit=None)]),
    "message_needaction_counter": Field(lambda v, r: v.state.marks.needaction_in(r["id"], v.me)),
    "create_uid": _CREATOR,
    "image_128": _PICTURE,
    "public": column("public"),
    "message_unread_counter": Field(_unread),
    "channel_last_seen_partner_ids": _MEMBER_IDS,
    "__last_update": column("write_date"),
}  # fmt: skip
CHANNEL[15] = CHANNEL[14] - {"image_128", "__last_update"} | {"avatar_128": _PICTURE, "member_count": _COUNT}
CHANNEL[16] = CHANNEL[15] - {
    "public", "message_unread_counter", "channel_last_seen_partner_ids", "member_count",
} | {
    "channel_member_ids": _MEMBER_IDS,
    "channel_member_ids.partner_id": _MEMBERS,
    "member_count": _COUNT,
    "last_interest_dt": column("last_interest_dt"),
    "invitation_url": Field(lambda _, r: f"/chat/{r['id']}/{r['uuid']}"),
    "group_public_id": Field(lambda _, r: 1 if r["public"] == "groups" else None, "res.groups"),
}  # fmt: skip
CHANNEL[17] = CHANNEL[16] | {"allow_public_upload": flag("allow_public_upload")}
CHANNEL[18] = CHANNEL[17] | {
    "sub_channel_ids": Field(lambda v, r: [one["id"] for one in v.state.channels.threads(r["id"])]),
    "parent_channel_id": link("parent_channel_id", "discuss.channel"),
    "from_message_id": link("from_message_id", "mail.message"),
}
CHANNEL[19] = CHANNEL[18] | {
    # System messages are excluded. Source: addons/mail/models/discuss/discuss_channel.py (19.0),
    # `_compute_message_count`
    "message_count": Field(lambda v, r: len(v.state.messages.page(r["id"], notification=False, limit=None))),
    "self_member_id": Field(lambda v, r: m["id"] if (m := _own_member(v, r)) else None, "discuss.channel.member"),
}

_GUEST = Field(lambda _, r: _guest(r["partner_id"]), "mail.guest")

MEMBER: dict[int, Table[Field]] = {}
MEMBER[14] = _LOG | {
    "partner_id": Field(lambda _, r: _partner(r["partner_id"]), _PARTNER),
    "channel_id": link("channel_id", "mail.channel"),
    "custom_channel_name": column("custom_channel_name"),
    "fetched_message_id": link("fetched_message_id", "mail.message"),
    "seen_message_id": link("seen_message_id", "mail.message"),
    "is_pinned": flag("is_pinned"),
    "display_name": Field(lambda v, r: label(v, "partner", r["partner_id"])),
    "partner_email": Field(lambda v, r: (v.state.accounts.partner(r["partner_id"]) or {}).get("email")),
}
MEMBER[15] = MEMBER[14] | columns("last_interest_dt") | {"guest_id": const(False)}
MEMBER[16] = MEMBER[15] - {"partner_email", "last_interest_dt", "guest_id"} | {
    "display_name": Field(lambda v, r: label(v, "member", r["id"])),
    "message_unread_counter": Field(lambda v, r: v.state.members.unread(r)),
    "last_interest_dt": column("last_interest_dt"),
    "last_seen_dt": column("last_seen_dt"),
    "is_self": Field(lambda v, r: r["partner_id"] == v.me),
    "guest_id": _GUEST,
}
MEMBER[17] = MEMBER[16] | {"channel_id": link("channel_id", "discuss.channel")} | columns(
    "custom_notifications", "mute_until_dt"
)  # fmt: skip
MEMBER[18] = MEMBER[17] | columns("new_message_separator", "unpin_dt")
MEMBER[20] = MEMBER[18] - {"fetched_message_id", "custom_channel_name"} | {
    "is_favorite": Field(lambda v, r: v.state.members.is_favorite(r["id"])),
}

# people

PARTNER: dict[int, Table[Field]] = {}
PARTNER[14] = _LOG | columns("name", "display_name") | {
    "parent_id": link("parent_id", _PARTNER),
    "lang": column("lang"),
    "email": column("email"),
    "active": flag("active"),
    "im_status": Field(lambda v, r: v.state.im_status(r["id"])),
    "user_ids": Field(lambda v, r: [uid] if (uid := v.state.accounts.user_of(r["id"])) else []),
    "image_128": _PICTURE,
    "is_company": Field(lambda v, r: r["id"] in v.state.accounts.companies()),
    "partner_share": flag("share"),
    "message_ids": Field(lambda v, r: [m["id"] for m in v.state.messages.page(r["id"], model=_PARTNER, limit=None)]),
    "message_follower_ids": Field(lambda v, r: [one["id"] for one in v.state.records.followers(_PARTNER, r["id"])]),
    "message_partner_ids": Field(lambda v, r: v.state.records.partners(_PARTNER, r["id"])),
    "message_is_follower": Field(lambda v, r: v.me in v.state.records.partners(_PARTNER, r["id"])),
    "message_needaction": Field(lambda v, r: v.state.marks.needaction_on(_PARTNER, r["id"], v.me) > 0),
    "message_needaction_counter": Field(lambda v, r: v.state.marks.needaction_on(_PARTNER, r["id"], v.me)),
    "channel_ids": Field(lambda v, r: v.state.members.channels_of(r["id"])),
}  # fmt: skip
PARTNER[15] = PARTNER[14] - {"image_128"} | {"avatar_128": _PICTURE}
PARTNER[16] = PARTNER[15] - {"channel_ids"}
PARTNER[19] = PARTNER[16] | {"main_user_id": Field(lambda v, r: v.state.accounts.user_of(r["id"]), "res.users")}
PARTNER[20] = PARTNER[19] - {"im_status"}  # † only for users

USER: dict[int, Table[Field]] = {}
USER[14] = _LOG | columns("login", "name") | {
    "display_name": column("name"),
    "email": column("email"),
    "partner_id": link("partner_id", _PARTNER),
    "active": flag("active"),
    "share": flag("share"),
    "notification_type": column("notification_type"),
    "totp_enabled": Field(lambda _, r: bool(r["totp_secret"])),
    "lang": column("lang"),
    "tz": const(False),
    "im_status": Field(lambda v, r: v.state.im_status(r["partner_id"])),
}  # fmt: skip
_SETTINGS_IDS = {"res_users_settings_ids": Field(lambda _, r: [r["id"]])}
USER[16] = USER[14] | _SETTINGS_IDS
USER[19] = USER[14] | columns("manual_im_status") | _SETTINGS_IDS

# A guest's row contains the negated id.
GUEST = _LOG | {
    "id": Field(lambda _, r: -r["id"]),
    "name": column("name"),
    "display_name": column("name"),
    "im_status": column("im_status"),
    "channel_ids": Field(lambda v, r: v.state.members.channels_of(r["id"])),
}

# One record per user, with the user's id.
SETTINGS = _LOG | {
    "user_id": link("id", "res.users"),
    "display_name": column("name"),
    "is_discuss_sidebar_category_channel_open": const(True),
    "is_discuss_sidebar_category_chat_open": const(True),
}

# files, followers, canned responses, previews

FILE: dict[int, Table[Field]] = {}
FILE[14] = _LOG | columns("name") | {
    "display_name": column("name"),
    "mimetype": column("mimetype"),
    "file_size": column("size"),
    "res_model": column("res_model"),
    "res_id": Field(lambda _, r: r["res_id"] or 0),
    "res_name": Field(lambda v, r: v.state.thread_name(r["res_model"], r["res_id"])),
    "checksum": column("checksum"),
    "type": const("binary"),
    "url": const(False),
    "raw": Field(raw_content),
    "access_token": column("access_token"),
    "create_uid": _CREATOR,
    "datas": Field(lambda v, r: base64.b64encode(v.state.files.content(r)).decode()),
}  # fmt: skip
FILE[20] = FILE[14] - {"datas"} | {"raw": Field(binary_value)}  # †

FOLLOWER = columns("id", "res_model", "res_id") | {
    "partner_id": link("partner_id", _PARTNER),
    "subtype_ids": const([1]),
    "name": Field(lambda v, r: (v.state.accounts.partner(r["partner_id"]) or {}).get("name")),
    "display_name": Field(lambda v, r: label(v, "partner", r["partner_id"])),
    "email": Field(lambda v, r: (v.state.accounts.partner(r["partner_id"]) or {}).get("email")),
    "is_active": const(True),
}

SCHEDULED = _LOG | columns("model", "res_id", "body", "subject") | {
    "author_id": link("author_id", _PARTNER),
    "is_note": flag("is_note"),
    "scheduled_date": column("scheduled_date"),
    "attachment_ids": const([]),
    "partner_ids": const([]),
    "composition_comment_option": const(False),
    "notification_parameters": const(False),
    "send_context": const(False),
    "create_uid": _CREATOR,
    "display_name": Field(lambda _, r: f"mail.scheduled.message,{r['id']}"),
}  # fmt: skip

CANNED: dict[int, Table[Field]] = {}
CANNED[14] = _LOG | columns("source", "substitution") | {
    "create_uid": _CREATOR,
    "display_name": column("source"),
    "description": column("description"),
}  # fmt: skip
CANNED[18] = CANNED[14] - {"description"} | {
    "is_shared": flag("shared"),
    "is_editable": Field(lambda v, r: r["create_uid"] == v.uid or v.state.accounts.is_admin(v.uid)),
    "group_ids": const([]),
    "last_used": const(False),
}


def _described(name: str) -> Field:
    return Field(lambda _, row: described(row)[name])


PREVIEW: dict[int, Table[Field]] = {}
PREVIEW[14] = columns("id", "create_date") | {
    name: _described(name)
    for name in ("source_url", "og_title", "og_description", "og_image", "og_mimetype", "og_site_name", "og_type")
} | {"message_id": link("message_id", "mail.message")}  # fmt: skip
PREVIEW[19] = PREVIEW[14] - {"message_id"}

MODEL = columns("id", "model", "name", "state", "modules") | {
    "transient": flag("transient"),
    "display_name": column("name"),
}

# kinds of records

KINDS: dict[str, Mapping[int, Table[Field]]] = {
    "message": MESSAGE,
    "channel": CHANNEL,
    "member": MEMBER,
    "partner": PARTNER,
    "user": USER,
    "file": FILE,
    "settings": {14: SETTINGS},
    "follower": {14: FOLLOWER},
    "scheduled": {14: SCHEDULED},
    "canned": CANNED,
    "preview": PREVIEW,
    "guest": {14: GUEST},
    "model": {14: MODEL},
}
_MODELS = {
    "mail.message": "message",
    _PARTNER: "partner",
    "res.users": "user",
    "ir.attachment": "file",
    "mail.followers": "follower",
    "ir.model": "model",
}


def fields_of(state: State, kind: str) -> Table[Field]:
    """Return the fields for a kind of record in a database's version."""
    if (model := own_model(kind)) is not None:
        return own_fields(state, model)
    return newest(KINDS[kind], state.version)


def kind_of(state: State, model: str) -> str:
    """Return the kind of record for a model in this version, or raise Odoo's error if the model is unknown."""
    if model in state.own_models:
        return OWN + model
    kind = models_of(state).get(model)
    if kind is None:
        raise OdooError("model", model)
    return kind


def models_of(state: State) -> dict[str, str]:
    """Return the kind of record for each model in this version."""
    capabilities = state.capabilities
    named = {
        capabilities.channel_model: "channel",
        capabilities.member_model: "member",
        capabilities.canned_model: "canned",
    }
    return _MODELS | dict(capabilities.models) | named


def label(view: View, kind: str, record_id: int) -> Any:
    """Return the display name that accompanies a many2one id."""
    state = view.state
    if kind == "member":
        member = state.members.get(record_id) or {"partner_id": 0, "channel_id": 0}
        person = state.accounts.partner(member["partner_id"]) or {"name": False}
        return f"“{person['name']}” in “{label(view, 'channel', member['channel_id'])}”"
    if kind == "message":
        message = state.messages.get(record_id)
        return state.thread_name(message["model"], message["res_id"]) if message else False
    if kind == "res.groups":
        return state.capabilities.group_label
    if kind == "mail.message.subtype":
        return "Note" if record_id == NOTE else "Discussions"
    if (model := own_model(kind)) is not None:
        return state.records.name(model, record_id) or False
    rows = {
        "channel": state.channels.get,
        "partner": state.accounts.partner,
        "guest": lambda number: state.accounts.partner(-number),
        "user": state.accounts.user,
    }
    row = rows[kind](record_id) if kind in rows else None
    return False if row is None else row["display_name" if kind == "partner" else "name"]
