"""Fields of messages, files and reactions in each version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from odoochat.sandbox.database.link_previews import described
from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.fields import ABSENT, Facts, Fields, Get, column, columns, const, false, in_channel
from odoochat.sandbox.versions.files import FILE, file_ids, files, origin
from odoochat.sandbox.versions.people import named, named_persona, persona
from odoochat.sandbox.versions.reactions import reaction_groups, reactions15, reactions16, reactions17, reactions18
from odoochat.sandbox.versions.store import Json

# parts of a message


def record_name(facts: Facts, message: Row) -> str:
    """Return the name of a message's channel or record."""
    return facts.state.thread_name(message["model"], message["res_id"]) or ""


def icon(_: Facts, message: Row) -> str:
    """Return the icon of the application that a message belongs to."""
    return f"/{'mail' if in_channel(message) else 'base'}/static/description/icon.png"


def _writer(facts: Facts, message: Row) -> Row | None:
    return facts.partner(message["author_id"]) if message["author_id"] else None


def _author14(facts: Facts, message: Row) -> Any:
    author = _writer(facts, message)
    if author is None:
        return [0, false(message["email_from"])]
    return [author["id"], author["display_name"]] if author["id"] > 0 else False


def _guest_author(facts: Facts, message: Row) -> Any:
    author = _writer(facts, message)
    return {"id": -author["id"], "name": author["name"]} if author and author["id"] < 0 else ABSENT


def _author16(facts: Facts, message: Row) -> Any:
    author = _writer(facts, message)
    return {"id": author["id"], "name": author["name"]} if author and author["id"] > 0 else [["clear"]]


def _guest_author16(facts: Facts, message: Row) -> Any:
    found = _guest_author(facts, message)
    return [["clear"]] if found is ABSENT else found


def _author17(facts: Facts, message: Row) -> Any:
    author = _writer(facts, message)
    if author is None:
        return False
    if author["id"] < 0:
        return named_persona(facts, author["id"])
    user = {"id": author["user_id"], "isInternalUser": not author["share"]} if author["user_id"] else False
    return {"id": author["id"], "name": author["name"], "is_company": False, "type": "partner", "user": user}


def _notified(*, read: bool) -> Any:
    return lambda facts, message: [
        note["partner_id"] for note in facts.state.marks.notifications(message["id"]) if bool(note["is_read"]) == read
    ]


def _changes(shape: Callable[[Row], Json]) -> Get:
    """Return the tracked changes shown in a message, each formatted with `shape`."""
    return lambda facts, message: [shape(row) for row in facts.state.records.tracking(message["id"])]


def _change14(row: Row) -> Json:
    return {
        "changed_field": row["label"],
        "field_type": "char",
        "id": row["id"],
        "new_value": false(row["new"]),
        "old_value": false(row["old"]),
    }


def _change15(row: Row) -> Json:
    return {
        "changedField": row["label"],
        "id": row["id"],
        "fieldName": row["field"],
        "fieldType": "char",
        "newValue": {"currencyId": False, "value": false(row["new"])},
        "oldValue": {"currencyId": False, "value": false(row["old"])},
    }


def _change19(row: Row) -> Json:
    info = {
        "changedField": row["label"],
        "currencyId": False,
        "fieldType": "char",
        "floatPrecision": None,
        "isPropertyField": False,
    }
    return {"fieldInfo": info, "id": row["id"], "newValue": false(row["new"]), "oldValue": false(row["old"])}


def previews(facts: Facts, message: Row) -> list[Json]:
    """Return a message's link previews (Odoo 16 and 17)."""
    return [
        {**described(row), "id": row["id"], "message": {"id": message["id"]}}
        for row in facts.state.previews.of_message(message["id"])
    ]


def _preview_ids(facts: Facts, message: Row) -> list[int]:
    return [row["id"] for row in facts.state.previews.of_message(message["id"])]


def _nested_parent(facts: Facts, message: Row) -> Any:
    parent = facts.parent(message)
    return ABSENT if parent is None else MESSAGE[facts.version].of(facts._replace(nested=True), parent)


