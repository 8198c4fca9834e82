"""A server with false answers: a sandbox behind a proxy that changes them. Runs in its own process.

`python -m tests.fuzz.liar VERSION` prints the port of the proxy and then obeys lines of JSON on stdin: `{"lie": 0.3,
"seed": 1}` changes about a third of the answers from then on, `{"lie": 0}` none; `{"say": "text"}` posts as bob in
#general. Each line is answered by one line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import xmlrpc.client
from random import Random
from typing import Any

import aiohttp
from aiohttp import web

from odoochat.sandbox import Sandbox
from tests.fuzz import mutation

STATUSES = (200, 201, 204, 301, 302, 303, 304, 307, 400, 401, 403, 404, 405, 409, 413, 418, 429, 500, 502, 503, 504)
LOCATIONS = (
    "http://[::1", "http://127.0.0.1:999999/", "//", "", "/web/login", "/web", "http://127.0.0.1:1/", "https://127.0.0.1/",
    "javascript:1", "/\x7f", "http://127.0.0.1/%zz", "?", "/websocket",
)  # fmt: skip
HEADERS = (
    ("Retry-After", ("0", "-1", "x", "1e9", "99999999", "Thu, 01 Jan 1970 00:00:00 GMT", "")),
    ("Content-Type", ("application/json", "text/html", "text/xml", "image/png", "x", "")),
    ("Set-Cookie", ("session_id=; Path=/", "session_id=x; Secure", "session_id=y; Domain=a.example", "=", "a=b; Max-Age=x")),
    ("Content-Range", ("bytes 0-1/1", "bytes */0", "x")),
    ("Content-Encoding", ("gzip", "deflate", "x")),
    ("Location", LOCATIONS),
)  # fmt: skip
DROPPED = {"content-length", "content-encoding", "transfer-encoding", "connection", "date", "server"}
KEPT = {"host", "content-length", "connection", "upgrade", "origin", "accept-encoding", "transfer-encoding"}


class Liar:
    """The proxy.

    Args:
        box: the server behind it.
    """

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self._random = Random(0)
        self.rate = 0.0
        self.lies = 0
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True)

    def begin(self, rate: float, seed: int) -> None:
        """Change this part of the answers from now on."""
        self.rate, self._random = rate, Random(seed)

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._session.close()

    def _lies(self) -> bool:
        received = self._random.random() < self.rate
        self.lies += received
        return received

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, with what the server answers or something like it."""
        if request.headers.get("Upgrade", "").lower() == "websocket" and not self._lies():
            return await self._socket(request)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in KEPT}
        url = f"{self._box.url}{request.rel_url}"
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=await request.read(), allow_redirects=False
            ) as answer:
                data, status = await answer.read(), answer.status
                kept = [(k, v) for k, v in answer.headers.items() if k.lower() not in DROPPED]
        except aiohttp.ClientError:
            return web.Response(status=502)
        if not self._lies():
            return _response(data, status, kept)
        return self._changed(data, status, kept)

    def _changed(self, data: bytes, status: int, headers: list[tuple[str, str]]) -> web.Response:
        """An answer that differs in its body, seldom in status and headers."""
        random = self._random
        if random.random() < 0.15:
            status = random.choice(STATUSES)
            headers = [*headers, ("Location", random.choice(LOCATIONS))]
        if random.random() < 0.1:
            name, values = random.choice(HEADERS)
            headers = [h for h in headers if h[0].lower() != name.lower()] + [(name, random.choice(values))]
        if random.random() < 0.9:
            data = self._body(data)
        return _response(data, status, headers)

    def _body(self, data: bytes) -> bytes:
        random = self._random
        if data.startswith(b"<?xml") and random.random() < 0.7:
            try:
                (value,), _ = xmlrpc.client.loads(data, use_builtin_types=True)
                changed = (mutation.json_value(value, random),)
                return xmlrpc.client.dumps(changed, methodresponse=True, allow_none=True).encode("utf-8", "replace")
            except (xmlrpc.client.Error, ValueError, TypeError, OverflowError):
                pass
        if data.startswith((b"{", b"[")):
            return mutation.json_text(data, random).encode("utf-8", "surrogatepass")
        if data.startswith(b"<"):
            return mutation.text(data.decode("utf-8", "replace"), random).encode("utf-8", "surrogatepass")
        return mutation.raw(data, random)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """Pass a WebSocket on, and change frames of the server."""
        headers = {"Origin": self._box.url} | {k: request.headers.get(k, "") for k in ("Cookie", "User-Agent")}
        try:
            there = await self._session.ws_connect(f"{self._box.url}{request.rel_url}", headers=headers, max_msg_size=0)
        except aiohttp.ClientError:
            return web.Response(status=502)
        here = web.WebSocketResponse(max_msg_size=0)
        await here.prepare(request)

        async def forward() -> None:
            async for message in here:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await there.send_str(message.data)
            await there.close()

        async def back() -> None:
            async for message in there:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                if not self._lies():
                    await here.send_str(message.data)
                elif self._random.random() < 0.1:
                    await here.send_bytes(message.data.encode())
                else:
                    text = mutation.json_text(message.data, self._random)
                    await here.send_str(text.encode("utf-8", "replace").decode())
            code = there.close_code if there.close_code not in (None, 1005, 1006) else 1001
            await here.close(code=code or 1001)

        jobs = [asyncio.ensure_future(forward()), asyncio.ensure_future(back())]
        try:
            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            await there.close()
        return here


def _response(data: bytes, status: int, headers: list[tuple[str, str]]) -> web.Response:
    """An answer as it is, header lines that HTTP does not allow aside."""
    made = web.Response(status=status, body=b"" if status in (204, 304) else data)
    for name, value in headers:
        if name.lower() == "content-type":
            made.headers[name] = value
        elif not any(ord(c) < 32 for c in value):
            made.headers.add(name, value)
    return made


async def obey(box: Sandbox, liar: Liar, order: dict[str, Any]) -> object:
    """Do what a line on stdin says."""
    if "lie" in order:
        liar.begin(float(order["lie"]), int(order.get("seed", 0)))
    if "say" in order:
        box.world.post("bob", "general", order["say"])
    return {"lies": liar.lies}


async def serve(version: int) -> None:
    """Run until stdin ends."""
    async with Sandbox(version) as box:
        liar = Liar(box)
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{tail:.*}", liar.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        addresses: list[Any] = runner.addresses
        keys = {"port": addresses[0][1], "db": box.db, "key": box.api_key("alice")}
        print(json.dumps(keys), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await obey(box, liar, json.loads(line))), flush=True)
        await liar.close()
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
