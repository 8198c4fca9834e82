"""Requests and bytes.

A client's requests to its server, counted by a relay between them: while idle for a few minutes, for a catch-up of
5,000 messages in 50 channels, and for connecting. Peeks are counted from one reading of all channels to the next, for
five clients. The server is the sandbox in a separate process, with 10 and with 200
channels. Bytes are counted in both directions with all headers, in kB per minute.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import odoochat
from bench.figures import Figure
from bench.relay import CountingRelay
from bench.scale import free_port, lines, stop
from odoochat import MessagePosted
from odoochat.sandbox import Sandbox

ROADS: dict[str, dict[str, Any]] = {
    "WebSocket": {"password": "alice", "transport": "websocket"},
    "peek": {"password": "alice", "transport": "peek"},
    "API key": {"api_key": True},
}
LIMITS = {"WebSocket": 1.0, "peek": 60.0 / 1.5 + 5.0, "API key": 30.0}
CYCLES = {"peek": b'"message_needaction_counter"'}
"""What the requests that read the channels contain, which end a cycle."""

CYCLE = 180.0
"""Seconds of such a cycle, which vary by 5 %."""

CLIENTS = 5
"""Number of clients, which average this variation."""

CATCH_UP = 10

WHY = {
    "peek, 200": """Each response to a peek lists the names of all bus channels that the user listens to, even if the
    request names none: Odoo adds them (addons/bus/controllers/websocket.py, `peek_notifications`; observed on a live
    Odoo 19 server), and has no option to omit them or to compress the response. The requests are the same for any
    number of channels.""",
}


async def serve(path: Path, port: int, channels: int) -> None:
    """Run a sandbox with alice in many channels, and post as requested on standard input, until stopped."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, done.set)
    async with Sandbox(19, port=port, path=str(path)) as box:
        state = box.world.state
        partners = [state.accounts.partner_of(box.world.uid(login)) for login in ("alice", "bob")]
        rooms = [
            state.channels.create(
                f"room {n}", "channel", creator=box.world.uid("bob"), partners=partners, public="private"
            )
            for n in range(channels)
        ]
        for room in rooms:
            box.world.post("bob", room, "Welcome.")
        for table, columns in {
            "message": ("date", "create_date", "write_date"), "channel": ("write_date",), "member": ("write_date",),
        }.items():  # all of it happened yesterday  # fmt: skip
            for column in columns:
                state.db.run(f"UPDATE {table} SET {column} = datetime({column}, '-1 day')")
        print(json.dumps({"key": box.api_key("alice")}), flush=True)
        orders = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)

        async def obey() -> None:
            while line := await orders.readline():
                for number in range(int(line)):
                    box.world.post("bob", rooms[number % len(rooms)], f"message {number}")
                print(json.dumps({"posted": int(line)}), flush=True)

        obeying = asyncio.create_task(obey())
        await done.wait()
        obeying.cancel()
        await asyncio.gather(obeying, return_exceptions=True)


class Served:
    """A sandbox in a separate process, used in ``with``.

    Args:
        channels: number of alice's channels.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._stack = ExitStack()
        self.url = self.key = ""

    def __enter__(self) -> Self:
        folder, port = self._stack.enter_context(tempfile.TemporaryDirectory()), free_port()
        command = [sys.executable, "-m", "bench.requests", f"{folder}/box.sqlite", str(port), str(self._channels)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._stack.callback(stop, self._process)
        self.key = json.loads(lines(self._process).readline())["key"]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def post(self, messages: int) -> None:
        """Post messages as bob, one in each channel in turn."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{messages}\n")
        self._process.stdin.flush()
        lines(self._process).readline()

    def connect(self, url: str, road: str, **more: Any) -> odoochat.connect:
        """Connect alice."""
        how = dict(ROADS[road])
        if how.pop("api_key", False):
            how["api_key"] = self.key
        return odoochat.connect(url, db="sandbox", login="alice", **how, **more)


