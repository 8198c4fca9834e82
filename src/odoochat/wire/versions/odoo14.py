"""Odoo 14: long polling, untyped notifications, ``mail.channel``."""

from __future__ import annotations

from odoochat.model import Version
from odoochat.wire.decoders.untyped import UntypedDecoder
from odoochat.wire.version_table import VersionTable

__all__ = ["TABLE"]

TABLE = VersionTable(
    first=Version(14, 0),
    major=14,
    decoder=UntypedDecoder,
    member_fields=("channel_id", "create_date", "is_pinned"),
    channel_fields=(
        "name",
        "channel_type",
        "description",
        "uuid",
        "message_needaction_counter",
        "message_unread_counter",
    ),
    message_fields=(
        "id",
        "body",
        "date",
        "author_id",
        "message_type",
        "res_id",
        "parent_id",
        "attachment_ids",
        "write_date",
        "create_date",
        "model",
        "record_name",
        "partner_ids",
        "subtype_id",
        "needaction",
        "email_from",
        "subject",
        "starred",
    ),
)
