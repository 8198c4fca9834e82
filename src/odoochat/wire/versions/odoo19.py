"""Odoo 19: differences from 18. Notification keys are decoded in `odoochat.wire.decoders`."""

from __future__ import annotations

from msgspec.structs import replace

from odoochat.model import Version
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions import odoo18

__all__ = ["TABLE"]

TABLE: VersionTable = replace(
    odoo18.TABLE,
    first=Version(18, 4),
    major=19,
    presence_wants_ids=False,
    json2=True,
    data_path="/mail/data",
    page_style="nested",
    pages_mark_read=True,
    create_group="",
    group_route="/discuss/create_group",
    get_chat="",
    nests_edits=True,
    unread_path="/discuss/channel/set_new_message_separator",
    guest_channel_path="/mail/data",
    tokens_beside_post=False,
    status_path="/mail/set_manual_im_status",
    statuses=("online", "away", "busy", "offline"),
)
