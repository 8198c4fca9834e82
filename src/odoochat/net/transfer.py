"""Transfer: uploads and downloads files in chunks, reading from and writing to disk."""

from __future__ import annotations

import asyncio
import base64
import json
import mimetypes
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import aiohttp
from msgspec import Struct

from odoochat.errors import (
    AccessDenied,
    NotFound,
    ProtocolError,
    Rejected,
    SessionExpired,
    Unreachable,
    UsageError,
)
from odoochat.net.answer import Answer, Redirected, media_type
from odoochat.net.failures import page_words, refusal
from odoochat.net.http import Http
from odoochat.wire.content.sanitize import safe_text
from odoochat.wire.values import is_array, is_object

__all__ = ["File", "FileSource", "download_into", "encoded", "encoded_length", "source_of", "upload_form"]

PIECE = 3 * 2**16
"""Chunk size in bytes; a multiple of three, so that base64 needs no padding between chunks."""

UNANNOUNCED = 64 * 2**20
"""Maximum number of bytes to download if the server does not announce the file's size."""


File = str | Path | tuple[str, bytes]
"""A file to upload: its path, or its name and content."""


class FileSource(Struct):
    """A file to upload.

    Attributes:
        open: a function that opens the file for reading from the start.
        size: size in bytes.
    """

    name: str
    open: Callable[[], IO[bytes]]
    size: int
    mimetype: str


def source_of(file: File) -> FileSource:
    """Return a source for the file to upload.

    Raises:
        UsageError: the path cannot be read or is not a file.
    """
    if isinstance(file, tuple):
        name, data = file
        return FileSource(name, lambda: BytesIO(data), len(data), _mimetype(name))
    path = Path(file)
    try:
        if not path.is_file():
            reason = (
                "it is a folder" if path.is_dir() else "no such file" if not path.exists() else "not a regular file"
            )
            raise UsageError(f"cannot read the file {str(path)!r}: {reason}")
        with path.open("rb"):
            return FileSource(path.name, lambda: path.open("rb"), path.stat().st_size, _mimetype(path.name))
    except OSError as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"cannot read the file {str(path)!r}: {error.strerror or error}") from None


def _mimetype(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


async def pieces(source: FileSource, report: Callable[[int], None]) -> AsyncIterator[bytes]:
    """Yield the file in chunks, calling `report` with the number of bytes sent so far.

    Raises:
        UsageError: the file cannot be read, or its size has changed.
    """
    sent = 0
    file = await asyncio.to_thread(source.open)
    try:
        while sent < source.size:
            piece = await asyncio.to_thread(file.read, min(PIECE, source.size - sent))
            if not piece:
                raise UsageError(f"the file {source.name!r} shrank during the upload")
            yield piece
            sent += len(piece)
            report(sent)
    except OSError as error:
        raise UsageError(f"cannot read the file {source.name!r}: {error.strerror or error}") from None
    finally:
        file.close()


async def encoded(source: FileSource, report: Callable[[int], None]) -> AsyncIterator[bytes]:
    """Yield the file as base64, in chunks."""
    async for piece in pieces(source, report):
        yield base64.b64encode(piece)


def encoded_length(size: int) -> int:
    """Return the base64 length of `size` bytes."""
    return (size + 2) // 3 * 4


async def upload_form(
    http: Http, source: FileSource, path: str, fields: Mapping[str, str], report: Callable[[int], None]
) -> Any:
    """Upload a message attachment as a form, as a browser does, and return the response.

    Raises:
        SessionExpired: the token or the session is invalid.
        AccessDenied: the user is not allowed to upload here; the message is the server's.
        Rejected: the server rejected the file.
        ProtocolError, LinkError: there was no response, or it could not be decoded.
    """
    boundary = uuid.uuid4().hex
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    name = "".join(c if c.isprintable() else " " for c in source.name).replace("\\", "\\\\").replace('"', "%22")
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="ufile"; filename="{name}"\r\n'
        f"Content-Type: {source.mimetype}\r\n\r\n"
    )
    before, after = head.encode("utf-8", "replace"), f"\r\n--{boundary}--\r\n".encode()

    async def body() -> AsyncIterator[bytes]:
        yield before
        async for piece in pieces(source, report):
            yield piece
        yield after

    whole = len(before) + source.size + len(after)
    try:
        answer = await http.send_stream(path, body, whole, f"multipart/form-data; boundary={boundary}")
    except Redirected as error:
        if error.location.path.endswith("/web/login"):
            raise SessionExpired("the upload was redirected to the login page; the session has expired") from None
        raise
    _check_upload(http, source, answer)
    try:
        said: Any = json.loads(answer.body)
    except ValueError:
        text = f"the upload of {source.name!r} failed: the response is not JSON"
        raise ProtocolError(text, answer.body, status=answer.status) from None
    first = said[0] if is_array(said) and said else said
    if is_object(first) and isinstance(first.get("error"), str):
        raise Rejected("upload", f"the server refused {source.name!r}: {safe_text(first['error'])}")
    return said


