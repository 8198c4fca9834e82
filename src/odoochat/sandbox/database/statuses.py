"""Online statuses of users and guests."""

from __future__ import annotations

from collections.abc import Callable

from odoochat.sandbox.database.accounts import ODOOBOT_PARTNER, PUBLIC_USER, Accounts
from odoochat.sandbox.database.schema import Database

OFFLINE_AFTER = 65.0  # seconds without a poll, similar to a real server
AWAY_AFTER = 30 * 60 * 1000  # milliseconds without activity


class UserStatuses:
    """Online statuses of a database's users and guests.

    Args:
        db: the database that stores them.
        clock: returns the current time as a Unix timestamp.
        accounts: the users and guests.
    """

    def __init__(self, db: Database, clock: Callable[[], float], accounts: Accounts) -> None:
        self._db = db
        self._clock = clock
        self._accounts = accounts

    def set(self, partner_id: int, status: str) -> bool:
        """Store the status of a partner or guest (negative id).

        Returns:
            Whether the status changed.
        """
        table, row_id = ("guest", -partner_id) if partner_id < 0 else ("partner", partner_id)
        before = self._db.value(f"SELECT im_status FROM {table} WHERE id = ?", row_id)
        self._db.update(table, row_id, im_status=status)
        if partner_id > 0:
            self._db.update(table, row_id, im_seen=self._clock())
        return bool(before != status)

    def set_manual(self, partner_id: int, status: str | None) -> None:
        """Store the status shown instead of "online" for a partner; None to clear it."""
        self._db.update("partner", partner_id, manual_im_status=status)

    def shown(self, partner_id: int, *, polling: bool = False) -> str:
        """Return the status shown to others.

        Args:
            partner_id: partner id, or the negated id of a guest.
            polling: whether users without a recent poll count as offline.
        """
        row = self._accounts.partner(partner_id)
        if row is not None and partner_id < 0:
            return str(row["im_status"])
        if row is None or row["user_id"] is None or row["user_id"] == PUBLIC_USER:
            return "im_partner"
        if partner_id == ODOOBOT_PARTNER:
            return "bot"
        if polling and self._clock() - row["im_seen"] > OFFLINE_AFTER:
            return "offline"
        return str(row["im_status"] if row["im_status"] == "offline" else row["manual_im_status"] or row["im_status"])
