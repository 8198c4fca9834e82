"""Proxies that pass most things on and one thing not: what they break is gone round, and nothing else ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from odoochat import LinkChanged, MessagePosted
from odoochat.sandbox import Sandbox
from tests.timings import quick_connect

KEPT = ("content-type", "cookie", "set-cookie", "user-agent", "origin")
SECONDS = 90
Rule = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class Proxy:
    """A proxy before a sandbox.

    Args:
        rule: answers a request itself; None lets it through.
        drops_cookies: paths to which no cookie is passed.
    """

    def __init__(self, target: str, rule: Rule, drops_cookies: tuple[str, ...]) -> None:
        self._target = target
        self._rule = rule
        self._drops = drops_cookies
        self.seen: list[str] = []
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.path)
        answered = await self._rule(request)
        if answered is not None:
            return answered
        bare = bool(self._drops) and request.path.startswith(self._drops)
        headers = {k: v for k, v in request.headers.items() if k.lower() in KEPT and not (bare and k == "Cookie")}
        if request.headers.get("Upgrade"):
            return await self._socket(request, headers)
        url, body = self._target + request.path_qs, await request.read()
        async with self._http.request(
            request.method, url, headers=headers, data=body, allow_redirects=False
        ) as response:
            answer = web.Response(
                status=response.status, body=await response.read(), content_type=response.content_type
            )
            for name in ("Set-Cookie", "Location"):
                for value in response.headers.getall(name, ()) if not bare else ():
                    answer.headers.add(name, value)
            return answer

    async def _socket(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        far = await self._http.ws_connect(self._target + request.path_qs, headers=headers)
        near = web.WebSocketResponse()
        await near.prepare(request)

        async def pump(source: aiohttp.ClientWebSocketResponse | web.WebSocketResponse, sink: object) -> None:
            async for message in source:
                await sink.send_str(message.data)  # type: ignore[attr-defined]
            await sink.close()  # type: ignore[attr-defined]

        pumps = [asyncio.ensure_future(pump(far, near)), asyncio.ensure_future(pump(near, far))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for one in pumps:
            one.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await far.close()
        return near

    async def close(self) -> None:
        await self._http.close()


async def through(_: web.Request) -> None:
    """Lets everything through."""


@asynccontextmanager
async def proxied(
    box: Sandbox, rule: Rule = through, drops_cookies: tuple[str, ...] = ()
) -> AsyncIterator[tuple[str, Proxy]]:
    """The address of a proxy before a sandbox."""
    proxy = Proxy(box.url, rule, drops_cookies)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{tail:.*}", proxy.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", proxy
    finally:
        await runner.cleanup()
        await proxy.close()


@pytest.mark.parametrize("version", [16, 19])
@pytest.mark.parametrize("by", ["password", "cookie"])
async def test_a_bus_that_does_not_know_the_session_is_not_the_session(version: int, by: str) -> None:
    async with Sandbox(version) as box, proxied(box, drops_cookies=("/websocket", "/longpolling")) as (url, proxy):
        credentials: dict[str, Any] = {"login": "ann", "password": "ann"}
        if by == "cookie":
            async with quick_connect(url, db=box.db, live=False, **credentials) as first:
                credentials = {"session_id": str(first._connection.session.http.session_id)}
                await connected(box, url, proxy, credentials)
            return
        await connected(box, url, proxy, credentials)


async def connected(box: Sandbox, url: str, proxy: Proxy, credentials: dict[str, Any]) -> None:
    async with quick_connect(url, db=box.db, **credentials) as ann, asyncio.timeout(SECONDS):
        received = ann.events(LinkChanged, MessagePosted)
        while ann.via != "rpc":
            await received.get(SECONDS)
        posted = box.world.post("bob", "general", "do you hear me?")
        while not (isinstance(event := await received.get(SECONDS), MessagePosted) and event.message.id == posted):
            pass
        assert proxy.seen.count("/web/session/authenticate") <= 1, "the session lives"


async def test_a_websocket_that_hangs_keeps_no_message_back() -> None:
    async def hang(request: web.Request) -> None:
        if request.headers.get("Upgrade"):
            await asyncio.Event().wait()

    async with (
        Sandbox(19) as box,
        proxied(box, hang) as (url, _),
        quick_connect(url, db=box.db, login="ann", password="ann") as ann,
        asyncio.timeout(SECONDS),
    ):
        received = ann.events(MessagePosted)
        await ann.link.wait_open(SECONDS)
        assert ann.via in ("peek", "rpc")
        posted = box.world.post("bob", "general", "hello")
        assert (await received.get(SECONDS)).message.id == posted


@pytest.mark.parametrize("version", [16, 19])
async def test_a_page_in_another_language_is_followed_for_an_upload(version: int) -> None:
    async def languages(request: web.Request) -> web.StreamResponse | None:
        if request.method == "GET" and request.path == "/web/login":
            return web.Response(status=303, headers={"Location": "/fr/web/login"})
        if request.path.startswith("/fr/"):
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
                headers = {k: v for k, v in request.headers.items() if k == "Cookie"}
                async with http.get(box.url + request.path.removeprefix("/fr"), headers=headers) as response:
                    answer = web.Response(text=await response.text(), content_type="text/html")
                    for cookie in response.headers.getall("Set-Cookie", ()):
                        answer.headers.add("Set-Cookie", cookie)
                    return answer
        return None

    async with (
        Sandbox(version) as box,
        proxied(box, languages) as (url, _),
        quick_connect(url, db=box.db, login="ann", password="ann", live=False) as ann,
    ):
        message = await ann.channel("general").upload(("a.txt", b"abc"), "a file")
        assert [(a.name, a.size) for a in message.attachments] == [("a.txt", 3)]
