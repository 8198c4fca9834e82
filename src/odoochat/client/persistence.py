"""Persistence: the files of the state and of the outbox."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from odoochat.errors import ConfigError
from odoochat.private_file import read_private, write_private
from odoochat.wire.values import is_object

__all__ = ["OutboxFile", "StateFile", "StateSaver"]

log = logging.getLogger("odoochat")

FORMAT = 1


class StateFile:
    """The account of one user on one server, as ``connect(state=path)`` keeps it.

    Args:
        path: the file; made when missing.
        owner: names server, database and user: another's account is refused.
    """

    def __init__(self, path: str | os.PathLike[str], owner: str) -> None:
        self._path = Path(path)
        self._owner = owner
        self._last: bytes | None = None

    def read(self) -> dict[str, Any] | None:
        """The account, None when there is none yet.

        Raises:
            ConfigError: the file is another user's, or no such file at all, or its folder is missing.
        """
        try:
            data = read_private(self._path)
        except FileNotFoundError:
            if not self._path.absolute().parent.is_dir():  # most likely mistyped: make none
                raise ConfigError(f"cannot write the state file {self._path}: no folder {self._path.parent}") from None
            return None
        except OSError as error:
            raise ConfigError(f"cannot read the state file {self._path}: {error.strerror or error}") from None
        try:
            state = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            state = None
        if not is_object(state) or state.get("format") != FORMAT:
            raise ConfigError(f"{self._path} is not a state file of odoochat; choose another, or remove it")
        if state.get("owner") != self._owner:
            raise ConfigError(
                f"the state file {self._path} belongs to {state.get('owner')}, not to {self._owner}; choose another"
            )
        account = state.get("account")
        return account if is_object(account) else None

    async def save(self, account: Callable[[], dict[str, Any]]) -> None:
        """Keeps the account, when it is another one than before; the disk is waited for in a thread.

        Args:
            account: returns what to keep.

        Raises:
            ConfigError: the file cannot be written; what was kept before stays.
        """
        data = msgspec.json.encode({"format": FORMAT, "owner": self._owner, "account": account()})
        if data == self._last:
            return
        writing = asyncio.ensure_future(asyncio.to_thread(write_private, self._path, data))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # A thread goes on when its task ends: what is written next must not be overtaken by it.
            await asyncio.gather(writing, return_exceptions=True)
            raise
        except OSError as error:
            raise ConfigError(f"cannot write the state file {self._path}: {error.strerror or error}") from error
        self._last = data


class StateSaver:
    """Keeps the account now and then, and goes on where that failed: a disk that is full has room again later.

    Args:
        file: where to.
        account: returns what to keep.
        interval: seconds between two writes.
    """

    def __init__(self, file: StateFile, account: Callable[[], dict[str, Any]], *, interval: float = 1.0) -> None:
        self._file = file
        self._interval = interval
        self._account = account
        self._failing = False

    async def run(self) -> None:
        """Saves until it is cancelled."""
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self._file.save(self._account)
            except ConfigError as error:
                log.log(logging.DEBUG if self._failing else logging.WARNING, "%s; trying again", error)
                self._failing = True
            else:
                if self._failing:
                    log.info("state file can be written again")
                self._failing = False


class OutboxFile:
    """What waits to be sent, in a folder of the user's choice.

    Args:
        folder: made when missing.
        owner: names server, database and user: each has a file of its own.

    Attributes:
        path: the file. Its name holds a digest of the owner: names of databases may differ in one sign only.
    """

    def __init__(self, folder: str | os.PathLike[str], owner: str) -> None:
        shown = "".join(c if c.isalnum() and c.isascii() else "-" for c in owner)[:100]
        digest = hashlib.sha256(owner.encode("utf-8", "replace")).hexdigest()[:16]
        self.path = Path(folder) / f"{shown}-{digest}.json"

    def read(self) -> bytes:
        """What was kept: a JSON list.

        Raises:
            ConfigError: the file cannot be read, or the folder is none.
        """
        try:
            return read_private(self.path)
        except FileNotFoundError:
            return b"[]"
        except NotADirectoryError:
            raise ConfigError(f"cannot use the outbox {self.path.parent}: it is not a folder") from None
        except OSError as error:
            raise ConfigError(f"cannot read the outbox {self.path}: {error.strerror or error}") from None

    def write(self, data: bytes) -> None:
        """Keeps it; an empty list needs no file."""
        if data == b"[]":
            self.path.unlink(missing_ok=True)
        else:
            write_private(self.path, data)
