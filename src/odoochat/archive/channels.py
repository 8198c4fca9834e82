"""The channels of an archive, and which parts of their histories are complete."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable

import msgspec

from odoochat.archive.messages import ODD, decode_rows, encoded
from odoochat.model import ChannelInfo

__all__ = ["ArchivedRange", "ChannelTable", "RangeTable"]

_decode = msgspec.msgpack.Decoder(ChannelInfo).decode

log = logging.getLogger("odoochat")


class ChannelTable:
    """The user's channels, and those that the user has left.

    Args:
        db: the file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self, *, left: bool = False) -> list[ChannelInfo]:
        """Return the user's channels as they were last known.

        Args:
            left: whether to include channels that the user has left.
        """
        where = "" if left else " WHERE member = 1"
        return decode_rows(self._db.execute(f"SELECT data FROM channel{where}"), _decode)  # noqa: S608

    def keep(self, infos: Iterable[ChannelInfo]) -> None:
        """Store channels of the user.

        Args:
            infos: the channels.
        """
        for info in infos:
            try:
                if (data := encoded(info)) is not None:
                    self._db.execute(
                        "INSERT INTO channel VALUES (?, NULL, 1, ?) ON CONFLICT (id) DO UPDATE "
                        "SET member = 1, data = excluded.data",
                        (info.id, data),
                    )
            except ODD as error:
                log.warning(
                    "channel %d is not stored: %s",
                    info.id,
                    error,
                    extra={"event": "archive.channel_unstored", "channel": info.id, "error": str(error)},
                )

    def keep_only(self, infos: Iterable[ChannelInfo]) -> None:
        """Store all channels of the user; the others count as left.

        Args:
            infos: the channels.
        """
        self._db.execute("UPDATE channel SET member = 0")
        self.keep(infos)

    def leave(self, number: int) -> None:
        """Note that the user has left a channel; its messages stay.

        Args:
            number: the channel's id.
        """
        self._db.execute("UPDATE channel SET member = 0 WHERE id = ?", (number,))

    def lows(self) -> dict[int, int]:
        """Return by channel the message id from which on the chat screen has everything."""
        return dict(self._db.execute("SELECT id, low FROM channel WHERE low IS NOT NULL"))

    def set_low(self, number: int | None, low: int | None) -> None:
        """Store from which message id on the chat screen has everything.

        Args:
            number: the channel's id; None for all channels.
            low: the message's id; 0 for everything, None when it is unknown.
        """
        if number is None:
            self._db.execute("UPDATE channel SET low = ?", (low,))
        else:
            self._db.execute("UPDATE channel SET low = ? WHERE id = ?", (low, number))


class ArchivedRange(msgspec.Struct, frozen=True):
    """A range of message ids of one channel of which everything is in the archive.

    Attributes:
        low: the lowest id; 0 when the channel begins here.
        high: the highest id.
    """

    low: int
    high: int


class RangeTable:
    """The spans of all channels. They neither overlap nor touch.

    Args:
        db: the file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, channel: int) -> list[ArchivedRange]:
        """Return the spans of a channel, the newest first.

        Args:
            channel: the channel's id.
        """
        rows = self._db.execute("SELECT low, high FROM span WHERE channel = ? ORDER BY low DESC", (channel,))
        return [ArchivedRange(*row) for row in rows]

    def channels(self) -> list[int]:
        """Return the ids of the channels that have spans."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT channel FROM span")]

    def cover(self, channel: int, low: int, high: int) -> ArchivedRange:
        """Note that a range was read completely.

        Args:
            channel: the channel's id.
            low: the lowest id of the range.
            high: the highest id of the range.

        Returns:
            The span that the range is now a part of.
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
        """Forget what is known to be complete below an id.

        Args:
            channel: the channel's id.
            low: the lowest id that stays covered.
        """
        spans = self.of(channel)
        self._db.execute("DELETE FROM span WHERE channel = ?", (channel,))
        for span in spans:
            if span.high >= low:
                self.cover(channel, max(span.low, low), span.high)
