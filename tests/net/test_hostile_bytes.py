"""Bytes that no honest server sends: the client goes on, ends in time, and keeps the event loop free."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from odoochat import Blocked, ProtocolError, TimedOut
from odoochat.model import Version
from odoochat.net.http import Http
from odoochat.net.transports import websocket
from odoochat.net.transports.websocket import WebSocket
from odoochat.wire.versions.registry import dialect_for
from tests.growth import grows_linearly

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw(answer: Answer) -> AsyncIterator[str]:
    """A server that answers each request with whatever bytes `answer` writes, given the head of the request."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(await reader.readuntil(b"\r\n\r\n"), writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@asynccontextmanager
async def asking(answer: Answer, **options: Any) -> AsyncIterator[Http]:
    async with raw(answer) as url:
        http = Http(url, **({"timeout": 20.0} | options))
        try:
            yield http
        finally:
            await http.close()


def with_head(*lines: str, body: bytes = b"{}") -> Answer:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        head = "\r\n".join(("HTTP/1.1 200 OK", *lines, f"Content-Length: {len(body)}", "", ""))
        writer.write(head.encode("utf-8") + body)

    return answer


# ------------------------------------------------------------------------ headers


@pytest.mark.parametrize("piece", [";", '";'])
def test_the_parameters_of_a_content_type_are_not_read(piece: str) -> None:
    numbers = itertools.count()

    async def ask(parameters: str) -> None:
        # aiohttp remembers the values that it has read
        async with asking(with_head(f"Content-Type: text/HTML ;n={next(numbers)}{parameters}")) as http:
            assert (await http.get("/")).content_type == "text/html"

    def feed(parameters: str) -> None:
        asyncio.run(ask(parameters))

    assert grows_linearly(feed, lambda size: ";" + piece * (size // len(piece)))


async def test_a_redirect_to_an_endless_host_name_is_refused() -> None:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        location = "http://" + "é." * 15_000 + "/"
        writer.write(f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n".encode())

    async with asking(answer) as http:
        with pytest.raises(Blocked, match="redirects to an invalid address") as caught:
            await http.get("/")
    assert len(str(caught.value)) < 300


# --------------------------------------------------------------------------- time


async def endless_extension(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;")
    while True:
        writer.write(b"x" * 100)
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless_prelude(_: bytes, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless_head(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("answer", [endless_extension, endless_prelude, endless_head])
async def test_a_file_of_which_nothing_arrives_is_given_up(answer: Answer) -> None:
    async with asking(answer, timeout=0.4) as http, asyncio.timeout(20):
        with pytest.raises(TimedOut):
            async with http.read_stream("/web/content/1") as (_, incoming):
                async for _ in incoming:
                    pass


async def test_a_small_answer_that_unpacks_to_much_leaves_time_to_others() -> None:
    packed = gzip.compress(bytes(60 * 2**20))
    turns, going = 0, True

    def turn() -> None:
        nonlocal turns
        turns += 1
        if going:
            asyncio.get_running_loop().call_later(0, turn)

    async with asking(with_head("Content-Encoding: gzip", body=packed)) as http:
        with pytest.raises(ProtocolError, match="larger than 4 MiB"):
            await http.get("/")
        async with http.read_stream("/") as (_, incoming):
            pieces = 0
            async for _ in incoming:
                pieces += 1
                if pieces == 1:
                    turn()
        going = False
    assert pieces > 200
    assert turns > pieces / 2


# ---------------------------------------------------------------------- WebSocket


async def upgraded(head: bytes, writer: asyncio.StreamWriter) -> None:
    """Accept a WebSocket, and send an echo."""
    key = next(
        line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")
    )
    accept = base64.b64encode(
        hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
    )
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    echo = b'[{"id":1,"message":{"type":"echo","payload":1}}]'
    writer.write(bytes((0x81, len(echo))) + echo)
    await writer.drain()


async def test_a_server_that_goes_on_sending_does_not_keep_a_link_from_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "CLOSE_SECONDS", 0.3)
    ended = asyncio.Event()

    async def deaf(head: bytes, writer: asyncio.StreamWriter) -> None:
        await upgraded(head, writer)
        try:
            while True:
                writer.write(b"\x81\x02[]")
                await writer.drain()
                await asyncio.sleep(0.02)
        finally:
            ended.set()

    async def echo() -> None: ...

    async with asking(deaf) as http, asyncio.timeout(20):
        link = WebSocket(
            http, dialect_for(Version(19)), paths=("/websocket",), worker="", echo=echo,
            is_echo=lambda item: item.type == "echo", works=lambda _: None,
        )  # fmt: skip
        await link.open(0)
        await link.close()
        await ended.wait()
