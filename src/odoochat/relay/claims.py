"""Claims (leases): entries in the shared store that record which process serves each item."""

from __future__ import annotations

import asyncio
import re
import zlib

import msgspec

from odoochat.relay.brokers.broker import Conflict, KeyValueStore
from odoochat.relay.peers import Peers

__all__ = ["Claim", "LeaseLost", "store_key", "try_claim"]

Record = tuple[str, bytes]
"""The id of the process that serves the item (empty for none) and the compressed position."""


class LeaseLost(ConnectionError):
    """Raised when another process has taken over the item."""


def store_key(prefix: str, name: str) -> str:
    """Return the store key for a name, escaping characters that stores do not allow.

    Args:
        prefix: the key's prefix, e.g. for accounts or processes.
        name: the name to escape.
    """
    escaped = re.sub(rb"[^A-Za-z0-9_-]", lambda found: b"=%02X" % found[0][0], name.encode("utf-8", "replace"))
    return f"{prefix}.{escaped.decode()}"


class Claim:
    """An item that this process serves; created by `try_claim`.

    Args:
        store: the shared store.
        key: the item's key in the store.
        own: id of this process.
        revision: revision of the item's record.
        position: the last saved position, or None.

    Attributes:
        position: the last saved position.
        lost: set once another process has taken over the item.
    """

    def __init__(self, store: KeyValueStore, key: str, own: str, revision: int, position: bytes | None) -> None:
        self._store = store
        self._key = key
        self._own = own
        self._revision = revision
        self._writing = asyncio.Lock()
        self.position = position
        self.lost = asyncio.Event()

    async def save(self, position: bytes) -> None:
        """Save the position.

        Args:
            position: the position to resume from after a restart.

        Raises:
            LeaseLost: another process has taken over the item.
            BrokerDown: the store cannot be reached.
        """
        await self._write(self._own, position)
        self.position = position

    async def release(self) -> None:
        """Release the item so that other processes can claim it.

        Raises:
            LeaseLost: another process has already taken over the item.
            BrokerDown: the store cannot be reached.
        """
        await self._write("", self.position)

    async def check(self) -> None:
        """Check whether another process has taken over the item, e.g. while this one was suspended.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        entry = await self._store.read(self._key)
        if entry is not None and _decoded(entry.value)[0] != self._own:
            self.lost.set()

    async def _write(self, owner: str, position: bytes | None) -> None:
        async with self._writing:
            for _ in range(2):
                if self.lost.is_set():
                    raise LeaseLost("another process has taken over this account")
                try:
                    self._revision = await self._store.write(self._key, _encoded(owner, position), self._revision)
                    return
                except Conflict:
                    # A write also changes the revision if its acknowledgement is lost.
                    entry = await self._store.read(self._key)
                    if entry is None or _decoded(entry.value)[0] != self._own:
                        self.lost.set()
                    else:
                        self._revision = entry.revision
            raise LeaseLost("another process has taken over this account")


async def try_claim(store: KeyValueStore, key: str, peers: Peers) -> tuple[Claim, str] | None:
    """Claim an item unless a live process is serving it.

    Args:
        store: the shared store.
        key: the item's key in the store.
        peers: the relay's processes.

    Returns:
        The claim and the id of the dead process that served the item (empty for none), or None if the item cannot be
        claimed right now.

    Raises:
        BrokerDown: the store cannot be reached.
    """
    entry = await store.read(key)
    owner, position = ("", None) if entry is None else _decoded(entry.value)
    if owner and owner != peers.own and peers.is_alive(owner):
        return None
    try:
        revision = await store.write(key, _encoded(peers.own, position), entry.revision if entry is not None else 0)
    except Conflict:
        return None
    return Claim(store, key, peers.own, revision, position), owner if owner != peers.own else ""


def _encoded(owner: str, position: bytes | None) -> bytes:
    return msgspec.msgpack.encode((owner, zlib.compress(position, 1) if position is not None else b""))


def _decoded(value: bytes) -> tuple[str, bytes | None]:
    try:
        owner, packed = msgspec.msgpack.decode(value, type=Record)
        return owner, zlib.decompress(packed) if packed else None
    except (msgspec.DecodeError, zlib.error):
        raise ConnectionError("an account record in the broker is damaged; delete it to start over") from None
