"""Business records with a discussion (contacts), and their followers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from odoochat.sandbox.database.accounts import Accounts
from odoochat.sandbox.database.own_models import OwnModels
from odoochat.sandbox.database.schema import Database, Row

CONTACTS = "res.partner"
CHANNELS = ("mail.channel", "discuss.channel")


class Records:
    """A database's followers, tracked changes and scheduled messages; storing them does not notify clients."""

    def __init__(self, db: Database, now: Callable[[], str], accounts: Accounts, own: OwnModels) -> None:
        self._db = db
        self._now = now
        self._accounts = accounts
        self._own = own

    def has(self, model: str) -> bool:
        """Return whether a model's records have discussions; channels are handled elsewhere."""
        return model == CONTACTS or model in self._own

    def name(self, model: str, record_id: int) -> str | None:
        """Return a record's name, or None if it does not exist."""
        if model in self._own:
            row = self._own.get(model, record_id)
        else:
            row = self._accounts.partner(record_id) if model == CONTACTS else None
        return None if row is None else str(row["display_name"])

    def readable(self, uid: int | None, model: str, record_id: int) -> bool:
        """Return whether a user may read the record; all employees may."""
        return self._accounts.is_internal(uid) and self.name(model, record_id) is not None

    def writable(self, uid: int, model: str = CONTACTS) -> bool:
        """Return whether a user may change a model's records, and therefore post in their discussions."""
        if model in self._own:
            return self._accounts.is_internal(uid)
        return self._accounts.is_admin(uid) or bool(self._db.value("SELECT contacts FROM user WHERE id = ?", uid))

    # followers

    def follow(self, model: str, record_id: int, partners: Iterable[int]) -> None:
        """Add partners as followers of a record."""
        known = self.partners(model, record_id)
        for partner in dict.fromkeys(partners):
            if partner not in known and self._accounts.partner(partner) is not None:
                self._db.insert("follower", res_model=model, res_id=record_id, partner_id=partner)

    def unfollow(self, model: str, record_id: int, partners: Iterable[int]) -> None:
        """Remove followers from a record."""
        for partner in partners:
            self._db.run(
                "DELETE FROM follower WHERE res_model = ? AND res_id = ? AND partner_id = ?", model, record_id, partner
            )

    def followers(self, model: str, record_id: int) -> list[Row]:
        """Return a record's followers."""
        return self._db.rows(
            "SELECT * FROM follower WHERE res_model = ? AND res_id = ? ORDER BY id", model, record_id
        )  # fmt: skip

    def all_followers(self) -> list[Row]:
        """Return the followers of all records."""
        return self._db.rows("SELECT * FROM follower ORDER BY id")

    def partners(self, model: str, record_id: int) -> list[int]:
        """Return the partner ids of a record's followers."""
        return [row["partner_id"] for row in self.followers(model, record_id)]

    def follower(self, model: str, record_id: int, partner_id: int) -> Row | None:
        """Return a partner's follower record, or None if there is none."""
        return next((row for row in self.followers(model, record_id) if row["partner_id"] == partner_id), None)

    # tracked changes

    def track(self, message_id: int, field: str, label: str, old: object, new: object) -> None:
        """Store a tracked change shown in a message."""
        self._db.insert("tracking", message_id=message_id, field=field, label=label, old=old, new=new)

    def tracking(self, message_id: int) -> list[Row]:
        """Return the tracked changes shown in a message."""
        return self._db.rows("SELECT * FROM tracking WHERE message_id = ? ORDER BY id DESC", message_id)

    # scheduled messages

    def schedule(self, **values: object) -> int:
        """Store a scheduled message and return its id."""
        now = self._now()
        return self._db.insert("scheduled", **values, create_date=now, write_date=now)

    def scheduled(self) -> list[Row]:
        """Return all scheduled messages."""
        return self._db.rows("SELECT * FROM scheduled ORDER BY id")

    def change_scheduled(self, row_id: int, **values: object) -> None:
        """Change a scheduled message."""
        self._db.update("scheduled", row_id, write_date=self._now(), **values)

    def unschedule(self, row_id: int) -> None:
        """Delete a scheduled message."""
        self._db.run("DELETE FROM scheduled WHERE id = ?", row_id)