async def at_rest(served: Served, road: str, seconds: float, settle: float) -> tuple[float, float]:
    """Return the requests and the kB per minute while idle.

    A period that ends in the middle of a client's cycle contains one request too many or too few of each kind, and
    either none or all of those that read the channels. The cycle of peeks is therefore measured as a whole.
    """
    async with CountingRelay(served.url) as relay, served.connect(relay.url, road) as odoo:
        await odoo.link.wait_open(30)
        await asyncio.sleep(settle)
        mark = CYCLES.get(road, b"") if seconds >= CYCLE else b""
        if mark:
            await relay.request_with(mark)
        relay.reset()
        began = time.monotonic()
        await (relay.request_with(mark) if mark else asyncio.sleep(seconds))
        minutes = (time.monotonic() - began) / 60
        return relay.requests / minutes, (relay.sent + relay.received) / 1000 / minutes


async def all_at_rest(channels: int, seconds: float, settle: float) -> dict[str, list[tuple[float, float]]]:
    """Measure all transports at the same time, with more clients where the length of a cycle is random."""
    roads = [road for road in ROADS for _ in range(CLIENTS if road in CYCLES else 1)]
    with Served(channels) as served:
        found = await asyncio.gather(*(at_rest(served, road, seconds, settle) for road in roads))
        return {road: [each for name, each in zip(roads, found, strict=True) if name == road] for road in ROADS}


async def both_at_rest(seconds: float, settle: float) -> tuple[dict[str, list[tuple[float, float]]], ...]:
    """Measure few and many channels at the same time."""
    return tuple(await asyncio.gather(*(all_at_rest(channels, seconds, settle) for channels in (10, 200))))


async def caught_up(messages: int, channels: int) -> tuple[int, float]:
    """Return the number of requests and seconds from connecting until all missed messages have arrived."""
    with Served(channels) as served, tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        async with CountingRelay(served.url) as relay:
            async with served.connect(relay.url, "WebSocket", state=state) as odoo:
                await odoo.link.wait_open(30)
                odoo.events(MessagePosted)
                await asyncio.sleep(2.0)
            await asyncio.to_thread(served.post, messages)
            relay.reset()
            began = time.monotonic()
            async with served.connect(relay.url, "WebSocket", state=state) as odoo:
                heard = odoo.events(MessagePosted, maxsize=2 * messages)
                for _ in range(messages):
                    await heard.get(120)
            return relay.requests, time.monotonic() - began


def run(*, quick: bool = False) -> list[Figure]:
    """Measure.

    Args:
        quick: whether to take only a few measurements.
    """
    seconds, settle = (20.0, 30.0) if quick else (CYCLE, 60.0)
    few, many = asyncio.run(both_at_rest(seconds, settle))
    found: list[Figure] = []
    for road in ROADS:
        limit = LIMITS[road]
        for channels, measured in ((10, few), (200, many)):
            found.append(
                Figure(
                    f"{road}, {channels} channels: requests a minute", "", [each for each, _ in measured[road]],
                    [limit], 1.0,
                    against=f"{limit:g} a minute", limit=True,
                )
            )  # fmt: skip
        kilobytes = [each for _, each in many[road]], [max(each, 0.001) for _, each in few[road]]
        found.append(Figure(f"{road}, 200 channels: bytes", "kB", *kilobytes, 1.1, against="10 channels"))
    messages, channels = (500, 10) if quick else (5_000, 50)
    requests, _ = asyncio.run(caught_up(messages, channels))
    found.append(
        Figure(
            f"catch-up of {messages:,} in {channels} channels", "", [float(requests)], [float(CATCH_UP)], 1.0,
            against=f"{CATCH_UP} requests, connect and all", limit=True,
        )
    )  # fmt: skip
    return found


def main(arguments: Sequence[str]) -> None:
    """Run the server."""
    path, port, channels = arguments
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(Path(path), int(port), int(channels)))


if __name__ == "__main__":
    main(sys.argv[1:])
