"""Claims this process's share of the items (accounts) by lease, and serves each one in its own task."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice

import msgspec

from odoochat.relay.brokers.broker import BrokerDown, Conflict, KeyValueStore
from odoochat.relay.claims import Claim, LeaseLost, try_claim
from odoochat.relay.peers import Peers
from odoochat.relay.relay_metrics import RelayMetrics

__all__ = ["Coordinator"]

log = logging.getLogger("odoochat")

MEMBERS = "members"
CLAIMS_AT_ONCE = 16
CLAIMS_IN_A_ROW = 100
LEAVE_SECONDS = 10.0
"""Time in seconds that the accounts have to close at shutdown."""


class Coordinator:
    """Claims this process's share of the items and serves each one in its own task.

    Each process increments a heartbeat counter in the store. A process whose counter does not change for the length of
    a lease is considered dead, and the others take over its items. An item that belongs to another live process is
    released to it.

    Args:
        store: the shared store.
        peers: the relay's processes, including this one.
        items: maps each item's store key to its name.
        serve: serves an item until cancelled, and releases the claim itself.
        metrics: counts takeovers.
        every: heartbeat interval, in seconds.
        clock: returns monotonic time in seconds.

    Attributes:
        claims: the items that this process serves, by key.
        last_beat: time of the last heartbeat, or None before the first.
    """

    def __init__(
        self,
        store: KeyValueStore,
        peers: Peers,
        items: Iterable[str],
        serve: Callable[[str, Claim], Awaitable[None]],
        metrics: RelayMetrics,
        *,
        every: float = 1.0,
        lease: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._peers = peers
        self._items = tuple(items)
        self._serve = serve
        self._metrics = metrics
        self._every = every
        self._lease = lease
        self._clock = clock
        self._beat = 0
        self._beaten = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[str] = set()
        self._doubtful: set[str] = set()
        self._shared: tuple[list[str], set[str]] | None = None
        self._slots = asyncio.Semaphore(CLAIMS_AT_ONCE)
        self.claims: dict[str, Claim] = {}
        self.last_beat: float | None = None

    @property
    def processes(self) -> int:
        """Number of live processes."""
        return len(self._peers.alive())

    async def run(self) -> None:
        """Distribute the items until cancelled, then release this process's items."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_beating(), name="odoochat relay beat")
                group.create_task(self._keep_sharing(), name="odoochat relay share")
        finally:
            await self._leave()

    # ---------------------------------------------------------------- heartbeats

    async def _keep_beating(self) -> None:
        while True:
            begun = self._clock()
            try:
                async with asyncio.timeout(self._lease):
                    await self._live()
            except (BrokerDown, TimeoutError) as error:
                log.debug("cannot write the heartbeat: %s", error)
                self._peers.interrupted(self._clock())
            else:
                now = self._clock()
                if self.last_beat is not None and now - self.last_beat > self._lease:
                    await self._check_claims()
                self.last_beat = now
                self._beaten.set()
            await asyncio.sleep(max(0.0, self._every - (self._clock() - begun)))

    async def _live(self) -> None:
        """Write a heartbeat and read those of the other processes."""
        self._beat += 1
        await self._store.write(_process_key(self._peers.own), b"%d" % self._beat, None)
        members = await self._members()
        if self._peers.own not in members:
            await self._change_members(add=self._peers.own)
        others = [member for member in members if member != self._peers.own]
        entries = await self._store.read_many([_process_key(member) for member in others])
        counters = {m: int(e.value) for m, e in zip(others, entries, strict=True) if e is not None}
        self._peers.saw(counters, self._clock())
        gone = self._peers.dead() | (set(others) - counters.keys())
        for member in gone:
            await self._change_members(remove=member)
            await self._store.delete(_process_key(member))

    async def _members(self) -> list[str]:
        entry = await self._store.read(MEMBERS)
        return msgspec.json.decode(entry.value, type=list[str]) if entry is not None else []

    async def _change_members(self, *, add: str | None = None, remove: str | None = None) -> None:
        for _ in range(20):
            entry = await self._store.read(MEMBERS)
            members = set(msgspec.json.decode(entry.value, type=list[str])) if entry is not None else set[str]()
            changed = (members | {add} if add is not None else members) - {remove}
            if changed == members:
                return
            try:
                await self._store.write(MEMBERS, msgspec.json.encode(sorted(changed)), entry.revision if entry else 0)
                return
            except Conflict:
                continue  # another process changed it at the same moment

    async def _check_claims(self) -> None:
        """Give up items that others took over while this process or the broker was not running."""
        try:
            await asyncio.gather(*(claim.check() for claim in tuple(self.claims.values())))
        except ConnectionError as error:
            log.debug("cannot check claims: %s", error)

    # ------------------------------------------------------------------- sharing

    async def _keep_sharing(self) -> None:
        while True:
            await self._beaten.wait()
            self._beaten.clear()
            tried: set[str] = set()
            while True:
                # Checked again for each part, because the first process to start must not claim items that later ones
                # will serve.
                share = self._share()
                self._end_others(share)
                wanted = (share | self._doubtful) - self._tasks.keys() - tried
                part = list(islice(wanted, CLAIMS_IN_A_ROW))
                if not part:
                    break
                tried.update(part)
                await self._claim_all(part)

    def _end_others(self, share: set[str]) -> None:
        """Stop serving items that belong to, or are already served by, other processes."""
        for key in tuple(self._tasks):
            if (key not in share or self.claims[key].lost.is_set()) and key not in self._ending:
                self._ending.add(key)
                self._tasks[key].cancel()

    async def _claim_all(self, keys: Iterable[str]) -> None:
        results = await asyncio.gather(*(self._claim(key) for key in keys), return_exceptions=True)
        for error in results:
            if isinstance(error, ConnectionError):
                log.debug("cannot claim an item: %s", error)
            elif error is not None:
                raise error

    def _share(self) -> set[str]:
        """Return the items assigned to this process, which change only when a process starts or stops."""
        alive = self._peers.alive()
        if self._shared is None or self._shared[0] != alive:
            self._shared = alive, self._peers.share(self._items)
        return self._shared[1]

    async def _claim(self, key: str) -> None:
        async with self._slots:
            self._doubtful.add(key)  # until a response arrives, the record may name this process
            found = await try_claim(self._store, key, self._peers)
            if found is not None and key not in self._share():
                # the claim succeeded although its response was lost, and the item now belongs to another process
                await found[0].release()
                found = None
            self._doubtful.discard(key)
        if found is None:
            return
        claim, before = found
        if before:
            self._metrics.takeovers += 1
            log.info("took over %s from a dead process", key, extra={"event": "relay.takeover", "item": key})
        self.claims[key] = claim
        task = asyncio.create_task(self._keep_serving(key, claim), name=f"odoochat relay {key}")
        self._tasks[key] = task

    async def _keep_serving(self, key: str, claim: Claim) -> None:
        try:
            await self._serve(key, claim)
        except asyncio.CancelledError:
            pass
        except Exception:
            log.exception("serving %s failed", key, extra={"event": "relay.failed", "item": key})
        finally:
            try:
                await self._release(key, claim)
            finally:
                self._tasks.pop(key, None)
                self.claims.pop(key, None)
                self._ending.discard(key)

    async def _release(self, key: str, claim: Claim) -> None:
        """Release an item so that other processes can take it over, waiting if the broker is down."""
        while True:
            try:
                await claim.release()
                return
            except LeaseLost:
                return
            except ConnectionError as error:
                log.debug("%s is not released yet: %s", key, error)
            await asyncio.sleep(self._every)

    async def _leave(self) -> None:
        tasks = tuple(self._tasks.values())
        for key, task in self._tasks.items():
            if key not in self._ending:  # a second cancellation would interrupt its cleanup
                task.cancel()
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
            for task in unfinished:  # the broker is down; other processes take over the items once the lease expires
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        try:
            async with asyncio.timeout(self._lease):
                await self._change_members(remove=self._peers.own)
                await self._store.delete(_process_key(self._peers.own))
        except (BrokerDown, TimeoutError) as error:
            log.debug("cannot remove this process from the store: %s", error)


def _process_key(process: str) -> str:
    return f"process.{process}"
