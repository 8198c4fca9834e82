"""Odoo 15: typed notifications, reactions, groups, guests as members."""

from __future__ import annotations

from msgspec.structs import replace

from odoochat.model import Version
from odoochat.wire.decoders.flat import FlatDecoder
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions import odoo14

__all__ = ["TABLE"]

TABLE: VersionTable = replace(
    odoo14.TABLE,
    first=Version(14, 1),
    major=15,
    decoder=FlatDecoder,
    member_fields=(*odoo14.TABLE.member_fields, "last_interest_dt"),
    message_fields=(*odoo14.TABLE.message_fields, "author_guest_id"),
    picture_field="avatar_128",
    guests=True,
    reactions=True,
    parents_in_messages=True,
    create_group="create_group",
    join="channel_join",
    invite="add_members",
    rename="channel_rename",
    describe="channel_change_description",
    edit_path="/mail/message/update_content",
    reaction_path="/mail/message/{action}_reaction",
    read_path="/mail/channel/set_last_seen_message",
    reactions_by_format=True,
    presence_identity=True,
)
