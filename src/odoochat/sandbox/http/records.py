"""JSON routes for discussions on records, and each version's thread details."""

from __future__ import annotations

from functools import partial
from typing import Any

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.errors import OdooError, not_found
from odoochat.sandbox.http.paging import answer, asked, user
from odoochat.sandbox.http.site import Visitor
from odoochat.sandbox.versions.people import follower_person
from odoochat.sandbox.versions.store import RecordStore
from odoochat.sandbox.world.world import World

_ALL = ("activities", "attachments", "followers", "suggestedRecipients")


async def thread_messages(
    visitor: Visitor, thread_model: str, thread_id: int, fetch_params: Any = None, **given: Any
) -> Any:
    """POST /mail/thread/messages, Odoo 15 and later; marks the messages as read."""
    uid, world = user(visitor), visitor.world
    messages, page = world.state.messages, asked(visitor, fetch_params, given)
    if thread_model == world.state.channel_model:
        fetch = partial(messages.page, int(thread_id))
        world.channels.readable(uid, int(thread_id))
    elif world.state.records.readable(uid, thread_model, int(thread_id)):
        fetch = partial(messages.page, int(thread_id), model=thread_model)
    elif visitor.capabilities.shows_all_for_missing:  # observed live: a missing record returns every readable message
        readable = [row["id"] for row in world.messages.readable(uid, messages.all())]
        fetch = partial(messages.among, readable)
    else:
        raise not_found()
    return answer(visitor, fetch, page, done=visitor.capabilities.reads_around or "around" not in page)


async def thread_data(visitor: Visitor, thread_model: str, thread_id: int, request_list: Any = (), **_: Any) -> Any:
    """POST /mail/thread/data, Odoo 15 to 18; 19 requests "mail.thread" from the store instead."""
    uid, world = user(visitor), visitor.world
    names = [str(one) for one in request_list or ()]
    if world.state.capabilities.store:
        store = RecordStore()
        add_thread(world, store, uid, thread_model, int(thread_id), names)
        return store.data()
    state = world.state
    found: dict[str, Any] = {
        "hasWriteAccess": state.records.writable(uid),
        "hasReadAccess": state.records.readable(uid, thread_model, int(thread_id)),
    }
    if "followers" in names:
        rows = state.records.followers(thread_model, int(thread_id))
        found["followers"] = [_follower(world, row) for row in rows]
        if visitor.capabilities.counts_followers:
            mine = state.records.follower(thread_model, int(thread_id), state.accounts.partner_of(uid))
            found["followersCount"] = len(rows)
            found["selfFollower"] = _follower(world, mine) if mine else False
    return found | {name: [] for name in ("activities", "attachments", "suggestedRecipients") if name in names}


def _follower(world: World, row: Row) -> dict[str, Any]:
    person = world.state.accounts.partner(row["partner_id"]) or {}
    return {
        "id": row["id"],
        "partner_id": row["partner_id"],
        "name": person.get("name"),
        "display_name": person.get("name"),
        "email": person.get("email") or False,
        "is_active": True,
        "partner": {"id": row["partner_id"], "name": person.get("name"), "type": "partner"},
    }


def add_thread(world: World, store: RecordStore, uid: int, model: str, record_id: int, names: list[str]) -> None:
    """Add a record's thread, with the requested parts, to a store."""
    state = world.state
    me = state.accounts.partner_of(uid)
    record: dict[str, Any] = {"id": record_id, "model": model}
    if not state.records.has(model) or state.records.name(model, record_id) is None:
        store.add("mail.thread", {**record, "hasReadAccess": False, "hasWriteAccess": False}, "model", "id")
        return
    record |= {
        "canPostOnReadonly": False,
        "hasReadAccess": state.records.readable(uid, model, record_id),
        "hasWriteAccess": state.records.writable(uid, model),
    }
    if "activities" in names:
        record["activities"] = []
    if "attachments" in names:
        files = [one for one in state.files.all() if (one["res_model"], one["res_id"]) == (model, record_id)]
        record |= {"areAttachmentsLoaded": True, "isLoadingAttachments": False}
        record["attachments"] = [one["id"] for one in files]
        for one in files:
            store.add("ir.attachment", world.stores.file(one))
    if "followers" in names:
        _add_followers(world, store, record, me)
    if "scheduledMessages" in names:
        mine = [row["id"] for row in state.records.scheduled() if (row["model"], row["res_id"]) == (model, record_id)]
        record["scheduledMessages"] = mine
    if "suggestedRecipients" in names and model == "res.partner":
        person = state.accounts.partner(record_id) or {}
        record["suggestedRecipients"] = [
            {"create_values": {}, "email": person.get("email") or False, "name": person.get("name"),
             "partner_id": record_id}
        ]  # fmt: skip
    store.add("mail.thread", record, "model", "id")


def _add_followers(world: World, store: RecordStore, record: dict[str, Any], me: int) -> None:
    rows = world.state.records.followers(record["model"], record["id"])
    others = [row["id"] for row in rows if row["partner_id"] != me]
    mine = next((row["id"] for row in rows if row["partner_id"] == me), False)
    record |= {"followers": others, "followersCount": len(rows), "recipients": others,
               "recipientsCount": len(others), "selfFollower": mine}  # fmt: skip
    thread = {"id": record["id"], "model": record["model"]}
    for row in rows:
        person = world.state.partner(row["partner_id"])
        named = {"display_name": person["name"], "email": person["email"] or False, "name": person["name"]}
        who = follower_person(world.stores.facts, person["id"])
        store.add("mail.followers", {**named, **who, "id": row["id"], "is_active": True, "thread": thread})
        world.stores.add_person(store, row["partner_id"])
    for one in store.records("res.partner"):
        one.pop("mention_token", None)


async def read_followers(visitor: Visitor, follower_ids: Any, res_model: str, res_id: int) -> Any:
    """POST /mail/read_followers, Odoo 14."""
    if not visitor.world.state.records.has(res_model):
        raise OdooError("key", res_model)
    wanted = set(follower_ids)
    rows = [row for row in visitor.world.state.records.followers(res_model, int(res_id)) if row["id"] in wanted]
    me = visitor.world.state.accounts.partner_of(user(visitor))
    shown = [
        {**_follower(visitor.world, row), "is_editable": visitor.world.state.records.writable(user(visitor)),
         "is_uid": row["partner_id"] == me, "partner_id": row["partner_id"], "channel_id": False}
        for row in rows
    ]  # fmt: skip
    for one in shown:
        del one["partner"]
    return {"followers": shown, "subtypes": None}
