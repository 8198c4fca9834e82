"""Uploads, and a channel's files."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import BodyPartReader, web

from odoochat.sandbox.database.files import PENDING_MODEL
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.errors import OdooError, not_found
from odoochat.sandbox.http.login import csrf_right
from odoochat.sandbox.http.paging import user
from odoochat.sandbox.http.site import Visitor, html
from odoochat.sandbox.versions.store import RecordStore, token


async def _form(visitor: Visitor) -> tuple[dict[str, str], list[Row]] | web.Response:
    """Return a multipart form's fields and files, or an error response if it is malformed or too large."""
    if not visitor.request.content_type.startswith("multipart/"):
        return html(400, "Bad Request")
    fields, files, size = dict[str, str](), list[Row](), 0
    store = visitor.world.state.files
    limit = store.limit if visitor.capabilities.limits_uploads else None
    reader = await visitor.request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            continue
        incoming = store.incoming() if part.filename else None
        text = bytearray()
        while chunk := await part.read_chunk(2**20):
            size += len(chunk)
            if limit is not None and size > limit:
                for one in (incoming, *(file["raw"] for file in files)):
                    if one is not None:
                        one.drop()
                return html(413, "Request Entity Too Large", "The data value transmitted exceeds the capacity limit.")
            if incoming is None:
                text += chunk
            else:
                incoming.write(chunk)
        if incoming is not None:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files.append({"name": part.filename, "raw": incoming, "mimetype": kind.partition(";")[0]})
        else:
            fields[part.name or ""] = text.decode()
    return fields, files


async def upload(request: web.Request) -> web.StreamResponse:
    """POST /mail/attachment/upload, Odoo 15 and later."""
    visitor = Visitor(request)
    parsed = await _form(visitor)
    if isinstance(parsed, web.Response):
        return parsed
    fields, files = parsed
    if not csrf_right(visitor, fields.get("csrf_token")):
        return html(400, "Session expired (invalid CSRF token)")
    world = visitor.world
    model, thread_id = fields.get("thread_model", world.state.channel_model), int(fields.get("thread_id") or 0)
    if visitor.uid is None or not files or not _may_write(visitor, model, thread_id):
        return html(404, "Not Found")
    if _closed_to_public(visitor, model, thread_id):
        # Respond with a refusal instead of an expired session (observed on live Odoo 17 and 18 servers); Odoo 16 and
        # 19 accept the file.
        return html(403, "Forbidden", "You are not allowed to upload attachments on this channel.")
    pending = fields.get("is_pending", "") not in ("", "false")
    made = world.state.files.add(
        files[0]["name"], files[0]["raw"], uid=visitor.uid, mimetype=files[0]["mimetype"],
        model=PENDING_MODEL if pending else model, res_id=0 if pending else thread_id,
    )  # fmt: skip
    row = world.state.files.get(made)
    assert row is not None
    return _answer(visitor, _uploaded(visitor, row))


def _closed_to_public(visitor: Visitor, model: str, thread_id: int) -> bool:
    state = visitor.world.state
    closes = visitor.capabilities.closes_uploads and not state.accounts.is_internal(visitor.uid)
    if not closes or model != state.channel_model:
        return False
    channel = state.channels.get(thread_id)
    return channel is not None and not channel["allow_public_upload"]


def _may_write(visitor: Visitor, model: str, thread_id: int) -> bool:
    state = visitor.world.state
    writable = model == state.channel_model or (visitor.uid is not None and state.records.writable(visitor.uid, model))
    return writable and state.readable(visitor.uid, model, thread_id)


def _uploaded(visitor: Visitor, row: Row) -> dict[str, Any]:
    if not visitor.capabilities.store:
        return {
            "id": row["id"], "filename": row["name"], "name": row["name"], "mimetype": row["mimetype"],
            "size": row["size"], "accessToken": False, "checksum": row["checksum"],
        }  # fmt: skip
    record = visitor.world.stores.file(row)
    if not visitor.capabilities.nested_store:
        return {"data": RecordStore().add("ir.attachment", record).data()}
    record["ownership_token"] = token("ownership", row["id"])
    return {"data": {"store_data": RecordStore().add("ir.attachment", record).data(), "attachment_id": row["id"]}}


async def binary_upload(request: web.Request) -> web.StreamResponse:
    """POST /web/binary/upload_attachment: the older route, for any model."""
    visitor = Visitor(request)
    parsed = await _form(visitor)
    if isinstance(parsed, web.Response):
        return parsed
    fields, files = parsed
    if visitor.uid is None or not csrf_right(visitor, fields.get("csrf_token")):
        return html(400, "Session expired (invalid CSRF token)")
    made: list[dict[str, Any]] = []
    for file in files:
        one = visitor.world.state.files.add(
            file["name"], file["raw"], uid=visitor.uid, mimetype=file["mimetype"],
            model=fields.get("model"), res_id=int(fields.get("id") or 0),
        )  # fmt: skip
        made.append({"filename": file["name"], "mimetype": file["mimetype"], "id": one, "size": file["raw"].size})
    return _answer(visitor, made)


async def channel_files(visitor: Visitor, channel_id: int, limit: int = 30, before: int | None = None) -> Any:
    """POST /discuss/channel/attachments, Odoo 17 and later; newest first."""
    channel = visitor.world.channels.readable(user(visitor), channel_id)
    rows = visitor.world.state.files.of_thread("discuss.channel", channel["id"], before=before, limit=limit)
    return visitor.world.payloads.files(rows)


async def delete_attachment(visitor: Visitor, **given: Any) -> Any:
    """POST /mail/attachment/delete; for the creator, and users with write access to the file's thread."""
    try:
        if visitor.capabilities.deletes_several_files:
            return _delete_several(visitor, **given)
        _delete(visitor, **given)
    except TypeError as error:
        raise OdooError("argument", str(error)) from None
    return None


def _delete_several(visitor: Visitor, access_token_by_attachment_id: Row, keep_on_messages: bool = False) -> Any:
    """† Delete multiple files at once, optionally keeping those attached to messages."""
    files, kept = visitor.world.state.files, list[int]()
    for number, access_token in access_token_by_attachment_id.items():
        if keep_on_messages and files.message_of(int(number)) is not None:
            kept.append(int(number))
        else:
            _delete(visitor, int(number), access_token)
    return {"kept_attachment_ids": kept}


def _delete(visitor: Visitor, attachment_id: int, access_token: Any = None) -> None:
    uid, world = user(visitor), visitor.world
    row = world.state.files.get(attachment_id)
    owner = row is not None and (
        row["create_uid"] == uid
        or (access_token and access_token == token("ownership", attachment_id))
        or _may_write(visitor, row["res_model"] or "", row["res_id"] or 0)
    )
    if not owner:
        if visitor.capabilities.announces_refused_deletes:  # the user's own devices are always notified
            me = world.state.accounts.partner_of(uid)
            world.notifier.sender.to_partner(me, "ir.attachment/delete", {"id": attachment_id})
        raise not_found()
    message_id = world.state.files.delete(attachment_id)
    message = world.state.messages.get(message_id) if message_id else None
    if message is not None:
        world.notifier.send("file_deleted", attachment_id, message)


def _answer(visitor: Visitor, value: Any) -> web.Response:
    response = web.Response(text=json.dumps(value), content_type="application/json")
    visitor.set_cookie(response)
    return response
