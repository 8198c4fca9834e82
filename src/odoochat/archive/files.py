"""The files of archived messages: their facts, and where their content is stored."""

from __future__ import annotations

import sqlite3

import msgspec

__all__ = ["FileTable", "StoredFile"]


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


class FileTable:
    """The files of all messages.

    Args:
        db: the file of the archive.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self, channel: int | None, *, missing: bool) -> list[StoredFile]:
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
