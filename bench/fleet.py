"""The relay: 10,000 accounts over 20 processes

The processes share the accounts through a real Redis, like those of `odoochat relay run`, but do not serve them, so
this measures the cost of sharing without the logins. All of them run within one process, on the same two cores as
Redis; on 20 machines, each would do a twentieth of the work. One of them is cut off from Redis without notice, as if
its machine had failed, and the others take over its 500 accounts.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from tests.relay.servers import RedisServer

from bench.figures import Figure
from odoochat.relay.brokers.broker import BrokerDown, Entry, KeyValueStore
from odoochat.relay.claims import Claim
from odoochat.relay.coordinator import Coordinator
from odoochat.relay.peers import Peers
from odoochat.relay.relay_metrics import RelayMetrics
from odoochat.relay.service import make_broker
from odoochat.relay.settings import BrokerSettings
from odoochat.secret import Secret

WHY = """Here, all 20 processes make their 10,000 claims within one process, alongside Redis and other busy programs on
two cores. On a less busy machine, this took 51 s; 20 machines would do it at the same time."""

LEASE = 3.0
REST_SECONDS = 10.0


class CountedStore:
    """A process's connection to the store, which counts operations and can be cut."""

    def __init__(self, store: KeyValueStore) -> None:
        self._store = store
        self.count = 0
        self.cut = False

    async def read(self, key: str) -> Entry | None:
        self._pass()
        return await self._store.read(key)

    async def read_many(self, keys: Sequence[str]) -> list[Entry | None]:
        self._pass()
        return await self._store.read_many(keys)

    async def write(self, key: str, value: bytes, revision: int | None) -> int:
        self._pass()
        return await self._store.write(key, value, revision)

    async def delete(self, key: str) -> None:
        self._pass()
        await self._store.delete(key)

    async def remember(self, key: str, value: bytes) -> None:
        self._pass()
        await self._store.remember(key, value)

    async def recall(self, key: str) -> bytes | None:
        self._pass()
        return await self._store.recall(key)

    def _pass(self) -> None:
        if self.cut:
            raise BrokerDown("cut")
        self.count += 1


class Member:
    """One process, which claims accounts but does nothing for them."""

    def __init__(self, name: str, store: KeyValueStore, items: list[str]) -> None:
        self.store = CountedStore(store)
        self.serving: set[str] = set()
        every = LEASE / 5
        self.coordinator = Coordinator(
            self.store, Peers(name, lease=LEASE), items, self._serve, RelayMetrics(dict), every=every, lease=LEASE
        )

    async def _serve(self, key: str, claim: Claim) -> None:
        self.serving.add(key)
        try:
            await asyncio.Event().wait()
        finally:
            self.serving.discard(key)


async def measure(processes: int, accounts: int) -> dict[str, float]:
    """Share accounts, stay idle, and lose a process."""
    items = [f"account.user{number}" for number in range(accounts)]
    async with AsyncExitStack() as stack:
        server = RedisServer(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        await server.start()
        stack.callback(server.stop)
        broker = make_broker(BrokerSettings("redis", Secret(server.url)))
        await broker.open()
        stack.push_async_callback(broker.close)
        assert broker.store is not None
        members = [Member(f"process-{number}", broker.store, items) for number in range(processes)]
        begun = time.perf_counter()
        tasks = [asyncio.create_task(member.coordinator.run()) for member in members]
        await until(lambda: even(members, accounts))
        found = {"shared": time.perf_counter() - begun}
        counts, cpu, begun = sum(m.store.count for m in members), time.process_time(), time.perf_counter()
        await asyncio.sleep(REST_SECONDS)
        seconds = time.perf_counter() - begun
        found["operations"] = (sum(m.store.count for m in members) - counts) / seconds
        found["cpu"] = (time.process_time() - cpu) / seconds / processes * 1000
        lost, others = members[0], members[1:]
        lost.store.cut = True
        begun = time.perf_counter()
        await until(lambda: sum(len(member.serving) for member in others) == accounts)
        found["taken over"] = time.perf_counter() - begun
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return found


def even(members: list[Member], accounts: int) -> bool:
    """Return whether each account is served once, and no process serves much more than its share."""
    counts = [len(member.serving) for member in members]
    return sum(counts) == accounts and max(counts) < 1.5 * accounts / len(members)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until a function returns true."""
    async with asyncio.timeout(240):
        while not holds():
            await asyncio.sleep(0.02)


def run(*, quick: bool = False) -> list[Figure]:
    """Measure.

    Args:
        quick: whether to take only a few measurements.
    """
    processes, accounts = (4, 200) if quick else (20, 10_000)
    found = asyncio.run(measure(processes, accounts))
    title = f"{accounts:,} accounts, {processes} processes: "
    return [
        Figure(f"{title}all shared", "s", [found["shared"]], [120.0], 1.0, against="2 minutes", limit=True),
        Figure(f"{title}taken over", "s", [found["taken over"]], [10.0], 1.0, against="10 seconds", limit=True),
        Figure(f"{title}requests to Redis", "/s", [found["operations"]], [2000.0], 1.0, against="2,000", limit=True),
        Figure(f"{title}CPU of each", "ms/s", [found["cpu"]], [50.0], 1.0, against="5 % of a core", limit=True),
    ]
