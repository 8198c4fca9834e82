"""Intake of a burst.

Messages per millisecond of CPU time, one in each frame. A frame passes through the link, the decoder, the state and the
queue of one subscriber, which reads the message. The other side calls the standard library's `json.loads` on the same
frames in a loop and keeps nothing; odoochat parses with msgspec. Both run in one process and take turns, with Python's
default garbage collector settings. The frames for Odoo 14 and 19 were recorded from real servers, and those for the
other versions come from the sandbox; each has its own ids, text and date. *After 40,000* is the same measurement in a
client that has already received that many messages. *Hand-written* is an asyncio loop that parses with `json.loads`,
drops known ids, builds a message with its text from the few fields that it needs, and puts it in a queue. In *From a
socket*, both sides read a WebSocket with aiohttp.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp

from bench.figures import Figure
from bench.intake import Intake, burst, intake
from odoochat.core.state import ClientState
from odoochat.model import Version
from odoochat.wire.envelopes.frames import Notification, parse
from odoochat.wire.versions.registry import dialect_for

MAJORS = (14, 15, 16, 17, 18, 19, 20)
STEADY = 40_000
AIM = 0.5

WHY = {
    "": """Measured stage by stage in loops, the best of 25 rounds for one Odoo 19 message: parsing 2.5 µs (typed
    msgspec structs), the link's decision 0.1, decoding 2.9 (1 of them for the text), duplicates 0.4, state 0.3,
    together 6.2 µs of 8.5. The rest is the frame's way to the list of the loop iteration (two coroutines and the
    stand-in for the socket, 0.7 µs), publishing and reading the event, freeing the objects of older messages, and code
    and data that the other stages have displaced from the processor's cache. A message makes about 85 calls, 30 of them
    to Python functions; half of them decode it.""",
    "Odoo 19, from a socket": """aiohttp also reads WebSockets in C: 2 to 3 µs per frame.""",
}

FRAMES = json.loads((Path(__file__).parent / "frames19.json").read_text("utf-8"))
"""Text frames that a real Odoo 19 sent while a channel was in use."""


def run(*, quick: bool = False) -> list[Figure]:
    """Measure all versions.

    Args:
        quick: whether to take only a few measurements.
    """
    return asyncio.run(_run(rounds=2 if quick else 15, count=100 if quick else 500, steady=500 if quick else STEADY))


async def _run(rounds: int, count: int, steady: int) -> list[Figure]:
    figures: list[Figure] = []
    later: list[Figure] = []
    for major in MAJORS:
        async with intake(major) as client:
            await client.take(burst(major, 0, count), count)
            figures.append(await _whole(f"Odoo {major}", client, major, count, rounds, count))
            for first in range(count * (rounds + 1), steady, count):
                await client.take(burst(major, first, count), count)
            name = f"Odoo {major}, after {steady:,}"
            later.append(await _whole(name, client, major, steady + count, rounds, count))
    figures += later
    figures.append(_decoded(rounds))
    figures.append(await _hand_written(rounds, count))
    return [*figures, await _from_socket(rounds, count)]


def _per_ms(count: int, seconds: float) -> float:
    return count / seconds / 1000


def _loads(texts: Sequence[str]) -> float:
    begun = time.process_time()
    for text in texts:
        json.loads(text)
    return _per_ms(len(texts), time.process_time() - begun)


async def _take(client: Intake, texts: Sequence[str]) -> float:
    begun = time.process_time()
    await client.take(texts, len(texts))
    return _per_ms(len(texts), time.process_time() - begun)


async def _whole(name: str, client: Intake, major: int, first: int, rounds: int, count: int) -> Figure:
    ours, theirs = [], []
    for number in range(rounds):
        texts = burst(major, first + number * count, count)
        if number % 2:
            theirs.append(_loads(texts))
        ours.append(await _take(client, texts))
        if not number % 2:
            theirs.append(_loads(texts))
    return Figure(f"{name}, to a subscriber", "/ms", ours, theirs, AIM, more_is_better=True, against="json.loads")


def _decoded(rounds: int) -> Figure:
    """Measure decoding, without delivery, of the frames of a channel in use."""
    dialect, names = dialect_for(Version(19)), ClientState()
    frames = FRAMES * 10
    ours, theirs = [], []
    for _ in range(rounds):
        theirs.append(_loads(frames))
        begun = time.process_time()
        for frame in frames:
            for item in parse(frame):
                if isinstance(item, Notification):
                    dialect.decoder.decode(item, names)
        ours.append(_per_ms(len(frames), time.process_time() - begun))
    what = "Odoo 19, a channel in use, decoded alone"
    return Figure(what, "/ms", ours, theirs, AIM, more_is_better=True, against="json.loads")


# ------------------------------------------------------------------------------ by hand


@dataclass(frozen=True)
class _Message:
    id: int
    channel: int
    author: str
    text: str
    html: str
    date: datetime


class _Loop:
    """Reads Odoo 19 messages as a short program would."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[str] = asyncio.Queue()
        self.messages: asyncio.Queue[_Message] = asyncio.Queue()
        self._seen: set[int] = set()

    async def run(self) -> None:
        while True:
            for row in json.loads(await self.frames.get()):
                if row["id"] in self._seen:
                    continue
                self._seen.add(row["id"])
                if row["message"]["type"] == "discuss.channel/new_message":
                    data = row["message"]["payload"]["data"]
                    message, body = data["mail.message"][0], data["mail.message"][0]["body"][1]
                    text = html.unescape(re.sub("<[^>]*>", "", body.replace("<br>", "\n")))
                    name, date = data["res.partner"][0]["name"], datetime.fromisoformat(message["date"])
                    self.messages.put_nowait(_Message(message["id"], message["res_id"], name, text, body, date))

    async def take(self, texts: Sequence[str]) -> float:
        begun = time.process_time()
        for text in texts:
            self.frames.put_nowait(text)
        for _ in texts:
            await self.messages.get()
        return _per_ms(len(texts), time.process_time() - begun)


