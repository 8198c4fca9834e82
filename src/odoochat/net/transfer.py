"""Files on their way: up from disk piece by piece, down to disk piece by piece."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from typing import IO, Any

from msgspec import Struct

from odoochat.errors import NotFound, ProtocolError, Rejected, SessionExpired, UsageError
from odoochat.net.http import Http

__all__ = ["Source", "download_into", "encoded", "encoded_length", "upload_form"]

PIECE = 3 * 2**16
"""Bytes read at once; a multiple of three, so that base64 needs no padding between the pieces."""


class Source(Struct):
    """A file to send.

    Attributes:
        open: gives it, open for reading from its beginning.
        size: in bytes.
    """

    name: str
    open: Callable[[], IO[bytes]]
    size: int
    mimetype: str


async def pieces(source: Source, told: Callable[[int], None]) -> AsyncIterator[bytes]:
    """The file, piece by piece; `told` gets how many bytes went out.

    Raises:
        UsageError: it cannot be read, or it changed its size meanwhile.
    """
    sent = 0
    file = await asyncio.to_thread(source.open)
    try:
        while sent < source.size:
            piece = await asyncio.to_thread(file.read, min(PIECE, source.size - sent))
            if not piece:
                raise UsageError(f"{source.name!r} became shorter while it was sent")
            yield piece
            sent += len(piece)
            told(sent)
    except OSError as error:
        raise UsageError(f"cannot read the file {source.name!r}: {error.strerror or error}") from None
    finally:
        file.close()


async def encoded(source: Source, told: Callable[[int], None]) -> AsyncIterator[bytes]:
    """The file as base64."""
    async for piece in pieces(source, told):
        yield base64.b64encode(piece)


def encoded_length(size: int) -> int:
    """How long the base64 of so many bytes is."""
    return (size + 2) // 3 * 4


async def upload_form(
    http: Http, source: Source, path: str, fields: Mapping[str, str], told: Callable[[int], None]
) -> Any:
    """Sends a file as a browser's form does; gives the answer. The file then waits for a message that takes it.

    Raises:
        SessionExpired: the token or the session is of no use.
        Rejected: the server does not take it.
        ProtocolError, LinkError: no answer, or none that can be read.
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
        async for piece in pieces(source, told):
            yield piece
        yield after

    whole = len(before) + source.size + len(after)
    answer = await http.send_stream(path, body(), whole, f"multipart/form-data; boundary={boundary}")
    if answer.status == 413:
        raise Rejected("too large", f"{source.name!r} is larger than the server takes")
    if answer.status in (400, 403):
        raise SessionExpired("the server refuses the form: the session ended, or its token did")
    try:
        said: Any = json.loads(answer.body)
    except ValueError:
        text = f"the upload of {source.name!r} was answered with what is no JSON"
        raise ProtocolError(text, answer.body, status=answer.status) from None
    first = said[0] if isinstance(said, list) and said else said
    if isinstance(first, dict) and isinstance(first.get("error"), str):
        raise Rejected("upload", f"the server did not take {source.name!r}: {first['error']}")
    return said


async def download_into(
    http: Http, path: str, file: IO[bytes], total: int | None, told: Callable[[int, int | None], None]
) -> None:
    """Fetches a file and appends what `file` has not yet: its end is where to go on.

    A server that knows no ranges (seen: 14) sends all of it again: then what is there already is skipped.

    Args:
        total: its size in bytes, None when it is not known.

    Raises:
        NotFound: there is no such file, or I may not see it.
        ProtocolError, LinkError: the road; what came until then is in `file`.
    """
    there = file.seek(0, 2)
    headers = {"Range": f"bytes={there}-"} if there else {}
    async with http.read_stream(path, headers=headers) as (response, incoming):
        if response.status in (403, 404):
            raise NotFound("attachment", "there is no such file, or you may not read it")
        if response.status not in (200, 206):
            raise ProtocolError("the file was answered with another page", status=response.status)
        if "text/html" in (response.content_type or "") and "Content-Disposition" not in response.headers:
            raise SessionExpired("the server sends a page instead of the file: the session ended")
        skip = there if response.status == 200 else 0
        length = response.content_length
        if total is None and length is not None:
            total = length + (there - skip if response.status == 206 else 0)
        async for piece in incoming:
            if skip:
                piece, skip = piece[skip:], max(skip - len(piece), 0)
            if piece:
                await asyncio.to_thread(file.write, piece)
                there += len(piece)
                told(there, total)
