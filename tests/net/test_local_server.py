"""Servers for programs of this machine: pages in a browser get nothing, and silent connections lock nobody out."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from odoochat.cli.metrics_server import serve_metrics
from odoochat.metrics import Metrics
from odoochat.net.local_server import LocalServer, page_refusal

PAGES: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-origin", "Host": "evil.example"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example:80"},
    {"Host": "localhost.evil.example"},
    {"Host": ""},
    {"Host": "[::1"},
]


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def silent(url: str) -> asyncio.StreamWriter:
    """Open a connection that sends half a request."""
    host, port = url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET / HTTP/1.1\r\nHost: loc")
    return writer


async def closed(writers: list[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@pytest.mark.parametrize("headers", PAGES)
def test_requests_of_pages_are_refused(headers: dict[str, str]) -> None:
    assert page_refusal({"Host": "127.0.0.1:8068", **headers}) is not None


@pytest.mark.parametrize("host", ["127.0.0.1:1", "[::1]:1", "localhost", "x.localhost:2", "hooks.example.com:443"])
def test_requests_of_programs_are_not_refused(host: str) -> None:
    assert page_refusal({"Host": host}, ["hooks.example.com"]) is None


def test_a_server_for_any_name_still_refuses_pages() -> None:
    assert page_refusal({"Host": "relay:9090"}, None) is None
    assert page_refusal({"Host": "relay:9090", "Sec-Fetch-Site": "same-origin"}, None) is not None


@pytest.mark.parametrize("path", ["/", "/other"])
async def test_every_path_is_guarded(path: str) -> None:
    server = LocalServer({("GET", "/"): hello})
    async with server.serve("127.0.0.1", 0) as url, aiohttp.ClientSession() as http:
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
            async with http.get(url + path, headers=headers) as response:
                assert response.status == 403
        async with http.get(f"{url}/") as response:
            assert await response.text() == "hello"


async def test_silent_connections_do_not_lock_others_out() -> None:
    server = LocalServer({("GET", "/"): hello}, connections=10)
    async with server.serve("127.0.0.1", 0) as url:
        writers = [await silent(url) for _ in range(50)]
        async with aiohttp.ClientSession() as http, http.get(url) as response:
            assert await response.text() == "hello"
        readers: Any = server._runner.server
        assert len(readers.connections) <= 10
        await closed(writers)


async def test_a_request_in_progress_is_not_cut_for_a_new_connection() -> None:
    go_on, begun = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        begun.set()
        await go_on.wait()
        return web.Response(text="done")

    server = LocalServer({("GET", "/"): slow}, connections=1)
    async with server.serve("127.0.0.1", 0) as url, aiohttp.ClientSession() as http, aiohttp.ClientSession() as other:
        first = asyncio.create_task(http.get(url))
        await begun.wait()
        with pytest.raises(aiohttp.ClientError):
            await other.post(url)
        go_on.set()
        async with await first as response:
            assert await response.text() == "done"


async def test_pages_cannot_read_the_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    async with serve_metrics(Metrics(), 0), aiohttp.ClientSession() as http:
        url = capsys.readouterr().err.removeprefix("metrics: ").strip()
        for headers in PAGES[:5]:
            async with http.get(url, headers=headers) as response:
                assert response.status == 403, headers
        async with http.get(url) as response:
            assert response.status == 200
            assert "odoochat" in await response.text()