async def _hand_written(rounds: int, count: int) -> Figure:
    loop = _Loop()
    running = asyncio.create_task(loop.run())
    ours, theirs = [], []
    async with intake(19) as client:
        for number in range(-1, rounds):
            texts = burst(19, (number + 1) * count, count)
            pair = await loop.take(texts), await _take(client, texts)
            if number >= 0:
                theirs.append(pair[0])
                ours.append(pair[1])
    running.cancel()
    await asyncio.wait([running])
    what = "Odoo 19, to a subscriber, by hand"
    return Figure(what, "/ms", ours, theirs, AIM, more_is_better=True, against="hand-written, json.loads")


# ------------------------------------------------------------------------- from a socket


async def _from_socket(rounds: int, count: int) -> Figure:
    """Measure both sides in turn, each with its own WebSocket."""
    ours, theirs = [], []
    async with _server() as (http, url):

        async def connect() -> aiohttp.ClientWebSocketResponse:
            return await http.ws_connect(f"{url}/websocket", compress=0, autoping=False)

        async def measured(number: int, read: Callable[[], Awaitable[None]]) -> float:
            query = {"major": "19", "first": str((number + 1) * count), "count": str(count)}
            begun = time.process_time()
            asked = asyncio.ensure_future(http.get(f"{url}/burst", params=query))
            await read()
            spent = time.process_time() - begun
            (await asked).release()
            return _per_ms(count, spent)

        async def bare() -> None:
            for _ in range(count):
                json.loads((await raw.receive()).data)

        for first in range(0, rounds, 5):  # the server sends to all open sockets
            raw = await connect()
            theirs += [await measured(n, bare) for n in range(first - 1, first + 5)][1:]
            await raw.close()
            async with intake(19, connect) as client:
                ours += [await measured(n, lambda: client.take((), count)) for n in range(first - 1, first + 5)][1:]
    what = "Odoo 19, from a socket to a subscriber"
    return Figure(what, "/ms", ours, theirs, AIM, more_is_better=True, against="aiohttp and json.loads")


@asynccontextmanager
async def _server() -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.burst_server", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        async with aiohttp.ClientSession() as http:
            yield http, f"http://127.0.0.1:{port}"
    finally:
        if process.stdin is not None:
            process.stdin.close()  # stops the server
        await process.wait()
