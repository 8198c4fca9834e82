"""Asyncio interface to an account's archive; all file access runs in a dedicated thread."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from odoochat.archive.channels import ChannelTable
from odoochat.archive.fact_table import FactTable
from odoochat.archive.facts import ArchiveFacts, facts_of
from odoochat.archive.files import FileTable, StoredFile
from odoochat.archive.location import files_folder
from odoochat.archive.messages import MessageTable
from odoochat.archive.query import parse
from odoochat.archive.ranges import ArchivedRange, RangeTable
from odoochat.archive.search import Search
from odoochat.archive.thread import ArchiveThread
from odoochat.errors import ArchiveError, UsageError
from odoochat.model import ChannelInfo, Me, Message

__all__ = ["Archive", "ArchivedMessage"]

MOST = 2**62
"""Maximum search limit: the largest integer that SQLite supports."""
PAGE = 500
"""Number of messages to read at a time."""


class ArchivedMessage(msgspec.Struct, frozen=True):
    """A message in an archive, or its tombstone.

    Attributes:
        message: the message; only the author and date are set if it was deleted.
        deleted: whether the message was deleted.
    """

    message: Message
    deleted: bool


class Archive:
    """The messages, channels and people that one account has seen, in one SQLite file.

    Open it with ``async with Archive(path) as archive``, or let `odoochat.connect` open it. Several processes can use
    the same file at the same time. Methods commit their changes before returning, so the changes survive even if the
    process is killed.

    Args:
        path: the archive file, created if missing and readable only by its owner; None for an in-memory archive.
        busy: maximum time to wait for another process's write, in seconds.
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, busy: float = 10.0) -> None:
        self.path = Path(path) if path is not None else None
        self._thread = ArchiveThread(self.path, busy=busy)

    # ---------------------------------------------------------------------- life

    async def open(self) -> Archive:
        """Open the file, upgrading it if it has an old schema and moving it aside if it is damaged.

        Returns:
            The archive itself.

        Raises:
            ArchiveError: the file was created by a newer version of odoochat, or cannot be used.
            UsageError: the archive is already open.
        """
        await self._thread.open()
        return self

    async def close(self) -> None:
        """Close the file once all pending operations finish; safe to call more than once."""
        await self._thread.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # ------------------------------------------------------------------- writing

    async def keep(self, messages: Iterable[Message], channels: Iterable[ChannelInfo] = ()) -> int:
        """Store messages, replacing older versions of the same messages.

        Args:
            messages: the messages.
            channels: the user's channels to store along with the messages.

        Returns:
            The number of messages that were not already stored.

        Raises:
            ArchiveError: the messages could not be stored.
        """
        messages, channels = [*messages], [*channels]

        def job(db: sqlite3.Connection) -> int:
            ChannelTable(db).keep(channels)
            return MessageTable(db).keep(messages)

        return await self._thread.write(job)

    async def keep_page(
        self, channel: int, messages: Iterable[Message], low: int, high: int, *, newer: Collection[int] = ()
    ) -> ArchivedRange:
        """Store a complete page of a channel's history and record its range as complete.

        Archived messages in this range that are missing from the page were deleted on the server, so they become
        tombstones.

        Args:
            channel: the channel's id.
            messages: all messages in the channel with ids from `low` to `high`.
            low: the lowest id of the range; 0 if the range includes the start of the channel.
            high: the highest id of the range.
            newer: ids of messages that changed while the page was being read. The archive already contains their
                current versions.

        Returns:
            The complete range that includes the page.

        Raises:
            ArchiveError: the page could not be stored.
        """
        messages = [*messages]

        def job(db: sqlite3.Connection) -> ArchivedRange:
            table = MessageTable(db)
            table.reconcile(channel, low, high, {m.id for m in messages})
            table.keep(m for m in messages if m.id not in newer)
            return RangeTable(db).cover(channel, low, high)

        return await self._thread.write(job)

    async def remove(self, *numbers: int) -> None:
        """Replace deleted messages with tombstones.

        Args:
            numbers: the ids of the messages.

        Raises:
            ArchiveError: the change could not be stored.
        """

        def job(db: sqlite3.Connection) -> None:
            for number in numbers:
                MessageTable(db).remove(number)

        await self._thread.write(job)

    async def keep_channels(self, infos: Iterable[ChannelInfo]) -> None:
        """Store the user's channels and mark all others as left.

        Args:
            infos: all of the user's channels.

        Raises:
            ArchiveError: the channels could not be stored.
        """
        infos = [*infos]
        await self._thread.write(lambda db: ChannelTable(db).keep_only(infos))

    async def leave(self, channel: int) -> None:
        """Record that the user has left a channel, keeping its messages.

        Args:
            channel: the channel's id.
        """
        await self._thread.write(lambda db: ChannelTable(db).leave(channel))

    async def claim(self, owner: str, me: Me) -> None:
        """Set the archive's owner, or check it if one is already set.

        Args:
            owner: the server, database and user, as one string.
            me: the user.

        Raises:
            ArchiveError: the archive belongs to a different account.
        """

        def job(db: sqlite3.Connection) -> str:
            facts = FactTable(db)
            before = facts.get("owner")
            if before in ("", owner):
                facts.set("owner", owner)
                facts.set_me(me)
            return before

        before = await self._thread.write(job)
        if before not in ("", owner):
            raise ArchiveError(
                f"the archive {self.path} belongs to the account {before}, not to {owner}; choose another file"
            )

    async def prune(self, before: datetime) -> int:
        """Delete messages older than a given time and skip them in later synchronizations.

        Args:
            before: delete messages older than this time.

        Returns:
            The number of deleted messages. Files attached to them are also deleted.

        Raises:
            ArchiveError: the change could not be stored.
        """

        def job(db: sqlite3.Connection) -> int:
            seconds = before.timestamp()
            FactTable(db).set("pruned", str(int(seconds)))
            spans = RangeTable(db)
            for channel in spans.channels():
                found = "SELECT max(id) FROM message WHERE channel = ? AND date < ?"
                last = db.execute(found, (channel, int(seconds))).fetchone()[0]
                if last is not None:
                    spans.cut(channel, last + 1)
            return MessageTable(db).prune(seconds)

        count = await self._thread.write(job)
        if count:
            await self._thread.read(lambda db: db.execute("VACUUM"))
            await self._drop_files()
        return count

    async def _drop_files(self) -> None:
        """Delete stored files that are no longer attached to any archived message."""
        if self.path is None:
            return
        folder = files_folder(self.path)
        known = await self._thread.read(
            lambda db: {row[0] for row in db.execute("SELECT path FROM file WHERE path NOT NULL")}
        )

        def drop() -> None:
            for each in folder.iterdir() if folder.is_dir() else ():
                if each.is_file() and each.name not in known:
                    each.unlink(missing_ok=True)

        await asyncio.to_thread(drop)

    # ------------------------------------------------------------------- reading

    async def search(
        self, text: str, limit: int = 50, *, channel: int | None = None, before: int | None = None
    ) -> list[Message]:
        """Search the archive; see `odoochat.archive.query.parse` for the syntax.

        Args:
            text: words, phrases and filters, such as ``"release notes" from:ann after:2024-05``.
            limit: maximum number of messages.
            channel: limit the search to this channel id; None for all channels.
            before: return only messages with a lower id, to get the next page; None for the first page.

        Returns:
            The messages, newest first.

        Raises:
            UsageError: `text` is not a valid query, or `limit` is negative.
            NotFound: a name in the query does not match any person or channel.
            ArchiveError: the file cannot be read.
        """
        if limit < 0:
            raise UsageError(f"limit must not be negative: {limit}")
        limit = min(limit, MOST)
        query = parse(text)

        def job(db: sqlite3.Connection) -> list[Message]:
            return Search(db, FactTable(db).me).run(query, limit=limit, channel=channel, before=before)

        return await self._thread.read(job)

    async def get(self, number: int) -> Message | None:
        """Return a message, or None if it is not stored or was deleted.

        Args:
            number: the message's id.
        """
        return await self._thread.read(lambda db: MessageTable(db).get(number))

    async def messages(self, channel: int, *, after: int = 0) -> AsyncIterator[ArchivedMessage]:
        """Iterate over the messages in a channel, oldest first, including tombstones of deleted ones.

        Args:
            channel: the channel's id.
            after: skip messages up to and including this id.

        Yields:
            The messages, read page by page.
        """
        last = after
        while True:
            page = await self._thread.read(lambda db, last=last: MessageTable(db).page(channel, last, PAGE))  # type: ignore[misc]
            for last, state, message in page:  # noqa: B007 - where the next page begins
                if message is not None:
                    yield ArchivedMessage(message, state != 0)
            if len(page) < PAGE:
                return

    async def channels(self, *, left: bool = True) -> list[ChannelInfo]:
        """Return the channels.

        Args:
            left: whether to include channels that the user has left.
        """
        return await self._thread.read(lambda db: ChannelTable(db).all(left=left))

    async def spans(self, channel: int) -> list[ArchivedRange]:
        """Return the complete ranges of ids in a channel, newest first.

        Args:
            channel: the channel's id.
        """
        return await self._thread.read(lambda db: RangeTable(db).of(channel))

    async def synchronized(self) -> list[int]:
        """Return the ids of the channels that have at least one complete range."""
        return await self._thread.read(lambda db: RangeTable(db).channels())

    async def me(self) -> Me | None:
        """Return the archive's owner, or None if the archive is new."""
        return await self._thread.read(lambda db: FactTable(db).me)

    async def pruned(self) -> datetime | None:
        """Return the time before which messages were pruned, or None if none were."""
        return await self._thread.read(lambda db: FactTable(db).pruned)

    async def facts(self) -> ArchiveFacts:
        """Return the size and state of the archive."""

        return await self._thread.read(lambda db: facts_of(db, self._thread.file))

    # --------------------------------------------------------------------- files

    async def files(self, channel: int | None = None, *, missing: bool = False) -> list[StoredFile]:
        """Return the files attached to messages.

        Args:
            channel: limit the result to this channel id; None for all channels.
            missing: whether to return only files with no stored content.
        """
        return await self._thread.read(lambda db: FileTable(db).all(channel, missing=missing))

    async def note_file(self, number: int, *, path: str | None = None, error: str | None = None) -> None:
        """Record the location of a file's stored content, or why the content is missing.

        Args:
            number: the attachment's id.
            path: the file's name in the archive's files folder.
            error: why the content could not be read, or None.
        """
        statement = "UPDATE file SET path = ?, error = ? WHERE id = ?"
        await self._thread.write(lambda db: db.execute(statement, (path, error, number)))
