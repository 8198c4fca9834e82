"""Stores individual facts about an archive, such as its owner and the pruning date."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from odoochat.model import Me

__all__ = ["FactTable"]


class FactTable:
    """Named values in an archive file.

    Args:
        db: the database connection.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, name: str) -> str:
        """Return a value, or an empty string if not set.

        Args:
            name: the value's name.
        """
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else ""

    def set(self, name: str, value: str) -> None:
        """Store a value.

        Args:
            name: the value's name.
            value: the value to store.
        """
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    @property
    def me(self) -> Me | None:
        """The user, or None if the archive is new."""
        text = self.get("me")
        try:
            return msgspec.json.decode(text, type=Me) if text else None
        except msgspec.MsgspecError:
            return None

    def set_me(self, me: Me) -> None:
        """Store the user.

        Args:
            me: the user.
        """
        with suppress(UnicodeEncodeError):
            self.set("me", msgspec.json.encode(me).decode())

    @property
    def pruned(self) -> datetime | None:
        """The time before which messages were pruned."""
        text = self.get("pruned")
        return datetime.fromtimestamp(int(text), UTC) if text.lstrip("-").isdecimal() else None