def _parent18(facts: Facts, message: Row) -> Any:
    parent = facts.parent(message)
    return ABSENT if parent is None else parent["id"]


def _parent19(facts: Facts, message: Row) -> Any:
    return ABSENT if facts.nested or _channel(facts, message) is None else false(message["parent_id"])


def _channel(facts: Facts, message: Row) -> Row | None:
    return facts.state.channels.get(message["res_id"]) if in_channel(message) else None


def _shown_to_group(facts: Facts, message: Row) -> bool:
    # Readers in a channel's authorized group see more than members of a channel without one.
    channel = _channel(facts, message)
    return channel is None or (channel["channel_type"], channel["public"]) == ("channel", "groups")


def _email19(facts: Facts, message: Row) -> Any:
    shown = not message["author_id"] or _shown_to_group(facts, message)
    return false(message["email_from"]) if shown else ABSENT


def _notes(facts: Facts, message: Row) -> list[int]:
    return [note["id"] for note in facts.state.marks.notifications(message["id"])]


def _for_reader(get: Any) -> Any:
    return lambda facts, message: ABSENT if facts.uid is None else get(facts, message)


def _done20(facts: Facts, message: Row) -> bool:
    notes = facts.state.marks.notifications(message["id"])
    return any(note["partner_id"] == facts.me and note["is_read"] for note in notes)


def _starred(facts: Facts, message: Row) -> bool:
    return facts.me in facts.state.marks.stars(message["id"])


# messages

MESSAGE: dict[int, Fields] = {}
MESSAGE[14] = columns("id", "body", "date", "email_from", "message_type", "subject", "model", "res_id") | {
    "author_id": _author14,
    "subtype_id": lambda _, row: [row["subtype_id"], "Note" if row["subtype_id"] == NOTE else "Discussions"],
    "record_name": record_name,
    "channel_ids": lambda _, row: [row["res_id"]] if in_channel(row) else [],
    "partner_ids": lambda facts, row: facts.state.marks.partners(row["id"]),
    "starred_partner_ids": lambda facts, row: facts.state.marks.stars(row["id"]),
    "moderation_status": lambda _, row: "accepted" if in_channel(row) else False,
    "notifications": const([]),
    "attachment_ids": files,
    "tracking_value_ids": _changes(_change14),
    "needaction_partner_ids": _notified(read=False),
    "history_partner_ids": _notified(read=True),
    "is_note": lambda _, row: row["subtype_id"] == NOTE,
    "is_discussion": lambda _, row: row["subtype_id"] != NOTE,
    "subtype_description": const(False),
    "is_notification": const(False),
    "module_icon": icon,
    "sms_ids": const([]),
}
# † 15 is based on the source only. Source: addons/mail/models/mail_message.py (15.0)
MESSAGE[15] = MESSAGE[14] - {"channel_ids", "partner_ids", "moderation_status"} | {
    "guestAuthor": _guest_author,
    "tracking_value_ids": _changes(_change15),
    "messageReactionGroups": reactions15,
    "recipients": lambda facts, row: named(facts, facts.state.marks.partners(row["id"])),
    "parentMessage": _nested_parent,
}
MESSAGE[16] = MESSAGE[15] - {"author_id", "tracking_value_ids", "is_notification"} | {
    "author": _author16,
    "guestAuthor": _guest_author16,
    "trackingValues": _changes(_change15),
    "linkPreviews": previews,
    "messageReactionGroups": reactions16,
}
MESSAGE[17] = MESSAGE[16] - {"guestAuthor", "attachment_ids", "messageReactionGroups", "sms_ids"} | {
    "author": _author17,
    "default_subject": record_name,
    "attachments": files,
    "reactions": reactions17,
    "pinned_at": column("pinned_at"),
    "create_date": column("create_date"),
    "write_date": column("write_date"),
    "recipients": lambda facts, row: [named_persona(facts, one) for one in facts.state.marks.partners(row["id"])],
    "scheduledDatetime": const(False),
}
MESSAGE[18] = MESSAGE[17] - {
    "attachments", "starred_partner_ids", "needaction_partner_ids", "history_partner_ids", "module_icon", "subtype_id",
} | {
    "attachment_ids": file_ids,
    "author": lambda _, row: persona(row["author_id"]) if row["author_id"] else False,
    "linkPreviews": _preview_ids,
    "notifications": _notes,
    "reactions": reactions18,
    "recipients": lambda facts, row: [persona(one) for one in facts.state.marks.partners(row["id"])],
    "thread": lambda _, row: {"id": row["res_id"], "model": row["model"]},
    "needaction": _for_reader(lambda facts, row: row["id"] in facts.state.marks.needaction(facts.me)),
    "starred": _for_reader(_starred),
    "trackingValues": _for_reader(_changes(_change15)),
    "parentMessage": _parent18,
}  # fmt: skip
MESSAGE[19] = MESSAGE[18] - {
    "author", "linkPreviews", "is_note", "is_discussion", "notifications", "recipients", "subtype_description",
    "parentMessage",
} | {
    "author_guest_id": lambda _, row: -row["author_id"] if (row["author_id"] or 0) < 0 else False,
    "author_id": lambda _, row: row["author_id"] if (row["author_id"] or 0) > 0 else False,
    # The body is marked as HTML, but an empty body is a plain string.
    "body": lambda _, row: ["markup", row["body"]] if row["body"] else "",
    "email_from": _email19,
    "incoming_email_cc": const(False),
    "incoming_email_to": const(False),
    "message_link_preview_ids": _preview_ids,
    "notification_ids": lambda facts, row: _notes(facts, row) if _shown_to_group(facts, row) else ABSENT,
    "partner_ids": lambda facts, row: facts.state.marks.partners(row["id"]),
    "subtype_id": column("subtype_id"),
    "trackingValues": _for_reader(_changes(_change19)),
    "parent_id": _parent19,
}  # fmt: skip
# † 20 is based on the source only. Source: addons/mail/models/mail_message.py (late 19.x)
MESSAGE[20] = MESSAGE[19] - {"starred", "trackingValues"} | {
    "reply_to": _email19,
    "is_bookmarked": _for_reader(_starred),
    "needaction_done": _for_reader(_done20),
    "reactions": reaction_groups,
}

