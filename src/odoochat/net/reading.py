"""Reads response bodies with a limit on the decompressed size."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator

import aiohttp

from odoochat.errors import ProtocolError

__all__ = ["ENCODINGS", "AnswerTooLarge", "pieces", "read"]

ENCODINGS = "gzip, deflate"
"""Value of ``Accept-Encoding``. Bodies are decoded here, because libraries decompress them without a limit."""

PIECE = 2**18


async def pieces(response: aiohttp.ClientResponse, seconds: float | None = None) -> AsyncIterator[bytes]:
    """Yield the decompressed body in chunks of up to 256 KiB.

    Args:
        response: a response whose body has not been read yet.
        seconds: timeout for each chunk, or None for no limit.

    Raises:
        ProtocolError: the encoding was not requested, or the data is invalid.
        TimeoutError: no body data arrived in time, even if other data arrived on the connection.
    """
    named = response.headers.get("Content-Encoding", "").strip().lower()
    if named in ("", "identity"):
        async for piece in _received(response, seconds):
            yield piece
        return
    if named not in ("gzip", "x-gzip", "deflate"):
        raise ProtocolError(
            f"the response has the content encoding {named[:20]!r}, which was not requested", status=response.status
        )
    unpacker = zlib.decompressobj(zlib.MAX_WBITS if named == "deflate" else zlib.MAX_WBITS | 16)
    first = True
    async for packed in _received(response, seconds):
        rest = packed
        while rest and not unpacker.eof:
            try:
                out = unpacker.decompress(rest, PIECE)
            except zlib.error:
                if not first or named != "deflate":
                    raise ProtocolError("the compressed response is damaged", status=response.status) from None
                unpacker = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers send raw deflate data under this name
                first = False
                continue
            first = False
            if out:
                yield out
                await asyncio.sleep(0)  # a small chunk may decompress to a hundred large ones
            rest = unpacker.unconsumed_tail
    if not unpacker.eof and not first:
        raise ProtocolError("the response is incomplete", status=response.status)


async def _received(response: aiohttp.ClientResponse, seconds: float | None) -> AsyncIterator[bytes]:
    while True:
        # aiohttp's own limit counts every byte on the wire, including chunk extensions and 1xx responses.
        async with asyncio.timeout(seconds):
            piece = await response.content.read(PIECE)
        if not piece:
            return
        yield piece


async def read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read the whole body.

    Args:
        response: a response whose body has not been read yet.
        limit: maximum decompressed size in bytes.

    Raises:
        ProtocolError: the body exceeds the limit.
    """
    found: list[bytes] = []
    size = 0
    length = response.content_length
    if length is not None and length > limit:
        raise too_large(limit, response.status)
    if "Content-Encoding" not in response.headers:  # the usual case, which needs no generators
        while piece := await response.content.readany():
            size += len(piece)
            if size > limit:
                raise too_large(limit, response.status)
            found.append(piece)
        return b"".join(found)
    async for piece in pieces(response):
        size += len(piece)
        if size > limit:
            raise too_large(limit, response.status)
        found.append(piece)
    return b"".join(found)


class AnswerTooLarge(ProtocolError):
    """Raised when a response exceeds the size limit."""


def too_large(limit: int, status: int) -> AnswerTooLarge:
    """Return the error to raise for a body larger than `limit` bytes."""
    shown = f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit} bytes"
    return AnswerTooLarge(f"the response is larger than {shown}", status=status)
