"""Stored canned responses."""

from __future__ import annotations

from collections.abc import Callable

from odoochat.sandbox.database.schema import Database, Row


class CannedResponses:
    """A database's canned responses.

    Args:
        db: the database that stores them.
        now: returns the current time in Odoo's format.
    """

    def __init__(self, db: Database, now: Callable[[], str]) -> None:
        self._db = db
        self._now = now

    def add(self, uid: int, source: str, substitution: str, *, shared: bool = False, description: str = "") -> int:
        """Create a canned response and return its id."""
        now = self._now()
        return self._db.insert(
            "canned", source=source, substitution=substitution, description=description or None, shared=int(shared),
            create_uid=uid, create_date=now, write_date=now,
        )  # fmt: skip

    def all(self, uid: int | None = None) -> list[Row]:
        """Return all canned responses, or those available to a user, newest first."""
        rows = self._db.rows("SELECT * FROM canned ORDER BY id DESC")
        return [row for row in rows if uid is None or row["shared"] or row["create_uid"] == uid]

    def get(self, row_id: int) -> Row | None:
        """Return a canned response."""
        return self._db.row("SELECT * FROM canned WHERE id = ?", row_id)

    def change(self, row_id: int, **values: object) -> None:
        """Change a canned response."""
        self._db.update("canned", row_id, write_date=self._now(), **values)

    def delete(self, row_id: int) -> None:
        """Delete a canned response."""
        self._db.run("DELETE FROM canned WHERE id = ?", row_id)
