"""The coordinator: shares the items of a relay among its processes, by leases in the shared store."""

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
"""How long the accounts may take to close at the end of the process."""


class Coordinator:
    """Claims this process's share of the items, and serves each of them in a task.

    Each process counts up a number in the store; one whose number stands still for the time of a lease is dead, and the
    others take its items over. An item that belongs to another live process is released to it.

    Args:
        store: the shared store.
        peers: the processes; this one among them.
        items: by the key of each item in the store, its name.
        serve: serves an item until it is cancelled. It releases the claim itself.
        metrics: counts takeovers.
        every: seconds between two signs of life.
        clock: returns seconds that never go back.

    Attributes:
        claims: the items that this process serves, by their keys.
        last_beat: when the last sign of life was written, None before the first.
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
        """Number of processes that are alive."""
        return len(self._peers.alive())

    async def run(self) -> None:
        """Share the items until cancelled; then release those of this process."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_beating(), name="odoochat relay beat")
                group.create_task(self._keep_sharing(), name="odoochat relay share")
        finally:
            await self._leave()

    # ---------------------------------------------------------------- signs of life

    async def _keep_beating(self) -> None:
        while True:
            begun = self._clock()
            try:
                async with asyncio.timeout(self._lease):
                    await self._live()
            except (BrokerDown, TimeoutError) as error:
                log.debug("no sign of life could be written: %s", error)
                self._peers.interrupted(self._clock())
            else:
                now = self._clock()
                if self.last_beat is not None and now - self.last_beat > self._lease:
                    await self._check_claims()
                self.last_beat = now
                self._beaten.set()
            await asyncio.sleep(max(0.0, self._every - (self._clock() - begun)))

    async def _live(self) -> None:
        """Write a sign of life, and read those of the others."""
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
        """Give up what others took over while this process or the broker did not run."""
        try:
            await asyncio.gather(*(claim.check() for claim in tuple(self.claims.values())))
        except ConnectionError as error:
            log.debug("claims could not be checked: %s", error)

    # ------------------------------------------------------------------- sharing

    async def _keep_sharing(self) -> None:
        while True:
            await self._beaten.wait()
            self._beaten.clear()
            tried: set[str] = set()
            while True:
                # Asked again for each part: a process that starts first must not claim what others come to serve.
                share = self._share()
                self._end_others(share)
                wanted = (share | self._doubtful) - self._tasks.keys() - tried
                part = list(islice(wanted, CLAIMS_IN_A_ROW))
                if not part:
                    break
                tried.update(part)
                await self._claim_all(part)

    def _end_others(self, share: set[str]) -> None:
        """End what other processes are to serve, or serve already."""
        for key in tuple(self._tasks):
            if (key not in share or self.claims[key].lost.is_set()) and key not in self._ending:
                self._ending.add(key)
                self._tasks[key].cancel()

    async def _claim_all(self, keys: Iterable[str]) -> None:
        results = await asyncio.gather(*(self._claim(key) for key in keys), return_exceptions=True)
        for error in results:
            if isinstance(error, ConnectionError):
                log.debug("an item could not be claimed: %s", error)
            elif error is not None:
                raise error

    def _share(self) -> set[str]:
        """Return the items that this process is to serve; they change only when a process comes or goes."""
        alive = self._peers.alive()
        if self._shared is None or self._shared[0] != alive:
            self._shared = alive, self._peers.share(self._items)
        return self._shared[1]

    async def _claim(self, key: str) -> None:
        async with self._slots:
            self._doubtful.add(key)  # until there is an answer, the record may name this process
            found = await try_claim(self._store, key, self._peers)
            if found is not None and key not in self._share():
                await found[0].release()  # it was claimed when the answer was lost, and is another process's since
                found = None
            self._doubtful.discard(key)
        if found is None:
            return
        claim, before = found
        if before:
            self._metrics.takeovers += 1
            log.info("took over %s from a process that died", key, extra={"event": "relay.takeover", "item": key})
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
        """Release an item, also when the broker is away now: this process lives on, so no other one may take it."""
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
            if key not in self._ending:  # a second cancellation would cut its end short
                task.cancel()
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=LEAVE_SECONDS)
            for task in unfinished:  # the broker is away; other processes take the items over after the lease
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        try:
            async with asyncio.timeout(self._lease):
                await self._change_members(remove=self._peers.own)
                await self._store.delete(_process_key(self._peers.own))
        except (BrokerDown, TimeoutError) as error:
            log.debug("the process was not signed off: %s", error)


def _process_key(process: str) -> str:
    return f"process.{process}"
