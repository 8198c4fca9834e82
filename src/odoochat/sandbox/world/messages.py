"""Actions on messages: each changes the stored data, then notifies the clients."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from odoochat.sandbox import errors
from odoochat.sandbox.database.files import PENDING_MODEL
from odoochat.sandbox.database.messages import COMMENT, NOTE
from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.notifier import EventNotifier
from odoochat.sandbox.versions.store import Json
from odoochat.sandbox.world.bodies import edited_body, stored_body


def sender(person: Row | None) -> str | None:
    """Return the `email_from` of a person's message."""
    return f'"{person["name"]}" <{person["email"]}>' if person is not None else None


_MARKS_ONLY = re.compile(r"<[^>]*>")


class MessageActions:
    """Posts, edits, marks and reads messages."""

    def __init__(self, state: State, notifier: EventNotifier) -> None:
        self.state = state
        self.notifier = notifier
        self._open: dict[int, int] = {}  # user id -> its open transaction
        self._next_tx = 1
        self.listeners: list[Callable[[Row], None]] = []  # called with each new message that is visible

    # posting

    def post(
        self,
        uid: int,
        channel_id: int,
        body: str,
        *,
        is_html: bool = False,
        message_type: str = "comment",
        subtype: int = COMMENT,
        author: int | None = None,
        email_from: str | None = None,
        parent: int | None = None,
        partners: Iterable[int] = (),
        attachments: Iterable[int] = (),
        subject: str | None = None,
        message_id: str | None = None,
        temporary_id: Any = None,
        silent: Any = None,
        before_notified: Callable[[int], object] = lambda _: None,
    ) -> int:
        """Post a message as a user; returns its id.

        An `author` of 0 is unknown to the server, as in a message from a mail gateway: `email_from` names the sender.
        `before_notified` is called with the id before any client is notified.
        """
        state = self.state
        channel = self._writable(uid, channel_id)
        writer = state.accounts.partner_of(uid) if author is None else author
        person = state.accounts.partner(writer)
        tx = self._open.get(uid)
        mentioned = [partner for partner in dict.fromkeys(partners) if state.accounts.partner(partner)]
        if state.capabilities.checks_mentions:  # partners who may not read the channel are not mentioned
            mentioned = [one for one in mentioned if state.channels.readable(state.accounts.user_of(one), channel)]
        files = list(attachments)
        row_id = state.messages.insert(
            model=state.channel_model, channel_id=channel_id, author=writer or None, uid=uid, subtype=subtype,
            body=stored_body(state.capabilities, body, is_html=is_html), message_type=message_type,
            email_from=email_from or (sender(person) if writer > 0 else None), subject=subject,
            parent=parent, message_id=message_id, partners=mentioned, attachments=files, tx=tx,
        )  # fmt: skip
        self.claim(files, state.channel_model, channel_id)
        self._after_post(channel, row_id, writer, message_type, by_author=author is None)
        inboxes = [partner for partner in mentioned if partner != writer and state.accounts.has_inbox(partner)]
        for partner in inboxes:
            state.marks.notify(row_id, partner)
        row = state.messages.pending(row_id)
        assert row is not None
        before_notified(row_id)
        with state.bus.holding(tx):
            self.notifier.send("posted", row, inboxes, temporary_id=temporary_id, silent=silent)
        for listener in tuple(self.listeners) if tx is None else ():
            listener(row)
        return row_id

    def note(self, uid: int, channel_id: int, body: str, *, author: int | None = None) -> int:
        """Post a line of the system, for example that a member joined."""
        return self.post(
            uid, channel_id, body, is_html=True, message_type="notification", author=author, subtype=COMMENT
        )

    def _writable(self, uid: int, channel_id: int) -> Row:
        state = self.state
        channel = state.channels.get(channel_id)
        if channel is None:
            raise errors.no_record(state.channel_model, channel_id, uid)
        if not state.channels.readable(uid, channel) and not state.accounts.is_admin(uid):
            raise errors.no_right("Message", "mail.message", "create", uid)
        return channel

    def claim(self, files: list[int], model: str, record_id: int) -> None:
        """Move uploads that waited for their message to its thread."""
        for file in files:
            row = self.state.files.get(file)
            if row is not None and row["res_model"] == PENDING_MODEL:
                self.state.files.change(file, res_model=model, res_id=record_id)

    def _after_post(self, channel: Row, message_id: int, writer: int, message_type: str, *, by_author: bool) -> None:
        channels, now = self.state.channels, self.state.now()
        if message_type == "comment":
            channels.change(channel["id"], last_interest_dt=now)
            self.state.db.run(
                "UPDATE member SET is_pinned = 1, unpin_dt = NULL, last_interest_dt = ? WHERE channel_id = ?",
                now, channel["id"],
            )  # fmt: skip
        member = channels.member(channel["id"], writer)
        if member is not None and by_author:
            channels.change_member(
                member["id"], seen_message_id=message_id, fetched_message_id=message_id,
                new_message_separator=message_id + 1, last_seen_dt=now,
            )  # fmt: skip

    @contextmanager
    def open_transaction(self, uid: int) -> Iterator[None]:
        """Posts of this user in the block get their ids at once, and become visible only at its end."""
        tx, self._next_tx = self._next_tx, self._next_tx + 1
        self._open[uid] = tx
        try:
            yield
        finally:
            del self._open[uid]
            self.state.messages.release(tx)
            self.state.bus.release(tx)

    # changing

    def edit(self, uid: int, message_id: int, body: str | None, *, files: Iterable[int] | None = None) -> Row:
        """Change a message as the web client does; an empty body deletes the content."""
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
            for file in gone:  # an empty list removes the files themselves (`_delete_and_notify`)
                self.state.files.delete(file)
                self.notifier.send("file_deleted", file, row)
        self.state.messages.change(message_id, **values)
        changed = self.state.messages.get(message_id)
        assert changed is not None
        self.notifier.send("edited", changed)
        return changed

    def own(self, uid: int, message_id: int) -> Row:
        """Return a message that the user may change: their own comments; for an administrator, all."""
        row = self.state.messages.get(message_id)
        mine = row is not None and row["author_id"] == self.state.accounts.partner_of(uid)
        if row is None or row["message_type"] != "comment":
            raise errors.not_found()
        if not mine and not self.state.accounts.is_admin(uid):
            raise errors.not_found()
        return row

    def visible(self, uid: int | None, message_id: int) -> Row:
        """Return a message this user may read."""
        row = self.state.messages.get(message_id)
        if row is None or uid is None or not self.readable(uid, [row]):
            raise errors.not_found()
        return row

    def readable(self, uid: int, rows: list[Row]) -> list[Row]:
        """The messages that a user may read: those of readable threads, their own, and those that notified them."""
        me = self.state.accounts.partner_of(uid)
        rooms, told = self.state.channels.readable_ids(uid), self.state.marks.concerning(me)
        internal = self.state.accounts.is_internal(uid)
        # Only employees see notes. Source: mail_message.py, `_get_search_domain_share`; live 14 and 19.
        shown = rows if internal or uid < 0 else [row for row in rows if row["subtype_id"] != NOTE]
        return [
            row
            for row in shown
            if (row["res_id"] in rooms if row["model"] in CHANNELS else internal)
            or row["author_id"] == me
            or row["id"] in told
        ]

    def unlink(self, message_ids: Iterable[int], uid: int | None = None) -> None:
        """Delete messages: users who may write the thread may; mentioned partners are notified.

        Without a user the access rules are not checked.
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
        on_record = row["model"] not in CHANNELS and not self.state.records.writable(uid)
        return not on_record and bool(self.readable(uid, [row]))

    def react(self, uid: int, message_id: int, content: str, *, add: bool) -> Json:
        """Add or remove a reaction; returns the answer of the route."""
        row = self.visible(uid, message_id)
        me = self.state.accounts.partner_of(uid)
        self.state.marks.react(message_id, content, me, add=add)
        answer: Json = self.notifier.send("reacted", row, content, me, add=add)
        return answer

    def pin(self, uid: int, channel_id: int, message_id: int, *, on: bool) -> None:
        """Pin a message to its channel, which also writes a line there."""
        row = self.visible(uid, message_id)
        if row["res_id"] != channel_id or bool(row["pinned_at"]) == on:
            return
        self.state.messages.change(message_id, pinned_at=self.state.now() if on else None)
        changed = self.state.messages.get(message_id)
        assert changed is not None
        self.notifier.send("message_pinned", changed)
        if on:
            user = self.state.accounts.user(uid) or {"name": ""}
            self.note(
                uid, channel_id,
                f'<div data-oe-type="pin" class="o_mail_notification"><a href="#" data-oe-type="highlight" '
                f'data-oe-id="{message_id}">{user["name"]} pinned a message to this channel.</a>'
                '<a href="#" data-oe-type="pin-menu">See all pinned messages.</a></div>',
            )  # fmt: skip

    def star(self, uid: int, message_ids: Iterable[int]) -> dict[int, bool]:
        """Toggle stars; message id -> on."""
        me, result = self.state.accounts.partner_of(uid), dict[int, bool]()
        for message_id in message_ids:
            self.visible(uid, message_id)
            result[message_id] = self.state.marks.star(message_id, me)
            self.notifier.send("starred", [message_id], me, on=result[message_id])
        return result

    def unstar_all(self, uid: int) -> None:
        """Remove all stars of the user; notifies also when there were none."""
        me = self.state.accounts.partner_of(uid)
        self.notifier.send("starred", self.state.marks.unstar_all(me), me, on=False)

    def empty_inbox(self, uid: int, only: Iterable[int] | None = None) -> list[int]:
        """Remove all messages, or only these, from the user's inbox; notifies also when it was empty."""
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
        """Put messages back into the user's inbox (20)."""
        ids = self.state.marks.undone(list(message_ids), self.state.accounts.partner_of(uid))
        if ids:
            self.notifier.send("undone", ids, uid)

    # attention

    def typing(self, uid: int, channel_id: int, is_typing: bool) -> None:
        """Notify that the user types, or stopped."""
        self.notifier.send("typing", self.member(uid, channel_id), is_typing)

    def read(self, uid: int, channel_id: int, message_id: int | None = None) -> int | None:
        """Mark a channel as read up to a message, by default the newest; returns the message's id."""
        member = self.member(uid, channel_id)
        last = message_id or self.state.channels.last_message_id(channel_id)
        if last:
            seen = max(last, member["seen_message_id"] or 0)
            member = self.state.channels.change_member(
                member["id"], seen_message_id=seen, last_seen_dt=self.state.now(),
                fetched_message_id=max(last, member["fetched_message_id"] or 0),
                new_message_separator=max(seen + 1, member["new_message_separator"]),
            )  # fmt: skip
        self.notifier.send("seen", member)
        return last

    def fetched(self, uid: int, channel_id: int) -> None:
        """Mark messages as fetched by the user's device; only chats are notified."""
        member, channel = self.member(uid, channel_id), self.state.channel(channel_id)
        last = self.state.channels.last_message_id(channel_id)
        if not last or last == member["fetched_message_id"] or channel["channel_type"] == "channel":
            return
        self.notifier.send("fetched", self.state.channels.change_member(member["id"], fetched_message_id=last))

    def member(self, uid: int, channel_id: int) -> Row:
        """Return the user's membership in a channel."""
        member = self.state.channels.member(channel_id, self.state.accounts.partner_of(uid))
        if member is None:
            raise errors.not_found()
        return member

    def subtype(self, xmlid: str | None) -> int:
        """Return the subtype of a name; an unknown name is a note, without an error."""
        return COMMENT if xmlid in ("mail.mt_comment", "mt_comment") else NOTE
