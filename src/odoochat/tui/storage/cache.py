"""The local cache of one user on one server: channels and messages in SQLite, readable by that user alone."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from odoochat.model import ChannelInfo, Me, Message
from odoochat.private_file import check_own_file, write_private
from odoochat.tui.storage.picture_attempts import PictureAttempts
from odoochat.wire.content.sanitize import safe_text

__all__ = ["Cache"]

FORMAT = "1"
MAX_FILE = 1_000_000_000
"""Bytes of the file; a larger one is not opened."""

MAX_SEARCHED = 100_000
"""Characters of a message that a search looks at."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, text TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS message_of_channel ON message (channel, id);
CREATE TABLE IF NOT EXISTS channel (id INTEGER PRIMARY KEY, low INTEGER, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_encoder = msgspec.msgpack.Encoder()
_messages = msgspec.msgpack.Decoder(Message)
_channels = msgspec.msgpack.Decoder(ChannelInfo)

log = logging.getLogger("odoochat")
T = TypeVar("T")
_ODD = (OverflowError, UnicodeEncodeError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""What SQLite raises for a value that it cannot hold: other rows can be written."""


def _encoded(thing: Message | ChannelInfo) -> bytes | None:
    """Return the value as MessagePack, None when it holds a number that the file format cannot hold."""
    try:
        try:
            return _encoder.encode(thing)
        except UnicodeEncodeError:
            return _encoder.encode(_without_surrogates(msgspec.to_builtins(thing)))
    except OverflowError as error:
        log.warning(
            "%s %s is not cached: %s",
            type(thing).__name__,
            thing.id,
            error,
            extra={"event": "cache.not_stored", "kind": type(thing).__name__, "id": thing.id, "error": str(error)},
        )
        return None


def _without_surrogates(thing: Any) -> Any:
    """Return the same values without lone surrogates, which no file can hold."""
    if isinstance(thing, str):
        return safe_text(thing) if not thing.isascii() else thing
    if isinstance(thing, dict):
        return {key: _without_surrogates(value) for key, value in thing.items()}
    return [_without_surrogates(each) for each in thing] if isinstance(thing, list | tuple) else thing


class Cache:
    """The data that the screen shows before the server answers, and while it cannot be reached.

    The cache is a convenience. When its file cannot be used (disk full, damaged, not a regular file of this user) the
    screen goes on without it, and `error` says why.

    Args:
        path: the file, created when missing; None keeps everything in memory.

    Attributes:
        error: why messages do not reach the disk, None while they do.
        pictures: which pictures could not be decoded.
    """

    def __init__(self, path: Path | None) -> None:
        self.error: str | None = None
        self._in_memory = False
        self._holes: set[int] = set()
        self._db = self._open(path)
        self._low: dict[int, int] = dict(self._db.execute("SELECT id, low FROM channel WHERE low IS NOT NULL"))
        self.pictures = PictureAttempts(self.fact, self.note)

    def _open(self, path: Path | None) -> sqlite3.Connection:
        if path is not None:
            try:
                if check_own_file(path, MAX_FILE) is None:
                    write_private(path, b"")
                return self._prepared(path)
            except (OSError, sqlite3.Error) as error:
                self.error = f"{error}"
                self._in_memory = True
        return self._prepared(None)

    def _prepared(self, path: Path | None) -> sqlite3.Connection:
        db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=0.2, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")
            found = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not found:
                db.executescript(_SCHEMA)
                db.execute("INSERT INTO fact VALUES ('format', ?)", (FORMAT,))
            elif db.execute("SELECT value FROM fact WHERE name = 'format'").fetchone() != (FORMAT,):
                for table in ("message", "channel", "fact"):
                    db.execute(f"DROP TABLE IF EXISTS {table}")
                db.executescript(_SCHEMA)
                db.execute("INSERT INTO fact VALUES ('format', ?)", (FORMAT,))
        except sqlite3.Error:
            db.close()
            raise
        return db

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # --------------------------------------------------------------------- facts

    def fact(self, name: str) -> str:
        """Return a fact by its name, empty when there is none.

        Args:
            name: the name.
        """
        rows = self._read("SELECT value FROM fact WHERE name = ?", (name,), str)
        return rows[0] if rows else ""

    def note(self, name: str, value: str) -> None:
        """Store a fact under a name.

        Args:
            name: the name.
            value: its value.
        """
        self._write("INSERT OR REPLACE INTO fact VALUES (?, ?)", [(name, value)])

    def belongs_to(self, owner: str) -> None:
        """Empty the cache when it was written for another user or database.

        Args:
            owner: names the server, database and user.
        """
        if (before := self.fact("owner")) != owner:
            if before:
                for table in ("message", "channel"):
                    self._write(f"DELETE FROM {table}", [()])  # noqa: S608
                self._low.clear()
                self.pictures.forget()
            self.note("owner", owner)

    @property
    def me(self) -> Me | None:
        """The user whose cache this is, None when it is new."""
        text = self.fact("me")
        try:
            return msgspec.json.decode(text, type=Me) if text else None
        except msgspec.MsgspecError:
            return None

    def note_me(self, me: Me) -> None:
        """Store whose cache this is.

        Args:
            me: the user.
        """
        with suppress(UnicodeEncodeError):
            self.note("me", msgspec.json.encode(me).decode())

    # ------------------------------------------------------------------ channels

    def channels(self) -> list[ChannelInfo]:
        """Return the user's channels as they were last known."""
        return self._read("SELECT data FROM channel", (), _channels.decode)

    def keep_channels(self, infos: Iterable[ChannelInfo]) -> None:
        """Replace the stored channels.

        Args:
            infos: the channels.
        """
        rows = [(info.id, self._low.get(info.id), data) for info in infos if (data := _encoded(info)) is not None]
        self._write("DELETE FROM channel", [()])
        self._write("INSERT OR REPLACE INTO channel VALUES (?, ?, ?)", rows)

    def low(self, channel: int) -> int | None:
        """Return the message id from which on nothing of a channel is missing here.

        Args:
            channel: the channel's id.

        Returns:
            0 when everything is here from the first message on, None when it is unknown.
        """
        return self._low.get(channel)

    def set_low(self, channel: int, low: int | None) -> None:
        """Store from which message id on nothing of a channel is missing; see `low`.

        Args:
            channel: the channel's id.
            low: the message's id, None when it is unknown.
        """
        if low is None:
            self._low.pop(channel, None)
        else:
            self._low[channel] = low
        if not self._write("UPDATE channel SET low = ? WHERE id = ?", [(low, channel)]) and low is None:
            self._holes.add(channel)

    def forget_lows(self) -> None:
        """Note for all channels that messages may be missing."""
        self._low.clear()
        self._write("UPDATE channel SET low = NULL", [()])

    # ------------------------------------------------------------------ messages

    def keep(self, messages: Iterable[Message]) -> None:
        """Store messages, replacing older versions of them.

        Args:
            messages: the messages.
        """
        rows = [
            (m.id, m.channel.id, safe_text(m.text[:MAX_SEARCHED]), data)
            for m in messages
            if (data := _encoded(m)) is not None
        ]
        if not self._write("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?)", rows):
            self._holes |= {channel for _, channel, _, _ in rows}
        elif not self._in_memory:
            self.error = None
        # Where messages were lost nothing may be taken for complete, also after a restart.
        holes, self._holes = self._holes, set()
        for channel in holes:
            self.set_low(channel, None)

    def drop(self, message_id: int) -> None:
        """Remove a message.

        Args:
            message_id: the message's id.
        """
        self._write("DELETE FROM message WHERE id = ?", [(message_id,)])

    def get(self, message_id: int) -> Message | None:
        """Return a message by its id, None when it is not here.

        Args:
            message_id: the message's id.
        """
        found = self._read("SELECT data FROM message WHERE id = ?", (message_id,), _messages.decode)
        return found[0] if found else None

    def before(self, channel: int, before: int | None, limit: int, floor: int = 0) -> list[Message]:
        """Return the last messages of a channel before one, oldest first.

        Args:
            channel: the channel's id.
            before: the id of the message that ends the page; None for the newest page.
            limit: the most messages.
            floor: the lowest id.
        """
        found = self._read(
            "SELECT data FROM message WHERE channel = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?",
            (channel, 2**62 if before is None else before, floor, limit),
            _messages.decode,
        )
        return found[::-1]

    def after(self, channel: int, after: int, limit: int) -> list[Message]:
        """Return the first messages of a channel after one, oldest first.

        Args:
            channel: the channel's id.
            after: the message's id.
            limit: the most messages.
        """
        return self._read(
            "SELECT data FROM message WHERE channel = ? AND id > ? ORDER BY id LIMIT ?",
            (channel, after, limit),
            _messages.decode,
        )

    def search(self, text: str, channel: int | None, limit: int) -> list[Message]:
        """Return messages that contain a text, newest first: for when the server cannot be asked.

        Args:
            text: the words.
            channel: the id of one channel, None for all.
            limit: the most messages.
        """
        like = "%" + text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        where, values = ("channel = ? AND ", [channel]) if channel is not None else ("", [])
        return self._read(
            f"SELECT data FROM message WHERE {where}text LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT ?",  # noqa: S608
            (*values, like, limit),
            _messages.decode,
        )

    def names(self) -> dict[int, str]:
        """Return the names of partners who wrote lately, by their id."""
        found = self._read("SELECT data FROM message ORDER BY id DESC LIMIT 500", (), _messages.decode)
        return {m.author.id: m.author.name for m in found if m.author.kind == "partner" and m.author.name}

    # -------------------------------------------------------------------- inside

    def _read(self, statement: str, values: Sequence[object], decode: Callable[[Any], T]) -> list[T]:
        """Decode the first column of each row; rows that cannot be decoded are left out."""
        try:
            rows = self._db.execute(statement, values).fetchall()
        except (sqlite3.Error, *_ODD) as error:
            log.warning("reading the cache: %s", error, extra={"event": "cache.unreadable", "error": str(error)})
            return []
        found: list[T] = []
        for row in rows:
            try:
                found.append(decode(row[0]))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                log.warning(
                    "a row of the cache cannot be read: %s",
                    error,
                    extra={"event": "cache.row_unreadable", "error": str(error)},
                )
        return found

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> bool:
        """Write rows; False when the file refuses them, then `error` says why."""
        if not rows:
            return True
        try:
            try:
                self._transaction(statement, rows)
            except _ODD:
                self._write_each(statement, rows)
        except sqlite3.Error as error:
            self.error = self.error or str(error)
            return False
        return True

    def _write_each(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Write row by row; a row that SQLite cannot hold is left out."""
        for row in rows:
            try:
                self._transaction(statement, [row])
            except _ODD as error:
                log.warning(
                    "a row of the cache cannot be written: %s",
                    error,
                    extra={"event": "cache.row_unwritable", "error": str(error)},
                )

    def _transaction(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        self._db.execute("BEGIN")
        try:
            self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
