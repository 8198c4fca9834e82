"""Guests: persons without a partner, each known by a cookie."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from odoochat.sandbox.database.schema import Database, Row


class Visitors:
    """The guests of one database. A guest's id stands negated wherever a partner's or a user's could stand."""

    def __init__(self, db: Database, now: Callable[[], str]) -> None:
        self._db = db
        self._now = now

    def add_guest(self, name: str) -> tuple[int, str]:
        """A new guest: who it is (negative), and its token."""
        now, secret = self._now(), str(uuid.uuid4())
        return -self._db.insert("guest", name=name, token=secret, create_date=now, write_date=now), secret

    def guest(self, cookie: str | None) -> int | None:
        """Who a guest's cookie stands for (negative)."""
        number, _, secret = (cookie or "").partition("|")
        found = self._db.value("SELECT id FROM guest WHERE id = ? AND token = ?", number, secret)
        return None if found is None else -int(found)

    def rename_guest(self, person: int, name: str) -> None:
        """Give a guest another name."""
        self._db.update("guest", -person, name=name, write_date=self._now())

    def person(self, person: int) -> Row | None:
        """A guest with the columns of a partner."""
        return self._db.row(
            "SELECT g.name, g.name AS display_name, 1 AS share, NULL AS parent_id,"
            " g.token, g.im_status, g.create_date, g.write_date, -g.id AS id, NULL AS email,"
            " 1 AS active, NULL AS user_id, NULL AS manual_im_status, 0 AS im_seen FROM guest g"
            " WHERE g.id = ?", -person,
        )  # fmt: skip

    def guests(self) -> list[Row]:
        """All guests, as persons."""
        return [row for one in self._db.column("SELECT id FROM guest ORDER BY id") if (row := self.person(-one))]

    def set_status(self, person: int, status: str) -> bool:
        """Store a status; whether it changed."""
        seen = self._db.value("SELECT im_status FROM guest WHERE id = ?", -person)
        self._db.run("UPDATE guest SET im_status = ? WHERE id = ?", status, -person)
        return bool(seen != status)
