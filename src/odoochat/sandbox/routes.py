"""The JSON routes of Discuss: history, posting, typing, edits, reactions, read marks, joining."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from odoochat.sandbox.bodies import clean
from odoochat.sandbox.fetch import can_fetch, fetch
from odoochat.sandbox.orm import id_list
from odoochat.sandbox.paging import answer, asked, user
from odoochat.sandbox.schema import Row
from odoochat.sandbox.site import Visitor
from odoochat.sandbox.store_voice import StoreVoice
from odoochat.sandbox.trouble import OdooError, not_found

# boot


async def init_messaging(visitor: Visitor, context: Any = None) -> Any:
    """POST /mail/init_messaging, 14 to 17"""
    return visitor.world.voice.boot(user(visitor))


async def mail_data(visitor: Visitor, fetch_params: Any = None, context: Any = None, **kwargs: Any) -> Any:
    """POST /mail/data and /mail/action, 18 and 19"""
    if visitor.uid is None:
        return {}
    wanted = fetch_params if visitor.version >= 19 else can_fetch(kwargs)
    return fetch(visitor.world, visitor.uid, wanted or [])


# history


async def messages(visitor: Visitor, channel_id: int, fetch_params: Any = None, **given: Any) -> Any:
    """POST /discuss/channel/messages (17 and later), /mail/channel/messages (15, 16)"""
    channel = visitor.world.rooms.readable(user(visitor), channel_id)
    page = asked(visitor, fetch_params, given)
    fetch = partial(visitor.world.state.messages.page, channel["id"])
    return answer(visitor, fetch, page, done="around" not in page)


async def members(visitor: Visitor, channel_id: int, known_member_ids: Any = None) -> Any:
    """POST /discuss/channel/members"""
    channel = visitor.world.rooms.readable(user(visitor), channel_id)
    voice = visitor.world.voice
    if isinstance(voice, StoreVoice):
        return voice.members(channel)
    return voice.channel_info(channel, visitor.uid)


async def channel_info(visitor: Visitor, channel_id: int) -> Any:
    """POST /discuss/channel/info, 17 and 18"""
    uid = user(visitor)
    return visitor.world.voice.channel_info(visitor.world.rooms.readable(uid, channel_id), uid)


async def pinned_messages(visitor: Visitor, channel_id: int) -> Any:
    """POST /discuss/channel/pinned_messages, 17 and later"""
    uid = user(visitor)
    visitor.world.rooms.readable(uid, channel_id)
    rows = [row for row in visitor.world.state.messages.page(channel_id, limit=None) if row["pinned_at"]]
    formatted = visitor.world.voice.format(rows, uid)
    return formatted["data"] if visitor.version >= 18 else formatted


# posting and changing


async def message_post(
    visitor: Visitor, thread_model: str, thread_id: int, post_data: Any = None, context: Any = None, **_: Any
) -> Any:
    """POST /mail/message/post: the body is HTML here, in every version that has it."""
    uid, world = user(visitor), visitor.world
    if thread_model != world.state.channel_model:
        raise not_found()
    data = dict(post_data or {})
    world.rooms.readable(uid, int(thread_id))
    early = visitor.version < 17
    subtype = data.get("subtype_xmlid", None if early else "mail.mt_comment")
    row_id = world.talk.post(
        uid, int(thread_id), str(data.get("body") or ""), is_html=True,
        message_type=data.get("message_type", "notification" if early else "comment"),
        subtype=world.talk.subtype(subtype), parent=data.get("parent_id") or None,
        partners=data.get("partner_ids") or [], attachments=id_list(data.get("attachment_ids") or []),
        temporary_id=(context or {}).get("temporary_id") if visitor.version >= 17 else None,
    )  # fmt: skip
    row = world.state.messages.pending(row_id)
    assert row is not None
    voice = world.voice
    if isinstance(voice, StoreVoice):
        return voice.post_answer(row, uid)
    return voice.format([row], uid)[0]


async def update_content(
    visitor: Visitor,
    message_id: int,
    body: Any = None,
    attachment_ids: Any = None,
    partner_ids: Any = None,
    update_data: Any = None,
    **_: Any,
) -> Any:
    """POST /mail/message/update_content: edits everyone sees; empty deletes the content."""
    uid, world = user(visitor), visitor.world
    if visitor.version >= 19:
        data = update_data or {}
        body, attachment_ids = data.get("body"), data.get("attachment_ids")
    files = None if attachment_ids is None else id_list(attachment_ids)
    row = world.talk.edit(uid, message_id, body, files=files)
    voice = world.voice
    if isinstance(voice, StoreVoice):
        return voice.format([row], uid)["data"]
    formatted = voice.format([row], uid)[0]
    if visitor.version >= 17:
        return formatted
    name = "attachments" if "attachments" in formatted else "attachment_ids"
    return {"id": row["id"], "body": row["body"], "attachments": formatted[name]}


async def reaction(visitor: Visitor, message_id: int, content: str, action: str) -> Any:
    """POST /mail/message/reaction, 17 and later"""
    if action not in ("add", "remove"):
        raise OdooError("value", f"wrong action {action!r}")
    return visitor.world.talk.react(user(visitor), message_id, content, add=action == "add")


async def add_reaction(visitor: Visitor, message_id: int, content: str) -> Any:
    """POST /mail/message/add_reaction, 15 and 16"""
    return visitor.world.talk.react(user(visitor), message_id, content, add=True)


async def remove_reaction(visitor: Visitor, message_id: int, content: str) -> Any:
    """POST /mail/message/remove_reaction, 15 and 16"""
    return visitor.world.talk.react(user(visitor), message_id, content, add=False)


# attention


async def notify_typing(visitor: Visitor, channel_id: int, is_typing: bool, context: Any = None) -> None:
    """POST /discuss/channel/notify_typing (17 and later), /mail/channel/notify_typing (16)"""
    uid, world = user(visitor), visitor.world
    channel = world.rooms.readable(uid, channel_id)
    me = world.state.accounts.partner_of(uid)
    if is_typing and visitor.version >= 17 and world.state.channels.member(channel["id"], me) is None:
        world.rooms.join(uid, channel_id)  # typing makes one a member, as Odoo has it
    world.talk.typing(uid, channel_id, bool(is_typing))


async def set_last_seen_message(
    visitor: Visitor, channel_id: int, last_message_id: int, allow_older: bool = False
) -> Any:
    """POST /mail/channel/set_last_seen_message (15, 16), /discuss/channel/set_last_seen_message (17)"""
    visitor.world.talk.read(user(visitor), channel_id, last_message_id)
    return last_message_id if visitor.version < 17 else None


async def mark_as_read(visitor: Visitor, channel_id: int, last_message_id: int, sync: bool = False) -> None:
    """POST /discuss/channel/mark_as_read, 18 and later"""
    visitor.world.talk.read(user(visitor), channel_id, last_message_id)


async def mark_as_unread(visitor: Visitor, channel_id: int, message_id: int) -> None:
    """POST /discuss/channel/mark_as_unread (18), /discuss/channel/set_new_message_separator (19)"""
    member = visitor.world.talk.member(user(visitor), channel_id)
    changed: Row = visitor.world.state.channels.change_member(member["id"], new_message_separator=message_id)
    voice = visitor.world.voice
    if isinstance(voice, StoreVoice):
        voice.separated(changed)


async def mute(visitor: Visitor, channel_id: int, minutes: Any) -> None:
    """POST /discuss/channel/mute (17), /discuss/settings/mute (18 and later)"""
    member = visitor.world.talk.member(user(visitor), channel_id)
    until = None
    if minutes:
        until = "9999-12-31 23:59:59" if minutes == -1 else _later(visitor, float(minutes))
    visitor.world.state.channels.change_member(member["id"], mute_until_dt=until)


def _later(visitor: Visitor, minutes: float) -> str:
    moment = datetime.fromtimestamp(visitor.world.state.clock() + minutes * 60, UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


async def set_manual_im_status(visitor: Visitor, status: str) -> None:
    """POST /mail/set_manual_im_status, 19"""
    world = visitor.world
    me = world.state.accounts.partner_of(user(visitor))
    before = world.state.accounts.presence(me)
    shown = "offline" if before == "offline" else status
    world.state.accounts.set_presence(me, shown)
    payload = {"debounce": False, "im_status": shown, "partner_id": me}
    key = world.voice.partner_key(me, "presence")
    world.state.bus.send(key, {"type": "bus.bus/im_status_updated", "payload": payload})


# conversations


async def join(visitor: Visitor, channel_id: int) -> Any:
    """POST /discuss/channel/join, 18 and later"""
    uid = user(visitor)
    visitor.world.rooms.readable(uid, channel_id)
    channel = visitor.world.rooms.join(uid, channel_id)
    return visitor.world.voice.channel_info(channel, uid)


async def create_thread(
    visitor: Visitor, parent_channel_id: int, from_message_id: int | None = None, name: str | None = None
) -> Any:
    """POST /discuss/channel/sub_channel/create, 18 and later"""
    uid, world = user(visitor), visitor.world
    source = world.state.messages.get(from_message_id) if from_message_id else None
    title = name or (clean(source["body"], "p") if source else "New Thread")
    made = world.rooms.thread(uid, parent_channel_id, title[:50], from_message_id)
    info = world.voice.channel_info(world.voice.channel(made), uid)
    if visitor.version >= 19:
        return {"store_data": info, "sub_channel": made}
    return {"data": info, "sub_channel": {"id": made, "model": "discuss.channel"}}


async def delete_attachment(visitor: Visitor, attachment_id: int, access_token: Any = None) -> None:
    """POST /mail/attachment/delete"""
    uid, world = user(visitor), visitor.world
    row = world.state.files.get(attachment_id)
    if row is None or row["create_uid"] != uid:
        raise not_found()
    message_id = world.state.files.delete(attachment_id)
    message = world.state.messages.get(message_id) if message_id else None
    if message is not None:
        world.voice.file_deleted(attachment_id, message)
