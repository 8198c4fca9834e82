"""Single facts that an archive remembers: whose it is, and what was pruned."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from odoochat.model import Me

__all__ = ["FactTable"]


class FactTable:
    """The facts of one file.

    Args:
        db: the file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, name: str) -> str:
        """Return a fact, empty when there is none.

        Args:
            name: its name.
        """
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else ""

    def set(self, name: str, value: str) -> None:
        """Store a fact.

        Args:
            name: its name.
            value: its value.
        """
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    @property
    def me(self) -> Me | None:
        """The user, None when the archive is new."""
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
        """Up to which moment messages were pruned."""
        text = self.get("pruned")
        return datetime.fromtimestamp(int(text), UTC) if text.lstrip("-").isdecimal() else None
