"""Defines the archive's schema and upgrades older files."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec

from odoochat.model import Message

__all__ = ["CACHE", "SCHEMA", "create", "create_index", "migrate"]

SCHEMA = 1
"""Current schema version, stored as the file's ``PRAGMA user_version``."""

CACHE = 0
"""Schema version of files that served only as the chat screen's cache."""

_TABLES = (
    # state: 0 present, 1 emptied on the server, 2 removed.
    """CREATE TABLE message (
        id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, date INTEGER NOT NULL, state INTEGER NOT NULL,
        data BLOB NOT NULL)""",
    "CREATE INDEX message_of_channel ON message (channel, id)",
    "CREATE TABLE channel (id INTEGER PRIMARY KEY, low INTEGER, member INTEGER NOT NULL, data BLOB NOT NULL)",
    """CREATE TABLE person (
        kind TEXT NOT NULL, id INTEGER NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
        PRIMARY KEY (kind, id, email)) WITHOUT ROWID""",
    # All of the channel's messages with ids from low to high are stored.
    """CREATE TABLE span (
        channel INTEGER NOT NULL, low INTEGER NOT NULL, high INTEGER NOT NULL, PRIMARY KEY (channel, low))
        WITHOUT ROWID""",
    """CREATE TABLE file (
        id INTEGER PRIMARY KEY, message INTEGER NOT NULL, channel INTEGER NOT NULL, name TEXT NOT NULL, size INTEGER,
        path TEXT, error TEXT)""",
    "CREATE INDEX file_of_message ON file (message)",
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
# Contentless, because the messages already contain the text.
_INDEX = """CREATE VIRTUAL TABLE words USING fts5 (
        body, facts, content='', columnsize=0, prefix='2 3',
        tokenize="unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc So'")"""
_BATCH = 500

log = logging.getLogger("odoochat")


def create(db: sqlite3.Connection) -> None:
    """Create the tables in an empty file, inside the caller's transaction.

    Args:
        db: the database connection.
    """
    for statement in _TABLES:
        db.execute(statement)
    create_index(db)
    db.execute(f"PRAGMA user_version = {SCHEMA}")


def create_index(db: sqlite3.Connection) -> None:
    """Create an empty search index.

    Args:
        db: the database connection.

    Raises:
        sqlite3.OperationalError: this SQLite was built without FTS5.
    """
    db.execute(_INDEX)


def migrate(db: sqlite3.Connection, found: int) -> None:
    """Upgrade an older file, inside the caller's transaction.

    Args:
        db: the database connection.
        found: the file's schema version.
    """
    for number in range(found, SCHEMA):
        log.info(
            "archive: migrating the schema from version %d to %d",
            number,
            number + 1,
            extra={"event": "archive.migrating", "schema": number, "to": number + 1},
        )
        _STEPS[number](db)
    db.execute(f"PRAGMA user_version = {SCHEMA}")


def _from_cache(db: sqlite3.Connection) -> None:
    """Convert a chat screen cache into an archive."""
    from odoochat.archive.messages import MessageTable

    format_ = db.execute("SELECT value FROM fact WHERE name = 'format'").fetchone()
    db.execute("DROP INDEX IF EXISTS message_of_channel")
    for table in ("message", "channel", "fact"):
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    create(db)
    if format_ == ("1",):
        db.execute("INSERT INTO fact SELECT name, value FROM old_fact WHERE name != 'format'")
        db.execute("INSERT INTO channel SELECT id, low, 1, data FROM old_channel")
        table_, decode = MessageTable(db), msgspec.msgpack.Decoder(Message).decode
        last: Any = -(2**63)
        while rows := db.execute(
            "SELECT id, data FROM old_message WHERE id > ? ORDER BY id LIMIT ?", (last, _BATCH)
        ).fetchall():
            last = rows[-1][0]
            found: list[Message] = []
            for _, data in rows:
                try:
                    found.append(decode(data))
                except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                    log.warning(
                        "cannot read a cached message: %s",
                        error,
                        extra={"event": "archive.cached_unreadable", "error": str(error)},
                    )
            table_.keep(found)
    for name in ("message", "channel", "fact"):
        db.execute(f"DROP TABLE old_{name}")


_STEPS: dict[int, Callable[[sqlite3.Connection], None]] = {CACHE: _from_cache}