# Fields that an edit sends to the members.
EDITED: dict[int, Fields] = {}
EDITED[15] = columns("id", "body") | {
    "attachments": lambda facts, row: [
        ["insert-and-replace", [{**FILE[15].of(facts, one), "originThread": origin("insert")(facts, one)}
                                for one in facts.state.files.of_message(row["id"])]]
    ],
}  # fmt: skip
EDITED[16] = EDITED[15] | {"attachments": files}
EDITED[17] = MESSAGE[17] & ("id", "body", "attachments", "pinned_at", "recipients", "write_date")
EDITED[18] = MESSAGE[18] & ("id", "body", "attachment_ids", "pinned_at", "recipients", "write_date")
EDITED[19] = MESSAGE[19] & ("id", "body", "attachment_ids", "pinned_at", "partner_ids", "write_date") | {
    "parent_id": column("parent_id"),
    "translationValue": const(False),
}
EDITED[20] = EDITED[19]

# Fields of an inbox entry in the store.
INBOX_ENTRY: dict[int, Fields] = {}
INBOX_ENTRY[18] = columns("id") | {
    "failure_type": const(False),
    "message": column("message_id"),
    "notification_status": const("sent"),
    "notification_type": const("inbox"),
    "persona": lambda _, row: persona(row["partner_id"]),
}
INBOX_ENTRY[19] = INBOX_ENTRY[18] - {"message", "persona"} | {
    "mail_email_address": const(False),
    "mail_message_id": column("message_id"),
    "res_partner_id": column("partner_id"),
}
INBOX_ENTRY[20] = INBOX_ENTRY[19]
