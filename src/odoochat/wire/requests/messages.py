"""Message requests: search, post, edit, react, star, pin, mark as read."""

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
"""Maximum number of inbox messages, or starred messages, that are tracked individually."""


class OutgoingMessage(Struct, frozen=True):
    """A message to post.

    Attributes:
        channel_id: channel id, or the record's id if `model` is given.
        html: the body as HTML; Odoo sanitizes it.
        local_id: 32 hex digits that identify the message until it has an id; Odoo 17 and later echo them as
            ``temporary_id``.
        reply_to: id of the message being replied to.
        attachment_ids: the uploaded files' ids.
        partner_ids: the mentioned partners' ids.
        everyone: whether all members are mentioned (18 and later).
        model: the record's model, "" for a channel.
        note: whether to post a note on a record, which does not notify its followers.
        tokens: access tokens for files uploaded by a guest, in the same order as `attachment_ids`.
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
        """The ``Message-Id`` stored on the server, used to find a post whose result is unknown."""
        return f"<{self.local_id}@odoochat>"


class MessageRequests:
    """Builds message requests for one Odoo version.

    Source: docs/protocol, sections C.6 to C.8 and C.11 for each version.

    Args:
        table: the version table.
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
        offset: int = 0,
        everywhere: bool = False,
        named: bool = False,
    ) -> Call:
        """Fetch the messages that match a domain.

        ``user_notification`` rows are excluded; they are private inbox notes and not part of the conversation.

        Args:
            domain: the search terms.
            order: sort order in Odoo's syntax, e.g. ``id desc``.
            limit: maximum number of messages.
            offset: number of messages to skip.
            everywhere: whether to include messages on records; otherwise only channel messages.
            named: whether to fetch record names. Odoo 15 and later compute these names, which accounts for a fifth of
                the time it takes to fetch a page (measured on Odoo 19).
        """
        base: list[object] = [["message_type", "!=", "user_notification"]]
        if not everywhere:
            base.insert(0, ["model", "=", self._table.channel_model])
        fields = [field for field in self._table.message_fields if named or field != "record_name"]
        query: dict[str, object] = {"domain": [*base, *domain], "fields": fields, "order": order, "limit": limit}
        if offset:
            query["offset"] = offset
        return Call("mail.message", "search_read", None, query)

    def search_ids(
        self, domain: Sequence[object], low: int, high: int, witness: int | None, *, order: str, limit: int
    ) -> Call:
        """Fetch the ids of messages that match simple terms, including messages on records.

        Args:
            domain: search terms, all of which must match.
            low: lowest id, inclusive.
            high: highest id, exclusive.
            witness: id of a message to return regardless of the domain.
            order: sort order in Odoo's syntax, e.g. ``id desc``.
            limit: maximum number of ids.
        """
        terms: list[object] = [["message_type", "!=", "user_notification"], *domain]
        terms += [["id", ">=", low], ["id", "<", high]]
        if witness is not None:
            terms = ["|", ["id", "=", witness], *["&"] * (len(terms) - 1), *terms]
        query = {"domain": terms, "fields": ["id"], "order": order, "limit": limit}
        return Call("mail.message", "search_read", None, query)

    def fetch_marked(self) -> Call:
        """Fetch inbox messages and starred messages; ``needaction`` and `star_field` indicate which is which."""
        domain = ["|", ["needaction", "=", True], [self.star_field, "=", True]]
        fields = ["needaction", self.star_field, "model", "res_id"]
        query: dict[str, object] = {"domain": domain, "fields": fields, "limit": COUNTED, "order": "id desc"}
        return Call("mail.message", "search_read", None, query)

    def marked(self, rows: Sequence[Mapping[str, Any]]) -> Marked:
        """Decode the response to `fetch_marked`.

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
        """The field that indicates whether the user starred a message; Odoo 20 calls stars bookmarks.

        Source: addons/mail/models/mail_message.py, `_search_is_bookmarked` (late 19.x; not verified on a live server).
        """
        return self._table.star_field

    def fetch_canned(self) -> Call:
        """Fetch canned responses (``mail.shortcode`` up to Odoo 17)."""
        query: dict[str, object] = {"domain": [], "fields": ["source", "substitution"], "order": "source"}
        return Call(self._table.canned_model, "search_read", None, query)

    # -------------------------------------------------------------------- posting

    def post(self, message: OutgoingMessage) -> Call:
        """Post a message as a comment.

        Without ``comment`` and ``mail.mt_comment``, Odoo creates a note, which does not notify members (Odoo 14) or
        count as unread (Odoo 16 and later). ``message_id`` is a ``mail.message`` field that ``message_post`` accepts in
        every version (`_get_message_create_valid_field_names`; 14 accepts any field).

        Args:
            message: the message to post.
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
            kwargs["partner_ids"] = list(message.partner_ids)  # Odoo 18 fails without it
        if self._table.escapes_bodies:
            kwargs["body_is_html"] = True
        if self._table.echoes_local_id:
            kwargs["context"] = {"temporary_id": message.local_id}
        return Call(message.model or self._table.channel_model, "message_post", (message.channel_id,), kwargs)

    def posted_id(self, answer: object) -> int:
        """Return the id from the response to `post`: a number up to Odoo 18, a one-element list from 19 on.

        Args:
            answer: the server's response.

        Raises:
            ProtocolError: the response contains no id.
        """
        if is_array(answer) and answer:
            answer = answer[0]
        if isinstance(answer, int) and not isinstance(answer, bool):
            return answer
        raise ProtocolError("message_post returned no id", answer)

    # ------------------------------------------------------------------- changing

    @property
    def writes_rows(self) -> bool:
        """Whether `edit` writes the row directly (Odoo 14, or without a session), without notifying clients."""
        return not self._by_session or not self._table.edit_path

    def edit(self, message_id: int, html: str, files: Sequence[int], partner_ids: Sequence[int]) -> Call | Route:
        """Replace a message's content; empty content deletes the message, as in the web client. See `writes_rows`.

        Args:
            message_id: message id.
            html: the new body.
            files: ids of the files to keep.
            partner_ids: the mentioned partners' ids.
        """
        if self.writes_rows:
            return Call("mail.message", "write", (message_id,), {"vals": {"body": html}})
        data: dict[str, Any] = {"body": html, "attachment_ids": list(files)}
        if self._table.edits_mentions:
            data["partner_ids"] = list(partner_ids)
        inner = {"update_data": data} if self._table.nests_edits else data
        return Route(self._table.edit_path, {"message_id": message_id, **inner})

    def react(self, message_id: int, content: str, remove: bool) -> Route:
        """Add or remove a reaction (Odoo 15 and later).

        Args:
            message_id: message id.
            content: the emoji.
            remove: whether to remove the reaction.
        """
        action, path = "remove" if remove else "add", self._table.reaction_path
        params = {"message_id": message_id, "content": content}
        if "{action}" in path:
            return Route(path.format(action=action), params)
        return Route(path, {**params, "action": action})

    def star(self, message_id: int, starred: bool) -> Call | Route:
        """Star or unstar a message; up to Odoo 19 this is a toggle, so call it only to change the state.

        Args:
            message_id: message id.
            starred: whether the message should be starred.
        """
        if self._table.bookmarks:
            name = "add_bookmark" if starred else "remove_bookmark"
            return Route(self._table.action_path, {"fetch_params": [[name, {"message_id": message_id}]]})
        return Call("mail.message", "toggle_message_starred", (message_id,))

    def pin(self, channel_id: int, message_id: int, pinned: bool) -> Call:
        """Pin or unpin a message in its channel (Odoo 17 and later).

        Args:
            channel_id: channel id.
            message_id: message id.
            pinned: whether the message should be pinned.
        """
        values: dict[str, object] = {"message_id": message_id, "pinned": pinned}
        return Call(self._table.channel_model, "set_message_pin", (channel_id,), values)

    # -------------------------------------------------------------------- reading

    @property
    def reads_by_member(self) -> bool:
        """Whether `mark_read` needs the user's membership id."""
        return bool(self._table.read_path) and not self._by_session

    @property
    def unreads_by_member(self) -> bool:
        """Whether `mark_unread` needs the user's membership id."""
        return not self._by_session

    def mark_read(self, channel_id: int, member_id: int, message_id: int) -> Call | Route:
        """Mark a channel as read up to and including a message.

        Args:
            channel_id: channel id.
            member_id: the user's membership id if `reads_by_member`, otherwise 0.
            message_id: id of the last message read.
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
        """Mark a channel as unread, starting from a message (Odoo 18 and later).

        Args:
            channel_id: channel id.
            member_id: the user's membership id if `unreads_by_member`, otherwise 0.
            message_id: the first unread message's id.
        """
        if not self._by_session:
            return Call(
                self._table.member_model, "write", (member_id,), {"vals": {"new_message_separator": message_id}}
            )
        return Route(self._table.unread_path, {"channel_id": channel_id, "message_id": message_id})

    def mark_done(self, message_ids: Sequence[int]) -> Call:
        """Remove messages from the inbox.

        Args:
            message_ids: message ids; empty for all messages.
        """
        if message_ids:
            return Call("mail.message", "set_message_done", tuple(message_ids))
        return Call("mail.message", "mark_all_as_read", None, {})

    def link(self, message_id: int) -> str:
        """Return the path of the web page that opens a message.

        Args:
            message_id: message id.
        """
        return self._table.message_link.format(message_id)
