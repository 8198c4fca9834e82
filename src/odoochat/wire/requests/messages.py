"""Requests about messages: search, post, edit, react, star, pin, mark as read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from odoochat.errors import ProtocolError
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.updates import Marked
from odoochat.wire.values import identifier, is_array
from odoochat.wire.version_table import VersionTable

__all__ = ["MessageRequests", "OutgoingMessage"]

COUNTED = 5_000
"""Messages of the inbox, or starred ones, that are counted one by one."""


class OutgoingMessage(Struct, frozen=True):
    """A message to post.

    Attributes:
        channel_id: id of the channel, or of the record when `model` is given.
        html: body as HTML; Odoo sanitizes it.
        local_id: 32 hex digits that identify it before it has an id; returned by Odoo 17 and later as ``temporary_id``.
        reply_to: id of the message that this one answers.
        attachment_ids: ids of uploaded files.
        partner_ids: ids of the mentioned partners.
        everyone: whether all members are mentioned (18 and later).
        model: model of the record; "" for a channel.
        note: whether it is a note of a record, which does not notify its followers.
        tokens: access tokens of the files of guests, in the order of `attachment_ids`.
    """

    channel_id: int
    html: str
    local_id: str
    reply_to: int | None = None
    attachment_ids: tuple[int, ...] = ()
    partner_ids: tuple[int, ...] = ()
    everyone: bool = False
    model: str = ""
    note: bool = False
    tokens: tuple[str, ...] = ()

    @property
    def message_id(self) -> str:
        """The ``Message-Id`` on the server, by which a post with an unknown result is found."""
        return f"<{self.local_id}@odoochat>"


class MessageRequests:
    """Builds the requests about messages for one version.

    Source: docs/protocol, sections C.6 to C.8 and C.11 of each version.

    Args:
        table: the version's table.
    """

    def __init__(self, table: VersionTable, *, by_session: bool = True) -> None:
        self._table = table
        self._by_session = by_session

    # ------------------------------------------------------------------ searching

    def search(
        self,
        domain: Sequence[object],
        *,
        order: str = "id",
        limit: int = 100,
        everywhere: bool = False,
        named: bool = False,
    ) -> Call:
        """Fetch messages by a domain.

        ``user_notification`` rows are private notes of the inbox, not a part of the conversation.

        Args:
            domain: terms of the search.
            order: as Odoo takes it, e.g. ``id desc``.
            limit: number of messages.
            everywhere: whether messages of records are included; else those of channels alone.
            named: whether to ask for the names of records. From 15 on they are computed, which takes 19 a fifth of the
                time of a page (measured).
        """
        base: list[object] = [["message_type", "!=", "user_notification"]]
        if not everywhere:
            base.insert(0, ["model", "=", self._table.channel_model])
        fields = [field for field in self._table.message_fields if named or field != "record_name"]
        query: dict[str, object] = {"domain": [*base, *domain], "fields": fields, "order": order, "limit": limit}
        return Call("mail.message", "search_read", None, query)

    def search_ids(
        self, domain: Sequence[object], low: int, high: int, witness: int | None, *, order: str, limit: int
    ) -> Call:
        """Fetch the ids of messages by a domain of plain terms, those of records included.

        Args:
            domain: terms that must all hold.
            low: first id.
            high: id after the last one.
            witness: id of a message that is found whatever the domain is.
            order: as Odoo takes it, e.g. ``id desc``.
            limit: number of ids.
        """
        terms: list[object] = [["message_type", "!=", "user_notification"], *domain]
        terms += [["id", ">=", low], ["id", "<", high]]
        if witness is not None:
            terms = ["|", ["id", "=", witness], *["&"] * (len(terms) - 1), *terms]
        query = {"domain": terms, "fields": ["id"], "order": order, "limit": limit}
        return Call("mail.message", "search_read", None, query)

    def fetch_marked(self) -> Call:
        """Fetch what waits in the inbox or is starred; ``needaction`` and `star_field` say which."""
        domain = ["|", ["needaction", "=", True], [self.star_field, "=", True]]
        fields = ["needaction", self.star_field, "model", "res_id"]
        query: dict[str, object] = {"domain": domain, "fields": fields, "limit": COUNTED, "order": "id desc"}
        return Call("mail.message", "search_read", None, query)

    def marked(self, rows: Sequence[Mapping[str, Any]]) -> Marked:
        """Decode the answer to `fetch_marked`.

        Args:
            rows: the rows, each with an id.
        """
        model = self._table.channel_model
        inbox = {
            row["id"]: identifier(row.get("res_id")) if row.get("model") == model else 0
            for row in rows
            if row.get("needaction") is True
        }
        starred = frozenset(row["id"] for row in rows if row.get(self.star_field) is True)
        return Marked(inbox, starred, complete=len(rows) < COUNTED)

    @property
    def star_field(self) -> str:
        """The field that says whether the user starred a message; 20 calls it a bookmark (not seen live).

        Source: addons/mail/models/mail_message.py, `_search_is_bookmarked` (late 19.x).
        """
        return self._table.star_field

    def fetch_canned(self) -> Call:
        """Fetch canned answers (``mail.shortcode`` up to 17)."""
        query: dict[str, object] = {"domain": [], "fields": ["source", "substitution"], "order": "source"}
        return Call(self._table.canned_model, "search_read", None, query)

    # -------------------------------------------------------------------- posting

    def post(self, message: OutgoingMessage) -> Call:
        """Post a message as a comment.

        Without ``comment`` and ``mail.mt_comment`` Odoo makes a note, which notifies no members (14) or does not count
        as unread (16 and later). ``message_id`` is a field of ``mail.message`` that ``message_post`` takes in every
        version (`_get_message_create_valid_field_names`; 14 takes any field).

        Args:
            message: the message.
        """
        kwargs: dict[str, Any] = {
            "body": message.html,
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_note" if message.note else "mail.mt_comment",
            "message_id": message.message_id,
        }
        if message.reply_to:
            kwargs["parent_id"] = message.reply_to
        if message.attachment_ids:
            kwargs["attachment_ids"] = list(message.attachment_ids)
        if message.partner_ids:
            kwargs["partner_ids"] = list(message.partner_ids)
        if message.everyone:
            kwargs["special_mentions"] = ["everyone"]
            kwargs["partner_ids"] = list(message.partner_ids)  # 18 fails without it
        if self._table.escapes_bodies:
            kwargs["body_is_html"] = True
        if self._table.echoes_local_id:
            kwargs["context"] = {"temporary_id": message.local_id}
        return Call(message.model or self._table.channel_model, "message_post", (message.channel_id,), kwargs)

    def posted_id(self, answer: object) -> int:
        """Return the id from the answer to `post`: a number up to 18, a list of one from 19 on.

        Args:
            answer: the server's answer.

        Raises:
            ProtocolError: the answer contains no id.
        """
        if is_array(answer) and answer:
            answer = answer[0]
        if isinstance(answer, int) and not isinstance(answer, bool):
            return answer
        raise ProtocolError("message_post returned no id", answer)

    # ------------------------------------------------------------------- changing

    @property
    def writes_rows(self) -> bool:
        """Whether `edit` writes the row, of which the server sends no notification: on 14, and without a session."""
        return not self._by_session or not self._table.edit_path

    def edit(self, message_id: int, html: str, files: Sequence[int], partner_ids: Sequence[int]) -> Call | Route:
        """Replace the content of a message; an empty one deletes it, as the web client does. See `writes_rows`.

        Args:
            message_id: id of the message.
            html: the new body.
            files: ids of the files that it keeps.
            partner_ids: ids of the mentioned partners.
        """
        if self.writes_rows:
            return Call("mail.message", "write", (message_id,), {"vals": {"body": html}})
        data: dict[str, Any] = {"body": html, "attachment_ids": list(files)}
        if self._table.edits_mentions:
            data["partner_ids"] = list(partner_ids)
        inner = {"update_data": data} if self._table.nests_edits else data
        return Route(self._table.edit_path, {"message_id": message_id, **inner})

    def react(self, message_id: int, content: str, remove: bool) -> Route:
        """Add or remove a reaction (15 and later).

        Args:
            message_id: id of the message.
            content: the emoji.
            remove: whether it is removed.
        """
        action, path = "remove" if remove else "add", self._table.reaction_path
        params = {"message_id": message_id, "content": content}
        if "{action}" in path:
            return Route(path.format(action=action), params)
        return Route(path, {**params, "action": action})

    def star(self, message_id: int, starred: bool) -> Call | Route:
        """Star a message or remove the star: up to 19 a toggle, which must be called only to change it.

        Args:
            message_id: id of the message.
            starred: whether it shall be starred.
        """
        if self._table.bookmarks:
            name = "add_bookmark" if starred else "remove_bookmark"
            return Route(self._table.action_path, {"fetch_params": [[name, {"message_id": message_id}]]})
        return Call("mail.message", "toggle_message_starred", (message_id,))

    def pin(self, channel_id: int, message_id: int, pinned: bool) -> Call:
        """Pin a message to its channel, or unpin it (17 and later).

        Args:
            channel_id: id of the channel.
            message_id: id of the message.
            pinned: whether it shall be pinned.
        """
        values: dict[str, object] = {"message_id": message_id, "pinned": pinned}
        return Call(self._table.channel_model, "set_message_pin", (channel_id,), values)

    # -------------------------------------------------------------------- reading

    @property
    def reads_by_member(self) -> bool:
        """Whether `mark_read` needs the id of the user's membership."""
        return bool(self._table.read_path) and not self._by_session

    @property
    def unreads_by_member(self) -> bool:
        """Whether `mark_unread` needs the id of the user's membership."""
        return not self._by_session

    def mark_read(self, channel_id: int, member_id: int, message_id: int) -> Call | Route:
        """Mark a channel as read up to a message.

        Args:
            channel_id: id of the channel.
            member_id: id of the user's membership where `reads_by_member`; else 0.
            message_id: id of the last message that was read.
        """
        if not self._table.read_path:
            return Call(self._table.channel_model, "channel_seen", (channel_id,), {"last_message_id": message_id})
        if not self._by_session:
            values: dict[str, Any] = {"seen_message_id": message_id}
            if self._table.separator:
                values["new_message_separator"] = message_id + 1
            return Call(self._table.member_model, "write", (member_id,), {"vals": values})
        return Route(self._table.read_path, {"channel_id": channel_id, "last_message_id": message_id})

    def mark_unread(self, channel_id: int, member_id: int, message_id: int) -> Call | Route:
        """Mark a channel as unread from a message on (18 and later).

        Args:
            channel_id: id of the channel.
            member_id: id of the user's membership where `unreads_by_member`; else 0.
            message_id: id of the first unread message.
        """
        if not self._by_session:
            return Call(
                self._table.member_model, "write", (member_id,), {"vals": {"new_message_separator": message_id}}
            )
        return Route(self._table.unread_path, {"channel_id": channel_id, "message_id": message_id})

    def mark_done(self, message_ids: Sequence[int]) -> Call:
        """Remove messages from the inbox.

        Args:
            message_ids: ids of the messages; empty for all.
        """
        if message_ids:
            return Call("mail.message", "set_message_done", tuple(message_ids))
        return Call("mail.message", "mark_all_as_read", None, {})

    def link(self, message_id: int) -> str:
        """Return the path of the page that opens a message.

        Args:
            message_id: id of the message.
        """
        return self._table.message_link.format(message_id)
