"""From a post to the handler.

The time from the request that posts a message until a handler receives it, compared with a raw aiohttp loop with
`json.loads` that receives the same posts. Both are sessions of one user in one process. The server serves one socket
before the other, so both reconnect for each block of posts, and take turns connecting first.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

import odoochat
from bench.figures import Figure
from odoochat import MessagePosted

SCRIPT = Path(__file__).parent.parent / "tests" / "odoo" / "odoo19-up"


def server() -> dict[str, str]:
    """Return the address, database and ids of the server that the script started."""
    done = subprocess.run([SCRIPT, "env"], capture_output=True, text=True, check=True)
    return dict(item.split("=", 1) for item in shlex.split(done.stdout))


class Raw:
    """A listener without odoochat: a session, a WebSocket, json.loads."""

    def __init__(self, url: str, db: str) -> None:
        self._url, self._db = url, db
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.arrived: dict[str, float] = {}
        self.more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def call(self, path: str, **params: Any) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        async with self.http.post(self._url + path, json=body) as response:
            return (await response.json()).get("result")

    async def log_in(self, login: str) -> None:
        await self.call("/web/session/authenticate", db=self._db, login=login, password=login)

    async def listen(self) -> None:
        socket = await self.http.ws_connect(self._url + "/websocket", headers={"Origin": self._url}, compress=0)
        self._socket = socket
        await socket.send_str(json.dumps({"event_name": "subscribe", "data": {"channels": [], "last": 0}}))

        async def hear() -> None:
            async for message in socket:
                for row in json.loads(message.data):
                    if row["message"]["type"] == "discuss.channel/new_message":
                        body = row["message"]["payload"]["data"]["mail.message"][0]["body"]
                        self.arrived[body[1] if isinstance(body, list) else body] = time.perf_counter()
                        self.more.set()

        self._task = asyncio.create_task(hear())

    async def until(self, body: str) -> None:
        """Wait until a message with this body has arrived."""
        while body not in self.arrived:
            self.more.clear()
            await asyncio.wait_for(self.more.wait(), 30)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._socket is not None:
            await self._socket.close()
        await self.http.close()


BLOCKS = 8
WARM_UP = 5


def run(*, quick: bool = False) -> list[Figure]:
    """Measure.

    Args:
        quick: whether to take only a few measurements.
    """
    return asyncio.run(compared(16 if quick else 240))


async def compared(rounds: int) -> list[Figure]:
    """Post messages, and measure when both listeners receive each one.

    Args:
        rounds: number of posts.
    """
    settings = server()
    url, db, channel = settings["ODOO_URL"], settings["ODOO_DB"], int(settings["ODOO_CHANNEL_GENERAL"])
    mine: list[float] = []
    theirs: list[float] = []
    for block in range(BLOCKS):
        async with _both(url, db, raw_first=block % 2 == 1) as (raw, odoo, writer):
            messages = odoo.events(MessagePosted, channel=channel)
            for number in range(WARM_UP + rounds // BLOCKS):
                text = f"bench {time.time_ns()} {number}"
                sent = time.perf_counter()
                post = asyncio.create_task(_post(writer, channel, text))
                while (await messages.get(30)).message.text != text:
                    pass
                ours = time.perf_counter()
                await raw.until(f"<span>{text}</span>")
                await post
                if number >= WARM_UP:
                    mine.append((ours - sent) * 1000)
                    theirs.append((raw.arrived[f"<span>{text}</span>"] - sent) * 1000)
    return [Figure("post to handler, WebSocket", "ms", mine, theirs, 1.05, against="aiohttp and json.loads")]


async def _post(writer: Raw, channel: int, text: str) -> None:
    kwargs = {"body": text, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    params = {"model": "discuss.channel", "method": "message_post", "args": [[channel]], "kwargs": kwargs}
    await writer.call("/web/dataset/call_kw", **params)


@asynccontextmanager
async def _both(url: str, db: str, *, raw_first: bool) -> AsyncIterator[tuple[Raw, odoochat.Client, Raw]]:
    raw, writer = Raw(url, db), Raw(url, db)
    try:
        await raw.log_in("alice")
        await writer.log_in("bob")
        if raw_first:
            await raw.listen()
        async with odoochat.connect(url, db=db, login="alice", password="alice") as odoo:
            await odoo.link.wait_open(10)
            if not raw_first:
                await raw.listen()
            await asyncio.sleep(1)  # a raw socket does not report when its subscription is active
            yield raw, odoo, writer
    finally:
        await raw.close()
        await writer.close()
