"""Tracks the ranges of message ids that are complete in an archive."""

from __future__ import annotations

import sqlite3

import msgspec

__all__ = ["ArchivedRange", "RangeTable"]


class ArchivedRange(msgspec.Struct, frozen=True):
    """A range of message ids within which the archive has every message in a channel.

    Attributes:
        low: the lowest id; 0 if the range includes the start of the channel.
        high: the highest id.
    """

    low: int
    high: int


class RangeTable:
    """The complete ranges (spans) of all channels, which never overlap or touch.

    Args:
        db: the database connection.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, channel: int) -> list[ArchivedRange]:
        """Return a channel's spans, newest first.

        Args:
            channel: the channel's id.
        """
        rows = self._db.execute("SELECT low, high FROM span WHERE channel = ? ORDER BY low DESC", (channel,))
        return [ArchivedRange(*row) for row in rows]

    def channels(self) -> list[int]:
        """Return the ids of the channels that have spans."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT channel FROM span")]

    def cover(self, channel: int, low: int, high: int) -> ArchivedRange:
        """Record that all messages in a range have been read.

        Args:
            channel: the channel's id.
            low: the lowest id of the range.
            high: the highest id of the range.

        Returns:
            The span that now contains the range.
        """
        if low > high:
            return ArchivedRange(low, high)
        near = [span for span in self.of(channel) if span.low <= high + 1 and span.high >= low - 1]
        for span in near:
            self._db.execute("DELETE FROM span WHERE channel = ? AND low = ?", (channel, span.low))
        merged = ArchivedRange(min([low, *(s.low for s in near)]), max([high, *(s.high for s in near)]))
        self._db.execute("INSERT INTO span VALUES (?, ?, ?)", (channel, merged.low, merged.high))
        return merged

    def cut(self, channel: int, low: int) -> None:
        """Remove the parts of spans below an id.

        Args:
            channel: the channel's id.
            low: the lowest id that stays covered.
        """
        spans = self.of(channel)
        self._db.execute("DELETE FROM span WHERE channel = ?", (channel,))
        for span in spans:
            if span.high >= low:
                self.cover(channel, max(span.low, low), span.high)
