"""Routes for typing, read marks, muting, notification settings and status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.http.paging import user
from odoochat.sandbox.http.site import Visitor

FOREVER = "9999-12-31 23:59:59"


async def notify_typing(visitor: Visitor, channel_id: int, is_typing: bool, context: Any = None) -> None:
    """POST /discuss/channel/notify_typing (Odoo 17 and later), /mail/channel/notify_typing (16)."""
    uid, world = user(visitor), visitor.world
    channel = world.channels.readable(uid, channel_id)
    me = world.state.accounts.partner_of(uid)
    if is_typing and visitor.capabilities.typing_joins and world.state.members.find(channel["id"], me) is None:
        world.channels.join(uid, channel_id)  # as in Odoo, typing adds the user as a member
    world.members.typing(uid, channel_id, bool(is_typing))


async def set_last_seen_message(visitor: Visitor, channel_id: int, last_message_id: int) -> int:
    """POST /mail/channel/set_last_seen_message (Odoo 15 and 16)."""
    visitor.world.members.read(user(visitor), channel_id, last_message_id)
    return last_message_id


async def mark_as_read(visitor: Visitor, channel_id: int, last_message_id: int) -> None:
    """POST /discuss/channel/set_last_seen_message (Odoo 17), /discuss/channel/mark_as_read (18 and later)."""
    visitor.world.members.read(user(visitor), channel_id, last_message_id)


async def mark_as_unread(visitor: Visitor, channel_id: int, message_id: int) -> None:
    """POST /discuss/channel/mark_as_unread (Odoo 18), /discuss/channel/set_new_message_separator (19)."""
    member = visitor.world.members.find(user(visitor), channel_id)
    changed: Row = visitor.world.state.members.change(member["id"], new_message_separator=message_id)
    visitor.world.notifier.send("separated", changed)


async def mute(visitor: Visitor, minutes: Any, channel_id: int | None = None) -> None:
    """POST /discuss/channel/mute (Odoo 17), /discuss/settings/mute (18 and later); -1 mutes forever, 0 unmutes."""
    until = None
    if minutes:
        until = FOREVER if minutes == -1 else _later(visitor, float(minutes))
    _set(visitor, channel_id, mute_until_dt=until)


async def custom_notifications(
    visitor: Visitor, custom_notifications: Any = False, channel_id: int | None = None
) -> None:
    """POST /discuss/settings/custom_notifications; in Odoo 17, /discuss/channel/update_custom_notifications."""
    if custom_notifications not in ("all", "mentions", "no_notif", False, None):
        raise OdooError(
            "value", f"Wrong value for discuss.channel.member.custom_notifications: {custom_notifications!r}"
        )
    _set(visitor, channel_id, custom_notifications=custom_notifications or None)


def _set(visitor: Visitor, channel_id: int | None, **values: Any) -> None:
    world, uid = visitor.world, user(visitor)
    if not channel_id:  # for all channels, stored in the user's settings
        world.notifier.send("settings", uid)
        return
    world.members.write(world.members.find(uid, int(channel_id)), values, by_method=True)


def _later(visitor: Visitor, minutes: float) -> str:
    moment = datetime.fromtimestamp(visitor.world.state.clock() + minutes * 60, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


async def set_manual_im_status(visitor: Visitor, status: str) -> None:
    """POST /mail/set_manual_im_status, Odoo 19: the status shown while online. Always sends a notification."""
    if status not in ("online", "away", "busy", "offline"):
        raise OdooError("value", f"Unexpected IM status {status}")
    world = visitor.world
    me = world.state.accounts.partner_of(user(visitor))
    world.state.statuses.set_manual(me, None if status == "online" else status)
    world.notifier.send("status_chosen", me, world.state.statuses.shown(me))
