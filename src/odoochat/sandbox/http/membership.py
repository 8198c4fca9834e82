"""Channel routes: joining, and threads."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from odoochat.sandbox.errors import not_found
from odoochat.sandbox.http.paging import user
from odoochat.sandbox.http.site import Visitor
from odoochat.sandbox.versions.store import RecordStore


async def join(visitor: Visitor, channel_id: int) -> Any:
    """POST /discuss/channel/join, Odoo 18 and later."""
    uid = user(visitor)
    visitor.world.channels.readable(uid, channel_id)
    channel = visitor.world.channels.join(uid, channel_id)
    return visitor.world.payloads.channel_info(channel, uid)


async def create_thread(
    visitor: Visitor, parent_channel_id: int, from_message_id: int | None = None, name: str | None = None
) -> Any:
    """POST /discuss/channel/sub_channel/create, Odoo 18 and later."""
    uid, world = user(visitor), visitor.world
    source = world.state.messages.get(from_message_id) if from_message_id else None
    title = name or "New Thread"
    if source is not None and not name:
        text = unescape(re.sub(r"<[^>]*>", "", source["body"] or "")).strip()
        title = text[:30] or "This message has been removed"
    made = world.channels.thread(uid, parent_channel_id, title, source["id"] if source else None)
    info = world.payloads.channel_info(world.state.channel(made), uid)
    if visitor.capabilities.nested_store:
        return {"store_data": info, "sub_channel": made}
    return {"data": info, "sub_channel": {"id": made, "model": "discuss.channel"}}


async def fetch_threads(
    visitor: Visitor, parent_channel_id: int, search_term: str | None = None, before: int | None = None, limit: int = 30
) -> Any:
    """POST /discuss/channel/sub_channel/fetch, Odoo 18 and later; newest first."""
    uid, world = user(visitor), visitor.world
    channel = world.channels.readable(uid, parent_channel_id)
    rows = world.state.channels.threads(channel["id"], term=search_term, before=before, limit=limit)
    store = RecordStore()
    for row in rows:
        world.stores.add_own(store, row, uid)
        world.stores.add_last_message(store, row["id"], uid)
    if not visitor.capabilities.nested_store:
        return store.data()
    return {"store_data": store.data(), "sub_channel_ids": [row["id"] for row in rows]}


async def delete_thread(visitor: Visitor, sub_channel_id: int) -> None:
    """POST /discuss/channel/sub_channel/delete, Odoo 19; creator only. Posts a system message in the parent."""
    uid, world = user(visitor), visitor.world
    channel = world.channels.readable(uid, sub_channel_id)
    if not channel["parent_channel_id"] or channel["create_uid"] != uid:
        raise not_found()
    world.channels.delete_thread(uid, channel)
