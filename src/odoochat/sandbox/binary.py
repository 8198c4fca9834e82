"""Uploads and downloads."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from odoochat.sandbox.files import PENDING_MODEL, checksum
from odoochat.sandbox.schema import Row
from odoochat.sandbox.site import Visitor, html
from odoochat.sandbox.store import Store, token
from odoochat.sandbox.store_voice import StoreVoice
from odoochat.sandbox.websession import csrf_right


async def content(request: web.Request) -> web.StreamResponse:
    """GET /web/content/<id>: for who may read its message, or has a token for it."""
    visitor = Visitor(request)
    row = visitor.world.state.files.get(int(request.match_info["id"]))
    if row is None or not _may_read(visitor, row, request.query.get("access_token")):
        return html(404, "Not Found")
    how = "attachment" if request.query.get("download") else "inline"
    name = quote(row["name"])
    return web.Response(
        body=row["raw"],
        headers={
            "Content-Type": row["mimetype"],
            "Content-Disposition": f"{how}; filename*=UTF-8''{name}",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _may_read(visitor: Visitor, row: Row, given: str | None) -> bool:
    if given and given in (row["access_token"], token("raw", row["id"])):
        return True
    if visitor.uid is not None and row["create_uid"] == visitor.uid:
        return True
    state = visitor.world.state
    if state.records.readable(visitor.uid, row["res_model"] or "", row["res_id"] or 0):
        return True
    channels = state.channels
    return row["res_model"] == visitor.world.state.channel_model and channels.readable(
        visitor.uid, channels.get(row["res_id"] or 0)
    )


async def _form(request: web.Request, limit: int) -> tuple[dict[str, str], list[Row]] | None:
    """The fields of a multipart form, and its files; None when they are too large."""
    fields, files, size = dict[str, str](), list[Row](), 0
    reader = await request.multipart()
    while True:
        part = await reader.next()
        if part is None:
            return fields, files
        if not isinstance(part, BodyPartReader):
            continue
        raw = bytearray()
        while chunk := await part.read_chunk(2**16):
            size += len(chunk)
            if size > limit:
                return None
            raw += chunk
        data = bytes(part.decode(bytes(raw)))
        if part.filename:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files.append({"name": part.filename, "raw": data, "mimetype": kind.partition(";")[0]})
        else:
            fields[part.name or ""] = data.decode()


async def upload(request: web.Request) -> web.StreamResponse:
    """POST /mail/attachment/upload, 15 and later"""
    visitor = Visitor(request)
    if visitor.version < 15 or not request.content_type.startswith("multipart/"):
        return html(404 if visitor.version < 15 else 400, "Not Found")
    parsed = await _form(request, visitor.site.options.upload_limit)
    if parsed is None:
        return html(413, "Request Entity Too Large")
    fields, files = parsed
    if not csrf_right(visitor, fields.get("csrf_token")):
        return html(400, "Session expired (invalid CSRF token)")
    world = visitor.world
    channel = world.state.channels.get(int(fields.get("thread_id") or 0))
    if visitor.uid is None or not files or not world.state.channels.readable(visitor.uid, channel):
        return html(404, "Not Found")
    pending = fields.get("is_pending") in ("1", "true", "True")
    made = world.state.files.add(
        files[0]["name"], files[0]["raw"], uid=visitor.uid, mimetype=files[0]["mimetype"],
        model=PENDING_MODEL if pending else world.state.channel_model,
        res_id=0 if pending or channel is None else channel["id"],
    )  # fmt: skip
    row = world.state.files.get(made)
    assert row is not None
    return _answer(visitor, _uploaded(visitor, row))


def _uploaded(visitor: Visitor, row: Row) -> dict[str, Any]:
    voice = visitor.world.voice
    if not isinstance(voice, StoreVoice):
        return {
            "id": row["id"], "filename": row["name"], "name": row["name"], "mimetype": row["mimetype"],
            "size": len(row["raw"]), "accessToken": False, "checksum": checksum(row["raw"]),
        }  # fmt: skip
    record = voice.file(row)
    if visitor.version < 19:
        return {"data": Store().add("ir.attachment", record).data()}
    record["ownership_token"] = token("ownership", row["id"])
    return {"data": {"store_data": Store().add("ir.attachment", record).data(), "attachment_id": row["id"]}}


async def binary_upload(request: web.Request) -> web.StreamResponse:
    """POST /web/binary/upload_attachment: the older way, any model."""
    visitor = Visitor(request)
    if not request.content_type.startswith("multipart/"):
        return html(400, "Bad Request")
    parsed = await _form(request, visitor.site.options.upload_limit)
    if parsed is None:
        return html(413, "Request Entity Too Large")
    fields, files = parsed
    if visitor.uid is None or not csrf_right(visitor, fields.get("csrf_token")):
        return html(400, "Session expired (invalid CSRF token)")
    made: list[dict[str, Any]] = []
    for file in files:
        one = visitor.world.state.files.add(
            file["name"], file["raw"], uid=visitor.uid, mimetype=file["mimetype"],
            model=fields.get("model"), res_id=int(fields.get("id") or 0),
        )  # fmt: skip
        made.append({"filename": file["name"], "mimetype": file["mimetype"], "id": one, "size": len(file["raw"])})
    return _answer(visitor, made)


def _answer(visitor: Visitor, value: Any) -> web.Response:
    response = web.Response(text=json.dumps(value), content_type="application/json")
    visitor.set_cookie(response)
    return response
