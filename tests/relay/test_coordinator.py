"""Processes that share items by a store, in one event loop with short leases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec

from odoochat.relay.brokers.broker import BrokerDown, Entry
from odoochat.relay.claims import Claim
from odoochat.relay.coordinator import Coordinator
from odoochat.relay.peers import Peers
from odoochat.relay.relay_metrics import RelayMetrics
from tests.relay.test_peers import MemoryStore

ITEMS = [f"account.{number}" for number in range(12)]


class Link:
    """A process's way to the store, which can be cut."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.cut = False
        self.failing_releases = 0
        self.lost_answers = 0

    async def read(self, key: str) -> Entry | None:
        self._check()
        return await self._store.read(key)

    async def read_many(self, keys: Sequence[str]) -> list[Entry | None]:
        self._check()
        return await self._store.read_many(keys)

    async def write(self, key: str, value: bytes, revision: int | None) -> int:
        self._check()
        if self.failing_releases and key in ITEMS and not msgspec.msgpack.decode(value)[0]:
            self.failing_releases -= 1
            raise BrokerDown("away")
        made = await self._store.write(key, value, revision)
        if self.lost_answers and key in ITEMS:
            self.lost_answers -= 1
            raise BrokerDown("the answer was lost")
        return made

    async def delete(self, key: str) -> None:
        self._check()
        await self._store.delete(key)

    async def remember(self, key: str, value: bytes) -> None:
        raise NotImplementedError

    async def recall(self, key: str) -> bytes | None:
        raise NotImplementedError

    def lose_answers(self, count: int) -> None:
        """Carry out the next claims, and lose the answers about them."""
        self.lost_answers = count

    def _check(self) -> None:
        if self.cut:
            raise BrokerDown("cut")


class Process:
    """One process, and the items that it serves now."""

    def __init__(self, name: str, store: MemoryStore) -> None:
        self.link = Link(store)
        self.metrics = RelayMetrics(dict)
        self.serving: set[str] = set()
        peers = Peers(name, lease=0.5)
        self.coordinator = Coordinator(self.link, peers, ITEMS, self._serve, self.metrics, every=0.05, lease=0.5)

    async def _serve(self, key: str, claim: Claim) -> None:
        self.serving.add(key)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)  # closing an account takes time
            self.serving.discard(key)


@asynccontextmanager
async def running(name: str, store: MemoryStore) -> AsyncIterator[Process]:
    process = Process(name, store)
    task = asyncio.create_task(process.coordinator.run())
    try:
        yield process
    finally:
        process.link.cut = False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


def shared(*processes: Process) -> bool:
    """Return whether each item is served by one of the processes, and each process serves some."""
    served = [key for process in processes for key in process.serving]
    return sorted(served) == sorted(ITEMS) and all(process.serving for process in processes)


async def test_processes_share_the_items_and_a_stopped_one_hands_over():
    store = MemoryStore()
    async with running("a", store) as a:
        await until(lambda: shared(a))
        async with running("b", store) as b:
            await until(lambda: shared(a, b))
        assert b.serving == set()
        await until(lambda: shared(a))
        assert a.metrics.takeovers == 0
    assert "process.a" not in store.entries


async def test_items_of_a_process_that_is_cut_off_are_taken_over_and_it_gives_them_up():
    store = MemoryStore()
    async with running("a", store) as a, running("b", store) as b:
        await until(lambda: shared(a, b))
        own = set(b.serving)
        b.link.cut = True
        await until(lambda: a.serving == set(ITEMS))
        assert a.metrics.takeovers == len(own)
        b.link.cut = False
        await until(lambda: shared(a, b))


async def test_an_item_whose_release_failed_is_released_later():
    store = MemoryStore()
    async with running("a", store) as a:
        await until(lambda: shared(a))
        a.link.failing_releases = 20
        async with running("b", store) as b:
            await until(lambda: shared(a, b))
            assert a.link.failing_releases == 0


async def test_a_claim_whose_answer_was_lost_does_not_keep_the_item_from_others():
    store = MemoryStore()
    async with running("a", store) as a:
        a.link.lose_answers(len(ITEMS))
        await until(lambda: a.link.lost_answers == 0)
        async with running("b", store) as b:
            await until(lambda: shared(a, b))


async def test_a_claim_whose_answer_was_lost_is_released_when_the_item_is_another_ones():
    store = MemoryStore()
    async with running("a", store) as a, running("b", store) as b:
        await until(lambda: shared(a, b))
        (key, *_) = b.serving
        b.link.cut = True
        a.link.lose_answers(len(b.serving))
        await until(lambda: a.link.lost_answers == 0)
        b.link.cut = False  # the items are those of b again, and the records of some name a
        await until(lambda: key in b.serving and shared(a, b))
