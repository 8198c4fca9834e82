"""Handlers for /mail/data and /mail/action, which read the store in Odoo 18 and 19."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.http.records import add_thread
from odoochat.sandbox.orm.queries import id_list
from odoochat.sandbox.versions.channels import thread
from odoochat.sandbox.versions.store import RecordStore
from odoochat.sandbox.world.world import World


def can_fetch(kwargs: dict[str, Any]) -> list[Any]:
    """Convert the keyword arguments used in Odoo 18 to the list used in 19."""
    return [
        name if params in (True, {}, None) else [name, params] for name, params in kwargs.items() if params is not False
    ]


def fetch(world: World, uid: int, wanted: list[Any]) -> dict[str, Any]:
    """Return a single store with everything requested."""
    store = RecordStore()
    for item in wanted:
        name, params, data_id = item, None, None
        if isinstance(item, (list, tuple)):
            name = item[0]
            params = item[1] if len(item) > 1 else None
            data_id = item[2] if len(item) > 2 else None
        made = _handle(world, uid, store, str(name), params)
        if data_id is not None:
            answer: dict[str, Any] = {"id": data_id, "_resolve": True}
            if made is not None:
                answer["channel"] = thread(world.stores.facts, made)
            store.add("DataResponse", answer)
    return store.data()


def _handle(world: World, uid: int, store: RecordStore, name: str, params: Any) -> int | None:
    values: Row = params if isinstance(params, dict) else {}
    if name == "init_messaging" and uid > 0:
        world.stores.add_boxes(store, uid)
    elif name == "channels_as_member":
        world.stores.add_channels(store, uid)
    elif name == "discuss.channel":
        readable = world.state.channels.readable_ids(uid)
        for channel_id in id_list(params or []):
            if channel_id in readable:
                world.stores.add_own(store, world.state.channel(channel_id), uid)
    elif name in ("mail.canned.response", "canned_responses"):
        for row in world.state.canned.all(uid):
            store.add("mail.canned.response", {key: row[key] for key in ("id", "source", "substitution")})
    elif name == "mail.thread":
        asked = [str(one) for one in values.get("request_list") or ()]
        add_thread(world, store, uid, str(values["thread_model"]), int(values["thread_id"]), asked)
    elif name == "/discuss/get_or_create_chat":
        partners = id_list(values.get("partners_to") or [])
        return _opened(world, uid, store, world.channels.chat(uid, partners, pin=values.get("pin", True)))
    elif name == "/discuss/create_channel":
        made = world.channels.create(uid, str(values.get("name")), announce=True)
        if not values.get("group_id"):  # applied only after members have been notified
            world.state.channels.change(made, public="public")
        return _opened(world, uid, store, made)
    elif name == "/discuss/create_group":
        partners = id_list(values.get("partners_to") or [])
        made = world.channels.create(uid, str(values.get("name") or ""), "group", partners=partners)
        return _opened(world, uid, store, made)
    return None


def _opened(world: World, uid: int, store: RecordStore, channel_id: int) -> int:
    world.stores.add_own(store, world.state.channel(channel_id), uid)
    me = world.state.accounts.partner_of(uid)
    world.stores.add_members(store, world.state.channel(channel_id), without=me)
    return channel_id
