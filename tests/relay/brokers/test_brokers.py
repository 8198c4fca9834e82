"""The relay with real brokers: events in, commands out, restarts and takeovers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from odoochat.relay.brokers.broker import Conflict
from odoochat.relay.service import RelayService, make_broker
from odoochat.relay.settings import RelaySettings
from odoochat.sandbox import Sandbox
from tests.relay.servers import SERVERS, Server, dead_letters, read_events, send_command

STORES = ("redis", "nats")

pytestmark = [pytest.mark.brokers, pytest.mark.timeout(120)]
every_broker = pytest.mark.parametrize("server", SERVERS, indirect=True)
every_store = pytest.mark.parametrize("server", STORES, indirect=True)


@asynccontextmanager
async def running(settings: RelaySettings) -> AsyncIterator[RelayService]:
    """Run a process's relay, until all accounts that are its share are connected."""
    relay = RelayService(settings)
    task = asyncio.create_task(relay.run())
    try:
        await until(lambda: relay.health()[0] or task.done())
        if task.done():
            task.result()
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool], seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.02)


async def all_connected(*relays: RelayService, count: int = 2) -> None:
    await until(lambda: sum(relay.health()[1]["accounts"]["connected"] for relay in relays) == count)


async def events_until(server: Server, number: int, kind: str = "message.posted") -> list[dict[str, Any]]:
    """Return the events of a kind once there are so many."""
    async with asyncio.timeout(40):
        while len(found := [e for e in await read_events(server) if e["type"] == kind]) < number:
            await asyncio.sleep(0.1)
    return found


@every_broker
async def test_a_message_is_published_once_for_all_accounts_of_a_process(
    server: Server, box: Sandbox, relay_settings: RelaySettings
):
    async with running(relay_settings) as relay:
        await all_connected(relay)
        numbers = [box.world.post("admin", "general", f"text {n}") for n in range(20)]
        found = await events_until(server, 20)
    assert [event["data"]["message"]["id"] for event in found] == numbers
    host = box.url.removeprefix("http://")
    assert found[0]["key"] == f"{host}/{box.db}/{numbers[0]}/message.posted"
    assert {event["channel"] for event in found} == {box.world.channel("general")}
    assert relay.metrics.duplicates >= 20


@every_broker
async def test_messages_of_the_time_between_two_runs_are_published(
    server: Server, box: Sandbox, relay_settings: RelaySettings
):
    async with running(relay_settings) as relay:
        await all_connected(relay)
        box.world.post("admin", "general", "first")
        await events_until(server, 1)
    missed = [box.world.post("admin", "general", f"missed {n}") for n in range(5)]
    async with running(relay_settings):
        found = await events_until(server, 6)
    ids = [event["data"]["message"]["id"] for event in found]
    assert list(dict.fromkeys(ids))[-5:] == missed


@every_broker
async def test_messages_wait_for_a_broker_that_was_killed(server: Server, box: Sandbox, relay_settings: RelaySettings):
    async with running(relay_settings) as relay:
        await all_connected(relay)
        posted = [box.world.post("admin", "general", "before")]
        await events_until(server, 1)
        server.kill()
        posted += [box.world.post("admin", "general", f"away {n}") for n in range(5)]
        await until(lambda: not relay.health()[0])
        await server.start()
        found = await events_until(server, 6)
        posted.append(box.world.post("admin", "general", "after"))
        found = await events_until(server, len(found) + 1)
        await until(lambda: relay.health()[0])
    ids = list(dict.fromkeys(event["data"]["message"]["id"] for event in found))
    assert ids == posted


