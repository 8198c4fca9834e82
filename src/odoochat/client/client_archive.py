"""Client archive: kept up to date by events, filled with channel histories, and searchable offline."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from odoochat.archive.archive import Archive, ArchivedMessage
from odoochat.archive.facts import ArchiveFacts
from odoochat.client.archive_recorder import ArchiveRecorder
from odoochat.client.archive_sync import ArchiveSync, SyncProgress, SyncResult
from odoochat.client.background import Background
from odoochat.client.channel import Channel
from odoochat.client.files import Files
from odoochat.client.people import People
from odoochat.client.services import Services
from odoochat.errors import NotFound, OdooChatError, UsageError
from odoochat.model import Author, ChannelInfo, Message, Progress

if TYPE_CHECKING:
    from odoochat.archive.export.exporter import ExportResult
    from odoochat.archive.export.writer import Format
    from odoochat.client.connection import Connection

__all__ = ["ClientArchive"]

log = logging.getLogger("odoochat")

REPAIRED = 50
"""Maximum number of channels, most recently active first, to compare with the server after connecting."""


class ClientArchive:
    """One client's archive on disk, ``odoo.archive``; available with ``odoochat.connect(…, archive=True)``.

    Every message that the client receives is stored, with later edits and reactions; a deleted message leaves a
    tombstone. After connecting, the newest page of each archived channel is compared with the server.

    Args:
        connection: the client's connection, which must be logged in.
        path: the file.
    """

    def __init__(self, connection: Connection, path: Path) -> None:
        self._store = Archive(path)
        self._connection = connection
        self._files = Files(connection.session, connection.state)
        self._services = Services(connection, People(connection), self._files)
        self._background = Background(connection.timing.restart)
        self._recorder: ArchiveRecorder | None = None
        self._sync: ArchiveSync | None = None
        self._repairing: asyncio.Task[None] | None = None
        self._gaps = 0

    @property
    def path(self) -> Path:
        """The file."""
        assert self._store.path is not None
        return self._store.path

    async def start(self, owner: str) -> None:
        """Open the file and subscribe to all events.

        Args:
            owner: identifies the server, database and user.

        Raises:
            ArchiveError: the file cannot be used, or belongs to a different account.
        """
        await self._store.open()
        await self._store.claim(owner, self._connection.session.me)
        await self._store.keep_channels(self._connection.state.channels())
        self._recorder = ArchiveRecorder(
            self._store,
            self._connection.state,
            self._connection.queries,
            self._connection.subscribers,
            self._repair_soon,
        )
        self._sync = ArchiveSync(self._store, self._files, self._recorder)

    async def close(self) -> None:
        """Store all published events and close the file."""
        try:
            await self._background.stop()
            if self._recorder is not None:
                await self._recorder.finish()
        finally:
            await self._store.close()

    async def flush(self) -> None:
        """Wait until everything received so far has been stored.

        Raises:
            ArchiveError: the last event could not be stored.
        """
        if self._recorder is not None:
            await self._recorder.flush()

    # --------------------------------------------------------------------- reading

    async def search(
        self, text: str, limit: int = 50, *, channel: Channel | int | None = None, before: int | None = None
    ) -> list[Message]:
        """Search the archive on disk, without sending requests to the server.

        Words match anywhere in a message, in any order, with or without accents, and may be prefixes of longer words;
        ``"two words"`` finds a phrase, ``-word`` excludes messages. Filters: ``from:ann``, ``in:general``, ``has:file``
        (or image, link, reaction, pin), ``before:2024-05-31``, ``after:2024-05``, ``on:today``.

        Args:
            text: the search query.
            limit: maximum number of messages.
            channel: limit the search to this channel; None for all.
            before: only messages with a lower id, to read the next page; None for the first page.

        Returns:
            The messages, newest first.

        Raises:
            UsageError: `channel` is neither a channel nor an id, or `text` is not a valid query; the message then shows
                the invalid part.
            NotFound: the query names an unknown person or channel.
            ArchiveError: the file cannot be read.
        """
        number = None if channel is None else _number(channel)
        return await self._store.search(text, limit, channel=number, before=before)

    async def messages(self, channel: Channel | int, *, after: int = 0) -> AsyncIterator[ArchivedMessage]:
        """Iterate over a channel's archived messages, oldest first, including tombstones of deleted ones.

        Args:
            channel: the channel, or its id.
            after: only messages with a higher id.

        Yields:
            The messages, read page by page.
        """
        number = _number(channel)
        async for each in self._store.messages(number, after=after):
            yield each

    async def channels(self, *, left: bool = True) -> list[ChannelInfo]:
        """Return the archived channels.

        Args:
            left: whether to include channels that the user has left.
        """
        return await self._store.channels(left=left)

    async def prune(self, before: datetime) -> int:
        """Delete messages older than a given time from the archive. `sync` does not fetch them again.

        Args:
            before: the time.

        Returns:
            The number of deleted messages.

        Raises:
            ArchiveError: the deletion could not be stored.
        """
        return await self._store.prune(before)

    async def facts(self) -> ArchiveFacts:
        """Return the archive's size and state."""
        return await self._store.facts()

    async def export(
        self,
        channel: Channel | int,
        to: str | os.PathLike[str],
        format: Format = "html",
        *,
        replace: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> ExportResult:
        """Export a channel's archived messages. Call `sync` first to include the full history.

        Args:
            channel: the channel, or its id.
            to: the target: a folder if it is an existing folder or its name has no suffix, otherwise a file. In a
                folder, archived files and author pictures are stored next to the page.
            format: ``html``, ``markdown`` or ``json``, which `odoochat.read_export` reads.
            replace: whether to overwrite an earlier export.
            progress: called with the number of messages so far.

        Returns:
            A summary of what was written and what was left out.

        Raises:
            ConfigError: `to` already exists, or cannot be written.
            NotFound: neither the archive nor the client knows the channel.
            UsageError: `channel` is neither a channel nor an id, or `format` is unknown.
            ArchiveError: the archive cannot be read.
        """
        from odoochat.archive.export.exporter import Exporter

        found = self._connection_channel(channel)
        known = [*self._connection.state.channels(), *await self._store.channels()]
        if found.id not in {info.id for info in known}:
            raise NotFound("channel", f"no channel {found.id} in the archive")
        exporter = Exporter(self._store, self._avatar)
        return await exporter.run(found.info, Path(to), format, replace=replace, progress=progress)

    async def _avatar(self, author: Author) -> bytes:
        try:
            return await self._files.avatar(author)
        except OdooChatError as error:
            log.debug(
                "the picture of %s %d: %s",
                author.kind,
                author.id,
                error,
                extra={"event": "archive.avatar_unread", "kind": author.kind, "id": author.id, "error": str(error)},
            )
            return b""  # initials are drawn instead

    # --------------------------------------------------------------------- filling

    async def sync(
        self,
        channels: Iterable[Channel | int] | None = None,
        *,
        since: datetime | None = None,
        files: bool = False,
        again: bool = False,
        progress: Callable[[SyncProgress], None] | None = None,
        file_progress: Callable[[str, Progress], None] | None = None,
    ) -> SyncResult:
        """Fetch complete histories, skipping messages that are already archived.

        Args:
            channels: the channels, or their ids; None for all of the user's channels.
            since: fetch nothing older than this; None to fetch everything that was not pruned.
            files: whether to download the messages' files too.
            again: whether to refetch everything, to pick up older edits, reactions and deletions.
            progress: called after each page.
            file_progress: called with a file's name and its progress.

        Returns:
            A summary of what was fetched and what was left out.

        Raises:
            OdooChatError: a request failed, or the archive could not be written. Fetched messages are kept; call again
                to continue from there.
        """
        result = SyncResult()
        chosen = [self._connection_channel(c) for c in channels] if channels is not None else self._all()
        await self._store.keep((), [c.info for c in chosen])
        for channel in chosen:
            result.messages += await self._histories.channel(channel, since=since, again=again, progress=progress)
            result.channels += 1
            if files:
                await self._histories.download(channel, result, file_progress)
        return result

    @property
    def _histories(self) -> ArchiveSync:
        if self._sync is None:
            raise UsageError("the archive is not open")
        return self._sync

    def _all(self) -> list[Channel]:
        return [Channel(info.id, self._services) for info in self._connection.state.channels()]

    def _connection_channel(self, channel: Channel | int) -> Channel:
        return channel if isinstance(channel, Channel) else Channel(_number(channel), self._services)

    # ----------------------------------------------------------------------- repair

    def _repair_soon(self) -> None:
        self._gaps += 1
        if self._repairing is None or self._repairing.done():
            self._repairing = self._background.once("archive", self._repair)

    async def _repair(self) -> None:
        """Compare the channels with the server, and again if there was another gap meanwhile."""
        repaired = 0
        while repaired != self._gaps:
            repaired = self._gaps
            await self._compare()

    async def _compare(self) -> None:
        """Fetch messages missed while the link was down, and changes in each channel's newest page."""
        await self._store.keep_channels(self._connection.state.channels())
        here = set(await self._store.synchronized()) | {f.id for f in (await self._store.facts()).channels}
        infos = [info for info in self._connection.state.channels() if info.id in here]
        infos.sort(key=lambda i: i.last_activity.timestamp() if i.last_activity else 0.0, reverse=True)
        for info in infos[:REPAIRED]:
            try:
                await self._histories.channel(Channel(info.id, self._services), once=True)
            except OdooChatError as error:
                log.info(
                    "the archive of %s is not compared with the server: %s",
                    info.name,
                    error,
                    extra={"event": "archive.not_compared", "channel": info.name, "error": str(error)},
                )
                return


def _number(channel: object) -> int:
    """Return a channel's id.

    Raises:
        UsageError: it is neither a channel nor an id.
    """
    if isinstance(channel, Channel):
        return channel.id
    if not isinstance(channel, int):
        raise UsageError(f"{channel!r} is neither a channel nor its id; use odoo.channel({channel!r})")
    return channel
