"""Discuss routes: history, posting, typing, edits, reactions, read marks, joining."""

from __future__ import annotations

from functools import partial
from typing import Any

from odoochat.sandbox.database.messages import MessageValues
from odoochat.sandbox.errors import OdooError, expired, not_found
from odoochat.sandbox.http.paging import answer, asked, user
from odoochat.sandbox.http.site import Visitor
from odoochat.sandbox.http.store18 import can_fetch, fetch
from odoochat.sandbox.orm.posting import mentioned
from odoochat.sandbox.orm.queries import id_list

# boot


async def init_messaging(visitor: Visitor, context: Any = None) -> Any:
    """POST /mail/init_messaging, Odoo 14 to 17."""
    if visitor.uid is None:
        raise expired()
    boot = visitor.world.payloads.boot(visitor.uid)
    if not visitor.is_user:
        guest = visitor.world.state.accounts.partner(visitor.uid) or {"name": ""}
        shown = {"id": -visitor.uid, "name": guest["name"]}
        unknown = ("current_partner", "current_user_id", "current_user_settings", "needaction_inbox_counter",
                   "starred_counter")  # fmt: skip
        boot |= {"currentGuest": shown, **dict.fromkeys(unknown, False)}
    return boot


async def mail_data(visitor: Visitor, fetch_params: Any = None, context: Any = None, **kwargs: Any) -> Any:
    """POST /mail/data and /mail/action, Odoo 18 and 19."""
    if visitor.uid is None:
        return {}
    wanted = fetch_params if visitor.capabilities.nested_params else can_fetch(kwargs)
    return fetch(visitor.world, visitor.uid, wanted or [])


# history


async def messages(visitor: Visitor, channel_id: int, fetch_params: Any = None, **given: Any) -> Any:
    """POST /discuss/channel/messages (Odoo 17 and later), /mail/channel/messages (15 and 16)."""
    channel = visitor.world.channels.readable(user(visitor), channel_id)
    page = asked(visitor, fetch_params, given)
    fetch = partial(visitor.world.state.messages.page, channel["id"])
    return answer(visitor, fetch, page, done=visitor.capabilities.reads_around or "around" not in page)


async def members(visitor: Visitor, channel_id: int, known_member_ids: Any = None) -> Any:
    """POST /discuss/channel/members."""
    channel = visitor.world.channels.readable(user(visitor), channel_id)
    return visitor.world.payloads.members(channel, visitor.uid)


async def channel_info(visitor: Visitor, channel_id: int) -> Any:
    """POST /discuss/channel/info, Odoo 17 and 18."""
    uid = user(visitor)
    return visitor.world.payloads.channel_info(visitor.world.channels.readable(uid, channel_id), uid)


async def pinned_messages(visitor: Visitor, channel_id: int) -> Any:
    """POST /discuss/channel/pinned_messages, Odoo 17 and later."""
    uid = user(visitor)
    visitor.world.channels.readable(uid, channel_id)
    rows = [row for row in visitor.world.state.messages.page(channel_id, limit=None) if row["pinned_at"]]
    formatted = visitor.world.payloads.format(rows, uid)
    return formatted["data"] if visitor.capabilities.store else formatted


# posting and editing


async def message_post(
    visitor: Visitor, thread_model: str, thread_id: int, post_data: Any = None, context: Any = None, **_: Any
) -> Any:
    """POST /mail/message/post; the body is HTML in every version that has this route."""
    uid, world = user(visitor), visitor.world
    data = dict(post_data or {})
    capabilities = visitor.capabilities
    values = MessageValues(
        str(data.get("body") or ""),
        is_html=True,
        message_type=data.get("message_type", capabilities.route_type),
        subtype=world.messages.subtype(data.get("subtype_xmlid", capabilities.route_subtype)),
        parent=data.get("parent_id") or None,
        partners=data.get("partner_ids") or [],
        attachments=id_list(data.get("attachment_ids") or []),
        subject=data.get("subject") or None,
    )
    if thread_model == world.state.channel_model:
        world.channels.readable(uid, int(thread_id))
        values = values._replace(partners=mentioned(world, uid, int(thread_id), data))
        temporary_id = (context or {}).get("temporary_id") if capabilities.echoes_temporary_id else None
        row_id = world.messages.post(uid, int(thread_id), values, temporary_id=temporary_id)
    elif world.state.records.has(thread_model):
        if not world.state.records.readable(uid, thread_model, int(thread_id)):
            raise not_found()
        row_id = world.records.post(uid, thread_model, int(thread_id), values)
    else:
        raise OdooError("attribute", f"'{thread_model}' object has no attribute '_get_thread_with_access'")
    row = world.state.messages.pending(row_id)
    assert row is not None
    return world.payloads.posted(row, uid)


async def update_content(
    visitor: Visitor,
    message_id: int,
    body: Any = None,
    attachment_ids: Any = None,
    partner_ids: Any = None,
    update_data: Any = None,
    **_: Any,
) -> Any:
    """POST /mail/message/update_content: edits a message for everyone; an empty body deletes the content."""
    uid, world = user(visitor), visitor.world
    if visitor.capabilities.nested_params:
        data = update_data or {}
        body, attachment_ids = data.get("body"), data.get("attachment_ids")
    files = None if attachment_ids is None else id_list(attachment_ids)
    return world.payloads.updated(world.messages.edit(uid, message_id, body, files=files), uid)


async def reaction(visitor: Visitor, message_id: int, content: str, action: str) -> Any:
    """POST /mail/message/reaction, Odoo 17 and later."""
    if action not in ("add", "remove"):
        raise OdooError("value", f"wrong action {action!r}")
    return visitor.world.messages.react(user(visitor), message_id, content, add=action == "add")


async def add_reaction(visitor: Visitor, message_id: int, content: str) -> Any:
    """POST /mail/message/add_reaction, Odoo 15 and 16."""
    return visitor.world.messages.react(user(visitor), message_id, content, add=True)


async def remove_reaction(visitor: Visitor, message_id: int, content: str) -> Any:
    """POST /mail/message/remove_reaction, Odoo 15 and 16."""
    return visitor.world.messages.react(user(visitor), message_id, content, add=False)


async def link_preview(visitor: Visitor, message_id: int, **_: Any) -> None:
    """POST /mail/link_preview, Odoo 16 and later; authors only. Odoo 18 sends a notification even without previews."""
    uid, world = user(visitor), visitor.world
    row = world.state.messages.get(int(message_id))
    if row is None or not world.messages.readable(uid, [row]):
        return
    if row["author_id"] != world.state.accounts.partner_of(uid) and not world.state.accounts.is_admin(uid):
        return
    found = world.state.previews.create(row, world.state.url)
    if found or visitor.capabilities.announces_no_previews:
        world.notifier.send("previewed", row)
