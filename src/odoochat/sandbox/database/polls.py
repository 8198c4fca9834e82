"""Polls in Odoo 20: questions, options and votes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from odoochat.sandbox.database.schema import Database, Row, marks


class StoredPolls:
    """A database's polls; storing them does not notify clients."""

    def __init__(self, db: Database, now: Callable[[], str], clock: Callable[[], float]) -> None:
        self._db = db
        self._now = now
        self._clock = clock

    def create(
        self, message_id: int, question: str, options: Iterable[tuple[str, str | None]], *, uid: int,
        minutes: float, several: bool = False,
    ) -> int:  # fmt: skip
        """Create a poll started by a message and return its id. Options are pairs of label and emoji."""
        ends = datetime.fromtimestamp(self._clock() + minutes * 60, UTC).strftime("%Y-%m-%d %H:%M:%S")
        poll_id = self._db.insert(
            "poll", poll_question=question, allow_multiple_options=int(several), poll_end_dt=ends,
            start_message_id=message_id, create_uid=uid, create_date=self._now(),
        )  # fmt: skip
        for label, emoji in options:
            self._db.insert("poll_option", poll_id=poll_id, option_label=label, option_emoji=emoji or None)
        return poll_id

    def get(self, poll_id: int) -> Row | None:
        """Return a poll."""
        return self._db.row("SELECT * FROM poll WHERE id = ?", poll_id)

    def of_message(self, message_id: int, *, ended: bool = False) -> list[Row]:
        """Return the polls that a message started or ended."""
        name = "end_message_id" if ended else "start_message_id"
        return self._db.rows(f"SELECT * FROM poll WHERE {name} = ? ORDER BY id", message_id)

    def due(self) -> list[int]:
        """Return the polls that are due to end but have not ended yet."""
        return self._db.column(
            "SELECT id FROM poll WHERE end_message_id IS NULL AND poll_end_dt <= ? ORDER BY id", self._now()
        )

    def end(self, poll_id: int, message_id: int) -> None:
        """End a poll, linking the message that announces the result."""
        self._db.update("poll", poll_id, end_message_id=message_id, poll_end_dt=self._now())

    def delete(self, poll_id: int) -> None:
        """Delete a poll with its options and votes."""
        ids = [option["id"] for option in self.options(poll_id)]
        self._db.run(f"DELETE FROM poll_vote WHERE option_id IN ({marks(ids)})")
        self._db.run("DELETE FROM poll_option WHERE poll_id = ?", poll_id)
        self._db.run("DELETE FROM poll WHERE id = ?", poll_id)

    def options(self, poll_id: int, only: Sequence[int] | None = None) -> list[Row]:
        """Return a poll's options, or only those with the given ids."""
        where = "" if only is None else f" AND id IN ({marks(list(only))})"
        return self._db.rows(f"SELECT * FROM poll_option WHERE poll_id = ?{where} ORDER BY id", poll_id)

    def option(self, option_id: int) -> Row | None:
        """Return a poll option."""
        return self._db.row("SELECT * FROM poll_option WHERE id = ?", option_id)

    def votes(self, option_id: int) -> list[Row]:
        """Return the votes for an option."""
        return self._db.rows("SELECT * FROM poll_vote WHERE option_id = ? ORDER BY id", option_id)

    def votes_by(self, poll_id: int, uid: int) -> list[Row]:
        """Return a user's votes in a poll."""
        return self._db.rows(
            "SELECT v.* FROM poll_vote v JOIN poll_option o ON o.id = v.option_id"
            " WHERE o.poll_id = ? AND v.user_id = ? ORDER BY v.id", poll_id, uid,
        )  # fmt: skip

    def vote(self, option_id: int, uid: int) -> Row:
        """Vote for an option and return the new vote."""
        made = self._db.insert("poll_vote", option_id=option_id, user_id=uid)
        return {"id": made, "option_id": option_id, "user_id": uid}

    def take_back(self, vote_ids: Sequence[int]) -> None:
        """Delete votes."""
        self._db.run(f"DELETE FROM poll_vote WHERE id IN ({marks(list(vote_ids))})")

    def percentages(self, poll_id: int) -> dict[int, int]:
        """Return each option's share of the votes as a whole percentage, by option id.

        The percentage points lost by rounding down go to the options that lost the most, one each; if two such options
        have the same number of votes, the remainder is dropped.
        """
        counts = {option["id"]: len(self.votes(option["id"])) for option in self.options(poll_id)}
        total = sum(counts.values())
        shares = {option: 100 * count // total if total else 0 for option, count in counts.items()}
        order = sorted(counts, key=lambda option: (-(100 * counts[option] % total if total else 0), option))
        for position in range(100 - sum(shares.values())):
            if position + 1 >= len(order) or counts[order[position]] == counts[order[position + 1]]:
                break
            shares[order[position]] += 1
        return shares

    def winner(self, poll: Row) -> int | None:
        """Return the winning option of an ended poll, or None if there is a tie."""
        if poll["end_message_id"] is None:
            return None
        shares = self.percentages(poll["id"])
        best = max(shares.values(), default=0)
        first = [option for option, share in shares.items() if share == best and share > 0]
        return first[0] if len(first) == 1 else None
