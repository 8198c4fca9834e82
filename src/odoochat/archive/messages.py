"""Stores an archive's messages with their search index, people and files."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from odoochat.model import Author, ChannelInfo, Message
from odoochat.wire.content.sanitize import safe_text

__all__ = ["EMPTIED", "PRESENT", "REMOVED", "MessageTable", "decode_rows", "encoded"]

PRESENT, EMPTIED, REMOVED = range(3)
"""Message states: present, emptied on the server by its author, or removed."""

ODD = (OverflowError, UnicodeEncodeError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""Exceptions raised for values that SQLite or MessagePack cannot represent; other rows can still be stored."""

HIGHEST = 2**62
_AT_ONCE = 500
_encoder = msgspec.msgpack.Encoder()
_decode = msgspec.msgpack.Decoder(Message).decode

log = logging.getLogger("odoochat")
T = TypeVar("T")


def encoded(thing: Message | ChannelInfo) -> bytes | None:
    """Encode a value as MessagePack.

    Args:
        thing: a message or a channel.

    Returns:
        The encoded value with lone surrogates replaced, or None if it contains a number that the format cannot
        represent.
    """
    try:
        try:
            return _encoder.encode(thing)
        except UnicodeEncodeError:
            return _encoder.encode(_without_surrogates(msgspec.to_builtins(thing)))
    except OverflowError as error:
        log.warning(
            "%s %s is not stored: %s",
            type(thing).__name__,
            thing.id,
            error,
            extra={
                "event": "archive.value_unstored",
                "kind": type(thing).__name__,
                "id": thing.id,
                "error": str(error),
            },
        )
        return None


def _without_surrogates(thing: Any) -> Any:
    """Return the values with lone surrogates replaced, because those cannot be encoded."""
    if isinstance(thing, str):
        return safe_text(thing) if not thing.isascii() else thing
    if isinstance(thing, dict):
        return {key: _without_surrogates(value) for key, value in thing.items()}
    return [_without_surrogates(each) for each in thing] if isinstance(thing, list | tuple) else thing


def decode_rows(rows: Iterable[Sequence[Any]], decode: Callable[[Any], T]) -> list[T]:
    """Decode the first column of rows, skipping and logging rows that cannot be decoded.

    Args:
        rows: the rows.
        decode: a function that decodes a column value.
    """
    found: list[T] = []
    for row in rows:
        try:
            found.append(decode(row[0]))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning(
                "cannot read a row of the archive: %s",
                error,
                extra={"event": "archive.row_unreadable", "error": str(error)},
            )
    return found


_Stored = tuple[Message | None, int]
"""A stored message (None if unreadable) and its state."""