def _check_upload(http: Http, source: FileSource, answer: Answer) -> None:
    """Raise the error for an upload's HTTP status, including the page's text.

    Source: ``csrf`` in odoo/http.py (400), addons/mail/controllers/attachment.py (403; observed on Odoo 17 and 18).
    """
    if answer.status == 413:
        raise Rejected("too large", f"{source.name!r} is larger than the server accepts")
    if answer.status not in (400, 401, 403, 404):
        error = refusal(http.what, answer.status, answer.body, answer.headers)
        if error is not None:
            raise error
        return
    said = page_words(answer.body)
    if answer.status == 400 and "csrf" in said.lower():
        raise SessionExpired("the server refused the upload: its token belongs to another session")
    text = f"the server did not accept {source.name!r} (HTTP {answer.status})"
    if said:
        text += f": {said}"
    kind = {403: AccessDenied, 404: NotFound}.get(answer.status, Rejected)
    raise kind("upload", text)


async def download_into(
    http: Http, path: str, file: IO[bytes], size: int | None, report: Callable[[int, int | None], None]
) -> None:
    """Download a file, appending the bytes that `file` does not have yet.

    The response must match the announced size and, if partial, the requested range; on a mismatch, the whole file is
    downloaded. A server without range support (observed on Odoo 14) resends the whole file: matching
    bytes are kept, and everything after the first difference is replaced.

    Args:
        http: the HTTP client to use for requests.
        path: the file's path on the server.
        file: open for reading and writing; the download resumes at its end.
        size: the file's announced size in bytes, or None if the server did not announce one. No bytes beyond this size
            are written.
        report: a function that is called with the number of bytes downloaded so far and the file's size.

    Raises:
        NotFound: the file does not exist, or the user is not allowed to read it.
        SessionExpired: the server sent a page instead of the file.
        ProtocolError: the server sent more or fewer bytes than announced, or an encoding that was not requested.
        LinkError: the network failed; `file` contains the bytes received so far.
    """
    try:
        try:
            await _receive(http, path, file, size, report)
        except _StartOver:
            await asyncio.to_thread(file.truncate, 0)
            await _receive(http, path, file, size, report)
    except _StartOver as reason:
        raise ProtocolError(f"the server sent a different part of the file than requested: {reason}") from None
    except _TooLong as reason:
        await asyncio.to_thread(file.truncate, 0)
        raise ProtocolError(f"{reason}; the partial file was removed") from None


class _StartOver(Exception):
    """Raised when the existing bytes do not match the response."""


class _TooLong(Exception):
    """Raised when the server sends more bytes than announced."""


async def _receive(
    http: Http, path: str, file: IO[bytes], size: int | None, report: Callable[[int, int | None], None]
) -> None:
    before = await asyncio.to_thread(file.seek, 0, 2)
    headers = {"Accept-Encoding": "identity"}
    if before:
        headers["Range"] = f"bytes={before}-"
    most = UNANNOUNCED if size is None else size
    async with http.read_stream(path, headers=headers) as (response, incoming):
        position = _first(response, before, size)
        length = response.content_length
        if length is not None and position + length > most:
            raise _TooLong(_more(position + length, size))
        async for piece in incoming:
            if position + len(piece) > most:
                raise _TooLong(_more(position + len(piece), size))
            await asyncio.to_thread(_put, file, position, piece)
            position += len(piece)
            report(max(position, before), size)
    if size is not None and position < size:
        text = f"the server sent only {position:,} of {size:,} bytes of the file"
        raise Unreachable(text, sent=True) if position > before else ProtocolError(text)
    await asyncio.to_thread(file.truncate, position)


def _first(response: aiohttp.ClientResponse, asked: int, size: int | None) -> int:
    """Check a response's status and headers, and return the file offset of its first byte.

    Args:
        response: the response.
        asked: the offset of the first requested byte.
        size: size of the whole file in bytes, or None if unknown.
    """
    if response.status in (403, 404):
        raise NotFound("attachment", "no such file, or you are not allowed to read it")
    if response.status == 416 and asked:
        raise _StartOver(f"the file ends before byte {asked:,}")
    if response.status not in (200, 206):
        raise ProtocolError("the server sent a page instead of the file", status=response.status)
    if media_type(response.headers) == "text/html" and "Content-Disposition" not in response.headers:
        raise SessionExpired("the server sent a page instead of the file; the session has expired")
    if (encoding := response.headers.get("Content-Encoding", "identity").strip().lower()) not in ("identity", ""):
        raise ProtocolError(f"the file has the content encoding {encoding[:20]!r}, which was not requested")
    if response.status == 200:
        return 0
    said = response.headers.get("Content-Range", "")
    found = _CONTENT_RANGE.fullmatch(said.strip())
    if found is None:
        raise _StartOver(f"Content-Range {said[:60]!r}")
    first, last, whole = int(found[1]), int(found[2]), None if found[3] == "*" else int(found[3])
    length = response.content_length
    fits = first == asked and first <= last and (length is None or length == last - first + 1)
    if not fits or (size is not None and (whole not in (None, size) or last >= size)):
        raise _StartOver(f"Content-Range {said[:60]!r}")
    return first


_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)


def _more(there: int, size: int | None) -> str:
    if size is None:
        return f"the server did not announce the file's size, and sent more than {UNANNOUNCED:,} bytes"
    return f"the server announced {size:,} bytes for the file, and sent {there:,} or more"


def _put(file: IO[bytes], position: int, piece: bytes) -> None:
    """Write a chunk at its offset, unless the file already contains the same bytes there."""
    file.seek(position)
    same = file.read(len(piece))
    if not piece.startswith(same):
        file.seek(position)
        file.truncate()
        same = b""
    file.seek(position + len(same))
    file.write(piece[len(same) :])
