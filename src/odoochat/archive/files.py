"""Stores the metadata and content locations of files attached to archived messages."""

from __future__ import annotations

import sqlite3

import msgspec

__all__ = ["FileTable", "StoredFile"]


class StoredFile(msgspec.Struct, frozen=True):
    """A file attached to a message.

    Attributes:
        id: the attachment's id.
        message: the message's id.
        channel: the channel's id.
        name: the file name chosen by the sender; not safe to use as a path.
        size: size in bytes, or None if unknown.
        path: the file's name in the archive's files folder, or None if the content is not stored.
        error: why the download failed, or None if it succeeded or was not attempted.
    """

    id: int
    message: int
    channel: int
    name: str
    size: int | None
    path: str | None
    error: str | None


class FileTable:
    """The files attached to all messages.

    Args:
        db: the database connection.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self, channel: int | None, *, missing: bool) -> list[StoredFile]:
        """Return the files attached to messages.

        Args:
            channel: limit the result to this channel id; None for all channels.
            missing: whether to return only files with no stored content.
        """
        conditions = ["channel = ?"] if channel is not None else []
        conditions += ["path IS NULL"] if missing else []
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = f"SELECT id, message, channel, name, size, path, error FROM file{where} ORDER BY id"  # noqa: S608
        return [StoredFile(*row) for row in self._db.execute(statement, (channel,) if channel is not None else ())]