class MessageTable:
    """The messages in one file. Each id is stored once, and newer versions replace older ones.

    Methods that modify data must be called inside a transaction.

    Args:
        db: the database connection.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # -------------------------------------------------------------------- writing

    def keep(self, messages: Iterable[Message]) -> int:
        """Store messages.

        A version older than the stored one is ignored. A message without reaction data keeps its stored reactions.

        Args:
            messages: the messages, in any order.

        Returns:
            The number of messages that were not already stored.
        """
        waiting = {m.id: m for m in messages}
        numbers = [number for number in waiting if -HIGHEST < number < HIGHEST]
        new = 0
        for start in range(0, len(numbers), _AT_ONCE):
            part = numbers[start : start + _AT_ONCE]
            stored = self._stored(part)
            for number in part:
                try:
                    new += self._keep(waiting[number], stored.get(number))
                except ODD as error:
                    log.warning(
                        "message %d is not stored: %s",
                        number,
                        error,
                        extra={"event": "archive.message_unstored", "id": number, "error": str(error)},
                    )
        return new

    def _keep(self, message: Message, old: _Stored | None) -> int:
        before, before_state = old if old is not None else (None, None)
        if before is not None:
            if message.written is not None and before.written is not None and message.written < before.written:
                return 0
            if not (message.reactions_known or message.reactions) and before.reactions:
                message = msgspec.structs.replace(message, reactions=before.reactions)
        state = EMPTIED if _is_emptied(message) else PRESENT
        if (data := encoded(message)) is None:
            return 0
        moment = int(message.date.timestamp())
        self._db.execute(
            "INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)",
            (message.id, message.channel.id, moment, state, data),
        )
        was_indexed = before is not None and before_state == PRESENT
        self._index(message.id, before if was_indexed else None, message if state == PRESENT else None)
        self._keep_files(message, before)
        if before is None or before.author != message.author or before.author.name != message.author.name:
            self._keep_person(message.author)
        return int(old is None)

    def _stored(self, numbers: Sequence[int]) -> dict[int, _Stored]:
        marks = ",".join("?" * len(numbers))
        rows = self._db.execute(f"SELECT id, data, state FROM message WHERE id IN ({marks})", numbers)  # noqa: S608
        return {row[0]: (_decoded(row[1]), row[2]) for row in rows.fetchall()}

    def _keep_files(self, message: Message, before: Message | None) -> None:
        if before is not None and before.attachments:
            kept = {a.id for a in message.attachments}
            gone = [(a.id, message.id) for a in before.attachments if a.id not in kept]
            self._db.executemany("DELETE FROM file WHERE id = ? AND message = ?", gone)
        for each in message.attachments:
            self._db.execute(
                "INSERT INTO file (id, message, channel, name, size) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
                "SET name = excluded.name, size = excluded.size, message = excluded.message WHERE excluded.name != ''",
                (each.id, message.id, message.channel.id, safe_text(each.name), each.size),
            )

    def _keep_person(self, author: Author) -> None:
        if author.name:
            self._db.execute(
                "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)",
                (author.kind, author.id, safe_text(author.email), safe_text(author.name)),
            )

    def remove(self, number: int) -> bool:
        """Reduce a message to a tombstone with its channel, author and date.

        Args:
            number: the message's id.

        Returns:
            Whether the message was stored and not yet removed.
        """
        if not -HIGHEST < number < HIGHEST:
            return False
        old = self._stored([number]).get(number)
        if old is None or old[1] == REMOVED:
            return False
        data = b""
        message, state = old
        if message is not None:
            stone = Message(number, message.channel, message.author, "", "", message.date, kind=message.kind)
            data = encoded(msgspec.structs.replace(stone, mine=message.mine, written=message.written)) or b""
            if state == PRESENT:
                self._index(number, message, None)
        self._db.execute("UPDATE message SET state = ?, data = ? WHERE id = ?", (REMOVED, data, number))
        self._db.execute("DELETE FROM file WHERE message = ?", (number,))
        return True

    def reconcile(self, channel: int, low: int, high: int, there: Iterable[int]) -> list[int]:
        """Replace messages that no longer exist on the server with tombstones.

        Args:
            channel: the channel's id.
            low: the lowest id of a range that was read completely.
            high: the highest id of that range.
            there: ids of the messages in this range that exist on the server.

        Returns:
            The ids of the messages that were removed.
        """
        rows = self._db.execute(
            "SELECT id FROM message WHERE channel = ? AND id BETWEEN ? AND ? AND state != ?",
            (channel, low, high, REMOVED),
        ).fetchall()
        gone = sorted({row[0] for row in rows} - set(there))
        for number in gone:
            self.remove(number)
        return gone

    def prune(self, before: float) -> int:
        """Delete messages permanently, including tombstones.

        Args:
            before: delete messages older than this time, given as a Unix timestamp.

        Returns:
            The number of deleted messages.
        """
        count = 0
        while rows := self._db.execute(
            "SELECT id, data, state FROM message WHERE date < ? LIMIT ?", (int(before), _AT_ONCE)
        ).fetchall():
            for number, data, state in rows:
                if state == PRESENT and (message := _decoded(data)) is not None:
                    self._index(number, message, None)
            numbers = [(row[0],) for row in rows]
            self._db.executemany("DELETE FROM message WHERE id = ?", numbers)
            self._db.executemany("DELETE FROM file WHERE message = ?", numbers)
            count += len(rows)
        return count

    # ---------------------------------------------------------------------- index

    def _index(self, number: int, old: Message | None, new: Message | None) -> None:
        from odoochat.archive.index import entry  # not needed to read the first page

        before = entry(old) if old is not None else None
        after = entry(new) if new is not None else None
        if before == after:
            return
        if before is not None:
            delete = "INSERT INTO words (words, rowid, body, facts) VALUES ('delete', ?, ?, ?)"
            self._db.execute(delete, (number, *before))
        if after is not None:
            self._db.execute("INSERT INTO words (rowid, body, facts) VALUES (?, ?, ?)", (number, *after))

    def index_again(self) -> None:
        """Rebuild the search index from the messages."""
        self._db.execute("INSERT INTO words (words) VALUES ('delete-all')")
        last = -HIGHEST
        while rows := self._db.execute(
            "SELECT id, data FROM message WHERE id > ? AND state = ? ORDER BY id LIMIT ?", (last, PRESENT, _AT_ONCE)
        ).fetchall():
            last = rows[-1][0]
            for number, data in rows:
                self._index(number, None, _decoded(data))

    # -------------------------------------------------------------------- reading

    def get(self, number: int) -> Message | None:
        """Return a message, or None if it is not stored or was removed.

        Args:
            number: the message's id.
        """
        rows = self._db.execute("SELECT data FROM message WHERE id = ? AND state != ?", (number, REMOVED))
        found = decode_rows(rows, _decode)
        return found[0] if found else None

    def before(self, channel: int, before: int | None, limit: int, floor: int = 0) -> list[Message]:
        """Return the last messages in a channel before a given id, oldest first, excluding removed ones.

        Args:
            channel: the channel's id.
            before: return only messages with a lower id; None for the newest page.
            limit: maximum number of messages.
            floor: the lowest id to return.
        """
        rows = self._db.execute(
            "SELECT data FROM message WHERE channel = ? AND id < ? AND id >= ? AND state != ? ORDER BY id DESC LIMIT ?",
            (channel, HIGHEST if before is None else before, floor, REMOVED, limit),
        )
        return decode_rows(rows, _decode)[::-1]

    def after(self, channel: int, after: int, limit: int) -> list[Message]:
        """Return the first messages in a channel after a given id, oldest first, excluding removed ones.

        Args:
            channel: the channel's id.
            after: the message's id.
            limit: maximum number of messages.
        """
        rows = self._db.execute(
            "SELECT data FROM message WHERE channel = ? AND id > ? AND state != ? ORDER BY id LIMIT ?",
            (channel, after, REMOVED, limit),
        )
        return decode_rows(rows, _decode)

    def page(self, channel: int, after: int, limit: int) -> list[tuple[int, int, Message | None]]:
        """Return the first messages in a channel after a given id, including tombstones.

        Args:
            channel: the channel's id.
            after: the message's id.
            limit: maximum number of messages.

        Returns:
            For each message, its id, its state (`PRESENT`, `EMPTIED`, `REMOVED`), and the message itself, or None if
            unreadable.
        """
        rows = self._db.execute(
            "SELECT id, state, data FROM message WHERE channel = ? AND id > ? ORDER BY id LIMIT ?",
            (channel, after, limit),
        )
        return [(number, state, _decoded(data)) for number, state, data in rows]

    def newest(self, channel: int) -> int:
        """Return the highest message id in a channel, or 0 if there are no messages.

        Args:
            channel: the channel's id.
        """
        found = self._db.execute("SELECT max(id) FROM message WHERE channel = ?", (channel,)).fetchone()[0]
        return found or 0

    def authors(self, limit: int = 500) -> list[Author]:
        """Return the authors of the newest messages.

        Args:
            limit: maximum number of messages to examine.
        """
        rows = self._db.execute("SELECT data FROM message WHERE state != ? ORDER BY id DESC LIMIT ?", (REMOVED, limit))
        return [message.author for message in decode_rows(rows, _decode)]


def _decoded(data: bytes) -> Message | None:
    try:
        return _decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_emptied(message: Message) -> bool:
    from odoochat.wire.content.body import is_deleted  # imported after the first paint

    return not message.attachments and not message.is_system and not message.text and is_deleted(message.html)
