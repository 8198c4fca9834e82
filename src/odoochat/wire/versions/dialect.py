"""What every Odoo version is asked and says: the base of the dialects, and the choice by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from odoochat.errors import ProtocolError
from odoochat.events import Via
from odoochat.model import (
    Attachment,
    Author,
    ChannelInfo,
    ChannelRef,
    Message,
    Reaction,
    RecordRef,
    Version,
)
from odoochat.wire.content import body
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.call import Call
from odoochat.wire.requests.channels import Rooms, Route
from odoochat.wire.requests.membership import Place
from odoochat.wire.requests.messages import Marks
from odoochat.wire.requests.polls import Polls
from odoochat.wire.updates import ChannelPatch, CountersPatch, Heard, MessagePatch, Names, Refresh
from odoochat.wire.values import count, identifier, identifiers, muted_until, notified, pair, sender, text, when

__all__ = [
    "ChannelPatch",
    "CountersPatch",
    "Dialect",
    "Heard",
    "MessagePatch",
    "Names",
    "Outgoing",
    "Refresh",
    "Route",
]

MESSAGE_FIELDS = (
    "id",
    "body",
    "date",
    "author_id",
    "message_type",
    "res_id",
    "parent_id",
    "attachment_ids",
    "write_date",
    "create_date",
    "model",
    "record_name",
    "partner_ids",
    "subtype_id",
    "needaction",
    "email_from",
    "subject",
)


class Outgoing(Struct, frozen=True):
    """A message on its way out.

    Attributes:
        channel_id: of the channel, or of the record when a `model` is named.
        html: the body as HTML that Odoo will clean.
        message_id: the ``Message-Id`` it gets on the server; by it a message whose fate is unclear is found again.
        local_id: echoed by Odoo 17 and later as ``temporary_id``.
        everyone: whether all members are mentioned (18 and later).
        model: of the business document that it goes to, "" for a channel.
        note: whether it is a note of a record, which its followers are not told of.
    """

    channel_id: int
    html: str
    message_id: str
    local_id: str
    reply_to: int | None = None
    attachment_ids: tuple[int, ...] = ()
    partner_ids: tuple[int, ...] = ()
    everyone: bool = False
    model: str = ""
    note: bool = False


class Dialect:
    """How one Odoo version is spoken to. Pure: it makes calls and reads answers, it sends nothing.

    Attributes:
        version: of the server.
        generation: the major version whose words it speaks: 14 to 20.
        rooms, place, marks: what is asked about conversations, about my place in them, and about single messages.
        polls: what is asked about polls, and those that were heard of (20).
        live: transports that the version offers to a session, best first.
        skips_late_rows: whether its WebSocket never sends a row of the bus that is committed after a later one was sent
            (16: `_poll` asks for ``id > last``; 17 and later look back ten seconds; addons/bus/websocket.py).
    """

    generation = 0
    channel_model = "discuss.channel"
    member_model = "discuss.channel.member"
    live: tuple[Via, ...] = ("websocket", "peek")
    skips_late_rows = False
    unread_on_member = True
    interest_on_channel = False
    json2 = False
    echoes_local_id = True
    says_parents = True
    check_outdated = False
    guests = True

    def __init__(self, version: Version) -> None:
        self.version = version
        self.rooms = Rooms(self.generation, self.channel_model, self.member_model)
        self.place = Place(self.generation, self.channel_model, self.member_model)
        self.marks = Marks(self.generation, self.channel_model, self.member_model)
        self.polls = Polls()

    # ------------------------------------------------------------- my channels

    def my_members(self, partner_id: int) -> Call:
        """Asks for my member records: one for each of my channels."""
        fields = ["channel_id", "create_date", "is_pinned"]
        if self.generation >= 15:
            fields.append("last_interest_dt")
        if self.generation >= 17:
            fields += ["mute_until_dt", "custom_notifications"]
        if self.unread_on_member:
            fields.append("message_unread_counter")
        return Call(
            self.member_model,
            "search_read",
            None,
            {"domain": [["partner_id", "=", partner_id]], "fields": fields},
        )

    def channels(self, ids: Sequence[int]) -> Call:
        """Asks for channels by their ids."""
        fields = ["name", "channel_type", "description", "uuid", "message_needaction_counter"]
        if self.generation >= 16:
            fields.append("member_count")
        if self.generation >= 18:
            fields.append("parent_channel_id")
        if self.interest_on_channel:
            fields.append("last_interest_dt")
        if not self.unread_on_member:
            fields.append("message_unread_counter")
        return Call(self.channel_model, "search_read", None, {"domain": [["id", "in", list(ids)]], "fields": fields})

    def partners_of(self, ids: Sequence[int]) -> Call:
        """Asks who the members of some channels are."""
        domain = [["channel_id", "in", list(ids)], ["partner_id", "!=", False]]
        return Call(self.member_model, "search_read", None, {"domain": domain, "fields": ["channel_id", "partner_id"]})

    def channel_infos(
        self,
        members: Sequence[Mapping[str, Any]],
        rows: Sequence[Mapping[str, Any]],
        others: Sequence[Mapping[str, Any]],
        me: int,
    ) -> list[ChannelInfo]:
        """My channels, from the answers to `my_members`, `channels` and `partners_of`."""
        mine = {pair(m.get("channel_id"))[0]: m for m in members}
        people: dict[int, list[tuple[int, str]]] = {}
        for other in others:
            people.setdefault(pair(other.get("channel_id"))[0], []).append(pair(other.get("partner_id")))
        infos = []
        for row in rows:
            number = identifier(row.get("id"))
            member = mine.get(number)
            if member is None or not number:
                continue
            kind = str(row.get("channel_type") or "channel")
            name = row["name"] if isinstance(row.get("name"), str) else ""
            there = people.get(number, [])
            if kind == "chat" or not name:
                shown = ", ".join(n for p, n in there if p != me and n)
                name = shown or name or f"channel {number}"
            counter = member if self.unread_on_member else row
            infos.append(
                ChannelInfo(
                    id=number,
                    name=safe_name(name),
                    kind=kind,
                    unread=count(counter.get("message_unread_counter")),
                    last_activity=when(row.get("last_interest_dt")) or when(member.get("last_interest_dt")),
                    description=row["description"] if isinstance(row.get("description"), str) else "",
                    partners=tuple(p for p, _ in there if p),
                    needaction=count(row.get("message_needaction_counter")),
                    parent=pair(row.get("parent_channel_id"))[0] or None,
                    muted=muted_until(member.get("mute_until_dt")),
                    notify=notified(member.get("custom_notifications")),
                    pinned=member.get("is_pinned") is not False,
                    member_count=count(row.get("member_count")) or None,
                    uuid=row["uuid"] if isinstance(row.get("uuid"), str) else None,
                )
            )
        return infos

    # ---------------------------------------------------------------- messages

    def message_fields(self) -> list[str]:
        """Fields of ``mail.message`` that make a Message."""
        fields = [*MESSAGE_FIELDS, *(["author_guest_id"] if self.guests else [])]
        if self.generation >= 17:
            fields.append("pinned_at")
        fields.append(self.marks.star_field)
        return fields

    def messages(
        self, domain: Sequence[object], *, order: str = "id", limit: int = 100, everywhere: bool = False
    ) -> Call:
        """Asks for messages by a domain.

        Args:
            everywhere: on documents too, not only in channels.

        ``user_notification`` rows are private notes of the inbox, not a part of the conversation.
        """
        base: list[object] = [["message_type", "!=", "user_notification"]]
        if not everywhere:
            base.insert(0, ["model", "=", self.channel_model])
        return Call(
            "mail.message",
            "search_read",
            None,
            {"domain": [*base, *domain], "fields": self.message_fields(), "order": order, "limit": limit},
        )

    def message_ids(
        self, domain: Sequence[object], low: int, high: int, witness: int | None, *, order: str, limit: int
    ) -> Call:
        """Asks for the ids of messages by a domain of plain terms, on documents too, and for one more message.

        Args:
            low, high: the ids asked for: from `low` on, below `high`.
            witness: a message that is found whatever the domain says.
        """
        terms: list[object] = [["message_type", "!=", "user_notification"], *domain]
        terms += [["id", ">=", low], ["id", "<", high]]
        if witness is not None:
            terms = ["|", ["id", "=", witness], *["&"] * (len(terms) - 1), *terms]
        query = {"domain": terms, "fields": ["id"], "order": order, "limit": limit}
        return Call("mail.message", "search_read", None, query)

    def partner_names(self, ids: Sequence[int]) -> Call:
        """Asks for the plain names of partners, archived ones too."""
        domain = [["id", "in", list(ids)], ["active", "in", [True, False]]]
        return Call("res.partner", "search_read", None, {"domain": domain, "fields": ["name"]})

    def joined_after(self, partner_id: int, member_id: int) -> Call:
        """Asks whether I have a member record that is newer than another one."""
        domain = [["partner_id", "=", partner_id], ["id", ">", member_id]]
        return Call(self.member_model, "search_read", None, {"domain": domain, "fields": ["id"], "limit": 1})

    def attachments(self, ids: Sequence[int]) -> Call:
        """Asks for names and sizes of files."""
        return Call(
            "ir.attachment",
            "search_read",
            None,
            {"domain": [["id", "in", list(ids)]], "fields": ["name", "mimetype", "file_size"]},
        )

    def attachments_of(self, channel_id: int, limit: int) -> Call:
        """Asks for the files of a channel, the newest first."""
        domain = [["res_model", "=", self.channel_model], ["res_id", "=", channel_id]]
        query = {"domain": domain, "fields": ["name", "mimetype", "file_size"], "limit": limit, "order": "id desc"}
        return Call("ir.attachment", "search_read", None, query)

    def canned(self) -> Call:
        """Asks for the texts that people keep to answer with (``mail.shortcode`` up to 17)."""
        model = "mail.canned.response" if self.generation >= 18 else "mail.shortcode"
        return Call(model, "search_read", None, {"domain": [], "fields": ["source", "substitution"], "order": "source"})

    def row_messages(
        self, rows: Sequence[Mapping[str, Any]], names: Names, files: Mapping[int, Attachment] | None = None
    ) -> list[Message]:
        """Messages from rows of ``mail.message``; a row without an id is left out."""
        return [self.row_message(row, names, files) for row in rows if identifier(row.get("id"))]

    def row_message(
        self, row: Mapping[str, Any], names: Names, files: Mapping[int, Attachment] | None = None
    ) -> Message:
        """A Message from a row of ``mail.message``."""
        known = files or {}
        html = body.body_html(row.get("body"))
        model, number = row.get("model"), identifier(row.get("res_id"))
        record = None
        if isinstance(model, str) and model != self.channel_model:
            name = row.get("record_name")
            record = RecordRef(model, number, body.safe_line(name) if isinstance(name, str) else "")
        return Message(
            id=row["id"],
            channel=ChannelRef(0, record.name) if record else names.channel(number),
            author=self._row_author(row, names),
            text=body.to_text(html),
            html=html,
            date=when(row.get("date")) or when(row.get("create_date")) or datetime.fromtimestamp(0, UTC),
            reply_to=pair(row.get("parent_id"))[0] or None,
            attachments=tuple(known.get(i) or Attachment(i) for i in sorted(identifiers(row.get("attachment_ids")))),
            kind=str(row.get("message_type") or "comment"),
            written=when(row.get("write_date")),
            pinned=when(row.get("pinned_at")),
            starred=row.get(self.marks.star_field) is True,
            needaction=row.get("needaction") is True,
            mentions=tuple(identifiers(row.get("partner_ids"))),
            record=record,
            subtype=pair(row.get("subtype_id"))[1],
            reactions_known=self.generation < 15,  # there are none
            subject=body.safe_line(text(row.get("subject")), 500),
            created=when(row.get("create_date")),
        )

    def _row_author(self, row: Mapping[str, Any], names: Names) -> Author:
        partner, name = pair(row.get("author_id"))
        if partner:
            return names.author("partner", partner, name, display=True)
        guest, name = pair(row.get("author_guest_id"))
        return names.author("guest", guest, name) if guest else sender(row.get("email_from"))

    # ------------------------------------------------------------------- verbs

    def post(self, message: Outgoing) -> Call:
        """Posts a message as a comment.

        Without ``comment`` and ``mail.mt_comment`` Odoo keeps a note, which nobody is told of (14) or which does not
        count as unread (16 and later). ``message_id`` is a field of ``mail.message`` that ``message_post`` takes in
        every version (`_get_message_create_valid_field_names`; 14 takes any field).
        """
        kwargs: dict[str, Any] = {
            "body": message.html,
            "message_type": "comment",
            "subtype_xmlid": "mail.mt_comment",
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
        if message.note:
            kwargs["subtype_xmlid"] = "mail.mt_note"
        self._dress(kwargs, message)
        return Call(message.model or self.channel_model, "message_post", (message.channel_id,), kwargs)

    def _dress(self, kwargs: dict[str, Any], message: Outgoing) -> None:
        kwargs["body_is_html"] = True
        kwargs["context"] = {"temporary_id": message.local_id}

    def posted_id(self, result: object) -> int:
        """The id out of ``message_post``'s answer: an int up to 18, a list of one from 19.

        Raises:
            ProtocolError: when there is none.
        """
        if isinstance(result, list) and result:
            result = result[0]
        if isinstance(result, int) and not isinstance(result, bool):
            return result
        raise ProtocolError("message_post answered without an id", repr(result))

    def upload(self, name: str, data: str, mimetype: str | None) -> Call:
        """Stores a file (base64) that the next post takes with it.

        Only on ``mail.compose.message`` is it moved to the channel by ``message_post`` (addons/mail/models/
        mail_thread.py, `_process_attachments_for_post`).
        """
        values: dict[str, Any] = {
            "name": name,
            "datas": data,
            "res_model": "mail.compose.message",
            "res_id": 0,
        }
        if mimetype:
            values["mimetype"] = mimetype
        return Call("ir.attachment", "create", None, {"vals_list": [values]})

    def echo(self, settings_id: int) -> Call:
        """Makes the server send my own partner, and nobody else, a notification, and changes nothing.

        Seen on 19: ``set_res_users_settings({})`` sends ``res.users.settings`` with the record's id alone
        (addons/mail/models/res_users_settings.py).
        """
        return Call("res.users.settings", "set_res_users_settings", (settings_id,), {"new_settings": {}})

    def settings(self, uid: int) -> Call:
        """Asks for the id of my settings, which `echo` needs."""
        return Call(
            "res.users.settings",
            "search_read",
            None,
            {"domain": [["user_id", "=", uid]], "fields": ["id"], "limit": 1},
        )

    def is_echo(self, notification: Notification) -> bool:
        """Whether a notification is the answer to `echo`."""
        return notification.type.startswith("res.users.settings")

    # ------------------------------------------------------------------- heard

    def page_messages(self, answer: object, names: Names, channel_id: int) -> list[Message]:
        """The messages out of the answer to a route for a channel's messages."""
        raise NotImplementedError

    def reactions_in(self, answer: object, names: Names) -> dict[int, tuple[Reaction, ...]]:
        """The reactions of messages by id, out of the answer to one of `lookups`; messages without any have ``()``."""
        raise NotImplementedError

    def know_user(self, uid: int, partner_id: int) -> None:
        """Remembers whose user that is, where statuses name users alone (20)."""

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """What a notification says. Never raises on a shape it does not know.

        Returns:
            Events, patches of what is known already, and `Refresh` where my channels changed. Empty when it says
            nothing of interest.
        """
        raise NotImplementedError
