"""Facts of an archive: whose it is, its files, its size and its state."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from odoochat.archive.database import ArchiveFile
from odoochat.archive.location import files_folder
from odoochat.archive.messages import PRESENT
from odoochat.model import Me

__all__ = ["ArchiveFacts", "ChannelFacts", "FactTable", "StoredFile", "facts_of"]


class ChannelFacts(msgspec.Struct, frozen=True):
    """What an archive has of one channel.

    Attributes:
        id: the channel's id.
        name: its name, empty when unknown.
        messages: number of messages.
        deleted: number of tombstones.
        complete: whether everything from the first message on is here, up to `synchronized`.
        synchronized: up to which message id nothing is missing; 0 when it was never synchronized.
    """

    id: int
    name: str
    messages: int
    deleted: int
    complete: bool
    synchronized: int


class ArchiveFacts(msgspec.Struct, frozen=True):
    """The size and the state of an archive.

    Attributes:
        path: the file, None in memory.
        owner: the account, as ``uid@database@url``; empty when it is new.
        size: bytes of the file.
        files_size: bytes of the stored files of messages.
        messages: number of messages, without deleted ones.
        deleted: number of tombstones.
        people: number of authors.
        files: number of files of messages.
        files_stored: how many of these are stored.
        oldest: the date of the first message, None when there is none.
        newest: the date of the last message, None when there is none.
        pruned: up to which moment messages were pruned, None when none were.
        channels: the channels, those with the most messages first.
        set_aside: where a damaged file was moved when the archive was opened, None when it was not damaged.
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


class StoredFile(msgspec.Struct, frozen=True):
    """A file of a message.

    Attributes:
        id: id of the attachment.
        message: id of the message.
        channel: id of the channel.
        name: the name that its sender chose; not safe as a path.
        size: its size in bytes, None when unknown.
        path: its name in the folder of the archive's files, None when its content is not stored.
        error: why its content could not be read, None when it could, or was not tried.
    """

    id: int
    message: int
    channel: int
    name: str
    size: int | None
    path: str | None
    error: str | None


class FactTable:
    """Single facts, and the table of files.

    Args:
        db: the file.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def get(self, name: str) -> str:
        """Return a fact, empty when there is none.

        Args:
            name: its name.
        """
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else ""

    def set(self, name: str, value: str) -> None:
        """Store a fact.

        Args:
            name: its name.
            value: its value.
        """
        self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    @property
    def me(self) -> Me | None:
        """The user, None when the archive is new."""
        text = self.get("me")
        try:
            return msgspec.json.decode(text, type=Me) if text else None
        except msgspec.MsgspecError:
            return None

    def set_me(self, me: Me) -> None:
        """Store the user.

        Args:
            me: the user.
        """
        with suppress(UnicodeEncodeError):
            self.set("me", msgspec.json.encode(me).decode())

    @property
    def pruned(self) -> datetime | None:
        """Up to which moment messages were pruned."""
        text = self.get("pruned")
        return datetime.fromtimestamp(int(text), UTC) if text.lstrip("-").isdecimal() else None

    def files(self, channel: int | None, *, missing: bool) -> list[StoredFile]:
        """Return the files of messages.

        Args:
            channel: the id of the only channel, None for all.
            missing: only those whose content is not stored.
        """
        conditions = ["channel = ?"] if channel is not None else []
        conditions += ["path IS NULL"] if missing else []
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = f"SELECT id, message, channel, name, size, path, error FROM file{where} ORDER BY id"  # noqa: S608
        return [StoredFile(*row) for row in self._db.execute(statement, (channel,) if channel is not None else ())]


def facts_of(db: sqlite3.Connection, database: ArchiveFile) -> ArchiveFacts:
    """Return the size and the state of an archive.

    Args:
        db: its connection.
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
    from odoochat.archive.channels import ChannelTable, RangeTable

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
