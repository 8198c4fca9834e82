"""Message actions: each updates the stored data, then notifies clients."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from odoochat.sandbox import errors
from odoochat.sandbox.database.files import PENDING_MODEL
from odoochat.sandbox.database.messages import COMMENT, NOTE, MessageValues
from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.notifier import EventNotifier
from odoochat.sandbox.versions.store import Json
from odoochat.sandbox.world.bodies import edited_body, stored_body

_MARKS_ONLY = re.compile(r"<[^>]*>")


class MessageActions:
    """Posts, edits, marks and reads messages."""

    def __init__(self, state: State, notifier: EventNotifier) -> None:
        self.state = state
        self.notifier = notifier
        self._open: dict[int, int] = {}  # user id -> open transaction
        self._next_tx = 1
        self.listeners: list[Callable[[Row], None]] = []  # called with each newly visible message

    # posting

    def post(
        self,
        uid: int,
        channel_id: int,
        values: MessageValues,
        *,
        temporary_id: Any = None,
        silent: Any = None,
        before_notified: Callable[[int], object] = lambda _: None,
    ) -> int:
        """Post a message in a channel and return its id.

        Args:
            uid: the posting user's id.
            channel_id: channel id.
            values: the message to post.
            temporary_id: temporary id assigned by the client.
            silent: whether to suppress the notification sound.
            before_notified: called with the message id before any client is notified.
        """
        state = self.state
        channel = self._writable(uid, channel_id)
        if state.capabilities.checks_mentions:  # partners who may not read the channel cannot be mentioned
            users = {one: state.accounts.user_of(one) for one in values.partners}
            readers = [one for one, user in users.items() if state.channels.readable(user, channel)]
            values = values._replace(partners=readers)
        tx = self._open.get(uid)
        row = self.store(uid, state.channel_model, channel_id, values, tx=tx)
        writer = row["author_id"] or 0
        self._after_post(channel, row["id"], writer, values.message_type, by_author=values.author is None)
        mentioned = state.marks.partners(row["id"])
        inboxes = self.fill_inboxes(row, mentioned)
        before_notified(row["id"])
        with state.bus.holding(tx):
            self.notifier.send("posted", row, inboxes, temporary_id=temporary_id, silent=silent)
        for listener in tuple(self.listeners) if tx is None else ():
            listener(row)
        return int(row["id"])

    def store(self, uid: int, model: str, record_id: int, values: MessageValues, *, tx: int | None = None) -> Row:
        """Store a message with its files in the version's format, without notifying clients.

        Args:
            uid: the posting user's id.
            model: the thread's model.
            record_id: the thread record's id.
            values: the message to post.
            tx: the open transaction that contains the message.

        Returns:
            The message row.
        """
        state = self.state
        writer = state.accounts.partner_of(uid) if values.author is None else values.author
        sender = state.accounts.partner(writer) if writer > 0 else None
        address = None if sender is None else f'"{sender["name"]}" <{sender["email"]}>'
        row_id = state.messages.insert(
            model,
            record_id,
            uid,
            values._replace(
                author=writer,
                body=stored_body(state.capabilities, values.body, is_html=values.is_html),
                email_from=values.email_from or address,
                partners=[one for one in dict.fromkeys(values.partners) if state.accounts.partner(one)],
            ),
            tx=tx,
        )
        self.claim(values.attachments, model, record_id)
        row = state.messages.pending(row_id)
        assert row is not None
        return row

    def fill_inboxes(self, row: Row, partners: Iterable[int]) -> list[int]:
        """Add a message to the inboxes of partners who receive notifications in Odoo, except for the author.

        Args:
            row: the message row.
            partners: partner ids.

        Returns:
            The ids of the partners with the message in their inbox.
        """
        accounts, author = self.state.accounts, row["author_id"] or 0
        inboxes = [one for one in dict.fromkeys(partners) if one != author and accounts.has_inbox(one)]
        for partner in inboxes:
            self.state.marks.notify(row["id"], partner)
        return inboxes

    def note(self, uid: int, channel_id: int, body: str, *, author: int | None = None) -> int:
        """Post a system message, for example that a member joined."""
        values = MessageValues(body, is_html=True, message_type="notification", author=author)
        return self.post(uid, channel_id, values)

    def _writable(self, uid: int, channel_id: int) -> Row:
        state = self.state
        channel = state.channels.get(channel_id)
        if channel is None:
            raise errors.no_record(state.channel_model, channel_id, uid)
        if not state.channels.readable(uid, channel) and not state.accounts.is_admin(uid):
            raise errors.no_right("Message", "mail.message", "create", uid)
        return channel

    def claim(self, files: Iterable[int], model: str, record_id: int) -> None:
        """Move pending uploads to their message's thread."""
        for file in files:
            row = self.state.files.get(file)
            if row is not None and row["res_model"] == PENDING_MODEL:
                self.state.files.change(file, res_model=model, res_id=record_id)

    def _after_post(self, channel: Row, message_id: int, writer: int, message_type: str, *, by_author: bool) -> None:
        members, now = self.state.members, self.state.now()
        if message_type == "comment":
            self.state.channels.change(channel["id"], last_interest_dt=now)
            self.state.db.run(
                "UPDATE member SET is_pinned = 1, unpin_dt = NULL, last_interest_dt = ? WHERE channel_id = ?",
                now, channel["id"],
            )  # fmt: skip
        member = members.find(channel["id"], writer)
        if member is not None and by_author:
            members.change(
                member["id"], seen_message_id=message_id, fetched_message_id=message_id,
                new_message_separator=message_id + 1, last_seen_dt=now,
            )  # fmt: skip

    @contextmanager
    def open_transaction(self, uid: int) -> Iterator[None]:
        """Assign ids to the user's posts in the block immediately, but make the posts visible only when it ends."""
        tx, self._next_tx = self._next_tx, self._next_tx + 1
        self._open[uid] = tx
        try:
            yield
        finally:
            del self._open[uid]
            self.state.messages.release(tx)
            self.state.bus.release(tx)

    # editing

    def edit(self, uid: int, message_id: int, body: str | None, *, files: Iterable[int] | None = None) -> Row:
        """Edit a message as the web client does; an empty body deletes the content."""
        row = self.own(uid, message_id)
        values: Json = {}
        if body is not None:
            bare = not _MARKS_ONLY.sub("", body).strip()
            kept = list(
                files if files is not None else [file["id"] for file in self.state.files.of_message(message_id)]
            )
            text = "" if bare and not kept and "<img" not in body else body
            values["body"] = edited_body(self.state.capabilities, text)
            if not text and not kept:
                self.state.marks.clear_reactions(message_id)
                values["pinned_at"] = None
                if self.state.capabilities.forgets_parent:
                    values["parent_id"] = None
        if files is not None:
            wanted = list(files)
            gone = [] if wanted else [file["id"] for file in self.state.files.of_message(message_id)]
            self.claim(wanted, row["model"], row["res_id"])
            self.state.files.link(message_id, wanted)
            for file in gone:  # an empty list deletes the files themselves (`_delete_and_notify`)
                self.state.files.delete(file)
                self.notifier.send("file_deleted", file, row)
        self.state.messages.change(message_id, **values)
        changed = self.state.messages.get(message_id)
        assert changed is not None
        self.notifier.send("edited", changed)
        return changed

    def own(self, uid: int, message_id: int) -> Row:
        """Return a message if the user may edit it: their own comments, or any message if they are an administrator."""
        row = self.state.messages.get(message_id)
        mine = row is not None and row["author_id"] == self.state.accounts.partner_of(uid)
        if row is None or row["message_type"] != "comment":
            raise errors.not_found()
        if not mine and not self.state.accounts.is_admin(uid):
            raise errors.not_found()
        return row

    def visible(self, uid: int | None, message_id: int) -> Row:
        """Return a message if the user may read it."""
        row = self.state.messages.get(message_id)
        if row is None or uid is None or not self.readable(uid, [row]):
            raise errors.not_found()
        return row

    def readable(self, uid: int, rows: list[Row]) -> list[Row]:
        """Return the messages that a user may read: in readable threads, written by them, or sent to their inbox."""
        me = self.state.accounts.partner_of(uid)
        rooms, concerning = self.state.channels.readable_ids(uid), self.state.marks.concerning(me)
        internal = self.state.accounts.is_internal(uid)
        # Only employees see notes (observed on live servers). Source: mail_message.py, `_get_search_domain_share`.
        shown = rows if internal or uid < 0 else [row for row in rows if row["subtype_id"] != NOTE]
        return [
            row
            for row in shown
            if (row["res_id"] in rooms if row["model"] in CHANNELS else internal)
            or row["author_id"] == me
            or row["id"] in concerning
        ]

    def unlink(self, message_ids: Iterable[int], uid: int | None = None) -> None:
        """Delete messages; the user must be allowed to write to the thread. Mentioned partners are notified.

        Access rules are checked only if a user is given.
        """
        for message_id in message_ids:
            row = self.state.messages.get(message_id)
            if row is None:
                continue
            if uid is not None and not self._may_unlink(uid, row):
                raise errors.no_right("Message", "mail.message", "unlink", uid)
            mentioned = self.state.marks.partners(message_id)
            self.state.messages.delete(message_id)
            for partner in mentioned:
                self.notifier.send("unlinked", [message_id], partner)

    def _may_unlink(self, uid: int, row: Row) -> bool:
        on_record = row["model"] not in CHANNELS and not self.state.records.writable(uid, row["model"] or "")
        return not on_record and bool(self.readable(uid, [row]))

    def react(self, uid: int, message_id: int, content: str, *, add: bool) -> Json:
        """Add or remove a reaction and return the route's response."""
        row = self.visible(uid, message_id)
        me = self.state.accounts.partner_of(uid)
        self.state.marks.react(message_id, content, me, add=add)
        answer: Json = self.notifier.send("reacted", row, content, me, add=add)
        return answer

    def pin(self, uid: int, channel_id: int, message_id: int, *, on: bool) -> None:
        """Pin a message in its channel, and post a system message about it."""
        row = self.visible(uid, message_id)
        if row["res_id"] != channel_id or bool(row["pinned_at"]) == on:
            return
        self.state.messages.change(message_id, pinned_at=self.state.now() if on else None)
        changed = self.state.messages.get(message_id)
        assert changed is not None
        self.notifier.send("message_pinned", changed)
        if on:
            self.note(
                uid, channel_id,
                f'<div data-oe-type="pin" class="o_mail_notification">\n<a href="#" data-oe-type="highlight" '
                f'data-oe-id="{message_id}">{self.state.accounts.name(uid)} pinned a message to this channel.</a>\n'
                '<a href="#" data-oe-type="pin-menu">See all pinned messages.</a>\n</div>',
            )  # fmt: skip

    def star(self, uid: int, message_ids: Iterable[int]) -> dict[int, bool]:
        """Toggle stars and return the new state by message id."""
        me, result = self.state.accounts.partner_of(uid), dict[int, bool]()
        for message_id in message_ids:
            self.visible(uid, message_id)
            result[message_id] = self.state.marks.star(message_id, me)
            self.notifier.send("starred", [message_id], me, on=result[message_id])
        return result

    def unstar_all(self, uid: int) -> None:
        """Remove all of the user's stars and send a notification, even if there were none."""
        me = self.state.accounts.partner_of(uid)
        self.notifier.send("starred", self.state.marks.unstar_all(me), me, on=False)

    def empty_inbox(self, uid: int, only: Iterable[int] | None = None) -> list[int]:
        """Remove messages (all by default) from the user's inbox and send a notification, even if it was empty."""
        me = self.state.accounts.partner_of(uid)
        ids = self.state.marks.done(self.state.marks.needaction(me) if only is None else only, me)
        self.notifier.send("emptied", ids, me)
        return ids

    def done(self, uid: int, message_ids: Iterable[int]) -> list[int]:
        """Remove messages from the user's inbox."""
        me = self.state.accounts.partner_of(uid)
        ids = self.state.marks.done(list(message_ids), me)
        if ids:
            self.notifier.send("done", ids, me)
        return ids

    def undone(self, uid: int, message_ids: Iterable[int]) -> None:
        """Move messages back to the user's inbox (Odoo 20)."""
        ids = self.state.marks.undone(list(message_ids), self.state.accounts.partner_of(uid))
        if ids:
            self.notifier.send("undone", ids, uid)

    def subtype(self, xmlid: str | None) -> int:
        """Return the subtype with the given name; unknown names silently become notes."""
        return COMMENT if xmlid in ("mail.mt_comment", "mt_comment") else NOTE
