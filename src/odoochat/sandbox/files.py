"""Attachments: files that wait for a message, or belong to one."""

from __future__ import annotations

import hashlib
import mimetypes
import secrets
from collections.abc import Callable, Iterable

from odoochat.sandbox.schema import Database, Row

PENDING_MODEL = "mail.compose.message"  # where an upload waits for its message


class Files:
    """The attachments of one database."""

    def __init__(self, db: Database, now: Callable[[], str]) -> None:
        self._db = db
        self._now = now

    def add(
        self,
        name: str,
        raw: bytes,
        *,
        uid: int,
        mimetype: str | None = None,
        model: str | None = None,
        res_id: int = 0,
    ) -> int:
        """Store a file; its id."""
        now = self._now()
        return self._db.insert(
            "attachment", name=name, raw=raw, res_model=model, res_id=res_id, create_uid=uid,
            mimetype=mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream",
            access_token=None, create_date=now, write_date=now,
        )  # fmt: skip

    def get(self, attachment_id: int) -> Row | None:
        """A stored file."""
        return self._db.row("SELECT * FROM attachment WHERE id = ?", attachment_id)

    def all(self) -> list[Row]:
        """Every stored file."""
        return self._db.rows("SELECT * FROM attachment ORDER BY id DESC")

    def of_message(self, message_id: int) -> list[Row]:
        """The files of a message."""
        return self._db.rows(
            "SELECT a.* FROM attachment a JOIN message_attachment m ON m.attachment_id = a.id"
            " WHERE m.message_id = ? ORDER BY a.id", message_id,
        )  # fmt: skip

    def link(self, message_id: int, attachment_ids: Iterable[int]) -> None:
        """Give a message exactly these files."""
        self._db.run("DELETE FROM message_attachment WHERE message_id = ?", message_id)
        for attachment in dict.fromkeys(attachment_ids):
            self._db.insert("message_attachment", message_id=message_id, attachment_id=attachment)

    def change(self, attachment_id: int, **values: object) -> None:
        """Write some fields of a file."""
        self._db.update("attachment", attachment_id, write_date=self._now(), **values)

    def delete(self, attachment_id: int) -> int | None:
        """Remove a file; the message it belonged to."""
        message: int | None = self._db.value(
            "SELECT message_id FROM message_attachment WHERE attachment_id = ?", attachment_id
        )
        self._db.run("DELETE FROM attachment WHERE id = ?", attachment_id)
        self._db.run("DELETE FROM message_attachment WHERE attachment_id = ?", attachment_id)
        return message

    def open_access(self, attachment_id: int) -> str:
        """A token that lets anyone download the file."""
        token = self._db.value("SELECT access_token FROM attachment WHERE id = ?", attachment_id)
        if not token:
            token = secrets.token_hex(16)
            self.change(attachment_id, access_token=token)
        return str(token)


def checksum(raw: bytes) -> str:
    """The SHA-1 Odoo shows for a file."""
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()
