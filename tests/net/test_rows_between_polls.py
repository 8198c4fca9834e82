"""Rows that are committed between a peek and the start of the next long poll, with ids below known ones, arrive."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest

from odoochat.errors import SessionExpired
from odoochat.model import Version
from odoochat.net.answer import Answer
from odoochat.net.http import Http
from odoochat.net.transports import longpoll
from odoochat.net.transports.longpoll import LongPoll
from odoochat.secret import Payload
from odoochat.wire.envelopes.frames import Item, Notification
from odoochat.wire.versions.registry import dialect_for

PARTNER: list[object] = ["db", "res.partner", 3]


class Server:
    """A server on which row 4 becomes visible after row 5 was peeked, before the next poll starts.

    Attributes:
        asked: "poll" or "peek" for each request.
        held: is set when a poll waits for rows.
        ending: lets waiting polls end without rows.
        expired: whether peeks show that the session has expired.
    """

    what = "the server"

    def __init__(self) -> None:
        self._visible = [5]
        self.asked: list[str] = []
        self.held = asyncio.Event()
        self.ending = asyncio.Event()
        self.expired = False

    async def post(self, path: str, body: Payload, content_type: str, **_: Any) -> Answer:
        params = json.loads(body.reveal())["params"]
        is_peek = "peek" in params["options"]
        self.asked.append("peek" if is_peek else "poll")
        if not is_peek and params["last"] >= 5:
            self._visible = [4, 5]
            self.held.set()
            await self.ending.wait()
        rows: Any = [{"id": id, "channel": "x", "message": {}} for id in self._visible if id > params["last"]]
        if is_peek:
            rows = {"channels": [] if self.expired else [PARTNER], "notifications": rows}
        return Answer(200, "application/json", json.dumps({"jsonrpc": "2.0", "id": 1, "result": rows}).encode())


class Listener:
    """A long poll with the newest id that it returned."""

    def __init__(self, server: Server) -> None:
        self.newest = 3
        reader = dialect_for(Version(14)).decoder.polled
        self.poll = LongPoll(
            cast(Http, server), reader, partner=PARTNER, last=lambda: self.newest, overlapped=self.overlapped
        )
        self.overlap = 3

    def overlapped(self, seconds: float) -> int:
        return self.overlap

    async def receive(self) -> list[int]:
        async with asyncio.timeout(20):
            items: list[Item] = await self.poll.receive()
        ids = [item.id for item in items if isinstance(item, Notification)]
        self.newest = max([self.newest, *ids])
        return ids


async def test_a_row_that_is_committed_before_a_poll_starts_arrives_while_it_waits() -> None:
    server = Server()
    listener = Listener(server)
    assert await listener.receive() == [5, 5]
    assert await listener.receive() == [4, 5]
    assert server.asked == ["poll", "peek", "poll", "peek"]
    waiting = asyncio.create_task(listener.receive())
    await asyncio.sleep(0)
    server.ending.set()
    await waiting
    assert server.asked == ["poll", "peek", "poll", "peek", "peek"], "the poll continued meanwhile"
    await listener.poll.close()


async def test_the_peek_after_a_poll_covers_the_time_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(longpoll, "EARLY_SECONDS", 0.0)  # as if the poll were held until its time limit
    monkeypatch.setattr(longpoll, "LOOK_SECONDS", 1000.0, raising=False)
    server = Server()
    listener = Listener(server)
    assert await listener.receive() == [5, 5]
    waiting = asyncio.create_task(listener.receive())
    await server.held.wait()
    listener.overlap = 5  # row 5 is older than the overlap when the poll ends
    server.ending.set()
    assert await waiting == [4, 5]


async def test_a_poll_after_one_without_rows_waits_without_a_peek(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(longpoll, "EARLY_SECONDS", 0.0)
    monkeypatch.setattr(longpoll, "LOOK_SECONDS", 0.05, raising=False)
    server = Server()
    listener = Listener(server)
    listener.newest = listener.overlap = 5
    server.ending.set()
    assert await listener.receive() == []
    server.ending.clear()
    waiting = asyncio.create_task(listener.receive())
    await asyncio.sleep(0.5)
    assert server.asked == ["poll", "peek", "poll"]
    await listener.poll.subscribe()
    assert await waiting == []


async def test_a_poll_after_a_peek_with_rows_is_accompanied_by_a_peek(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(longpoll, "EARLY_SECONDS", 0.0)
    monkeypatch.setattr(longpoll, "LOOK_SECONDS", 0.05)
    server = Server()
    listener = Listener(server)
    listener.newest = 5
    server.ending.set()
    assert await listener.receive() == [4, 5]
    server.ending.clear()
    assert await listener.receive() == [4, 5]
    assert server.asked == ["poll", "peek", "poll", "peek"]
    await listener.poll.close()


async def test_a_poll_that_ended_early_is_known_as_such_although_it_is_read_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(longpoll, "EARLY_SECONDS", 0.5)
    monkeypatch.setattr(longpoll, "LOOK_SECONDS", 0.0)
    server = Server()
    listener = Listener(server)
    listener.newest = 5
    listener.overlap = 5
    assert await listener.receive() == []  # the peek beside the poll
    server.ending.set()
    poll = listener.poll._poll
    assert poll is not None
    await poll.response
    listener.overlap = 3  # the last 90 seconds
    await asyncio.sleep(0.6)
    assert await listener.receive() == [4, 5]


@pytest.mark.parametrize("expired", [False, True])
async def test_closing_ends_a_poll_that_waits_after_a_peek(monkeypatch: pytest.MonkeyPatch, expired: bool) -> None:
    monkeypatch.setattr(longpoll, "LOOK_SECONDS", 0.05, raising=False)
    server = Server()
    listener = Listener(server)
    await listener.receive()
    server.expired = expired
    if expired:
        with pytest.raises(SessionExpired):
            await listener.receive()
    else:
        await listener.receive()
    before = asyncio.all_tasks()
    await listener.poll.close()
    assert len(before - asyncio.all_tasks()) == 1
