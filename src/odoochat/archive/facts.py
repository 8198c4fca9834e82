"""Reports the size and state of an archive."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from odoochat.archive.database import ArchiveFile
from odoochat.archive.fact_table import FactTable
from odoochat.archive.location import files_folder
from odoochat.archive.messages import PRESENT

__all__ = ["ArchiveFacts", "ChannelFacts", "facts_of"]


class ChannelFacts(msgspec.Struct, frozen=True):
    """The number of archived messages in a channel, and how complete they are.

    Attributes:
        id: the channel's id.
        name: the channel's name, or an empty string if unknown.
        messages: number of messages.
        deleted: number of tombstones.
        complete: whether all messages from the start of the channel up to `synchronized` are stored.
        synchronized: the id of the message up to which the archive was last synchronized; 0 if it never was.
    """

    id: int
    name: str
    messages: int
    deleted: int
    complete: bool
    synchronized: int


class ArchiveFacts(msgspec.Struct, frozen=True):
    """The size and state of an archive.

    Attributes:
        path: the file, or None if in memory.
        owner: the account, as ``uid@database@url``; an empty string if the archive is new.
        size: size of the archive file, in bytes.
        files_size: total size of stored message files, in bytes.
        messages: number of messages, excluding deleted ones.
        deleted: number of tombstones.
        people: number of authors.
        files: number of files attached to messages.
        files_stored: number of attached files whose content is stored.
        oldest: the date of the first message, or None if there are no messages.
        newest: the date of the last message, or None if there are no messages.
        pruned: the time before which messages were pruned, or None if none were.
        channels: the channels, in descending order of message count.
        set_aside: the path to which a damaged file was moved when the archive was opened, or None.
    """

    path: Path | None
    owner: str
    size: int
    files_size: int
    messages: int
    deleted: int
    people: int
    files: int
    files_stored: int
    oldest: datetime | None
    newest: datetime | None
    pruned: datetime | None
    channels: tuple[ChannelFacts, ...]
    set_aside: Path | None


def facts_of(db: sqlite3.Connection, database: ArchiveFile) -> ArchiveFacts:
    """Return the size and state of an archive.

    Args:
        db: the database connection.
        database: the open file.
    """
    facts = FactTable(db)
    channels = _channels(db)
    oldest, newest = db.execute(
        "SELECT (SELECT date FROM message ORDER BY id LIMIT 1), (SELECT date FROM message ORDER BY id DESC LIMIT 1)"
    ).fetchone()
    people = db.execute("SELECT count(*) FROM person").fetchone()[0]
    files, stored = db.execute("SELECT count(*), count(path) FROM file").fetchone()
    folder = files_folder(database.path) if database.path is not None else None
    sizes = (
        [f.stat().st_size for f in folder.iterdir() if f.is_file()] if folder is not None and folder.is_dir() else []
    )
    return ArchiveFacts(
        path=database.path,
        owner=facts.get("owner"),
        size=database.size(),
        files_size=sum(sizes),
        messages=sum(c.messages for c in channels),
        deleted=sum(c.deleted for c in channels),
        people=people,
        files=files,
        files_stored=stored,
        oldest=_moment(oldest),
        newest=_moment(newest),
        pruned=facts.pruned,
        channels=tuple(channels),
        set_aside=database.set_aside,
    )


def _channels(db: sqlite3.Connection) -> list[ChannelFacts]:
    from odoochat.archive.channels import ChannelTable
    from odoochat.archive.ranges import RangeTable

    names = {info.id: info.name for info in ChannelTable(db).all(left=True)}
    spans = RangeTable(db)
    found: list[ChannelFacts] = []
    rows = db.execute(
        "SELECT channel, count(*), sum(state != ?) FROM message GROUP BY channel ORDER BY 2 DESC", (PRESENT,)
    ).fetchall()
    for channel, count, deleted in rows:
        covered = spans.of(channel)
        complete = len(covered) == 1 and covered[0].low == 0
        high = covered[0].high if covered else 0
        found.append(ChannelFacts(channel, names.get(channel, ""), count - deleted, deleted, complete, high))
    return found


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