@every_broker
async def test_commands_are_carried_out_once_and_refused_ones_kept(
    server: Server, box: Sandbox, relay_settings: RelaySettings
):
    send = {"command": "send", "id": "c1", "account": "alice", "channel": "general", "text": "from outside"}
    async with running(relay_settings) as relay:
        await all_connected(relay)
        await until(lambda: relay.health()[1]["commands"])
        for _ in range(3):
            await send_command(server, json.dumps(send).encode())
        (event,) = await events_until(server, 1)
        number = event["data"]["message"]["id"]
        about = {"account": "alice", "message_id": number}
        await send_command(server, json.dumps({"command": "edit", "id": "c2", "text": "edited", **about}).encode())
        await events_until(server, 1, "message.edited")
        await send_command(server, json.dumps({"command": "react", "id": "c3", "emoji": "👍", **about}).encode())
        (reaction,) = await events_until(server, 1, "reaction.changed")
        await send_command(server, json.dumps({**send, "id": "c4", "channel": "nowhere"}).encode())
        await send_command(server, json.dumps({**send, "id": "c5", "account": "nobody"}).encode())
        await send_command(server, b"not json")
        await until(lambda: relay.metrics.commands.total() == 8)
    assert relay.metrics.commands == {"done": 3, "repeated": 2, "dead": 3}
    assert reaction["channel"] == box.world.channel("general")
    assert [e["data"]["message"]["text"] for e in await read_events(server) if e["type"] == "message.posted"] == [
        "from outside"
    ]
    reasons = sorted(reason for _, reason in await dead_letters(server))
    assert len(reasons) == 3
    assert "no account 'nobody'; accounts: alice, bob" in reasons
    assert any(reason.startswith("not a command") for reason in reasons)


@every_store
async def test_two_processes_share_the_accounts_and_one_goes_on_for_the_other(
    server: Server, box: Sandbox, relay_settings: RelaySettings
):
    async with running(relay_settings) as first:
        await all_connected(first)
        async with running(relay_settings) as second:
            await until(lambda: first.health()[1]["accounts"]["served"] + second.health()[1]["accounts"]["served"] == 2)
            await all_connected(first, second)
            posted = [box.world.post("admin", "general", f"both {n}") for n in range(3)]
            await events_until(server, 3)
        await all_connected(first)
        posted.append(box.world.post("admin", "general", "one"))
        await until(lambda: first.metrics.total >= 1)
        found = await events_until(server, 4)
    assert {event["data"]["message"]["id"] for event in found} == set(posted)


@every_store
async def test_a_store_refuses_a_write_that_another_process_was_faster_with(
    server: Server, relay_settings: RelaySettings
):
    broker = make_broker(relay_settings.broker)
    await broker.open()
    try:
        store = broker.store
        assert store is not None
        assert await store.read("account.x") is None
        first = await store.write("account.x", b"1", 0)
        with pytest.raises(Conflict):
            await store.write("account.x", b"2", 0)
        second = await store.write("account.x", b"2", first)
        with pytest.raises(Conflict):
            await store.write("account.x", b"3", first)
        await store.write("account.x", b"4", None)
        with pytest.raises(Conflict):
            await store.write("account.x", b"5", second)
        entry = await store.read("account.x")
        assert entry is not None
        assert entry.value == b"4"
        await store.delete("account.x")
        assert await store.read("account.x") is None
        await store.write("account.x", b"6", 0)
        assert await store.recall("done.1") is None
        await store.remember("done.1", b"x")
        assert await store.recall("done.1") == b"x"
    finally:
        await broker.close()


@pytest.mark.parametrize("server", ["redis"], indirect=True)
async def test_a_reader_with_faststream_gets_the_json(server: Server, box: Sandbox, relay_settings: RelaySettings):
    from faststream.redis import RedisBroker, StreamSub

    async with running(relay_settings) as relay:
        await all_connected(relay)
        box.world.post("admin", "general", "hello")
        await events_until(server, 1)
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    reader = RedisBroker(server.url, logger=None)  # type: ignore[arg-type]

    @reader.subscriber(stream=StreamSub("odoochat:events", last_id="0"))
    async def read(body: dict[str, Any]) -> None:
        await received.put(body)

    async with reader:
        await reader.start()
        body = await asyncio.wait_for(received.get(), 20)
    assert body["data"]["message"]["text"] == "hello"
