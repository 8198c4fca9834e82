"""Downloads: complete files, ranges, and 304 responses for unmodified files."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import web

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.http.site import Visitor, html
from odoochat.sandbox.versions.store import token
from odoochat.sandbox.world import pictures

_CHUNK = 2**18
_ONE_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


class Served(NamedTuple):
    """The content of a response: bytes, or a file row."""

    name: str
    mimetype: str
    size: int
    etag: str
    changed: str  # Odoo's time format
    source: bytes | Row


def may_read(visitor: Visitor, row: Row, given: str | None) -> bool:
    """Return whether a visitor may download a file: thread readers, the file's creator and token holders may."""
    if given and given in (row["access_token"], token("raw", row["id"])):
        return True
    if visitor.uid is None:
        return False
    if row["create_uid"] == visitor.uid:
        return True
    state = visitor.world.state
    if visitor.capabilities.opens_pending_files and row["res_model"] and not row["res_id"]:
        return True  # every employee may read a file not yet attached to a message (observed on a live Odoo 14 server)
    return state.readable(visitor.uid, row["res_model"], row["res_id"])


async def content(request: web.Request) -> web.StreamResponse:
    """GET /web/content/<id>, /web/image/<id>, /discuss/channel/<id>/attachment/<id> (Odoo 17 and 18)."""
    visitor = Visitor(request)
    scoped = "channel" in request.match_info
    row = visitor.world.state.files.get(int(request.match_info["id"]))
    if row is None or not may_read(visitor, row, request.query.get("access_token")):
        return html(404, "Not Found")
    if scoped and row["res_id"] != int(request.match_info["channel"]):
        return html(404, "Not Found")
    if visitor.capabilities.hides_empty_files and not row["size"]:
        return html(404, "Not Found")  # observed on a live Odoo 14 server
    etag = row["checksum"] + ("-0x0-crop=False-quality=0" if "/web/image/" in request.path else "")
    served = Served(row["name"], row["mimetype"], row["size"], etag, row["write_date"], row)
    return await _send(visitor, served, download=bool(request.query.get("download")))


async def image(request: web.Request) -> web.StreamResponse:
    """GET /web/image/<model>/<id>/<field>: an avatar, or a grey image with status 200 for a missing record."""
    visitor = Visitor(request)
    model, record_id = request.match_info["model"], int(request.match_info["id"])
    state = visitor.world.state
    name: str | None = None
    if state.records.has(model):
        name = state.records.name(model, record_id)
    elif model == "res.users":
        name = (state.accounts.user(record_id) or {"name": None})["name"]
    elif model == "mail.guest" and visitor.capabilities.guests:
        name = state.records.name("res.partner", -record_id)
    elif model == state.channel_model:
        name = state.thread_name(model, record_id)
    hidden = visitor.capabilities.hides_pictures
    if name is None or hidden:
        raw, kind, shown = pictures.placeholder(), "image/png", "placeholder.png"
    else:
        raw, kind, shown = pictures.letter(name), "image/svg+xml", f"{name}.svg"
    etag = f"{hashlib.sha1(raw, usedforsecurity=False).hexdigest()}-128x128-crop=False-quality=0"
    return await _send(visitor, Served(shown, kind, len(raw), etag, state.now(), raw), plain=hidden)


async def _send(visitor: Visitor, served: Served, *, download: bool = False, plain: bool = False) -> web.StreamResponse:
    headers = {} if plain else _headers(visitor, served, download=download)
    kind = served.mimetype
    if visitor.capabilities.charsets and (kind.startswith("text/") or kind.endswith("xml")):
        kind += "; charset=utf-8"
    if not plain and _unchanged(visitor, served):
        return web.Response(status=304, headers={k: v for k, v in headers.items() if k != "Last-Modified"})
    start, end, status = 0, served.size, 200
    part = visitor.request.headers.get("Range") if visitor.capabilities.ranges and not plain else None
    if part is not None and _range_counts(visitor, served):
        wanted = _range(part, served.size)
        if wanted is None:
            refused = html(416, "Requested Range Not Satisfiable")
            refused.headers["Content-Range"] = f"bytes */{served.size}"
            return refused
        start, end = wanted
        status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{served.size}"
    response = web.StreamResponse(status=status, headers={**headers, "Content-Type": kind})
    response.content_length = end - start
    visitor.set_cookie(response)
    await response.prepare(visitor.request)
    if visitor.request.method != "HEAD":
        await _stream(visitor, response, served, start, end)
    return response


def _headers(visitor: Visitor, served: Served, *, download: bool) -> dict[str, str]:
    headers = {"X-Content-Type-Options": "nosniff"}
    name = quote(served.name)
    if not visitor.capabilities.ranges:  # an unquoted ETag, and a file name only for downloads
        headers |= {"ETag": served.etag, "Cache-Control": "max-age=0"}
        if download:
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return headers
    how = "attachment" if download else "inline"
    plain = re.fullmatch(r"[\w.%-]+", served.name, re.ASCII)
    named = f"filename={served.name}" if plain else f"filename*=UTF-8''{name}"
    return headers | {
        "ETag": f'"{served.etag}"',
        "Cache-Control": "no-cache, private",
        "Content-Disposition": f"{how}; {named}",
        "Accept-Ranges": "bytes",
        "Last-Modified": format_datetime(_moment(served), usegmt=True),
    }


def _moment(served: Served) -> datetime:
    return datetime.strptime(served.changed, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def _unchanged(visitor: Visitor, served: Served) -> bool:
    headers = visitor.request.headers
    if "If-None-Match" in headers:
        return served.etag in [one.strip().removeprefix("W/").strip('"') for one in headers["If-None-Match"].split(",")]
    since = headers.get("If-Modified-Since") if visitor.capabilities.ranges else None
    try:
        return since is not None and parsedate_to_datetime(since) >= _moment(served)
    except ValueError:
        return False


def _range_counts(visitor: Visitor, served: Served) -> bool:
    """Evaluate If-Range: return whether the file is unchanged, so that a range can be served instead of all of it."""
    given = visitor.request.headers.get("If-Range")
    if given is None or given.strip('"') == served.etag:
        return True
    try:
        return parsedate_to_datetime(given) >= _moment(served)
    except ValueError:
        return False


def _range(text: str, size: int) -> tuple[int, int] | None:
    """Return the start and end of the requested range; multiple or out-of-bounds ranges are not satisfiable."""
    found = _ONE_RANGE.match(text)
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        return (max(size - int(found[2]), 0), size) if int(found[2]) else None
    start, end = int(found[1]), min(int(found[2] or size) + 1, size)
    return (start, end) if start < size and start < end else None


async def _stream(visitor: Visitor, response: web.StreamResponse, served: Served, start: int, end: int) -> None:
    cut = visitor.site.ledger.take_download_cut()
    stop = end if cut is None else min(end, start + cut)
    files, at = visitor.world.state.files, start
    while at < stop:
        count = min(_CHUNK, stop - at)
        source = served.source
        chunk = source[at : at + count] if isinstance(source, bytes) else files.read(source, at, count)
        if not chunk:
            break
        await response.write(chunk)
        at += len(chunk)
    if stop < end and visitor.request.transport is not None:
        visitor.request.transport.close()  # after the data written so far has been sent
        return
    await response.write_eof()
