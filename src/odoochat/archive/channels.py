"""Stores an archive's channels."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable

import msgspec

from odoochat.archive.messages import ODD, decode_rows, encoded
from odoochat.model import ChannelInfo

__all__ = ["ChannelTable"]

_decode = msgspec.msgpack.Decoder(ChannelInfo).decode

log = logging.getLogger("odoochat")


class ChannelTable:
    """The user's channels, including those that the user has left.

    Args:
        db: the database connection.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self, *, left: bool = False) -> list[ChannelInfo]:
        """Return the last known state of the user's channels.

        Args:
            left: whether to include channels that the user has left.
        """
        where = "" if left else " WHERE member = 1"
        return decode_rows(self._db.execute(f"SELECT data FROM channel{where}"), _decode)  # noqa: S608

    def keep(self, infos: Iterable[ChannelInfo]) -> None:
        """Store some of the user's channels.

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
        """Store all of the user's channels and mark all others as left.

        Args:
            infos: the channels.
        """
        self._db.execute("UPDATE channel SET member = 0")
        self.keep(infos)

    def leave(self, number: int) -> None:
        """Record that the user has left a channel, keeping its messages.

        Args:
            number: the channel's id.
        """
        self._db.execute("UPDATE channel SET member = 0 WHERE id = ?", (number,))

    def lows(self) -> dict[int, int]:
        """Map each channel to the message id from which the chat screen's history is complete."""
        return dict(self._db.execute("SELECT id, low FROM channel WHERE low IS NOT NULL"))

    def set_low(self, number: int | None, low: int | None) -> None:
        """Store the message id from which the chat screen's history is complete.

        Args:
            number: the channel's id; None for all channels.
            low: the message id; 0 if the chat screen has the whole channel, None if unknown.
        """
        if number is None:
            self._db.execute("UPDATE channel SET low = ?", (low,))
        else:
            self._db.execute("UPDATE channel SET low = ? WHERE id = ?", (low, number))
