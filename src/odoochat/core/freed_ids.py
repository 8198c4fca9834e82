"""Freed ids: the ids of removed messages, which a restored database may assign to new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from odoochat.model import Message

__all__ = ["FreedIds", "is_another"]

CAPACITY = 100

CLOCK_STEP = timedelta(seconds=5)
"""Maximum delay between a message's date and the time its row is written."""


class FreedIds:
    """The ids of removed messages with the messages' dates, which tell a removed message from a new one with its id.

    Args:
        removed: the dates of the removed messages by id.

    Attributes:
        dates: the dates by id, usually empty.
    """

    def __init__(self, removed: Mapping[int, datetime] | None = None) -> None:
        self.dates = dict(removed or {})

    def add(self, removed: Mapping[int, datetime]) -> None:
        """Add removed messages; beyond the capacity, the oldest entries are dropped.

        Args:
            removed: the dates of the removed messages by id.
        """
        self.dates = dict([*self.dates.items(), *removed.items()][-CAPACITY:])

    def take(self, number: int) -> None:
        """Forget an id, because a new message has it.

        Args:
            number: the id.
        """
        self.dates.pop(number, None)

    def pass_by(self, number: int) -> None:
        """Forget the ids up to a given one, because the server has assigned higher ids since.

        Args:
            number: the id.
        """
        self.dates = {i: moment for i, moment in self.dates.items() if i > number}

    def __iter__(self) -> Iterator[int]:
        return iter(self.dates)

    def __contains__(self, number: object) -> bool:
        return number in self.dates

    def are_reused_by(self, message: Message) -> bool:
        """Return whether a message has one of the ids, but is not the removed message.

        Args:
            message: a message that the server sent.
        """
        removed = self.dates.get(message.id)
        return removed is not None and is_another(message, removed)

    def export(self) -> dict[str, Any]:
        """Return the dates by id as plain values."""
        return {str(number): moment.isoformat() for number, moment in self.dates.items()}


def is_another(row: Message, known: datetime) -> bool:
    """Return whether a row is a different message from the one delivered under its id, as can happen after a restore.

    A different date alone is not enough, because Odoo allows the date of a posted message to be changed. A message
    that reuses an id was stored later than the previous message with that id.

    Args:
        row: the message as the server stores it now.
        known: the date of the delivered message.
    """
    return row.date != known and (row.created or row.date) > known + CLOCK_STEP
