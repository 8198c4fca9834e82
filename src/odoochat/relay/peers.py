"""Peers: which processes of a relay are alive, and which items each of them is to serve."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

__all__ = ["Peers"]

MIX = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1


class Peers:
    """The processes of a relay, as one of them sees the others.

    Each process counts up a number in the shared store. A process is dead when its number has not changed for the time
    of a lease; clocks of different machines are not compared.

    Args:
        own: id of this process.
        lease: seconds.
    """

    def __init__(self, own: str, *, lease: float) -> None:
        self.own = own
        self._lease = lease
        self._counters: dict[str, tuple[int, float]] = {}
        self._seen = 0.0

    def saw(self, counters: Mapping[str, int], now: float) -> None:
        """Note the numbers of all processes.

        Args:
            counters: by the ids of the processes; this one's is ignored.
            now: the time, in seconds that never go back.
        """
        self._counters = {
            peer: known if (known := self._counters.get(peer)) is not None and known[0] == counter else (counter, now)
            for peer, counter in counters.items()
            if peer != self.own
        }
        self._seen = now

    def interrupted(self, now: float) -> None:
        """Note that the store could not be read: the silence of the others does not count.

        Args:
            now: the time, in seconds that never go back.
        """
        self._counters = {peer: (counter, now) for peer, (counter, _) in self._counters.items()}

    def is_alive(self, peer: str) -> bool:
        """Return whether a process is alive, this one included.

        Args:
            peer: its id.
        """
        if peer == self.own:
            return True
        known = self._counters.get(peer)
        return known is not None and self._seen - known[1] < self._lease

    def dead(self, *, for_leases: float = 10.0) -> set[str]:
        """Return the processes that have been dead for long, and can be forgotten.

        Args:
            for_leases: for how long, in leases.
        """
        limit = self._lease * for_leases
        return {peer for peer, (_, since) in self._counters.items() if self._seen - since >= limit}

    def alive(self) -> list[str]:
        """Return the ids of the processes that are alive, sorted; this one is among them."""
        return sorted({self.own, *(peer for peer in self._counters if self.is_alive(peer))})

    def share(self, items: Iterable[str]) -> set[str]:
        """Return the items that this process is to serve: each item has one process among those that are alive.

        When a process comes or goes, only its own items move.

        Args:
            items: all items.
        """
        own, others = _digest(self.own), [_digest(peer) for peer in self.alive() if peer != self.own]
        found: set[str] = set()
        for item in items:
            number = _digest(item)
            weight = ((own ^ number) * MIX) & MASK
            # Weights of two processes differ as their digests do: multiplying by an odd number loses nothing.
            if all(((other ^ number) * MIX) & MASK < weight for other in others):
                found.add(item)
        return found


@lru_cache(maxsize=100_000)
def _digest(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())
