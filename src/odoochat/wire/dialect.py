"""What every Odoo version is asked and says: the base of the dialects, and the choice by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from msgspec import Struct

from odoochat.errors import ProtocolError
from odoochat.events import Event, Via
from odoochat.model import Attachment, Author, AuthorKind, ChannelInfo, ChannelRef, Message, Version
from odoochat.wire import body
from odoochat.wire.call import Call
from odoochat.wire.frames import Notification
from odoochat.wire.values import dicts, integer, pair, when

__all__ = [
    "ChannelPatch",
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
)


class Names(Protocol):
    """What is known of channels and people; decoding fills names in from it."""

    def channel(self, channel_id: int) -> ChannelRef:
        """The channel with that id, with an empty name when unknown."""
        ...

    def author(self, kind: AuthorKind, author_id: int, name: str = "") -> Author:
        """The author with that id; a name that is given is remembered."""
        ...


class Route(Struct, frozen=True):
    """A call of a JSON route, for which a session is needed."""

    path: str
    params: dict[str, Any]


class MessagePatch(Struct, frozen=True):
    """Some facts of a message changed; what is None is as before."""

    id: int
    html: str | None = None
    edited: datetime | None = None
    attachments: tuple[Attachment, ...] | None = None


class ChannelPatch(Struct, frozen=True):
    """Some facts of a channel changed; what is None is as before.

    Attributes:
        unread_from: the first message that `unread` counts. The server's count is of the moment when it was made: what
            has come since from there on counts too.
    """

    id: int
    name: str | None = None
    description: str | None = None
    unread: int | None = None
    last_activity: datetime | None = None
    unread_from: int | None = None


class Refresh(Struct, frozen=True):
    """My channels may have changed: they must be read again, and the subscription made anew."""

    channel_id: int | None = None


Heard = Event | MessagePatch | ChannelPatch | Refresh


class Outgoing(Struct, frozen=True):
    """A message on its way out.

    Attributes:
        html: the body as HTML that Odoo will clean.
        message_id: the ``Message-Id`` it gets on the server; by it a message whose fate is unclear is found again.
        local_id: echoed by Odoo 17 and later as ``temporary_id``.
    """

    channel_id: int
    html: str
    message_id: str
    local_id: str
    reply_to: int | None = None
    attachment_ids: tuple[int, ...] = ()
    partner_ids: tuple[int, ...] = ()


class Dialect:
    """How one Odoo version is spoken to. Pure: it makes calls and reads answers, it sends nothing.

    Attributes:
        version: of the server.
        live: transports that the version offers to a session, best first.
    """

    channel_model = "discuss.channel"
    member_model = "discuss.channel.member"
    live: tuple[Via, ...] = ("websocket", "peek")
    unread_on_member = True
    interest_on_channel = False
    json2 = False
    echoes_local_id = True
    check_outdated = False
    presence_wants_ids = False
    guests = True

    def __init__(self, version: Version) -> None:
        self.version = version

    # ------------------------------------------------------------- my channels

    def my_members(self, partner_id: int) -> Call:
        """Asks for my member records: one for each of my channels."""
        fields = ["channel_id", "create_date", "last_interest_dt"]
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
        fields = ["name", "channel_type", "description"]
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
            member = mine.get(row["id"])
            if member is None:
                continue
            kind = str(row.get("channel_type") or "channel")
            name = row["name"] if isinstance(row.get("name"), str) else ""
            there = people.get(row["id"], [])
            if kind == "chat" or not name:
                shown = ", ".join(n for p, n in there if p != me and n)
                name = shown or name or f"channel {row['id']}"
            counter = member if self.unread_on_member else row
            infos.append(
                ChannelInfo(
                    id=row["id"],
                    name=body.safe_line(name),
                    kind=kind,
                    unread=integer(counter.get("message_unread_counter")),
                    last_activity=when(row.get("last_interest_dt")) or when(member.get("last_interest_dt")),
                    description=row["description"] if isinstance(row.get("description"), str) else "",
                    partners=tuple(p for p, _ in there),
                )
            )
        return infos

    # ---------------------------------------------------------------- messages

    def message_fields(self) -> list[str]:
        """Fields of ``mail.message`` that make a Message."""
        return [*MESSAGE_FIELDS, *(["author_guest_id"] if self.guests else [])]

    def messages(self, domain: Sequence[object], *, order: str = "id", limit: int = 100) -> Call:
        """Asks for messages of channels by a domain; what stands on other documents is left out.

        ``user_notification`` rows are private notes of the inbox, not a part of the conversation.
        """
        base: list[object] = [["model", "=", self.channel_model], ["message_type", "!=", "user_notification"]]
        return Call(
            "mail.message",
            "search_read",
            None,
            {"domain": [*base, *domain], "fields": self.message_fields(), "order": order, "limit": limit},
        )

    def attachments(self, ids: Sequence[int]) -> Call:
        """Asks for names and sizes of files."""
        return Call(
            "ir.attachment",
            "search_read",
            None,
            {"domain": [["id", "in", list(ids)]], "fields": ["name", "mimetype", "file_size"]},
        )

    def row_message(
        self, row: Mapping[str, Any], names: Names, files: Mapping[int, Attachment] | None = None
    ) -> Message:
        """A Message from a row of ``mail.message``."""
        known = files or {}
        html = body.body_html(row.get("body"))
        return Message(
            id=row["id"],
            channel=names.channel(integer(row.get("res_id"))),
            author=self._row_author(row, names),
            text=body.to_text(html),
            html=html,
            date=when(row.get("date")) or when(row.get("create_date")) or datetime.fromtimestamp(0, UTC),
            reply_to=pair(row.get("parent_id"))[0] or None,
            attachments=tuple(known.get(i) or Attachment(i) for i in sorted(row.get("attachment_ids") or ())),
            kind=str(row.get("message_type") or "comment"),
            edited=when(row.get("write_date")),
        )

    def _row_author(self, row: Mapping[str, Any], names: Names) -> Author:
        partner, name = pair(row.get("author_id"))
        if partner:
            return names.author("partner", partner, name)
        guest, name = pair(row.get("author_guest_id"))
        return names.author("guest", guest, name) if guest else Author(0, "unknown", "")

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
        self._dress(kwargs, message)
        return Call(self.channel_model, "message_post", (message.channel_id,), kwargs)

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

    def typing(self, channel_id: int, typing: bool) -> Call | Route:
        """Tells the others that I type, or no longer do."""
        return Route("/discuss/channel/notify_typing", {"channel_id": channel_id, "is_typing": typing})

    def mark_read(self, channel_id: int, message_id: int) -> Call | Route:
        """Marks a channel as read up to a message."""
        return Route("/discuss/channel/mark_as_read", {"channel_id": channel_id, "last_message_id": message_id})

    def edit(self, message_id: int, html: str) -> Call | Route:
        """Replaces a message's content; an empty one deletes it, as the web client does."""
        return Route(
            "/mail/message/update_content",
            {"message_id": message_id, "body": html, "attachment_ids": []},
        )

    def react(self, message_id: int, content: str, remove: bool) -> Route | None:
        """Gives or takes back a reaction; None where the version has none."""
        action = "remove" if remove else "add"
        return Route("/mail/message/reaction", {"message_id": message_id, "content": content, "action": action})

    def chat_with(self, partner_id: int) -> Call | Route:
        """Opens the direct chat with somebody, which is made when missing."""
        return Call(self.channel_model, "channel_get", None, {"partners_to": [partner_id]})

    def chat_id(self, result: object) -> int:
        """The channel's id out of `chat_with`'s answer.

        Raises:
            ProtocolError: when there is none.
        """
        for found in (result, *dicts(self._channel_of(result))):
            if isinstance(found, dict) and isinstance(found.get("id"), int):
                return int(found["id"])
        raise ProtocolError("the server opened no direct chat", repr(result))

    def _channel_of(self, result: object) -> object:
        return result.get(self.channel_model) if isinstance(result, dict) else None

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

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """What a notification says. Never raises on a shape it does not know.

        Returns:
            Events, patches of what is known already, and `Refresh` where my channels changed. Empty when it says
            nothing of interest.
        """
        raise NotImplementedError
