"""A store in a folder, for a single-process relay whose broker has no store."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from odoochat.errors import ConfigError
from odoochat.private_file import lock_private, read_private, write_private
from odoochat.relay.brokers.broker import BrokerDown, Conflict, Entry

__all__ = ["FolderStore"]

DAY = 86_400.0


class FolderStore:
    """Stores entries as files in a folder, which only one process can use at a time.

    Args:
        folder: the folder; created if missing, accessible only to its owner.
        clock: returns seconds that only increase, so that a clock that is set does not forget commands too early.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._remembered: dict[str, dict[str, float]] = {}
        self._writing = asyncio.Lock()
        self._lock: int | None = None

    async def open(self) -> None:
        """Create the folder and lock it against other processes.

        Raises:
            ConfigError: the folder cannot be created, or another process is using it.
        """
        try:
            self._lock = lock_private(self._folder / "lock")
        except BlockingIOError:
            raise ConfigError(
                f"another process is using the folder {self._folder}; to share accounts, use Redis or NATS, see "
                "[store] in docs/relay.md"
            ) from None
        except OSError as error:
            raise ConfigError(f"cannot use the folder {self._folder}: {error.strerror or error}") from None

    async def close(self) -> None:
        """Unlock the folder; safe to call twice."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def read(self, key: str) -> Entry | None:
        """See `KeyValueStore.read`."""
        data = await asyncio.to_thread(self._read, key)
        if data is None:
            return None
        try:
            revision, value = msgspec.msgpack.decode(data, type=tuple[int, bytes])
        except msgspec.MsgspecError:
            raise BrokerDown(f"{self._folder / key} is damaged; restore or remove it") from None
        return Entry(value, revision)

    async def read_many(self, keys: Sequence[str]) -> list[Entry | None]:
        """See `KeyValueStore.read_many`."""
        return [await self.read(key) for key in keys]

    async def write(self, key: str, value: bytes, revision: int | None) -> int:
        """See `KeyValueStore.write`."""
        async with self._writing:
            entry = await self.read(key)
            now = entry.revision if entry is not None else 0
            if revision is not None and revision != now:
                raise Conflict(key)
            await asyncio.to_thread(self._write, key, msgspec.msgpack.encode((now + 1, value)))
            return now + 1

    async def delete(self, key: str) -> None:
        """See `KeyValueStore.delete`."""
        await asyncio.to_thread(self._delete, key)

    async def remember(self, key: str, value: bytes) -> None:
        """See `KeyValueStore.remember`."""
        await self.write(key, value, None)
        prefix = key.partition(".")[0]
        if prefix not in self._remembered:
            self._remembered[prefix] = await asyncio.to_thread(self._load, prefix)
        kept, now = self._remembered[prefix], self._clock()
        kept.pop(key, None)
        kept[key] = now + DAY
        for old in [*itertools.takewhile(lambda each: kept[each] <= now, kept)]:
            del kept[old]
            await self.delete(old)

    async def recall(self, key: str) -> bytes | None:
        """See `KeyValueStore.recall`."""
        entry = await self.read(key)
        return entry.value if entry is not None else None

    def _read(self, key: str) -> bytes | None:
        try:
            return read_private(self._folder / key)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BrokerDown(f"cannot read {self._folder / key}: {error.strerror or error}") from None

    def _write(self, key: str, data: bytes) -> None:
        try:
            write_private(self._folder / key, data)
        except OSError as error:
            raise BrokerDown(f"cannot write {self._folder / key}: {error.strerror or error}") from None

    def _delete(self, key: str) -> None:
        try:
            (self._folder / key).unlink(missing_ok=True)
        except OSError as error:
            raise BrokerDown(f"cannot remove {self._folder / key}: {error.strerror or error}") from None

    def _load(self, prefix: str) -> dict[str, float]:
        """Return when to forget each key that an earlier process remembered, soonest first."""
        now, today = self._clock(), time.time()
        found: dict[str, float] = {}
        for path in self._folder.glob(f"{prefix}.*"):
            with suppress(OSError):
                found[path.name] = now + DAY - min(max(today - path.stat().st_mtime, 0.0), DAY)
        return dict(sorted(found.items(), key=lambda item: item[1]))
