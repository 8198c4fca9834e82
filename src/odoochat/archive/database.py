"""The file of an archive: opened for its owner only, brought up to date, set aside when it is damaged."""

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
"""Bytes of the file; a larger one is not opened."""

SUFFIXES = ("", "-wal", "-shm")
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

log = logging.getLogger("odoochat")
T = TypeVar("T")


class ArchiveFile:
    """One SQLite file, in WAL mode: one process writes while others read.

    What was committed survives the end of the process at any moment, ``kill -9`` included; a power cut may take the
    last commits, but never damages the file (``synchronous = NORMAL``).

    Args:
        path: the file, created when missing; None keeps everything in memory.
        busy: seconds to wait while another process writes.

    Attributes:
        path: the file, None in memory.
        connection: the open connection; another one after a damaged file was set aside.
        set_aside: where a damaged file was moved, None when there was none.

    Raises:
        ArchiveError: a newer odoochat wrote the file, or it cannot be used.
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
            raise ArchiveError(f"cannot open the archive {self.path}: {error}") from error

    def _prepared(self, path: Path | str) -> sqlite3.Connection:
        # The connection is used by one thread at a time.
        db = sqlite3.connect(path, isolation_level=None, timeout=self._busy, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            if _schema(db) != SCHEMA or not _tables(db):
                self._bring_up_to_date(db)
            if not _tables(db, "words"):  # a repair of the index was interrupted
                _build_index(db)
        except BaseException:
            db.close()
            raise
        return db

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")  # another process may do the same: what it did is looked at again
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
                f"a newer odoochat wrote the archive {self.path} (schema {found}, this one knows {SCHEMA}); "
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
            "the archive %s is damaged (%s); it was moved to %s, and a new one begins",
            self.path,
            error,
            target,
            extra={"event": "archive.set_aside", "path": str(self.path), "to": str(target), "error": str(error)},
        )
        self.set_aside = target

    # ---------------------------------------------------------------------- using

    def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run a job; a file that proves to be damaged is set aside first, and the job runs on a new one.

        Args:
            job: what to do with the connection; it is called again after a repair.

        Returns:
            What the job returned.

        Raises:
            sqlite3.Error: the job failed for another reason.
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
                "the search index of the archive %s is damaged (%s); it is built again",
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
        """Remove the search index; SQLite itself refuses to drop a damaged one."""
        self.connection.execute("PRAGMA writable_schema = ON")
        self.connection.execute("DELETE FROM sqlite_master WHERE name = 'words'")
        self.connection.execute("PRAGMA writable_schema = OFF")
        self.connection.close()  # it remembers the schema as it was
        self.connection = sqlite3.connect(
            self.path or ":memory:", isolation_level=None, timeout=self._busy, check_same_thread=False
        )
        self.connection.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def size(self) -> int:
        """Return the bytes of the file, with what is not merged into it yet."""
        if self.path is None:
            return 0
        parts = [self.path.with_name(self.path.name + suffix) for suffix in SUFFIXES[:2]]
        return sum(part.stat().st_size for part in parts if part.exists())


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """Commit what happens inside, or nothing of it.

    Args:
        db: the connection. A transaction that is open already is joined.
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
    """Make the search index from the messages; what is left of a removed one goes first."""
    from odoochat.archive.messages import MessageTable

    with transaction(db):
        if _tables(db, "words"):  # another process was faster
            return
        for part in ("data", "idx", "content", "docsize", "config"):
            db.execute(f"DROP TABLE IF EXISTS words_{part}")
        create_index(db)
        MessageTable(db).index_again()


def _primary(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
