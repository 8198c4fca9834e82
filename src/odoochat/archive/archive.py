"""An archive of one account, used from asyncio: every access to the file runs in a thread of its own."""

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
"""Messages that a search can return at most; SQLite knows no larger number."""
PAGE = 500
"""Messages that are read at once."""


class ArchivedMessage(msgspec.Struct, frozen=True):
    """A message of an archive, or what is left of it.

    Attributes:
        message: the message; only with its author and date when it was deleted.
        deleted: whether it was deleted.
    """

    message: Message
    deleted: bool


class Archive:
    """The messages, channels and people that one account has seen, in one SQLite file.

    Open it with ``async with Archive(path) as archive``, or let `odoochat.connect` do it. Several processes may use
    one file at the same time. What a method has written when it returns survives the end of the process at any moment.

    Args:
        path: the file, created when missing and readable by its owner only; None keeps everything in memory.
        busy: seconds to wait while another process writes.
    """

    def __init__(self, path: str | os.PathLike[str] | None, *, busy: float = 10.0) -> None:
        self.path = Path(path) if path is not None else None
        self._thread = ArchiveThread(self.path, busy=busy)

    # ---------------------------------------------------------------------- life

    async def open(self) -> Archive:
        """Open the file; an older one is brought up to date, a damaged one is set aside.

        Returns:
            The archive itself.

        Raises:
            ArchiveError: a newer odoochat wrote it, or it cannot be used.
            UsageError: it is open already.
        """
        await self._thread.open()
        return self

    async def close(self) -> None:
        """Close the file, after everything that was begun; safe to call twice."""
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
        """Store messages; each id is stored once, and a newer version replaces the older one.

        Args:
            messages: the messages.
            channels: channels of the user, stored with them.

        Returns:
            How many of the messages were not stored before.

        Raises:
            ArchiveError: they could not be stored.
        """
        messages, channels = [*messages], [*channels]

        def job(db: sqlite3.Connection) -> int:
            ChannelTable(db).keep(channels)
            return MessageTable(db).keep(messages)

        return await self._thread.write(job)

    async def keep_page(
        self, channel: int, messages: Iterable[Message], low: int, high: int, *, newer: Collection[int] = ()
    ) -> ArchivedRange:
        """Store a page of a channel's history that was read completely, and note that nothing of it is missing.

        What the archive has in the range and the page does not was deleted on the server: a tombstone stays.

        Args:
            channel: the channel's id.
            messages: all messages of the channel with ids from `low` to `high`.
            low: the lowest id of the range, 0 when the channel begins there.
            high: the highest id of the range.
            newer: ids of messages that changed while the page was read: the archive has them as they are now.

        Returns:
            The range around it of which nothing is missing now.

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
        """Leave only tombstones of messages that were deleted.

        Args:
            numbers: their ids.

        Raises:
            ArchiveError: it could not be stored.
        """

        def job(db: sqlite3.Connection) -> None:
            for number in numbers:
                MessageTable(db).remove(number)

        await self._thread.write(job)

    async def keep_channels(self, infos: Iterable[ChannelInfo]) -> None:
        """Store the user's channels; others that are here count as left.

        Args:
            infos: all channels of the user.

        Raises:
            ArchiveError: they could not be stored.
        """
        infos = [*infos]
        await self._thread.write(lambda db: ChannelTable(db).keep_only(infos))

    async def leave(self, channel: int) -> None:
        """Note that the user has left a channel; its messages stay.

        Args:
            channel: the channel's id.
        """
        await self._thread.write(lambda db: ChannelTable(db).leave(channel))

    async def claim(self, owner: str, me: Me) -> None:
        """Note whose archive this is, or check it.

        Args:
            owner: names the server, database and user.
            me: the user.

        Raises:
            ArchiveError: it is the archive of another account.
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
        """Delete what is older than a moment, also from later synchronizations.

        Args:
            before: the moment.

        Returns:
            The number of deleted messages. The files of these messages are deleted as well.

        Raises:
            ArchiveError: it could not be stored.
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
        """Delete stored files that no message of the archive has any more."""
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
        """Search the archive; see `odoochat.archive.query.parse` for the language.

        Args:
            text: words, phrases and filters, such as ``"release notes" from:ann after:2024-05``.
            limit: maximum number of messages.
            channel: the id of the only channel to search, None for all.
            before: only messages with a lower id, for the next page; None for the first one.

        Returns:
            The messages, the newest first.

        Raises:
            UsageError: `text` is not a search, or `limit` is negative.
            NotFound: no person or channel has a name in it.
            ArchiveError: the file cannot be read.
        """
        if limit < 0:
            raise UsageError(f"limit must not be negative, but is {limit}")
        limit = min(limit, MOST)
        query = parse(text)

        def job(db: sqlite3.Connection) -> list[Message]:
            return Search(db, FactTable(db).me).run(query, limit=limit, channel=channel, before=before)

        return await self._thread.read(job)

    async def get(self, number: int) -> Message | None:
        """Return a message, None when it is not here or was deleted.

        Args:
            number: the message's id.
        """
        return await self._thread.read(lambda db: MessageTable(db).get(number))

    async def messages(self, channel: int, *, after: int = 0) -> AsyncIterator[ArchivedMessage]:
        """Iterate over the messages of a channel, the oldest first, with what is left of deleted ones.

        Args:
            channel: the channel's id.
            after: only messages with a higher id.

        Yields:
            The messages; they are read page by page.
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
            left: whether to include those that the user has left.
        """
        return await self._thread.read(lambda db: ChannelTable(db).all(left=left))

    async def spans(self, channel: int) -> list[ArchivedRange]:
        """Return the ranges of a channel's ids of which nothing is missing, the newest first.

        Args:
            channel: the channel's id.
        """
        return await self._thread.read(lambda db: RangeTable(db).of(channel))

    async def synchronized(self) -> list[int]:
        """Return the ids of the channels of which a part is complete."""
        return await self._thread.read(lambda db: RangeTable(db).channels())

    async def me(self) -> Me | None:
        """Return whose archive it is, None when it is new."""
        return await self._thread.read(lambda db: FactTable(db).me)

    async def pruned(self) -> datetime | None:
        """Return up to which moment messages were pruned, None when none were."""
        return await self._thread.read(lambda db: FactTable(db).pruned)

    async def facts(self) -> ArchiveFacts:
        """Return the size and the state of the archive."""

        return await self._thread.read(lambda db: facts_of(db, self._thread.file))

    # --------------------------------------------------------------------- files

    async def files(self, channel: int | None = None, *, missing: bool = False) -> list[StoredFile]:
        """Return the files of messages.

        Args:
            channel: the id of the only channel, None for all.
            missing: only those whose content is not stored.
        """
        return await self._thread.read(lambda db: FileTable(db).all(channel, missing=missing))

    async def note_file(self, number: int, *, path: str | None = None, error: str | None = None) -> None:
        """Note that the content of a file is stored, or why it is not.

        Args:
            number: the attachment's id.
            path: its name in the folder of the archive's files.
            error: why it could not be read, None when it could.
        """
        statement = "UPDATE file SET path = ?, error = ? WHERE id = ?"
        await self._thread.write(lambda db: db.execute(statement, (path, error, number)))
