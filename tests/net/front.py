"""A proxy in front of a sandbox that gives odd answers on chosen paths."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from aiohttp import web

KEPT = ("content-type", "cookie", "user-agent", "origin", "authorization")

Answer = Callable[[web.Request, bytes], Awaitable[web.StreamResponse | None]]
"""What to answer to a request, given what the server says to it; None to cut the connection."""


class Front:
    """One proxy.

    Attributes:
        url: its address.
        seen: the paths that were asked for.
        cookies: the ``Set-Cookie`` headers of the server's last answer.
        answer: what is answered instead of the server's own, for the paths that begin with `where`; with `times` left.
    """

    def __init__(self, target: str) -> None:
        self._target = target
        self.url = ""
        self.seen: list[str] = []
        self.where: tuple[str, ...] = ()
        self.answer: Answer | None = None
        self.times = 0
        self.cookies: Sequence[str] = ()
        self.sockets: dict[web.WebSocketResponse, web.Request] = {}

    def odd(self, answer: Answer, *where: str, times: int = 1) -> None:
        """Answers oddly so many times."""
        self.where, self.answer, self.times = where, answer, times

    def cut(self) -> None:
        """Cuts all WebSockets."""
        for request in self.sockets.values():
            if request.transport is not None:
                request.transport.abort()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.path)
        odd = self.times > 0 and self.answer is not None and request.path.startswith(self.where)
        if request.headers.get("Upgrade") and not odd:
            return await self._socket(request)
        headers = {k: v for k, v in request.headers.items() if k.lower() in KEPT}
        body = await request.read()
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(
                request.method, self._target + request.path_qs, headers=headers, data=body, allow_redirects=False
            ) as response,
        ):
            page = await response.read()
            self.cookies = response.headers.getall("Set-Cookie", ())
            if odd:
                assert self.answer is not None
                self.times = max(0, self.times - 1)  # a peek may have matched at the same time
                answer = await self.answer(request, page)
                if answer is None:
                    assert request.transport is not None
                    request.transport.abort()
                    return web.Response()
                return answer
            out = web.Response(status=response.status, body=page, content_type=response.content_type)
            for cookie in self.cookies:
                out.headers.add("Set-Cookie", cookie)
            return out

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        headers = {k: v for k, v in request.headers.items() if k.lower() in KEPT}
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            try:
                up = await session.ws_connect(self._target + request.path_qs, headers=headers, max_msg_size=2**26)
            except aiohttp.WSServerHandshakeError as error:
                return web.Response(status=error.status)
            down = web.WebSocketResponse()
            await down.prepare(request)
            self.sockets[down] = request

            async def pump(source: Any, target: Any) -> None:
                async for message in source:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        await target.send_str(message.data)
                await target.close(code=source.close_code or 1000)

            pumps = [asyncio.ensure_future(pump(up, down)), asyncio.ensure_future(pump(down, up))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.sockets.pop(down, None)
                for one in pumps:
                    one.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
                with suppress(Exception):
                    await up.close()
            return down


@asynccontextmanager
async def front(target: str, kind: type[Front] = Front) -> AsyncIterator[Front]:
    """A proxy in front of a server."""
    made = kind(target)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{tail:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


# ------------------------------------------------------------------- odd answers

ODD_VALUES: list[Any] = [
    None, True, False, 0, 5, -1, 2**31, 2**63, 2**70, 1.5, "", "x", "\ud800", "é" * 300, [], [5], [None], [[]], {},
    {"id": "x"}, {"x": {"y": [1]}}, [["insert-and-replace", [5]]], "2026-13-45 99:99:99", "<p>" * 200,
]  # fmt: skip


def mutated(value: Any, rng: random.Random) -> Any:
    """The value with an odd one somewhere in it, or without a part."""
    copy = json.loads(json.dumps(value))
    holders: list[tuple[Any, Any]] = []

    def collect(one: Any) -> None:
        if isinstance(one, dict | list):
            keys: Any = one if isinstance(one, dict) else range(len(one))
            for key in keys:
                holders.append((one, key))
                collect(one[key])

    collect(copy)
    for holder, key in rng.sample(holders, min(len(holders), rng.choice((1, 1, 2, 5)))):
        with suppress(KeyError, IndexError):
            if rng.random() < 0.2:
                del holder[key]
            else:
                holder[key] = rng.choice(ODD_VALUES)
    return copy
