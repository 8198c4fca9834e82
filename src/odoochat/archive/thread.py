"""Serializes all access to an archive file in one thread, for use from asyncio."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from odoochat.archive.database import ArchiveFile, transaction
from odoochat.errors import ArchiveError, UsageError

__all__ = ["ArchiveThread"]

T = TypeVar("T")


class ArchiveThread:
    """A thread that owns an open archive.

    Args:
        path: the file; None for an in-memory archive.
        busy: maximum time to wait for another process's write, in seconds.
    """

    def __init__(self, path: Path | None, *, busy: float) -> None:
        self._path = path
        self._busy = busy
        self._file: ArchiveFile | None = None
        self._pool: ThreadPoolExecutor | None = None

    @property
    def file(self) -> ArchiveFile:
        """The open file.

        Raises:
            UsageError: the archive is not open.
        """
        if self._file is None:
            raise UsageError("the archive is not open; use it inside `async with Archive(…)`")
        return self._file

    async def open(self) -> None:
        """Open the file.

        Raises:
            ArchiveError: the file cannot be used.
            UsageError: the archive is already open.
        """
        if self._pool is not None:
            raise UsageError("the archive is already open")
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="odoochat archive")
        try:
            self._file = await self._run(lambda: ArchiveFile(self._path, busy=self._busy))
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close the file once all pending jobs finish; safe to call more than once."""
        pool, file = self._pool, self._file
        if pool is None:
            return
        try:
            if file is not None:
                await self._run(file.close)
        finally:
            self._pool = self._file = None
            pool.shutdown(wait=False)

    async def _run(self, job: Callable[[], T]) -> T:
        if self._pool is None:
            raise UsageError("the archive is not open; use it inside `async with Archive(…)`")
        return await asyncio.get_running_loop().run_in_executor(self._pool, job)

    async def read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job that reads from the file.

        Args:
            job: a function that takes the connection.

        Returns:
            The job's return value.

        Raises:
            ArchiveError: the file cannot be read.
            UsageError: the archive is not open.
        """
        file = self.file

        def run() -> T:
            try:
                return file.run(job)
            except sqlite3.Error as error:
                raise ArchiveError(f"cannot use the archive {self._path or 'in memory'}: {error}") from error

        return await self._run(run)

    async def write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job that modifies the file, as one transaction.

        Args:
            job: a function that takes the connection.

        Returns:
            The job's return value. The changes are committed before the method returns.

        Raises:
            ArchiveError: the file cannot be written, for example because the disk is full. No changes are stored.
            UsageError: the archive is not open.
        """

        def run(db: sqlite3.Connection) -> T:
            with transaction(db):
                return job(db)

        return await self.read(run)
