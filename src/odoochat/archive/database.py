"""Opens an archive's SQLite file, upgrading it if it has an old schema and moving it aside if it is damaged."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from odoochat.archive.schema import SCHEMA, create, create_index, migrate
from odoochat.errors import ArchiveError
from odoochat.private_file import check_own_file, write_private

__all__ = ["ArchiveFile", "transaction"]

MAX_FILE = 64_000_000_000
"""Maximum file size in bytes; larger files are not opened."""

SUFFIXES = ("", "-wal", "-shm")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNOPENED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)

log = logging.getLogger("odoochat")
T = TypeVar("T")


class ArchiveFile:
    """An SQLite file in WAL mode, so that one process can write while others read.

    Commits survive even if the process is killed with ``kill -9``. A power failure may lose the most recent commits but
    never damages the file (``synchronous = NORMAL``).

    Args:
        path: the file, created if missing; None for an in-memory database.
        busy: maximum time to wait for another process's write, in seconds.

    Attributes:
        path: the file, or None if in memory.
        connection: the open connection, replaced if a damaged file is moved aside.
        set_aside: the path to which a damaged file was moved, or None.

    Raises:
        ArchiveError: the file was created by a newer version of odoochat, or cannot be used.
    """

    def __init__(self, path: Path | None, *, busy: float = 5.0) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self._busy = busy
        self.connection = self._open()

    def _open(self) -> sqlite3.Connection:
        if self.path is None:
            return self._prepared(":memory:")
        try:
            if check_own_file(self.path, MAX_FILE) is None:
                write_private(self.path, b"", durable=False)
            try:
                return self._prepared(self.path)
            except sqlite3.DatabaseError as error:
                if _primary(error) not in _DAMAGED:
                    raise
                self._move_aside(error)
                write_private(self.path, b"", durable=False)
                return self._prepared(self.path)
        except (OSError, sqlite3.Error) as error:
            raise ArchiveError(f"cannot open the archive {self.path}: {self._reason(error)}") from error

    def _reason(self, error: Exception) -> str:
        """Return why the file cannot be opened."""
        assert self.path is not None
        unopened = isinstance(error, sqlite3.Error) and _primary(error) in _UNOPENED
        if unopened and not os.access(self.path.parent, os.W_OK):
            return "its folder cannot be written to, which SQLite requires even for reading; copy the archive elsewhere"
        return str(error)

    def _prepared(self, path: Path | str) -> sqlite3.Connection:
        # Only one thread at a time uses the connection.
        db = sqlite3.connect(path, isolation_level=None, timeout=self._busy, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            if _schema(db) != SCHEMA or not _tables(db):
                self._bring_up_to_date(db)
            if not _tables(db, "words"):  # an index rebuild was interrupted
                _build_index(db)
        except BaseException:
            db.close()
            raise
        return db

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")  # another process may be doing the same, so check the version again
        try:
            found = _schema(db)
            self._refuse_newer(found)
            if not _tables(db):
                create(db)
            elif found < SCHEMA:
                migrate(db, found)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _refuse_newer(self, found: int) -> None:
        if found > SCHEMA:
            raise ArchiveError(
                f"the archive {self.path} was created by a newer version of odoochat (schema {found}, this version "
                f"supports {SCHEMA}); "
                "update odoochat, or choose another file"
            )

    def _move_aside(self, error: Exception) -> None:
        assert self.path is not None
        stamp = time.strftime("%Y%m%d-%H%M%S")
        target = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        number = 1
        while target.exists():
            number += 1
            target = self.path.with_name(f"{self.path.name}.damaged-{stamp}-{number}")
        for suffix in SUFFIXES:
            source = self.path.with_name(self.path.name + suffix)
            if source.exists():
                os.replace(source, target.with_name(target.name + suffix))  # noqa: PTH105 - also on Windows
        log.warning(
            "the archive %s is damaged (%s); moved it to %s and created a new one",
            self.path,
            error,
            target,
            extra={"event": "archive.set_aside", "path": str(self.path), "to": str(target), "error": str(error)},
        )
        self.set_aside = target

    # ---------------------------------------------------------------------- using

    def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job. If the file turns out to be damaged, repair it and run the job again.

        Args:
            job: a function that takes the connection. It is called again after a repair, which rebuilds the search
                index or replaces the file.

        Returns:
            The job's return value.

        Raises:
            sqlite3.Error: the job failed for any other reason.
        """
        try:
            return job(self.connection)
        except sqlite3.DatabaseError as error:
            if _primary(error) not in _DAMAGED:
                raise
            self._mend(error)
        return job(self.connection)

    def _mend(self, error: sqlite3.DatabaseError) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CORRUPT_VTAB:
            log.warning(
                "the search index of the archive %s is damaged (%s); rebuilding it",
                self.path,
                error,
                extra={"event": "archive.index_damaged", "path": str(self.path), "error": str(error)},
            )
            self._drop_index()
            _build_index(self.connection)
            return
        self.connection.close()
        if self.path is not None:
            self._move_aside(error)
        self.connection = self._open()

    def _drop_index(self) -> None:
        """Remove the search index directly, because SQLite refuses to drop a damaged one."""
        self.connection.execute("PRAGMA writable_schema = ON")
        self.connection.execute("DELETE FROM sqlite_master WHERE name = 'words'")
        self.connection.execute("PRAGMA writable_schema = OFF")
        self.connection.close()  # the connection caches the old schema
        self.connection = sqlite3.connect(
            self.path or ":memory:", isolation_level=None, timeout=self._busy, check_same_thread=False
        )
        self.connection.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def size(self) -> int:
        """Return the file size in bytes, including the write-ahead log."""
        if self.path is None:
            return 0
        parts = [self.path.with_name(self.path.name + suffix) for suffix in SUFFIXES[:2]]
        return sum(part.stat().st_size for part in parts if part.exists())


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """Commit all changes made inside the block, or roll them all back on error.

    Args:
        db: the connection. If a transaction is already open, the block joins it.
    """
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _schema(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _tables(db: sqlite3.Connection, name: str = "%") -> int:
    return int(db.execute("SELECT count(*) FROM sqlite_master WHERE name LIKE ?", (name,)).fetchone()[0])


def _build_index(db: sqlite3.Connection) -> None:
    """Build the search index from the messages after dropping any tables left over from a removed one."""
    from odoochat.archive.messages import MessageTable

    with transaction(db):
        if _tables(db, "words"):  # another process already built it
            return
        for part in ("data", "idx", "content", "docsize", "config"):
            db.execute(f"DROP TABLE IF EXISTS words_{part}")
        create_index(db)
        MessageTable(db).index_again()


def _primary(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
