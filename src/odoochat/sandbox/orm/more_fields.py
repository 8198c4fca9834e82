"""Fields of followers, scheduled messages, canned answers and previews."""

from __future__ import annotations

from odoochat.sandbox.database.link_previews import described
from odoochat.sandbox.orm.fields import KINDS, LOG, Field, Fields, column, const, flag, label, link


def follower_fields(_version: float) -> Fields:
    """mail.followers"""
    shown = Field(lambda v, r: label(v, "partner", r["partner_id"]))
    return {
        "id": column("id"),
        "res_model": column("res_model"),
        "res_id": column("res_id"),
        "partner_id": link("partner_id", "res.partner"),
        "subtype_ids": const([1]),
        "name": Field(lambda v, r: (v.state.accounts.partner(r["partner_id"]) or {}).get("name")),
        "display_name": shown,
        "email": Field(lambda v, r: (v.state.accounts.partner(r["partner_id"]) or {}).get("email")),
        "is_active": const(True),
    }


def scheduled_fields(_version: float) -> Fields:
    """mail.scheduled.message, 18 and later"""
    return {
        **LOG,
        "model": column("model"),
        "res_id": column("res_id"),
        "body": column("body"),
        "subject": column("subject"),
        "author_id": link("author_id", "res.partner"),
        "is_note": flag("is_note"),
        "scheduled_date": column("scheduled_date"),
        "attachment_ids": const([]),
        "partner_ids": const([]),
        "composition_comment_option": const(False),
        "notification_parameters": const(False),
        "send_context": const(False),
        "create_uid": link("create_uid", "res.users"),
        "display_name": Field(lambda _, r: f"mail.scheduled.message,{r['id']}"),
    }


def canned_fields(version: float) -> Fields:
    """mail.shortcode until 17, mail.canned.response since 18"""
    fields: Fields = {
        **LOG,
        "source": column("source"),
        "substitution": column("substitution"),
        "create_uid": link("create_uid", "res.users"),
        "display_name": column("source"),
    }
    if version < 18:
        fields["description"] = column("description")
        return fields
    return {
        **fields,
        "is_shared": flag("shared"),
        "is_editable": Field(lambda v, r: r["create_uid"] == v.uid or v.state.accounts.is_admin(v.uid)),
        "group_ids": const([]),
        "last_used": const(False),
    }


def guest_fields(_version: float) -> Fields:
    """mail.guest, 15 and later: a guest's row has the id negated"""
    return {
        **LOG,
        "id": Field(lambda _, r: -r["id"]),
        "name": column("name"),
        "display_name": column("name"),
        "im_status": column("im_status"),
        "channel_ids": Field(lambda v, r: v.state.channels.of(r["id"])),
    }


def preview_fields(version: float) -> Fields:
    """mail.link.preview, for administrators"""
    names = ("source_url", "og_title", "og_description", "og_image", "og_mimetype", "og_site_name", "og_type")
    fields: Fields = {name: Field(lambda _, r, name=name: described(r)[name]) for name in names}  # type: ignore[misc]
    if version < 19:
        fields["message_id"] = link("message_id", "mail.message")
    return {"id": column("id"), "create_date": column("create_date"), **fields}


def register() -> None:
    """Register these kinds of records."""
    KINDS.update(
        {
            "follower": follower_fields,
            "scheduled": scheduled_fields,
            "canned": canned_fields,
            "preview": preview_fields,
            "guest": guest_fields,
        }
    )
