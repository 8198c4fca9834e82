"""Marks on messages: mentions, reactions, stars and inbox entries."""

from __future__ import annotations

from collections.abc import Iterable

from odoochat.sandbox.database.schema import Database, Row, marks

IN_CHANNEL = "model IN ('mail.channel', 'discuss.channel')"  # record threads share the table, and their ids may overlap


class MessageMarks:
    """Mentions, reactions, stars and inbox entries for a database's messages.

    Args:
        db: the database that stores them.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def partners(self, message_id: int) -> list[int]:
        """Return the ids of the partners mentioned in a message."""
        return self._db.column("SELECT partner_id FROM message_partner WHERE message_id = ?", message_id)

    def reactions(self, message_id: int) -> dict[str, list[int]]:
        """Return partner ids by emoji, ordered by first reaction."""
        found: dict[str, list[int]] = {}
        for row in self._db.rows("SELECT * FROM reaction WHERE message_id = ? ORDER BY id", message_id):
            found.setdefault(row["content"], []).append(row["partner_id"])
        return found

    def reaction_sequence(self, message_id: int, content: str) -> int:
        """Return the number that Odoo 19 uses to sort reaction groups."""
        found: int | None = self._db.value(
            "SELECT MIN(id) FROM reaction WHERE message_id = ? AND content = ?", message_id, content
        )
        return found or 0

    def react(self, message_id: int, content: str, partner_id: int, *, add: bool) -> None:
        """Add or remove a reaction."""
        self._db.run(
            "DELETE FROM reaction WHERE message_id = ? AND content = ? AND partner_id = ?",
            message_id, content, partner_id,
        )  # fmt: skip
        if add:
            self._db.insert("reaction", message_id=message_id, content=content, partner_id=partner_id)

    def clear_reactions(self, message_id: int) -> None:
        """Remove all reactions from a message."""
        self._db.run("DELETE FROM reaction WHERE message_id = ?", message_id)

    def star(self, message_id: int, partner_id: int) -> bool:
        """Toggle a star and return whether the message is now starred."""
        gone = self._db.run("DELETE FROM star WHERE message_id = ? AND partner_id = ?", message_id, partner_id)
        if not gone:
            self._db.insert("star", message_id=message_id, partner_id=partner_id)
        return not gone

    def unstar_all(self, partner_id: int) -> list[int]:
        """Remove all of a partner's stars and return the message ids."""
        ids = self._db.column("SELECT message_id FROM star WHERE partner_id = ? ORDER BY message_id DESC", partner_id)
        self._db.run("DELETE FROM star WHERE partner_id = ?", partner_id)
        return ids

    def stars(self, message_id: int) -> list[int]:
        """Return the ids of the partners who starred a message."""
        return self._db.column("SELECT partner_id FROM star WHERE message_id = ?", message_id)

    def starred_count(self, partner_id: int) -> int:
        """Return the number of messages that a partner starred."""
        count: int = self._db.value("SELECT COUNT(*) FROM star WHERE partner_id = ?", partner_id)
        return count

    def notify(self, message_id: int, partner_id: int) -> int:
        """Add a message to a partner's inbox."""
        return self._db.insert("notification", message_id=message_id, partner_id=partner_id)

    def notifications(self, message_id: int) -> list[Row]:
        """Return a message's inbox entries."""
        return self._db.rows("SELECT * FROM notification WHERE message_id = ? ORDER BY id", message_id)

    def needaction(self, partner_id: int) -> list[int]:
        """Return the ids of the messages in a partner's inbox."""
        return self._db.column(
            "SELECT message_id FROM notification WHERE partner_id = ? AND NOT is_read ORDER BY id", partner_id
        )

    def concerning(self, partner_id: int) -> set[int]:
        """Return the ids of messages that mention a partner or are in their inbox."""
        ids = self._db.column(
            "SELECT message_id FROM message_partner WHERE partner_id = ?"
            " UNION SELECT message_id FROM notification WHERE partner_id = ?", partner_id, partner_id,
        )  # fmt: skip
        return set(ids)

    def needaction_in(self, channel_id: int, partner_id: int) -> int:
        """Return the number of messages in a partner's inbox that belong to a channel."""
        return self._inbox_count(f"m.res_id = ? AND m.{IN_CHANNEL}", partner_id, channel_id)

    def needaction_on(self, model: str, record_id: int, partner_id: int) -> int:
        """Return the number of messages in a partner's inbox that belong to a record."""
        return self._inbox_count("m.res_id = ? AND m.model = ?", partner_id, record_id, model)

    def _inbox_count(self, where: str, partner_id: int, *values: object) -> int:
        count: int = self._db.value(
            "SELECT COUNT(*) FROM notification n JOIN seen_message m ON m.id = n.message_id"
            f" WHERE n.partner_id = ? AND NOT n.is_read AND {where}",
            partner_id,
            *values,
        )
        return count

    def done(self, message_ids: Iterable[int], partner_id: int) -> list[int]:
        """Remove messages from the inbox and return the ids of those removed."""
        ids = [message for message in message_ids if message in set(self.needaction(partner_id))]
        self._db.run(
            f"UPDATE notification SET is_read = 1 WHERE partner_id = ? AND message_id IN ({marks(ids)})",
            partner_id,
        )
        return ids

    def undone(self, message_ids: Iterable[int], partner_id: int) -> list[int]:
        """Move messages back to the inbox and return the ids of those that have an inbox entry."""
        wanted = marks(list(message_ids))
        where = f"partner_id = ? AND message_id IN ({wanted})"
        ids = self._db.column(f"SELECT message_id FROM notification WHERE {where} ORDER BY id", partner_id)
        self._db.run(f"UPDATE notification SET is_read = 0 WHERE {where}", partner_id)
        return ids
