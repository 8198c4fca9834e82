"""A server in front of the sandbox, as a proxy: it counts, refuses, redirects and changes answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

KEEP = ("content-type", "cookie", "user-agent", "origin", "authorization", "x-odoo-database")

Answer = Callable[[web.Request], Awaitable[web.StreamResponse | None] | web.StreamResponse | None]


class Front:
    """Passes requests on to a sandbox.

    Attributes:
        url: its own address.
        seen: method and path of each request.
        instead: asked for an answer before a request is passed on; None passes it on.
        change: changes the answer.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.url = ""
        self.seen: list[str] = []
        self.instead: Answer = lambda request: None
        self.change: Callable[[web.Request, web.Response], None] = lambda request, answer: None
        self.times: list[float] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(f"{request.method} {request.path}")
        self.times.append(asyncio.get_running_loop().time())
        found = self.instead(request)
        answer = await found if isinstance(found, Awaitable) else found
        if answer is not None:
            return answer
        headers = {k: v for k, v in request.headers.items() if k.lower() in KEEP}
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            if request.headers.get("Upgrade"):
                return await self._socket(session, request, headers)
            async with session.request(
                request.method, self.target + request.path_qs, headers=headers, data=await request.read(),
                allow_redirects=False,
            ) as back:  # fmt: skip
                out = web.Response(status=back.status, body=await back.read(), content_type=back.content_type)
                for name in ("Set-Cookie", "Location"):
                    for value in back.headers.getall(name, ()):
                        out.headers.add(name, value)
        self.change(request, out)
        return out

    async def _socket(
        self, session: aiohttp.ClientSession, request: web.Request, headers: dict[str, str]
    ) -> web.WebSocketResponse:
        async with session.ws_connect(self.target + request.path_qs, headers=headers) as up:
            down = web.WebSocketResponse()
            await down.prepare(request)

            async def pump(source: Any, sink: Any) -> None:
                async for message in source:
                    await sink.send_str(message.data)
                await sink.close()

            tasks = [asyncio.ensure_future(pump(up, down)), asyncio.ensure_future(pump(down, up))]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            return down


@asynccontextmanager
async def front(target: str, *, tls: Any = None) -> AsyncIterator[Front]:
    """A front before a sandbox, at an address of its own.

    Args:
        target: the sandbox's address.
        tls: a server's SSL context, None for plain HTTP.
    """
    made = Front(target)
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield made
    finally:
        await runner.cleanup()


def page(status: int, text: str, **headers: str) -> web.Response:
    """A web page as proxies give it."""
    return web.Response(
        status=status, text=f"<html><h1>{text}</h1></html>", content_type="text/html",
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )  # fmt: skip
