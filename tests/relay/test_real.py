"""The relay between real Odoo servers and real brokers: what people do there is published, and commands act there."""

from __future__ import annotations

import asyncio
import json
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.chaos.relay import RelayProcess, disordered
from tests.contract import servers
from tests.contract.browser import Browser
from tests.relay.servers import Server, dead_letters, read_events, send_command

pytestmark = [
    pytest.mark.odoo,
    pytest.mark.timeout(240),
    pytest.mark.parametrize("server", ["redis", "nats"], indirect=True),
    pytest.mark.parametrize("version", [19, 14]),
]

LOGINS = ("alice", "bob")


class Relays:
    """Two relay processes, as the command line runs them, with the accounts of alice and bob."""

    def __init__(self, folder: Path, broker: Server, odoo: servers.Server) -> None:
        accounts = {login: odoo.passwords[login] for login in LOGINS}
        config = {"broker": broker.url, "server": odoo.url, "db": odoo.db, "accounts": accounts}
        self.both = [RelayProcess(folder, name, config) for name in ("first", "second")]
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5))

    async def connected(self) -> list[int]:
        """Return the number of connected accounts of each process that runs and works."""
        healths = [await relay.health(self._http) for relay in self.both]
        return [
            health["accounts"]["connected"] for health in healths if health is not None and health["status"] == "ok"
        ]

    async def shared(self, processes: int) -> bool:
        """Return whether so many processes serve both accounts."""
        counts = await self.connected()
        return len(counts) == processes and sum(counts) == len(LOGINS)

    async def kill_busiest(self) -> None:
        """End the process that serves the most accounts with kill -9: which one that is depends on their random ids."""
        counts = await self.connected()
        self.both[counts.index(max(counts))].end(signal.SIGKILL)

    async def end(self) -> None:
        for relay in self.both:
            relay.end(signal.SIGTERM)
        await self._http.close()


@asynccontextmanager
async def relaying(folder: Path, broker: Server, odoo: servers.Server) -> AsyncIterator[Relays]:
    relays = Relays(folder, broker, odoo)
    try:
        yield relays
    finally:
        await relays.end()


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(60):
            while not await holds():
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within a minute: {what}") from None


class Published:
    """The events of one channel in a broker."""

    def __init__(self, broker: Server, room: int) -> None:
        self._broker = broker
        self._room = room

    async def of(self, kind: str) -> list[dict[str, Any]]:
        events = await read_events(self._broker)
        return [event for event in events if event["channel"] == self._room and event["type"] == kind]

    async def ids(self) -> list[int]:
        """Return the ids of the posted messages, in the order of their first copies."""
        return list(dict.fromkeys(event["data"]["message"]["id"] for event in await self.of("message.posted")))

    async def until(self, kind: str, message: int) -> dict[str, Any]:
        """Return the first event of a kind about a message, once there is one."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = [event for event in await self.of(kind) if about(event) == message]
            return bool(found)

        await until(there, f"{kind} of message {message}")
        return found[0]


def about(event: dict[str, Any]) -> int:
    data = event["data"]
    return int(data["message"]["id"] if "message" in data else data["message_id"])


async def test_events_commands_and_a_takeover(server: Server, version: int, tmp_path: Path) -> None:
    odoo = servers.real(version)
    async with Browser(odoo, "alice") as alice, Browser(odoo, "bob") as bob, relaying(tmp_path, server, odoo) as relays:
        room = await alice.create(f"relayed to {server.kind}")
        await alice.invite(room, bob.info["partner_id"])
        published = Published(server, room)
        relays.both[0].start()
        await until(lambda: relays.shared(1), "the first process serves both accounts")

        posted = [await bob.post(room, f"text {n}") for n in range(5)]
        await until(lambda: _same(published.ids, posted), "five messages")

        # Commands
        assert await alice.unread(room) == 5
        ids = iter(f"{room} {uuid.uuid4()}" for _ in range(4))  # Odoo remembers the id of a send for good
        reaction = next(ids)
        send = {"command": "send", "id": next(ids), "account": "alice", "channel": room, "text": "from a program"}
        for _ in range(2):
            await command(server, **send)
        await until(lambda: _longer(published.ids, posted), "the message of the command")
        (own,) = set(await published.ids()) - set(posted)
        posted.append(own)
        row = (await bob.call("mail.message", "search_read", [["id", "=", own]], fields=["body", "author_id"]))[0]
        assert "from a program" in row["body"]
        assert row["author_id"][0] == alice.info["partner_id"]
        await command(
            server, command="edit", id=next(ids), account="alice", message_id=own, text="changed by a program"
        )
        await command(server, command="react", id=reaction, account="alice", message_id=posted[0], emoji="👍")
        await command(server, command="mark_read", id=next(ids), account="alice", channel=room)
        await until(lambda: _holds(alice.unread(room), 0), "alice has read the channel")
        await published.until("message.edited", own)
        row = (await bob.call("mail.message", "search_read", [["id", "=", own]], fields=["body"]))[0]
        assert "changed by a program" in row["body"]
        if version >= 15:
            await published.until("reaction.changed", posted[0])
            async with Browser(odoo, "admin") as admin:  # users may not read these rows
                rows = await admin.call("mail.message.reaction", "search_read", [["message_id", "=", posted[0]]])
            assert [each["content"] for each in rows] == ["👍"]
        else:
            await until(lambda: _some(dead_letters(server)), "the reason why there are no reactions")
            ((body, reason),) = await dead_letters(server)
            assert json.loads(body)["id"] == reaction
            assert "react" in reason

        # Takeover
        relays.both[1].start()
        await until(lambda: relays.shared(2), "both processes serve the accounts")
        posted += [await bob.post(room, f"shared {n}") for n in range(3)]
        await relays.kill_busiest()
        posted += [await alice.post(room, f"orphaned {n}") for n in range(3)]
        await until(lambda: relays.shared(1), "the other process serves both accounts")
        posted.append(await bob.post(room, "the end"))
        await until(lambda: _same(published.ids, posted), "all messages")

        events = await published.of("message.posted")
        host = odoo.url.removeprefix("http://")
        assert {e["key"] for e in events} == {f"{host}/{odoo.db}/{number}/message.posted" for number in posted}
        assert not disordered(events)


async def command(broker: Server, **fields: object) -> None:
    await send_command(broker, json.dumps(fields).encode())


async def _same(ids: Callable[[], Awaitable[list[int]]], wanted: list[int]) -> bool:
    return await ids() == wanted


async def _longer(ids: Callable[[], Awaitable[list[int]]], known: list[int]) -> bool:
    return len(await ids()) > len(known)


async def _holds(asked: Awaitable[int], wanted: int) -> bool:
    return await asked == wanted


async def _some(asked: Awaitable[list[Any]]) -> bool:
    return bool(await asked)
