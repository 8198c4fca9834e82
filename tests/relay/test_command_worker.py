"""Commands, run against a sandbox, with a broker and a store in memory."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import msgspec
import pytest

from odoochat import Client
from odoochat.relay.command_worker import CommandWorker
from odoochat.relay.relay_metrics import RelayMetrics
from odoochat.sandbox import Sandbox
from tests.timings import quick_connect


class Broker:
    """Keeps the dead letters."""

    def __init__(self) -> None:
        self.dead: list[str] = []

    async def bury(self, body: bytes, reason: str) -> None:
        self.dead.append(reason)


class Store:
    """Keeps which commands are done."""

    def __init__(self) -> None:
        self.done: dict[str, bytes] = {}

    async def recall(self, key: str) -> bytes | None:
        return self.done.get(key)

    async def remember(self, key: str, value: bytes) -> None:
        self.done[key] = value


class Taken:
    """A command from the broker."""

    def __init__(self, **command: object) -> None:
        self.body = msgspec.json.encode(command)
        self.acked = 0

    async def ack(self) -> None:
        self.acked += 1


async def test_a_command_waits_while_a_proxy_says_that_the_server_is_down(
    box: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    number = box.world.post("bob", "general", "to react to")
    async with quick_connect(box.url, login="alice", password="alice", live=False) as alice:

        async def client_of(name: str) -> Client:
            return alice

        broker, store = Broker(), Store()
        worker = CommandWorker(cast("Any", broker), cast("Any", store), client_of, RelayMetrics(dict))
        taken = Taken(id="1", command="react", account="alice", message_id=number, emoji="👍")
        box.faults.fail(4, status=502)
        await worker._handle(cast("Any", taken))
        assert broker.dead == []
        assert taken.acked == 1
        assert [r.content for r in (await alice.fetch_message(number)).reactions] == ["👍"]
        refused = Taken(id="2", command="react", account="alice", message_id=2**31, emoji="👍")
        await worker._handle(cast("Any", refused))
        assert len(broker.dead) == refused.acked == 1
        unreadable = Taken(id="3")
        await worker._handle(cast("Any", unreadable))
    lines = [r.getMessage() for r in caplog.records if getattr(r, "event", "") == "relay.dead"]
    assert [line.partition(":")[0] for line in lines] == ["command 2 rejected", "command rejected"]


@pytest.mark.parametrize("text", ["once", None], ids=["send", "mark_read"])
async def test_a_command_whose_client_is_closed_is_run_by_the_next_client(box: Sandbox, text: str | None) -> None:
    """Another process takes the account over, or dropped events make the relay connect again."""
    box.world.post("bob", "general", "to read")
    async with quick_connect(box.url, login="alice", password="alice", live=False) as alice:
        first = await quick_connect(box.url, login="alice", password="alice", live=False)
        clients = [first, alice]

        async def client_of(name: str) -> Client:
            return clients[0]

        broker, store = Broker(), Store()
        worker = CommandWorker(cast("Any", broker), cast("Any", store), client_of, RelayMetrics(dict))
        command = {"command": "mark_read"} if text is None else {"command": "send", "text": text}
        taken = Taken(id="1", account="alice", channel="general", **command)
        http = first._connection.session.http
        before = http.request_count
        box.faults.delay(600.0)
        handling = asyncio.create_task(worker._handle(cast("Any", taken)))
        async with asyncio.timeout(20):
            while http.request_count == before:
                await asyncio.sleep(0)
        del clients[0]
        await first.close()
        box.faults.clear()
        await asyncio.wait_for(handling, 20)
        assert broker.dead == []
        assert taken.acked == 1
        assert [m.text async for m in alice.channel("general").history()].count("once") == (text is not None)
        await alice.refresh()
        assert alice.channel("general").unread == 0
