"""Stored messages."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from odoochat.sandbox.database.marks import IN_CHANNEL, MessageMarks
from odoochat.sandbox.database.schema import Database, Row, marks

COMMENT, NOTE = 1, 2  # ids of the subtypes Discussions and Note

# SQL scopes of a page; record threads and channels share the table, and their ids may overlap.
_INBOX = "id IN (SELECT message_id FROM notification WHERE partner_id = ? AND is_read = ?)"
_STARRED = "id IN (SELECT message_id FROM star WHERE partner_id = ?)"
_TERM = (
    " AND (found_in(body, ?) OR found_in(subject, ?) OR id IN (SELECT m.message_id FROM message_attachment m"
    " JOIN attachment a ON a.id = m.attachment_id WHERE found_in(a.name, ?)))"
)


def _thread(model: str | None) -> str:
    return f"res_id = ? AND {'model = ?' if model else IN_CHANNEL} AND message_type != 'user_notification'"


class MessageValues(NamedTuple):
    """A message to post.

    Attributes:
        body: message body.
        is_html: whether the body is HTML, in versions that also accept plain text.
        message_type: `comment`, or `notification` for a system message.
        subtype: `COMMENT` or `NOTE`.
        author: the author's partner id; None for the posting user, 0 for a sender unknown to the server, as in a
            message from a mail gateway.
        email_from: the sender's email address; None to use the author's.
        parent: id of the message being replied to.
        partners: the mentioned partners' ids.
        attachments: the attached files' ids.
        subject: message subject.
        message_id: the email Message-Id; None to generate one.
    """

    body: str
    is_html: bool = False
    message_type: str = "comment"
    subtype: int = COMMENT
    author: int | None = None
    email_from: str | None = None
    parent: int | None = None
    partners: Sequence[int] = ()
    attachments: Sequence[int] = ()
    subject: str | None = None
    message_id: str | None = None


class Messages:
    """A database's messages; storing them does not notify clients.

    Args:
        db: the database that stores them.
        now: returns the current time in Odoo's format.
        marks: marks on the messages.

    Attributes:
        listeners: called after messages are stored, changed or become visible.
    """

    def __init__(self, db: Database, now: Callable[[], str], marks: MessageMarks) -> None:
        self._db = db
        self._now = now
        self._marks = marks
        self.listeners: list[Callable[[], None]] = []

    def _changed(self) -> None:
        for listener in tuple(self.listeners):
            listener()

    def insert(self, model: str, record_id: int, uid: int, values: MessageValues, *, tx: int | None = None) -> int:
        """Store a message and return its id.

        Args:
            model: the thread's model.
            record_id: the thread record's id.
            uid: the creator's user id; negative for a guest.
            values: the message; its body is stored unchanged.
            tx: the open transaction that contains the message.
        """
        now = self._now()
        row_id = self._db.insert(
            "message", model=model, res_id=record_id, author_id=values.author or None, body=values.body, date=now,
            message_type=values.message_type, subtype_id=values.subtype, parent_id=values.parent,
            subject=values.subject,
            message_id=values.message_id or f"<{secrets.token_hex(12)}-openerp-{record_id}-{model}@sandbox>",
            email_from=values.email_from, create_uid=max(uid, 0) or 3, create_date=now, write_date=now, tx=tx,
        )  # fmt: skip
        for partner in dict.fromkeys(values.partners):
            self._db.insert("message_partner", message_id=row_id, partner_id=partner)
        for attachment in dict.fromkeys(values.attachments):
            self._db.insert("message_attachment", message_id=row_id, attachment_id=attachment)
        self._changed()
        return row_id

    def get(self, message_id: int) -> Row | None:
        """Return a message if it is visible."""
        return self._db.row("SELECT * FROM seen_message WHERE id = ?", message_id)

    def pending(self, message_id: int) -> Row | None:
        """Return a message, even if its transaction is still open."""
        return self._db.row("SELECT * FROM message WHERE id = ?", message_id)

    def all(
        self, *, above: int = 0, ids: Sequence[int] | None = None, records: Sequence[int] | None = None
    ) -> list[Row]:
        """Return visible messages, newest first."""
        only = "" if ids is None else f" AND id IN ({marks(list(ids))})"
        only += "" if records is None else f" AND res_id IN ({marks(list(records))})"
        return self._db.rows(f"SELECT * FROM seen_message WHERE id > ?{only} ORDER BY id DESC", above)

    def page(self, channel_id: int, *, model: str | None = None, **paging: Any) -> list[Row]:
        """Return a page of a channel's history, or of a record's history if a model is given, newest first."""
        return self.paged(_thread(model), [channel_id, *([model] if model else [])], **paging)

    def among(self, ids: list[int], **paging: Any) -> list[Row]:
        """Return a page from the given messages."""
        return self.paged(f"id IN ({marks(ids)})", [], **paging)

    def inbox(self, partner_id: int, *, read: bool = False, **paging: Any) -> list[Row]:
        """Return a page of a partner's inbox, or of the messages already marked as done."""
        return self.paged(_INBOX, [partner_id, int(read)], **paging)

    def starred(self, partner_id: int, **paging: Any) -> list[Row]:
        """Return a page of a partner's starred messages."""
        return self.paged(_STARRED, [partner_id], **paging)

    def paged(
        self,
        scope: str,
        values: list[Any],
        *,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        term: str | None = None,
        notification: bool | None = None,
        limit: int | None = 30,
    ) -> list[Row]:
        """Return a page of the messages in an SQL scope, newest first, like `_message_fetch` in Odoo 19."""
        where, values = scope, list(values)
        if term:
            where, values = where + _TERM, [*values, *[term.replace(" ", "%")] * 3]
        if notification is not None:
            where += f" AND message_type {'=' if notification else '!='} 'notification'"
        count = -1 if limit is None else int(limit)
        if around is not None:
            older = self._rows(where + " AND id <= ?", [*values, around], "DESC", count // 2)
            newer = self._rows(where + " AND id > ?", [*values, around], "ASC", count // 2)
            return [*reversed(newer), *older]
        if before:
            where, values = where + " AND id < ?", [*values, before]
        if after:
            return self._rows(where + " AND id > ?", [*values, after], "ASC", count)[::-1]
        return self._rows(where, values, "DESC", count)

    def _rows(self, where: str, values: list[Any], order: str, limit: int) -> list[Row]:
        return self._db.rows(f"SELECT * FROM seen_message WHERE {where} ORDER BY id {order} LIMIT ?", *values, limit)

    def change(self, message_id: int, **values: object) -> None:
        """Update a message's fields."""
        self._db.update("message", message_id, write_date=self._now(), **values)
        self._changed()

    def delete_thread(self, model: str, record_id: int) -> list[tuple[int, list[int]]]:
        """Delete a record's messages and return their ids, each with the mentioned partners."""
        ids = self._db.column("SELECT id FROM message WHERE model = ? AND res_id = ?", model, record_id)
        gone = [(one, self._marks.partners(one)) for one in ids]
        for one in ids:
            self.delete(one)
        return gone

    def delete(self, message_id: int) -> None:
        """Delete a message and its marks."""
        self._db.run("DELETE FROM message WHERE id = ?", message_id)
        for table in ("message_partner", "message_attachment", "notification", "star", "reaction"):
            self._db.run(f"DELETE FROM {table} WHERE message_id = ?", message_id)

    def release(self, tx: int) -> list[int]:
        """Commit an open transaction and return the ids that became visible."""
        ids = self._db.column("SELECT id FROM message WHERE tx = ? ORDER BY id", tx)
        self._db.run("UPDATE message SET tx = NULL WHERE tx = ?", tx)
        self._changed()
        return ids
