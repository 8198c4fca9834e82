"""Commands, run against a sandbox, with a broker and a store in memory."""

from __future__ import annotations

from typing import Any, cast

import msgspec

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


async def test_a_command_waits_while_a_proxy_says_that_the_server_is_down(box: Sandbox) -> None:
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
