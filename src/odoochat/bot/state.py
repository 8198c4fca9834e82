"""A bot's persistent state, kept in a folder."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from odoochat.errors import ConfigError
from odoochat.private_file import lock_private, make_private_folder, read_private, write_private
from odoochat.wire.values import is_object

__all__ = ["BotState", "StateLock"]

FORMAT = 1


class BotState:
    """A bot's stored values and job runs. Without a folder, they are lost when the bot exits.

    Args:
        folder: the folder; created if missing and accessible only to its owner. None to keep the state in memory.

    Attributes:
        values: the values by name and owner, as JSON values.
        jobs: for each job, its last due time and whether that run has ended.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._folder = Path(folder) if folder is not None else None
        self._saved: bytes | None = None
        self._writing = asyncio.Lock()
        self._lock: StateLock | None = None
        self.values: dict[str, Any] = {}
        self.jobs: dict[str, Any] = {}
        self.touched = False

    @property
    def delivered(self) -> Path | None:
        """The file that records delivered messages, for ``connect(state=…)``; None if there is no folder."""
        return self._folder / "delivered.json" if self._folder is not None else None

    def open(self) -> None:
        """Load the state and lock it against other processes.

        Raises:
            ConfigError: the folder cannot be used, its file is damaged, or another process is using it.
        """
        if self._folder is None:
            return
        try:
            make_private_folder(self._folder)
        except OSError as error:
            raise ConfigError(f"cannot use the state folder {self._folder}: {error.strerror or error}") from None
        self._lock = StateLock(self._folder)
        try:
            self._read(self._folder / "bot.json")
        except BaseException:
            self.close()
            raise

    def _read(self, path: Path) -> None:
        try:
            data = read_private(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
        try:
            found = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            found = None
        if not is_object(found) or found.get("format") != FORMAT:
            raise ConfigError(f"{path} is not a bot state file; choose another folder, or remove the file")
        values, jobs = found.get("values"), found.get("jobs")
        self.values = values if is_object(values) else {}
        self.jobs = jobs if is_object(jobs) else {}
        self._saved = data

    async def save(self) -> None:
        """Write the state to disk in a thread, if it has changed.

        Raises:
            ConfigError: the file cannot be written.
        """
        if self._folder is None or not self.touched:
            return
        async with self._writing:
            self.touched = False
            data = msgspec.json.encode({"format": FORMAT, "values": self.values, "jobs": self.jobs})
            if data == self._saved:
                return
            try:
                await asyncio.to_thread(write_private, self._folder / "bot.json", data)
            except OSError as error:
                self.touched = True
                raise ConfigError(f"cannot write the state in {self._folder}: {error.strerror or error}") from None
            self._saved = data

    def close(self) -> None:
        """Unlock the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class StateLock:
    """Locks a folder against other processes until it is closed or the process ends.

    Args:
        folder: the folder.

    Raises:
        ConfigError: another process is using the folder.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._handle: int | None = lock_private(folder / "lock")
        except BlockingIOError:
            raise ConfigError(
                f"another process is using the state folder {folder}; stop that bot, or choose another folder"
            ) from None
        except OSError as error:
            raise ConfigError(f"cannot use the state folder {folder}: {error.strerror or error}") from None

    def close(self) -> None:
        """Release the folder."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
