"""Guests: people without a partner, each identified by a cookie."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from odoochat.sandbox.database.schema import Database, Row


class StoredGuests:
    """A database's guests. In place of a partner or user id, a guest is represented by its negated id.

    Args:
        db: the database that stores them.
        now: returns the current time in Odoo's format.
    """

    def __init__(self, db: Database, now: Callable[[], str]) -> None:
        self._db = db
        self._now = now

    def add(self, name: str) -> tuple[int, str]:
        """Create a guest and return its (negative) id and its token."""
        now, secret = self._now(), str(uuid.uuid4())
        return -self._db.insert("guest", name=name, token=secret, create_date=now, write_date=now), secret

    def by_cookie(self, cookie: str | None) -> int | None:
        """Return the (negative) id of the guest with this cookie."""
        number, _, secret = (cookie or "").partition("|")
        found = self._db.value("SELECT id FROM guest WHERE id = ? AND token = ?", number, secret)
        return None if found is None else -int(found)

    def rename(self, person: int, name: str) -> None:
        """Change a guest's name."""
        self._db.update("guest", -person, name=name, write_date=self._now())

    def row(self, person: int) -> Row | None:
        """Return a guest, with the same columns as a partner."""
        return self._db.row(
            "SELECT g.name, g.name AS display_name, 1 AS share, NULL AS parent_id,"
            " g.token, g.im_status, g.create_date, g.write_date, -g.id AS id, NULL AS email,"
            " 1 AS active, NULL AS user_id, NULL AS manual_im_status, 0 AS im_seen FROM guest g"
            " WHERE g.id = ?", -person,
        )  # fmt: skip

    def all(self) -> list[Row]:
        """Return all guests, with the same columns as partners."""
        return [row for one in self._db.column("SELECT id FROM guest ORDER BY id") if (row := self.row(-one))]
