"""Tracks which relay processes are alive, and decides which of them should serve each item."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

__all__ = ["Peers"]

MIX = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


class Peers:
    """The processes of a relay, as seen by one of them.

    Each process increments a counter in the shared store. A process is considered dead if its counter has not changed
    for the length of a lease. Clocks on different machines are never compared.

    Args:
        own: id of this process.
        lease: length of a lease, in seconds.
    """

    def __init__(self, own: str, *, lease: float) -> None:
        self.own = own
        self._lease = lease
        self._counters: dict[str, tuple[int, float]] = {}
        self._seen = 0.0

    def saw(self, counters: Mapping[str, int], now: float) -> None:
        """Record the counters of all processes.

        Args:
            counters: counters by process id; this process's own is ignored.
            now: the monotonic time, in seconds.
        """
        self._counters = {
            peer: known if (known := self._counters.get(peer)) is not None and known[0] == counter else (counter, now)
            for peer, counter in counters.items()
            if peer != self.own
        }
        self._seen = now

    def interrupted(self, now: float) -> None:
        """Record that the store could not be read, so the outage does not count against the other processes.

        Args:
            now: the monotonic time, in seconds.
        """
        self._counters = {peer: (counter, now) for peer, (counter, _) in self._counters.items()}

    def is_alive(self, peer: str) -> bool:
        """Return whether a process is alive; this process always is.

        Args:
            peer: the process's id in the relay.
        """
        if peer == self.own:
            return True
        known = self._counters.get(peer)
        return known is not None and self._seen - known[1] < self._lease

    def dead(self, *, for_leases: float = 10.0) -> set[str]:
        """Return the processes that have been dead long enough to be removed.

        Args:
            for_leases: how long they must have been dead, in leases.
        """
        limit = self._lease * for_leases
        return {peer for peer, (_, since) in self._counters.items() if self._seen - since >= limit}

    def alive(self) -> list[str]:
        """Return the sorted ids of all live processes, including this one."""
        return sorted({self.own, *(peer for peer in self._counters if self.is_alive(peer))})

    def share(self, items: Iterable[str]) -> set[str]:
        """Return the items assigned to this process. Each item is assigned to one live process.

        When a process starts or stops, only its own items are reassigned.

        Args:
            items: all items.
        """
        own, others = _digest(self.own), [_digest(peer) for peer in self.alive() if peer != self.own]
        found: set[str] = set()
        for item in items:
            number = _digest(item)
            weight = ((own ^ number) * MIX) & MASK
            # Two processes with different digests have different weights, since multiplying by an odd number is
            # reversible.
            if all(((other ^ number) * MIX) & MASK < weight for other in others):
                found.add(item)
        return found


@lru_cache(maxsize=100_000)
def _digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())
