"""Much that has arrived at once: other work of the event loop runs in between."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from odoochat.client.receiver import Receiver
from odoochat.client.timing import Timing
from odoochat.core.holes import Holes
from odoochat.core.link import Link
from odoochat.core.state import ClientState
from odoochat.model import Version
from odoochat.net.bus import Bus
from odoochat.net.frame_listener import Batch
from odoochat.net.time_slice import PARTS, TimeSlice
from odoochat.net.transports import websocket
from odoochat.net.transports.websocket import WebSocket
from odoochat.wire.envelopes.frames import Item, Notification
from odoochat.wire.versions.registry import dialect_for

MANY = 100_000


class Turns:
    """Counts what happens within one turn of the event loop."""

    def __init__(self) -> None:
        self.total = self.most = self._now = 0
        self._handle = asyncio.get_running_loop().call_soon(self._next)

    def count(self) -> None:
        self.total += 1
        self._now += 1
        self.most = max(self.most, self._now)

    def _next(self) -> None:
        self._now = 0
        self._handle = asyncio.get_running_loop().call_soon(self._next)

    def stop(self) -> None:
        self._handle.cancel()


async def test_a_slice_ends_after_its_time() -> None:
    ticks = itertools.count()
    turns = Turns()
    shared = TimeSlice(seconds=10, pause=0, clock=lambda: next(ticks))  # each look at the clock is a second
    for _ in range(PARTS * 100):
        await shared.share()
        turns.count()
    turns.stop()
    assert turns.most <= PARTS * 11
    assert turns.total == PARTS * 100


async def test_a_slice_begins_anew_with_each_turn_of_the_event_loop() -> None:
    now = 0.0
    shared = TimeSlice(seconds=1, pause=0, clock=lambda: now)
    await shared.share()
    await asyncio.sleep(0)
    now = 100.0  # others took long, not the job
    turns = Turns()
    for _ in range(PARTS * 3):
        await shared.share()
        turns.count()
    turns.stop()
    assert turns.most == turns.total


class Source:
    """A transport on which very many empty frames have arrived already."""

    via = "websocket"
    tells_presence = True

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.read = asyncio.Event()

    async def open(self, last: int) -> list[Item]:
        return []

    async def receive(self) -> list[Item]:
        self._turns.count()
        if self._turns.total >= MANY:
            self.read.set()
            await asyncio.Event().wait()
        return []

    async def subscribe(self) -> None: ...

    async def send_presence(self, idle: int) -> None: ...

    async def close(self) -> None: ...


async def test_empty_frames_that_have_arrived_leave_time_to_others() -> None:
    turns = Turns()
    source = Source(turns)

    async def dial(_: Any) -> Any:
        return source

    async def emit(_: Any) -> None: ...

    async def renew() -> None: ...

    link = Link(("websocket",), random=lambda: 0.5)
    bus = Bus(link, Holes(), dial=dial, renew=renew, emit=emit, emit_now=lambda _: None)
    task = asyncio.create_task(bus.run())
    async with asyncio.timeout(60):
        await source.read.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    turns.stop()
    assert turns.most < MANY / 2


class Socket:
    """A WebSocket that has many control frames, and the echo before and an empty frame after them."""

    closed = False

    def __init__(self, turns: Turns, kind: aiohttp.WSMsgType) -> None:
        self._turns = turns
        self._kind = kind
        self.pongs: list[bytes] = []
        self._texts = iter(('[{"id": 1, "message": {"type": "echo", "payload": 1}}]', "[]"))

    async def receive(self) -> aiohttp.WSMessage:
        if self._turns.total in (0, MANY):
            self._turns.total += 1
            return aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, next(self._texts), None)
        self._turns.count()
        return aiohttp.WSMessage(self._kind, b"mark", None)

    async def send_str(self, text: str) -> None: ...

    async def pong(self, data: bytes) -> None:
        self.pongs.append(data)

    async def close(self) -> None: ...


async def received(kind: aiohttp.WSMsgType) -> tuple[Turns, Socket]:
    turns = Turns()
    socket = Socket(turns, kind)

    async def websocket(path: str, query: Any) -> Any:
        return socket

    class Quiet:
        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    async def echo() -> None: ...

    is_echo: Callable[[Notification], bool] = lambda item: item.type == "echo"  # noqa: E731
    http: Any = SimpleNamespace(websocket=websocket, translated=Quiet)
    source = WebSocket(
        http, dialect_for(Version(19)), paths=("/websocket",), worker="", echo=echo, is_echo=is_echo,
        works=lambda _: None,
    )  # fmt: skip
    await source.open(0)
    async with asyncio.timeout(60):
        assert await source.receive() == []
    await source.close()
    turns.stop()
    return turns, socket


async def test_control_frames_that_have_arrived_leave_time_to_others() -> None:
    for kind in (aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG, aiohttp.WSMsgType.BINARY):
        turns, socket = await received(kind)
        assert turns.most < MANY / 2, kind
        assert len(socket.pongs) == (MANY - 1 if kind is aiohttp.WSMsgType.PING else 0)


class Counted(TimeSlice):
    """Counts how often the job offers to pause."""

    offers = 0

    def is_over(self) -> bool:
        self.offers += 1
        return super().is_over()


async def test_pongs_that_are_no_flood_do_not_read_the_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A heartbeat's pongs arrive seconds apart; with thousands of users, reading it for them takes noticeable time."""
    time_slice = Counted()
    monkeypatch.setattr(websocket, "TimeSlice", lambda: time_slice)
    await received(aiohttp.WSMsgType.PONG)
    assert time_slice.offers
    time_slice.offers = 0
    monkeypatch.setattr(websocket, "FLOOD_SECONDS", 0.0)
    await received(aiohttp.WSMsgType.PONG)
    assert not time_slice.offers


async def test_a_notification_of_many_changes_leaves_time_to_others_while_it_is_decoded_and_published() -> None:
    published: list[int] = []
    publisher = SimpleNamespace(has_room=True, apply=lambda update, live: published.append(update.id))
    unused: Any = None
    time_slice = Counted()
    session: Any = SimpleNamespace(dialect=dialect_for(Version(16)), calls_models=True)
    receiver = Receiver(
        session, state=ClientState(), publisher=cast("Any", publisher), membership=unused, catchup=unused,
        catchup_runner=unused, queries=unused, timing=Timing(), time_slice=time_slice,
    )  # fmt: skip
    ids = list(range(1, 1_000))
    await receiver.deliver(Batch([Notification(1, "mail.message/delete", {"message_ids": ids})]))
    assert published == ids
    assert time_slice.offers >= 2 * len(ids)
