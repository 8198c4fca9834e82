"""Odoo 17: ``discuss.channel``, ``mail.record/insert``, pins, muting."""

from __future__ import annotations

from msgspec.structs import replace

from odoochat.model import Version
from odoochat.wire.decoders.record import RecordDecoder
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions import odoo16

__all__ = ["TABLE"]

TABLE: VersionTable = replace(
    odoo16.TABLE,
    first=Version(16, 2),
    major=17,
    decoder=RecordDecoder,
    channel_model="discuss.channel",
    member_model="discuss.channel.member",
    member_fields=(*odoo16.TABLE.member_fields, "mute_until_dt", "custom_notifications"),
    message_fields=(*odoo16.TABLE.message_fields, "pinned_at"),
    skips_late_rows=False,
    escapes_bodies=True,
    echoes_local_id=True,
    page_style="flat",
    mute_path="/discuss/channel/mute",
    notify_path="/discuss/channel/update_custom_notifications",
    typing_path="/discuss/channel/notify_typing",
    edits_mentions=True,
    reaction_path="/mail/message/reaction",
    read_path="/discuss/channel/set_last_seen_message",
    guest_channel_path="/discuss/channel/info",
    guest_joins_by_call=False,
    presence_method="update_presence",
    statuses=("online", "away"),
    presence_channels=True,
)
