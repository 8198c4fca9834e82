"""The bus: stored notifications, and the connections waiting for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from odoochat.sandbox.database.schema import Database, marks

REPLAY = 50.0  # how far back a `last` of 0 reaches, in seconds

Key = str | list[Any]


class BusRow(NamedTuple):
    """A notification stored on the bus."""

    id: int
    channel: str  # JSON of the channel's key
    message: Any


class BusLog:
    """All notifications in one database.

    Attributes:
        listeners: called with the ids of rows that became visible, and with the keys of their channels.
    """

    def __init__(self, db: Database, clock: Callable[[], float]) -> None:
        self._db = db
        self._clock = clock
        self._tx: int | None = None
        self.listeners: list[Callable[[list[int], set[str]], None]] = []

    def send(self, channel: Key, message: Any) -> int:
        """Store a notification, call the listeners, and return the notification's id."""
        stored = key(channel)
        row_id = self._db.insert(
            "bus",
            channel=stored,
            message=json.dumps(message),
            created=self._clock(),
            tx=self._tx,
        )
        if self._tx is None:
            self._notify([row_id], {stored})
        return row_id

    def skip(self) -> int:
        """Use up an id, as if for a notification that no client receives."""
        return self.send("unheard", None)

    def _notify(self, ids: list[int], channels: set[str]) -> None:
        """Call the listeners for newly visible rows."""
        for listener in tuple(self.listeners):
            listener(ids, channels)

    def last_id(self) -> int:
        """Return the highest visible id, or 0 if there is none."""
        return self._db.value("SELECT MAX(id) FROM bus WHERE tx IS NULL") or 0

    def poll(self, channels: Iterable[str], last: int, ignored: Iterable[int] = ()) -> list[BusRow]:
        """Return the rows for the given channels after `last`; if `last` is 0, those from the last 50 seconds."""
        wanted = tuple(channels)
        places = ", ".join("?" * len(wanted))
        after, value = ("created", self._clock() - REPLAY) if last == 0 else ("id", last)
        ids = self._db.column(
            f"SELECT id FROM bus WHERE tx IS NULL AND {after} > ? AND channel IN ({places}) ORDER BY id",
            value, *wanted,
        )  # fmt: skip
        dropped = set(ignored)
        # After a burst most rows are ignored, so only the others are read.
        found = (self._db.row("SELECT * FROM bus WHERE id = ?", row_id) for row_id in ids if row_id not in dropped)
        return [BusRow(row["id"], row["channel"], json.loads(row["message"])) for row in found if row is not None]

    def has(self, row_id: int) -> bool:
        """Return whether a row is still stored."""
        return self._db.value("SELECT 1 FROM bus WHERE id = ? AND tx IS NULL", row_id) is not None

    @contextmanager
    def holding(self, tx: int | None) -> Iterator[None]:
        """Store notifications sent within the block as part of an open transaction."""
        before, self._tx = self._tx, tx
        try:
            yield
        finally:
            self._tx = before

    def release(self, tx: int) -> None:
        """Commit a transaction, making its rows visible with the ids assigned at insertion."""
        rows = self._db.rows("SELECT id, channel FROM bus WHERE tx = ? ORDER BY id", tx)
        self._db.run("UPDATE bus SET tx = NULL, created = ? WHERE tx = ?", self._clock(), tx)
        if rows:
            self._notify([row["id"] for row in rows], {row["channel"] for row in rows})

    def restart(self) -> None:
        """Delete all rows and restart ids at 1, as after restoring an old database."""
        self._db.run("DELETE FROM bus")
        self._db.run("DELETE FROM sqlite_sequence WHERE name = 'bus'")

    def collect(self, older_than: float) -> int:
        """Delete rows older than `older_than` seconds, as the daily cleanup does, and return how many were deleted."""
        old = self._db.column("SELECT id FROM bus WHERE created < ?", self._clock() - older_than)
        return self._db.run(f"DELETE FROM bus WHERE id IN ({marks(old)})")


def key(channel: Key) -> str:
    """Return a channel's key in its stored form."""
    return json.dumps(channel)
