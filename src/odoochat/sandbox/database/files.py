"""Attachments; large ones are stored in a folder."""

from __future__ import annotations

import hashlib
import mimetypes
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from odoochat.sandbox.database.schema import Database, Row

PENDING_MODEL = "mail.compose.message"  # model of uploads not yet attached to a message
_INLINE = 2**16  # content up to this size is stored in the database
_COLUMNS = (
    "a.id, a.name, a.mimetype, a.size, a.checksum, a.res_model, a.res_id, a.access_token, a.create_uid, a.create_date,"
    " a.write_date"
)


def checksum_of(raw: bytes) -> str:
    """Return the checksum that Odoo stores for a file's content."""
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()


class Incoming:
    """Content being uploaded: written to a file, measured and hashed as it arrives."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 closed by close()
        self._hash = hashlib.sha1(usedforsecurity=False)
        self.path = Path(self._file.name)
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Write the next bytes."""
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def close(self) -> str:
        """Close the file and return its checksum."""
        self._file.close()
        return self._hash.hexdigest()

    def drop(self) -> None:
        """Discard the received content."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class StoredFiles:
    """A database's attachments. Rows do not contain the content; see `content` and `read`."""

    def __init__(self, db: Database, now: Callable[[], str], path: str) -> None:
        self._db = db
        self._now = now
        self._home = None if path == ":memory:" else Path(f"{path}.files")
        self._folder: Path | None = None
        self.limit = 128 * 2**20  # maximum size of an upload, in bytes

    @property
    def folder(self) -> Path:
        """Folder for large content: next to the database file, or a temporary folder removed with the sandbox."""
        if self._folder is None:
            self._folder = self._home or Path(tempfile.mkdtemp(prefix="odoochat-sandbox-"))
            self._folder.mkdir(exist_ok=True)
        return self._folder

    def close(self) -> None:
        """Remove the temporary folder of an in-memory world."""
        if self._folder is not None and self._home is None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def incoming(self) -> Incoming:
        """Start receiving content."""
        return Incoming(self.folder)

    def add(
        self,
        name: str,
        raw: bytes | Incoming,
        *,
        uid: int,
        mimetype: str | None = None,
        model: str | None = None,
        res_id: int = 0,
    ) -> int:
        """Store a file and return its id."""
        now, kept = self._now(), b""
        if isinstance(raw, Incoming):
            checksum, size = raw.close(), raw.size
        else:
            checksum, size = checksum_of(raw), len(raw)
        if isinstance(raw, Incoming) and size > _INLINE:
            raw.path.replace(self.folder / checksum)
        elif isinstance(raw, Incoming):
            kept = raw.path.read_bytes()
            raw.drop()
        elif size > _INLINE:
            (self.folder / checksum).write_bytes(raw)
        else:
            kept = raw
        return self._db.insert(
            "attachment", name=name, raw=kept, size=size, checksum=checksum, res_model=model, res_id=res_id,
            create_uid=uid, mimetype=mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream",
            access_token=None, create_date=now, write_date=now,
        )  # fmt: skip

    def read(self, row: Row, start: int, count: int) -> bytes:
        """Return a range of bytes from a file's content."""
        if row["size"] <= _INLINE:
            raw: bytes = self._db.value("SELECT raw FROM attachment WHERE id = ?", row["id"]) or b""
            return bytes(raw[start : start + count])
        with (self.folder / row["checksum"]).open("rb") as stored:
            stored.seek(start)
            part: bytes = stored.read(count)
            return part

    def content(self, row: Row) -> bytes:
        """Return a file's entire content."""
        return self.read(row, 0, row["size"])

    def get(self, attachment_id: int) -> Row | None:
        """Return a stored file."""
        return self._db.row(f"SELECT {_COLUMNS} FROM attachment a WHERE id = ?", attachment_id)

    def all(self) -> list[Row]:
        """Return every stored file, newest first."""
        return self._db.rows(f"SELECT {_COLUMNS} FROM attachment a ORDER BY id DESC")

    def of_thread(self, model: str, record_id: int, *, before: int | None = None, limit: int = 30) -> list[Row]:
        """Return a thread's files, newest first."""
        return self._db.rows(
            f"SELECT {_COLUMNS} FROM attachment a WHERE res_model = ? AND res_id = ? AND (? IS NULL OR id < ?)"
            " ORDER BY id DESC LIMIT ?", model, record_id, before, before, limit,
        )  # fmt: skip

    def of_message(self, message_id: int) -> list[Row]:
        """Return a message's files."""
        return self._db.rows(
            f"SELECT {_COLUMNS} FROM attachment a JOIN message_attachment m ON m.attachment_id = a.id"
            " WHERE m.message_id = ? ORDER BY a.id", message_id,
        )  # fmt: skip

    def link(self, message_id: int, attachment_ids: Iterable[int]) -> None:
        """Replace a message's files with the given ones."""
        self._db.run("DELETE FROM message_attachment WHERE message_id = ?", message_id)
        for attachment in dict.fromkeys(attachment_ids):
            self._db.insert("message_attachment", message_id=message_id, attachment_id=attachment)

    def change(self, attachment_id: int, **values: object) -> None:
        """Update a file's fields."""
        self._db.update("attachment", attachment_id, write_date=self._now(), **values)

    def message_of(self, attachment_id: int) -> int | None:
        """Return the message that a file is attached to."""
        found: int | None = self._db.value(
            "SELECT message_id FROM message_attachment WHERE attachment_id = ?", attachment_id
        )
        return found

    def delete(self, attachment_id: int) -> int | None:
        """Delete a file and return the message that it was attached to."""
        message = self.message_of(attachment_id)
        row = self.get(attachment_id)
        self._db.run("DELETE FROM attachment WHERE id = ?", attachment_id)
        self._db.run("DELETE FROM message_attachment WHERE attachment_id = ?", attachment_id)
        if row is not None and row["size"] > _INLINE:
            left = self._db.value("SELECT COUNT(*) FROM attachment WHERE checksum = ?", row["checksum"])
            if not left:
                (self.folder / row["checksum"]).unlink(missing_ok=True)
        return message

    def open_access(self, attachment_id: int) -> str:
        """Return a token that lets anyone download the file."""
        token = self._db.value("SELECT access_token FROM attachment WHERE id = ?", attachment_id)
        if not token:
            token = secrets.token_hex(16)
            self.change(attachment_id, access_token=token)
        return str(token)
