"""Archive sync: fetches complete histories into an archive page by page, resuming after an interruption."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from odoochat.archive.archive import Archive
from odoochat.archive.location import files_folder
from odoochat.client.archive_recorder import ArchiveRecorder
from odoochat.client.channel import Channel
from odoochat.client.file_names import safe_name
from odoochat.client.files import Files
from odoochat.errors import LinkError, OdooChatError
from odoochat.model import Message, Progress
from odoochat.private_file import make_private_folder

__all__ = ["ArchiveSync", "SyncProgress", "SyncResult"]

PAGE = 100
"""Size of the newest page, which is fetched on every synchronization."""

LARGEST_PAGE = 1_000
"""Maximum page size. Each page is twice as large as the previous one, so that
little is fetched twice if part of the history has already been archived."""

log = logging.getLogger("odoochat")


class SyncProgress(msgspec.Struct, frozen=True):
    """Progress of a channel's synchronization.

    Attributes:
        channel: the channel's name.
        messages: number of messages fetched so far.
        part: fraction of the history that is in the archive, from 0 to 1.
        reached: the date of the oldest fetched message, or None before the first page.
    """

    channel: str
    messages: int
    part: float
    reached: datetime | None = None


class SyncResult(msgspec.Struct):
    """The result of a synchronization.

    Attributes:
        channels: number of channels.
        messages: number of fetched messages.
        files: number of downloaded files.
        left_out: descriptions of anything that is missing from the archive.
    """

    channels: int = 0
    messages: int = 0
    files: int = 0
    left_out: list[str] = msgspec.field(default_factory=list[str])


class ArchiveSync:
    """Fetches channel histories into one archive.

    A page is stored together with a record that its range is complete. No matter how the process ends, the archive
    therefore never claims to contain messages that it lacks, and the next synchronization fetches only what is missing.

    Args:
        archive: the open archive.
        files: downloads files.
        recorder: stores the changes from events that arrive during a synchronization.
        now: returns the current time, as a Unix timestamp.
    """

    def __init__(
        self, archive: Archive, files: Files, recorder: ArchiveRecorder, *, now: Callable[[], float] = time.time
    ) -> None:
        self._now = now
        self._archive = archive
        self._files = files
        self._recorder = recorder

    async def _pruned(self) -> datetime | None:
        """Return the time before which nothing is fetched, unless it is in the future.

        Such a time was stored while the clock was wrong, and would leave out new messages.
        """
        pruned = await self._archive.pruned()
        return pruned if pruned is not None and pruned.timestamp() <= self._now() else None

    async def channel(
        self,
        channel: Channel,
        *,
        since: datetime | None = None,
        again: bool = False,
        once: bool = False,
        progress: Callable[[SyncProgress], None] | None = None,
    ) -> int:
        """Fetch the missing parts of a channel's history, newest messages first.

        The newest page is always fetched, to pick up any changes in it.

        Args:
            channel: the channel.
            since: fetch nothing older than this; None to fetch everything that was not pruned.
            again: whether to refetch stored messages, to pick up older edits, reactions and deletions.
            once: whether to stop at the first complete range, or after one page if the channel is new.
            progress: called after each page.

        Returns:
            The number of fetched messages.

        Raises:
            OdooChatError: a page could not be fetched; earlier pages are kept.
        """
        since = since or await self._pruned()
        known = await self._archive.spans(channel.id)
        first = await self._first(channel) if progress is not None else 0
        before: int | None = None
        top = count = 0
        size = min(PAGE, LARGEST_PAGE)
        while True:
            changes = self._recorder.changes
            page = [m async for m in channel.history(size, before=before)]
            await self._recorder.flush()
            count += len(page)
            low = page[-1].id if len(page) == size else 0
            high = before - 1 if before is not None else page[0].id if page else 0
            top = top or high
            newer = self._recorder.changed_since(changes)
            span = await self._archive.keep_page(channel.id, page, low, high, newer=newer)
            before = low if again else span.low
            size = min(2 * size, LARGEST_PAGE)
            if progress is not None:
                part = (top - before) / (top - first) if top > first else 1.0
                progress(SyncProgress(channel.name, count, min(max(part, 0.0), 1.0), page[-1].date if page else None))
            if before <= max(first, 1) or not page or await self._is_before(before, page, since):
                return count
            if once and (not known or span.low < low):
                return count

    async def _first(self, channel: Channel) -> int:
        """Return the id of the channel's first message, for measuring progress."""
        found = [m async for m in channel.history(1, oldest_first=True)]
        return found[0].id if found else 0

    async def _is_before(self, number: int, page: list[Message], since: datetime | None) -> bool:
        if since is None:
            return False
        message = next((m for m in page if m.id == number), None) or await self._archive.get(number)
        return message is not None and message.date < since

    async def download(
        self, channel: Channel, result: SyncResult, progress: Callable[[str, Progress], None] | None = None
    ) -> None:
        """Download a channel's files that have not been stored yet.

        Args:
            channel: the channel.
            result: receives the number of files and the failures.
            progress: called with a file's name and its progress.

        Raises:
            LinkError: the network failed; call again to continue.
        """
        if self._archive.path is None:
            return
        folder = files_folder(self._archive.path)
        await asyncio.to_thread(make_private_folder, folder)
        for each in await self._archive.files(channel.id, missing=True):
            target = folder / f"{each.id}-{safe_name(each.name, each.id)}"
            try:
                if not await asyncio.to_thread(target.exists):
                    report = partial(progress, each.name) if progress is not None else None
                    await self._files.download(each.id, target, progress=report)
            except LinkError:
                raise
            except OdooChatError as error:
                log.info(
                    "file %d is not archived: %s",
                    each.id,
                    error,
                    extra={"event": "archive.file_unread", "file": each.id, "error": str(error)},
                )
                await self._archive.note_file(each.id, error=str(error))
                result.left_out.append(f"file {each.id} of message {each.message} in {channel.name}: {error}")
                continue
            await self._archive.note_file(each.id, path=Path(target).name)
            result.files += 1
