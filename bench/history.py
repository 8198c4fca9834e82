"""History.

Reading the 20,000 messages of a channel on real Odoo 19 and 14 servers, compared with `search_read` loops that read the
fields of a `Message`, with aiohttp and `json.loads`. Both run in one process and take turns. Users cannot read
reactions from a model: only administrators can access `reaction_ids` and `mail.message.reaction` (Odoo 15 to 19; Odoo
19 rejects them as a field, in a domain and as an order). Reactions therefore require a second request, to the web
client's route, which formats each message in full: 0.36 to 0.45 s for 1,000 messages on Odoo 19, compared with 0.09 s
for `search_read`. The rows without reactions are measured with `history(reactions=False)`, which is the default on Odoo
14, because it has no reactions. The loop that also reads reactions requests pages of 100 from the same route.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp

import odoochat
from bench.figures import Figure
from bench.scale import resident
from bench.servers import LiveServer, live_servers
from odoochat.wire.versions.registry import dialect_for

__all__ = ["WHY", "run"]

MESSAGES = 20_000
LOOP = "aiohttp and json.loads"

WHY = {
    "14": """Odoo 14 needs 65 to 75 ms for 1,000 messages, so the time between a response and the next request counts.
    odoochat has two pages in progress, which leaves the server none: on two idle cores, this takes 0.91 of the loop's
    time, and one page at a time 1.08. The server needs the same CPU time for both (0.83 s for 10,000 messages). A
    message takes 14 µs of CPU time here, 6 µs of them to build it, and 5 µs in the loop, which only parses JSON. The
    difference shows while other processes use both cores: 0.94 to 1.14 of the loop's time.""",
}


class Loop:
    """A typical loop over ``search_read``.

    Args:
        http: the aiohttp session.
        server: the server.
        channel: id of the channel.
    """

    def __init__(self, http: aiohttp.ClientSession, server: LiveServer, channel: int) -> None:
        self._http = http
        self._server = server
        self._channel = channel
        self._domain = [
            ["model", "=", server.channel_model], ["res_id", "=", channel], ["message_type", "!=", "user_notification"],
        ]  # fmt: skip

    async def _call(self, path: str, **params: Any) -> Any:
        call = {"jsonrpc": "2.0", "method": "call", "params": params}
        async with self._http.post(self._server.url + path, json=call) as answer:
            return (await answer.json())["result"]

    async def log_in(self, login: str) -> None:
        """Open a session."""
        await self._call("/web/session/authenticate", db=self._server.db, login=login, password=login)

    async def pages(self, fields: list[str], size: int, *, reactions: bool = False) -> AsyncIterator[int]:
        """Yield the number of messages in each page."""
        last = None
        while True:
            domain = self._domain if last is None else [*self._domain, ["id", "<", last]]
            query = {"domain": domain, "fields": fields, "limit": size, "order": "id desc"}
            rows = await self._call(
                "/web/dataset/call_kw", model="mail.message", method="search_read", args=[], kwargs=query
            )
            if not rows:
                return
            if reactions:
                page = {"before": rows[0]["id"] + 1, "limit": len(rows)}
                await self._call("/discuss/channel/messages", channel_id=self._channel, fetch_params=page)
            last = rows[-1]["id"]
            yield len(rows)


async def _timed(read: Callable[[], Awaitable[int]], wanted: int) -> float:
    gc.collect()
    began = time.perf_counter()
    count = await read()
    seconds = time.perf_counter() - began
    assert count >= wanted, f"{count} messages of {wanted}"
    return seconds


async def _measure(server: LiveServer, messages: int, rounds: int) -> list[Figure]:
    partners = [server.user("reader"), server.user("writer")]
    number = server.channel(f"bench history {messages}", partners, messages)
    reactive = server.version > 14
    async with (
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
        odoochat.connect(server.url, db=server.db, login="reader", password="reader", live=False) as odoo,
    ):
        loop = Loop(http, server, number)
        await loop.log_in("reader")
        channel = odoo.channel(number)
        fields = list(dialect_for(odoo.server.version).table.message_fields)
        figures: dict[str, tuple[list[float], list[float]]] = {}

        async def ours(*, reactions: bool) -> int:
            return len([1 async for _ in channel.history(messages, reactions=reactions)])

        async def raw(size: int, *, reactions: bool) -> int:
            return sum([count async for count in loop.pages(fields, size, reactions=reactions)])

        async def pair(what: str, size: int, *, reactions: bool) -> None:
            one, other = figures.setdefault(what, ([], []))
            sides = [
                (one, lambda: ours(reactions=reactions)),
                (other, lambda: raw(size, reactions=reactions)),
            ]
            for seconds, read in sides if len(one) % 2 else reversed(sides):
                seconds.append(await _timed(read, messages))

        for turn in range(rounds):
            await pair("loop, pages of 1,000", 1000, reactions=False)
            await pair("loop, pages of 100", 100, reactions=False)
            if reactive and not turn:  # it takes as long as all others together
                await pair("loop, with reactions, pages of 100", 100, reactions=True)
        aims = {"loop, pages of 1,000": 1.0, "loop, pages of 100": 0.77}
        where = f"{server.version}: {messages:,} messages, "
        found = [
            Figure(where + how.replace("loop, ", ""), "s", *sides, aims.get(how, 1.0), against=LOOP)
            for how, sides in figures.items()
        ]
        return [*found, await _memory(channel, messages, where)]


async def _memory(channel: odoochat.Channel, messages: int, where: str) -> Figure:
    """Return how the memory grows after the first quarter of a history."""
    sizes: list[float] = []
    count = 0
    async for _ in channel.history(messages, reactions=False):
        count += 1
        if count * 20 % messages == 0:
            sizes.append(resident() / 1e6)
    quarter = len(sizes) // 4
    most, then = max(sizes[quarter:]), sizes[quarter]
    return Figure(f"{where}most memory", "MB", [most], [then], 1.05, against="after a quarter of it")


def run(*, quick: bool = False) -> list[Figure]:
    """Measure on both servers.

    Args:
        quick: whether to take only a few measurements.
    """
    messages, rounds = (2_000, 2) if quick else (MESSAGES, 3)
    return [figure for server in live_servers() for figure in asyncio.run(_measure(server, messages, rounds))]
