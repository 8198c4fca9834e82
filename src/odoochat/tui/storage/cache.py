"""Provides synchronous, failure-tolerant access to a user's archive for the chat screen."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from odoochat.archive.channels import ChannelTable
from odoochat.archive.database import SUFFIXES, ArchiveFile, transaction
from odoochat.archive.fact_table import FactTable
from odoochat.archive.messages import ODD, MessageTable
from odoochat.errors import ArchiveError, OdooChatError
from odoochat.model import Author, ChannelInfo, Me, Message
from odoochat.private_file import make_private_folder
from odoochat.tui.storage.picture_attempts import PictureAttempts

__all__ = ["Cache"]

BUSY_SECONDS = 0.25
"""Seconds to wait while another process is writing. Failed writes are retried later."""

log = logging.getLogger("odoochat")
T = TypeVar("T")


class Cache:
    """The data that the screen shows until the server responds and while the server is unreachable.

    The cache is the account's archive. If its file is unusable (disk full, not a regular file owned by this user,
    created by a newer version of odoochat), the screen continues without the archive, and `error` contains the reason.

    Args:
        path: the archive file, created if missing; None to keep everything in memory.
        older: the cache file of an earlier version, which becomes the archive if there is none yet.

    Attributes:
        error: why messages cannot be written to disk; None if they can.
        pictures: records images that could not be decoded.
    """

    def __init__(self, path: Path | None, older: Path | None = None) -> None:
        self.error: str | None = None
        self._in_memory = False
        self._holes: set[int] = set()
        self._refused: set[int] = set()
        self._path = path
        if path is not None and older is not None:
            _take_over(older, path)
        self._file = self._open(path)
        self._low: dict[int, int] = self._read(lambda db: ChannelTable(db).lows(), {})
        self.pictures = PictureAttempts(self.fact, self.note)

    def _open(self, path: Path | None) -> ArchiveFile:
        if path is not None:
            try:
                return ArchiveFile(path, busy=BUSY_SECONDS)
            except ArchiveError as error:
                self.error = f"{error}"
                self._in_memory = True
        return ArchiveFile(None)

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.connection

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # --------------------------------------------------------------------- facts

    def fact(self, name: str) -> str:
        """Return a stored value by its name, or an empty string if there is none.

        Args:
            name: the name.
        """
        return self._read(lambda db: FactTable(db).get(name), "")

    def note(self, name: str, value: str) -> None:
        """Store a value under a name.

        Args:
            name: the name.
            value: the value.
        """
        self._write(lambda db: FactTable(db).set(name, value))

    def belongs_to(self, owner: str) -> None:
        """Switch to a different archive if this one belongs to a different user or database.

        A profile's address and login may later refer to a different account. If so, the previous account's archive is
        renamed, and it is restored when that account is used again.

        Args:
            owner: a string that identifies the server, database and user.
        """
        before = self.fact("owner")
        if before not in ("", owner):
            self._low.clear()
            if self._path is not None and not self._in_memory:
                self._file.close()
                _exchange(self._path, before, owner)
            self._file = self._open(self._path if not self._in_memory else None)
            self._low = self._read(lambda db: ChannelTable(db).lows(), {})
            self.pictures = PictureAttempts(self.fact, self.note)
        self.note("owner", owner)

    @property
    def me(self) -> Me | None:
        """The user to whom the cache belongs, or None if the cache is new."""
        return self._read(lambda db: FactTable(db).me, None)

    def note_me(self, me: Me) -> None:
        """Store the user to whom the cache belongs.

        Args:
            me: the user.
        """
        self._write(lambda db: FactTable(db).set_me(me))

    # ------------------------------------------------------------------ channels

    def channels(self) -> list[ChannelInfo]:
        """Return the user's channels as last stored."""
        return self._read(lambda db: ChannelTable(db).all(), [])

    def keep_channels(self, infos: Iterable[ChannelInfo]) -> None:
        """Replace the stored channels.

        Args:
            infos: the channels.
        """
        infos = [*infos]
        self._write(lambda db: ChannelTable(db).keep_only(infos))

    def low(self, channel: int) -> int | None:
        """Return the lowest message id from which the cached history of a channel is complete.

        Args:
            channel: the channel's id.

        Returns:
            The id; 0 if the cache contains the whole channel, None if unknown.
        """
        return self._low.get(channel)

    def set_low(self, channel: int, low: int | None) -> None:
        """Store the lowest message id from which the cached history of a channel is complete.

        Args:
            channel: the channel's id.
            low: the id, as returned by `low`.
        """
        if low is None:
            self._low.pop(channel, None)
        else:
            self._low[channel] = low

        def job(db: sqlite3.Connection) -> None:
            from odoochat.archive.ranges import RangeTable  # imported after the first paint

            ChannelTable(db).set_low(channel, low)
            if low is not None and channel not in self._refused:  # so that `sync` does not refetch the range
                RangeTable(db).cover(channel, low, MessageTable(db).newest(channel))

        if not self._write(job) and low is None:
            self._holes.add(channel)

    def forget_lows(self) -> None:
        """Mark all channels as possibly incomplete."""
        self._low.clear()
        self._write(lambda db: ChannelTable(db).set_low(None, None))

    # ------------------------------------------------------------------ messages

    def keep(self, messages: Iterable[Message]) -> bool:
        """Store messages, replacing older versions of the same messages.

        Args:
            messages: the messages.

        Returns:
            Whether the messages were stored. If not, `error` contains the reason.
        """
        messages = [*messages]
        stored = self._write(lambda db: MessageTable(db).keep(messages))
        if not stored:
            self._holes |= {m.channel.id for m in messages}
            self._refused |= self._holes
        else:
            self._refused.clear()
            if not self._in_memory:
                self.error = None
        # After losing messages, no range may count as complete, even after a restart.
        holes, self._holes = self._holes, set()
        for channel in holes:
            self.set_low(channel, None)
        return stored

    def drop(self, message_id: int) -> None:
        """Replace a message with a tombstone.

        Args:
            message_id: the message's id.
        """
        self._write(lambda db: MessageTable(db).remove(message_id))

    def get(self, message_id: int) -> Message | None:
        """Return a message by its id, or None if it is not in the cache.

        Args:
            message_id: the message's id.
        """
        return self._read(lambda db: MessageTable(db).get(message_id), None)

    def before(self, channel: int, before: int | None, limit: int, floor: int = 0) -> list[Message]:
        """Return the last messages in a channel before a given one, oldest first.

        Args:
            channel: the channel's id.
            before: return only messages with a lower id; None for the newest page.
            limit: maximum number of messages.
            floor: the lowest id to return.
        """
        return self._read(lambda db: MessageTable(db).before(channel, before, limit, floor), [])

    def after(self, channel: int, after: int, limit: int) -> list[Message]:
        """Return the first messages in a channel after a given one, oldest first.

        Args:
            channel: the channel's id.
            after: the message's id.
            limit: maximum number of messages.
        """
        return self._read(lambda db: MessageTable(db).after(channel, after, limit), [])

    def find(self, text: str, channel: int | None, limit: int) -> list[Message]:
        """Search the archive, returning newest messages first. For the syntax, see `odoochat.archive.query.parse`.

        Args:
            text: words, phrases and filters.
            channel: the id of the channel to search, None for all.
            limit: maximum number of messages.

        Raises:
            UsageError: the query is invalid.
            NotFound: a name in the query does not match any person or channel.
        """
        from odoochat.archive.query import parse
        from odoochat.archive.search import Search

        query = parse(text)
        return self._read(lambda db: Search(db, FactTable(db).me).run(query, limit=limit, channel=channel), [])

    def search(self, text: str, channel: int | None, limit: int) -> list[Message]:
        """Like `find`, but for incomplete queries: a phrase may be unclosed, and an invalid query finds nothing.

        Args:
            text: words, phrases and filters.
            channel: the id of the channel to search, None for all.
            limit: maximum number of messages.
        """
        try:
            return self.find(text + '"' if text.count('"') % 2 else text, channel, limit)
        except OdooChatError as error:
            log.debug("searching the archive: %s", error, extra={"event": "cache.search_failed", "error": str(error)})
            return []

    def names(self) -> dict[int, str]:
        """Return the names of partners who wrote messages recently, keyed by partner id."""
        authors: list[Author] = self._read(lambda db: MessageTable(db).authors(), [])
        return {author.id: author.name for author in authors if author.kind == "partner" and author.name}

    # -------------------------------------------------------------------- inside

    def _read(self, job: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """Run a job that reads, and return its result, or `nothing` if the file cannot be read."""
        try:
            return self._use(job)
        except (sqlite3.Error, ArchiveError, *ODD) as error:
            log.warning("reading the archive: %s", error, extra={"event": "cache.unreadable", "error": str(error)})
            return nothing

    def _write(self, job: Callable[[sqlite3.Connection], object]) -> bool:
        """Run a job that writes. If it fails, set `error` and return False."""

        def run(db: sqlite3.Connection) -> None:
            with transaction(db):
                job(db)

        try:
            self._use(run)
        except ODD as error:
            log.warning(
                "a value cannot be archived: %s", error, extra={"event": "cache.row_unwritable", "error": str(error)}
            )
        except (sqlite3.Error, ArchiveError) as error:
            self.error = self.error or str(error)
            return False
        return True

    def _use(self, job: Callable[[sqlite3.Connection], T]) -> T:
        before = self._file.set_aside
        found = self._file.run(job)
        if self._file.set_aside is not before:  # the file was replaced, so no range is complete
            self._low.clear()
        return found


def _take_over(older: Path, path: Path) -> None:
    """Move an earlier version's cache to the archive's path, where opening the archive upgrades it."""
    if path.exists() or not older.is_file() or older.is_symlink():
        return
    with suppress(OSError):
        make_private_folder(path.parent)
        for suffix in reversed(SUFFIXES):  # move the file itself last: without its log, messages would be missing
            part = older.with_name(older.name + suffix)
            if part.exists():
                os.replace(part, path.with_name(path.name + suffix))  # noqa: PTH105 - also on Windows


def _exchange(path: Path, before: str, owner: str) -> None:
    """Rename the previous account's archive, and restore the current account's archive if there is one."""
    import hashlib

    def aside(who: str) -> Path:
        return path.with_name(f"{path.name}.{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()[:12]}")

    with suppress(OSError):
        for suffix in SUFFIXES:
            for source, target in ((path, aside(before)), (aside(owner), path)):
                part = source.with_name(source.name + suffix)
                if part.exists():
                    os.replace(part, target.with_name(target.name + suffix))  # noqa: PTH105 - also on Windows
