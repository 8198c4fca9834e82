"""Stored channel members."""

from __future__ import annotations

from collections.abc import Callable

from odoochat.sandbox.database.marks import IN_CHANNEL
from odoochat.sandbox.database.schema import Database, Row


class StoredMembers:
    """A database's channel members; storing them does not notify clients.

    Args:
        db: the database that stores them.
        now: returns the current time in Odoo's format.
        counts_notes: returns whether notes count as unread.
    """

    def __init__(self, db: Database, now: Callable[[], str], *, counts_notes: Callable[[], bool]) -> None:
        self._db = db
        self._now = now
        self._counts_notes = counts_notes

    def add(self, channel_id: int, partner_id: int, *, pinned: bool = True) -> Row:
        """Add a member and return the new or existing record."""
        found = self.find(channel_id, partner_id)
        if found is not None:
            return found
        now = self._now()
        self._db.insert(
            "member", channel_id=channel_id, partner_id=partner_id, last_interest_dt=now, create_date=now,
            write_date=now, is_pinned=int(pinned), unpin_dt=None if pinned else now,
        )  # fmt: skip
        made = self.find(channel_id, partner_id)
        assert made is not None
        return made

    def remove(self, member_id: int) -> None:
        """Remove a member."""
        self._db.run("DELETE FROM member WHERE id = ?", member_id)

    def find(self, channel_id: int, partner_id: int) -> Row | None:
        """Return a partner's member record in a channel."""
        return self._db.row("SELECT * FROM member WHERE channel_id = ? AND partner_id = ?", channel_id, partner_id)

    def get(self, member_id: int) -> Row | None:
        """Return a member record."""
        return self._db.row("SELECT * FROM member WHERE id = ?", member_id)

    def of_channel(self, channel_id: int) -> list[Row]:
        """Return a channel's members, ordered by id."""
        return self._db.rows("SELECT * FROM member WHERE channel_id = ? ORDER BY id", channel_id)

    def all(self) -> list[Row]:
        """Return all member records, ordered by id."""
        return self._db.rows("SELECT * FROM member ORDER BY id")

    def partners(self, channel_id: int) -> list[int]:
        """Return the partner ids of a channel's members."""
        return self._db.column(
            "SELECT partner_id FROM member WHERE channel_id = ? AND partner_id > 0 ORDER BY id", channel_id
        )

    def muted_until(self, now: str) -> list[Row]:
        """Return the member records whose mute ends at or before the given time."""
        return self._db.rows("SELECT * FROM member WHERE mute_until_dt <= ? ORDER BY id", now)

    def change(self, member_id: int, **values: object) -> Row:
        """Update a member's fields and return the new record."""
        self._db.update("member", member_id, write_date=self._now(), **values)
        changed = self.get(member_id)
        assert changed is not None
        return changed

    def channels_of(self, partner_id: int) -> list[int]:
        """Return the ids of a partner's channels."""
        return self._db.column(
            "SELECT m.channel_id FROM member m JOIN channel c ON c.id = m.channel_id"
            " WHERE m.partner_id = ? AND c.active ORDER BY m.channel_id", partner_id,
        )  # fmt: skip

    def is_favorite(self, member_id: int) -> bool:
        """Return whether the member marked the channel as a favourite (Odoo 20)."""
        return self._db.value("SELECT 1 FROM favorite WHERE member_id = ?", member_id) is not None

    def favor(self, member_id: int, *, on: bool) -> bool:
        """Set or clear the favourite mark and return whether it changed."""
        if self.is_favorite(member_id) == on:
            return False
        self._db.run("DELETE FROM favorite WHERE member_id = ?", member_id)
        if on:
            self._db.insert("favorite", member_id=member_id)
        return True

    def unread(self, member: Row) -> int:
        """Return the number of messages others have posted since the member last read the channel."""
        count: int = self._db.value(
            f"SELECT COUNT(*) FROM seen_message WHERE res_id = ? AND {IN_CHANNEL} AND id >= ?"
            " AND message_type NOT IN ('notification', 'user_notification') AND (subtype_id = 1 OR ?)",
            member["channel_id"], max(member["new_message_separator"], 0), self._counts_notes(),
        )  # fmt: skip
        return count
