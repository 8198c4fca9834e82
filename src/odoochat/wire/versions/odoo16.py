"""Odoo 16: first version with a WebSocket, a typing route, and separate guest routes."""

from __future__ import annotations

from msgspec.structs import replace

from odoochat.model import Version
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions import odoo15

__all__ = ["TABLE"]

TABLE: VersionTable = replace(
    odoo15.TABLE,
    first=Version(15, 2),
    major=16,
    member_model="mail.channel.member",
    member_fields=(*odoo15.TABLE.member_fields, "message_unread_counter"),
    channel_fields=(
        "name",
        "channel_type",
        "description",
        "uuid",
        "message_needaction_counter",
        "member_count",
    ),
    unread_on_member=True,
    transports=("websocket", "peek"),
    skips_late_rows=True,
    author_pairs=False,
    copies_content=True,
    page_style="max_id",
    create_channel="",
    names_groups=True,
    search_to_join="",
    show_by="id",
    typing_path="/mail/channel/notify_typing",
    guest_channel_path="/mail/init_messaging",
    guest_joins_by_call=True,
)
