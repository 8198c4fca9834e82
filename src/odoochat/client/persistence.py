"""Persistence: the state file and the outbox file."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from odoochat.errors import ConfigError
from odoochat.private_file import lock_private, read_private, write_private
from odoochat.wire.values import is_object

__all__ = ["OutboxFile", "StateFile", "StateSaver", "StateStore"]

log = logging.getLogger("odoochat")

FORMAT = 1


class StateStore(Protocol):
    """Stores the record of delivered messages elsewhere, e.g. in a database: ``connect(state=store)``."""

    def read(self) -> bytes | None:
        """Return the most recently written record, or None if there is none yet.

        Raises:
            OSError: the record cannot be read.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Replace the stored record.

        Args:
            data: the record.

        Raises:
            OSError: the record cannot be written; the previous one is kept.
        """
        ...


class _FileLock:
    """Keeps other clients, in this process or another one, from using a file.

    The lock is a separate file next to it, because `write_private` replaces the file itself.

    Args:
        path: the file.
        name: what the file is, for the error message.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._handle: int | None = None

    def acquire(self) -> None:
        """Lock the file until `release`, or until the process ends.

        Raises:
            ConfigError: another client is using the file.
        """
        if self._handle is not None:
            return
        try:
            self._handle = lock_private(self._path.with_name(f".{self._path.name}.lock"))
        except BlockingIOError:
            raise ConfigError(
                f"another client is using the {self._name} {self._path}; close that client, or choose another path"
            ) from None
        except OSError as error:  # not all file systems support locks
            log.debug("cannot lock %s: %s", self._path, error)

    def release(self) -> None:
        """Unlock the file; safe to call twice."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class _PrivateFile:
    """A store in a file that only its owner can read.

    Args:
        path: the file; created if missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = _FileLock(path, "state file")

    def __str__(self) -> str:
        return str(self._path)

    def read(self) -> bytes | None:
        if not self._path.absolute().parent.is_dir():  # not created, because the path most likely contains a typo
            raise ConfigError(f"cannot write the state file {self._path}: its folder does not exist")
        self._lock.acquire()
        try:
            return read_private(self._path)
        except FileNotFoundError:
            return None

    def close(self) -> None:
        self._lock.release()

    async def write(self, data: bytes) -> None:
        writing = asyncio.ensure_future(asyncio.to_thread(write_private, self._path, data))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # The thread continues after its task ends, and must not overwrite a later record.
            await asyncio.gather(writing, return_exceptions=True)
            raise


class StateFile:
    """The file for ``connect(state=path)``, which records the messages delivered to one user on one server.

    Args:
        place: path of the file, which is created if missing, or a store that keeps the record elsewhere.
        owner: the server, database and user; a file with a different owner is rejected.
    """

    def __init__(self, place: str | os.PathLike[str] | StateStore, owner: str) -> None:
        self._store: StateStore = _PrivateFile(Path(place)) if isinstance(place, str | os.PathLike) else place
        self._owner = owner
        self._last: bytes | None = None

    def read(self) -> dict[str, Any] | None:
        """Read the record, or None if there is none yet.

        Raises:
            ConfigError: the file belongs to another user, is used by another client, or is not a state file, or its
                folder is missing.
        """
        try:
            data = self._store.read()
        except OSError as error:
            raise ConfigError(f"cannot read the state file {self._store}: {error.strerror or error}") from None
        if data is None:
            return None
        try:
            state = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            state = None
        if not is_object(state) or state.get("format") != FORMAT:
            raise ConfigError(f"{self._store} is not an odoochat state file; choose another, or remove it")
        if state.get("owner") != self._owner:
            mend = "choose another"
            if not isinstance(self._store, _PrivateFile):
                mend = "keep each account's record apart; in the relay, give this account another name"
            raise ConfigError(
                f"the state file {self._store} belongs to {state.get('owner')}, not to {self._owner}; {mend}"
            )
        account = state.get("account")
        return account if is_object(account) else None

    async def save(self, account: Callable[[], dict[str, Any]]) -> None:
        """Write the record if it has changed, in a thread.

        Args:
            account: a function that returns the record.

        Raises:
            ConfigError: the file cannot be written; its previous content is kept.
        """
        data = msgspec.json.encode({"format": FORMAT, "owner": self._owner, "account": account()})
        if data == self._last:
            return
        try:
            await self._store.write(data)
        except OSError as error:
            raise ConfigError(f"cannot write the state file {self._store}: {error.strerror or error}") from error
        self._last = data

    def close(self) -> None:
        """Let other clients use the file."""
        if isinstance(self._store, _PrivateFile):
            self._store.close()


class StateSaver:
    """Writes the record periodically, retrying after errors such as a full disk.

    Args:
        file: the file to write.
        account: a function that returns the record.
        interval: seconds between writes.
    """

    def __init__(self, file: StateFile, account: Callable[[], dict[str, Any]], *, interval: float = 1.0) -> None:
        self._file = file
        self._interval = interval
        self._account = account
        self._failing = False

    async def run(self) -> None:
        """Write the record periodically until cancelled."""
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self._file.save(self._account)
            except ConfigError as error:
                log.log(
                    logging.DEBUG if self._failing else logging.WARNING,
                    "%s; trying again",
                    error,
                    extra={"event": "state.unwritable", "error": str(error)},
                )
                self._failing = True
            else:
                if self._failing:
                    log.info("state file can be written again", extra={"event": "state.writable"})
                self._failing = False


class OutboxFile:
    """The file for ``connect(outbox=folder)``, which stores the messages that have not been posted yet.

    Args:
        folder: the folder; created if missing.
        owner: the server, database and user; each combination has a separate file.

    Attributes:
        path: the file. Its name contains a digest of the owner, because different owners can have the same
            readable name.
    """

    def __init__(self, folder: str | os.PathLike[str], owner: str) -> None:
        shown = "".join(c if c.isalnum() and c.isascii() else "-" for c in owner)[:100]
        digest = hashlib.sha256(owner.encode("utf-8", "replace")).hexdigest()[:16]
        self.path = Path(folder) / f"{shown}-{digest}.json"
        self._lock = _FileLock(self.path, "outbox")

    def read(self) -> bytes:
        """Read the messages from a JSON list, and keep other clients from posting them as well.

        Raises:
            ConfigError: the file cannot be read, `folder` is not a folder, or another client is using the file.
        """
        self._lock.acquire()
        try:
            return read_private(self.path)
        except FileNotFoundError:
            return b"[]"
        except NotADirectoryError:
            raise ConfigError(f"cannot use the outbox {self.path.parent}: it is not a folder") from None
        except OSError as error:
            raise ConfigError(f"cannot read the outbox {self.path}: {error.strerror or error}") from None

    def write(self, data: bytes) -> None:
        """Write the messages, or delete the file if the list is empty."""
        if data == b"[]":
            self.path.unlink(missing_ok=True)
        else:
            write_private(self.path, data)

    def close(self) -> None:
        """Let other clients use the file."""
        self._lock.release()
