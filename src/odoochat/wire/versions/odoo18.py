"""Odoo 18: stores of records keyed by model, threads, ``new_message_separator``."""

from __future__ import annotations

from msgspec.structs import replace

from odoochat.model import Version
from odoochat.wire.decoders.store import StoreDecoder
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions import odoo17

__all__ = ["TABLE"]

TABLE: VersionTable = replace(
    odoo17.TABLE,
    first=Version(17, 2),
    major=18,
    decoder=StoreDecoder,
    canned_model="mail.canned.response",
    channel_fields=(*odoo17.TABLE.channel_fields, "parent_channel_id", "from_message_id", "last_interest_dt"),
    threads=True,
    action_path="/mail/action",
    mute_path="/discuss/settings/mute",
    notify_path="/discuss/settings/custom_notifications",
    read_path="/discuss/channel/mark_as_read",
    unread_path="/discuss/channel/mark_as_unread",
    separator=True,
    message_link="/mail/message/{}",
    reactions_by_format=False,
    tokens_beside_post=True,
)
