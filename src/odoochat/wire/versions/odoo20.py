"""Odoo 20: a single store route, users in place of partners, bookmarks, polls.

Based on the source only (late 19.x and 20.0: addons/mail/models/mail_message.py, mail_presence.py,
discuss/discuss_channel_member.py, tools/discuss.py); not checked against a live server.
"""

from __future__ import annotations

from msgspec.structs import replace

from odoochat.model import Version
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions import odoo19

__all__ = ["TABLE"]

TABLE: VersionTable = replace(
    odoo19.TABLE,
    first=Version(19, 3),
    major=20,
    message_fields=tuple("is_bookmarked" if f == "starred" else f for f in odoo19.TABLE.message_fields),
    star_field="is_bookmarked",
    content_field="raw",
    presence_model="res.users",
    check_outdated=True,
    trusts_devices=False,
    polls=True,
    whole_binary_context=True,
    deletes_members=True,
    action_path="/mail/store",
    data_path="/mail/store",
    page_style="store",
    group_route="",
    group_members=True,
    invite="",
    remove_member_path="/discuss/channel/remove_member",
    show_by="store",
    bookmarks=True,
    guest_channel_path="/mail/store",
)
