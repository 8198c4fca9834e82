"""The local cache: channels and messages of one user on one server, in SQLite, its owner's alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from odoochat.model import ChannelInfo, Me, Message
from odoochat.private_file import write_private
from odoochat.wire.content.sanitize import safe_text

__all__ = ["Cache"]

FORMAT = "1"
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


def _encoded(thing: Message | ChannelInfo) -> bytes:
    try:
        return _encoder.encode(thing)
    except UnicodeEncodeError:
        return _encoder.encode(_whole(msgspec.to_builtins(thing)))


def _whole(thing: Any) -> Any:
    """The same without lone surrogates, which no file can hold."""
    if isinstance(thing, str):
        return safe_text(thing) if not thing.isascii() else thing
    if isinstance(thing, dict):
        return {key: _whole(value) for key, value in thing.items()}
    return [_whole(each) for each in thing] if isinstance(thing, list | tuple) else thing


class Cache:
    """What the screen shows before the server answers, and when it cannot.

    A cache that fails (disk full, damaged file) goes on in memory: it is convenience, and says so in `error`.

    Args:
        path: the file, made when missing; None for a cache in memory.

    Attributes:
        error: why it is not kept on disk, None when it is.
    """

    def __init__(self, path: Path | None) -> None:
        self.error: str | None = None
        self._path = path
        self._db = self._open(path)
        self._low: dict[int, int] = dict(self._db.execute("SELECT id, low FROM channel WHERE low IS NOT NULL"))

    def _open(self, path: Path | None) -> sqlite3.Connection:
        if path is not None:
            try:
                if not path.exists():
                    write_private(path, b"")
                return self._prepared(path)
            except (OSError, sqlite3.Error) as error:
                self.error = f"{error}"
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
        """Ends it."""
        self._db.close()

    # --------------------------------------------------------------------- facts

    def fact(self, name: str) -> str:
        """A fact by its name, empty when there is none."""
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def note(self, name: str, value: str) -> None:
        """Keeps a fact."""
        self._write("INSERT OR REPLACE INTO fact VALUES (?, ?)", [(name, value)])

    def belongs_to(self, owner: str) -> None:
        """Empties it when it is another user's, or of a database that was made anew."""
        if (before := self.fact("owner")) != owner:
            if before:
                for table in ("message", "channel"):
                    self._write(f"DELETE FROM {table}", [()])  # noqa: S608
                self._low.clear()
            self.note("owner", owner)

    @property
    def me(self) -> Me | None:
        """Who it belongs to."""
        text = self.fact("me")
        return msgspec.json.decode(text, type=Me) if text else None

    def note_me(self, me: Me) -> None:
        """Keeps who it belongs to."""
        self.note("me", msgspec.json.encode(me).decode())

    # ------------------------------------------------------------------ channels

    def channels(self) -> list[ChannelInfo]:
        """My channels as they were last known."""
        return [_channels.decode(row[0]) for row in self._db.execute("SELECT data FROM channel")]

    def keep_channels(self, infos: Iterable[ChannelInfo]) -> None:
        """Keeps my channels; others are forgotten."""
        rows = [(info.id, self._low.get(info.id), _encoded(info)) for info in infos]
        self._write("DELETE FROM channel", [()])
        self._write("INSERT OR REPLACE INTO channel VALUES (?, ?, ?)", rows)

    def low(self, channel: int) -> int | None:
        """From this message on nothing of a channel is missing here; 0 from its beginning, None when unknown."""
        return self._low.get(channel)

    def set_low(self, channel: int, low: int | None) -> None:
        """Notes from where on nothing is missing."""
        if low is None:
            self._low.pop(channel, None)
        else:
            self._low[channel] = low
        self._write("UPDATE channel SET low = ? WHERE id = ?", [(low, channel)])

    # ------------------------------------------------------------------ messages

    def keep(self, messages: Iterable[Message]) -> None:
        """Keeps messages, or what became of them."""
        rows = [(m.id, m.channel.id, safe_text(m.text), _encoded(m)) for m in messages]
        self._write("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?)", rows)

    def drop(self, message_id: int) -> None:
        """Forgets a message."""
        self._write("DELETE FROM message WHERE id = ?", [(message_id,)])

    def get(self, message_id: int) -> Message | None:
        """A message by its id."""
        row = self._db.execute("SELECT data FROM message WHERE id = ?", (message_id,)).fetchone()
        return _messages.decode(row[0]) if row else None

    def before(self, channel: int, before: int | None, limit: int, floor: int = 0) -> list[Message]:
        """The messages of a channel that stand before one, oldest first; the newest for None."""
        rows = self._db.execute(
            "SELECT data FROM message WHERE channel = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?",
            (channel, 2**62 if before is None else before, floor, limit),
        ).fetchall()
        return [_messages.decode(row[0]) for row in reversed(rows)]

    def after(self, channel: int, after: int, limit: int) -> list[Message]:
        """The messages of a channel that follow one, oldest first."""
        rows = self._db.execute(
            "SELECT data FROM message WHERE channel = ? AND id > ? ORDER BY id LIMIT ?", (channel, after, limit)
        )
        return [_messages.decode(row[0]) for row in rows]

    def search(self, text: str, channel: int | None, limit: int) -> list[Message]:
        """Messages that hold a text, newest first; for when the server is away."""
        like = "%" + text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
        where, values = ("channel = ? AND ", [channel]) if channel is not None else ("", [])
        rows = self._db.execute(
            f"SELECT data FROM message WHERE {where}text LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT ?",  # noqa: S608
            (*values, like, limit),
        )
        return [_messages.decode(row[0]) for row in rows]

    def names(self) -> dict[int, str]:
        """Names of partners who wrote lately."""
        rows = self._db.execute("SELECT data FROM message ORDER BY id DESC LIMIT 500")
        authors = [_messages.decode(row[0]).author for row in rows]
        return {a.id: a.name for a in authors if a.kind == "partner" and a.name}

    # -------------------------------------------------------------------- inside

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if not rows:
            return
        try:
            self._db.execute("BEGIN")
            try:
                self._db.executemany(statement, rows)
                self._db.execute("COMMIT")
            except sqlite3.Error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            if self.error is None:
                self.error = str(error)
