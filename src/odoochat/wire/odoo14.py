"""Odoo 14 and 15: long polling, flat message dicts, ``mail.channel``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoochat.events import (
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    NotificationReceived,
    ReactionChanged,
    TypingChanged,
    Via,
)
from odoochat.model import EPOCH, Attachment, Author, AuthorKind, Message, Reaction
from odoochat.wire import body
from odoochat.wire.call import Call
from odoochat.wire.dialect import ChannelPatch, Dialect, Heard, MessagePatch, Names, Outgoing, Refresh, Route
from odoochat.wire.frames import Notification
from odoochat.wire.values import attachment, dicts, integer, items, pair, when

__all__ = ["FlatDialect", "Odoo14", "Odoo15"]


class FlatDialect(Dialect):
    """What 14 to 17 share: a message comes as one dict with everything in it."""

    channel_model = "mail.channel"

    def flat_message(self, value: Mapping[str, Any], names: Names, channel_id: int = 0) -> Message | None:
        """A Message from a payload's dict (`message_format` of 14 to 17), None when it belongs to no channel."""
        model = value.get("model")
        channel_id = channel_id or integer(value.get("res_id"))
        if not channel_id or (model and model != self.channel_model) or not integer(value.get("id")):
            return None
        html = body.body_html(value.get("body"))
        parent = value.get("parentMessage")
        return Message(
            id=value["id"],
            channel=names.channel(channel_id),
            author=flat_author(value, names),
            text=body.to_text(html),
            html=html,
            date=when(value.get("date")) or when(value.get("create_date")) or EPOCH,
            reply_to=pair(parent)[0] or pair(value.get("parent_id"))[0] or None,
            attachments=files(value.get("attachment_ids") or value.get("attachments")),
            reactions=groups(value.get("reactions") or value.get("messageReactionGroups")),
            kind=str(value.get("message_type") or "comment"),
            edited=when(value.get("write_date")),
            local_id=local_id(value.get("temporary_id")),
        )

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """See `Dialect.decode`; types are told apart by their last part, as 15 to 17 renamed the first one."""
        payload = notification.payload
        if not isinstance(payload, dict):
            return []
        match notification.type.rpartition("/")[2]:
            case "new_message":
                return self._new_message(payload, names)
            case "typing_status":
                return self._typing(payload, names)
            case "seen":
                return self._seen(payload, names)
            case "insert":
                return self._insert(notification.type, payload, names)
            case "delete" if notification.type.startswith("mail.message"):
                return [MessageDeleted(integer(i)) for i in items(payload.get("message_ids"))]
            case "joined" | "leave" | "unpin" | "delete" | "legacy_insert":
                return [Refresh(integer(payload.get("id")) or pair(payload.get("channel"))[0] or None)]
            case "last_interest_dt_changed":
                moment = when(payload.get("last_interest_dt"))
                return [ChannelPatch(integer(payload.get("id")), last_activity=moment)]
            case "inbox" | "fetched":
                return []
        return [NotificationReceived(notification.type, payload)]

    def _new_message(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        value = payload.get("message")
        if not isinstance(value, dict):
            return []
        message = self.flat_message(value, names, integer(payload.get("id")))
        return [MessagePosted(message)] if message else []

    def _typing(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        author = persona(payload, names)
        channel = channel_of(payload)
        typing = payload.get("is_typing", payload.get("isTyping"))
        return [TypingChanged(names.channel(channel), author, bool(typing))] if author and channel else []

    def _seen(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        author = persona(payload, names)
        channel, last = channel_of(payload), integer(payload.get("last_message_id"))
        return [MessageSeen(names.channel(channel), author, last)] if author and channel and last else []

    def _insert(self, kind: str, payload: dict[str, Any], names: Names) -> list[Heard]:
        if kind == "mail.message/insert":
            return [*message_patch(payload), *flat_reactions(payload)]
        if kind in ("mail.channel/insert", "mail.thread/insert"):
            inner = payload.get("channel")
            channel: dict[str, Any] = inner if isinstance(inner, dict) else payload
            name, description = channel.get("name"), channel.get("description")
            if isinstance(name, str) or isinstance(description, str):
                return [
                    ChannelPatch(
                        integer(channel.get("id")),
                        name=name if isinstance(name, str) else None,
                        description=description if isinstance(description, str) else None,
                    )
                ]
            return [Refresh(integer(payload.get("id")) or None)]
        return [NotificationReceived(kind, payload)]


class Odoo14(FlatDialect):
    """Odoo 14: notifications have no type, what they are shows in their keys."""

    member_model = "mail.channel.partner"
    live: tuple[Via, ...] = ("longpoll",)
    unread_on_member = False
    echoes_local_id = False
    guests = False

    def my_members(self, partner_id: int) -> Call:
        """See `Dialect.my_members`; 14 has no ``last_interest_dt``."""
        domain = [["partner_id", "=", partner_id]]
        fields = ["channel_id", "create_date"]
        return Call(self.member_model, "search_read", None, {"domain": domain, "fields": fields})

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """See `Dialect.decode`. On a channel ``info`` tells typing and seen, its absence a message."""
        value, where = notification.payload, notification.channel
        if not isinstance(value, dict):
            return []
        place = where[1:] if isinstance(where, list) and len(where) == 3 else []
        info = value.get("info")
        if info == "typing_status":
            channel = integer(place[1]) if place and place[0] == self.channel_model else 0
            author = persona(value, names)
            typing = bool(value.get("is_typing"))
            return [TypingChanged(names.channel(channel), author, typing)] if channel and author else []
        if info == "channel_seen":
            channel = integer(value.get("channel_id")) or (integer(place[1]) if place else 0)
            author = persona(value, names)
            last = integer(value.get("last_message_id"))
            return [MessageSeen(names.channel(channel), author, last)] if channel and author else []
        if info in ("channel_fetched", "transient_message"):
            return []
        if place and place[0] == "res.partner":
            if value.get("type") == "deletion":
                return [MessageDeleted(integer(i)) for i in items(value.get("message_ids"))]
            if "channel_type" in value:
                return [Refresh(integer(value.get("id")) or None)]
            return [NotificationReceived(str(value.get("type") or info or ""), value)]
        if "body" in value and (message := self.flat_message(value, names)):
            return [MessagePosted(message)]
        return []

    def _dress(self, kwargs: dict[str, Any], message: Outgoing) -> None:
        """The body is HTML already, and nothing is echoed."""

    def typing(self, channel_id: int, typing: bool) -> Call | Route:
        """See `Dialect.typing`."""
        return Call(self.channel_model, "notify_typing", (channel_id,), {"is_typing": typing})

    def mark_read(self, channel_id: int, message_id: int) -> Call | Route:
        """See `Dialect.mark_read`."""
        return Call(self.channel_model, "channel_seen", (channel_id,), {"last_message_id": message_id})

    def edit(self, message_id: int, html: str) -> Call | Route:
        """See `Dialect.edit`; 14 tells nobody of it."""
        return Call("mail.message", "write", (message_id,), {"vals": {"body": html}})

    def react(self, message_id: int, content: str, remove: bool) -> Route | None:
        """14 has no reactions."""
        return None


class Odoo15(FlatDialect):
    """Odoo 15: long polling with typed notifications."""

    member_model = "mail.channel.partner"
    live: tuple[Via, ...] = ("longpoll",)
    unread_on_member = False
    echoes_local_id = False

    def _dress(self, kwargs: dict[str, Any], message: Outgoing) -> None:
        """The body is HTML already, and nothing is echoed."""

    def typing(self, channel_id: int, typing: bool) -> Call | Route:
        """See `Dialect.typing`."""
        return Call(self.channel_model, "notify_typing", (channel_id,), {"is_typing": typing})

    def mark_read(self, channel_id: int, message_id: int) -> Call | Route:
        """See `Dialect.mark_read`."""
        return Route("/mail/channel/set_last_seen_message", {"channel_id": channel_id, "last_message_id": message_id})

    def react(self, message_id: int, content: str, remove: bool) -> Route | None:
        """See `Dialect.react`."""
        path = "/mail/message/remove_reaction" if remove else "/mail/message/add_reaction"
        return Route(path, {"message_id": message_id, "content": content})


def local_id(value: object) -> str | None:
    """The ``temporary_id`` when it is one of ours: a string."""
    return value if isinstance(value, str) and value else None


def flat_author(value: Mapping[str, Any], names: Names) -> Author:
    """The author of a flat message: ``author_id`` pair (14, 15), ``author`` dict (16, 17), or a guest."""
    author = value.get("author", value.get("author_id"))
    if isinstance(author, dict) and author.get("type") == "guest":
        guest, name = pair(author)
        return names.author("guest", guest, name)
    partner, name = pair(author)
    if partner:
        return names.author("partner", partner, name)
    guests = value.get("guestAuthor", value.get("author_guest_id"))
    if isinstance(guests, list) and guests and isinstance(guests[0], list):
        guests = next((c[1] for c in guests if isinstance(c, list) and len(c) > 1), None)
    guest, name = pair(guests)
    return names.author("guest", guest, name) if guest else Author(0, "unknown", "")


def persona(value: Mapping[str, Any], names: Names) -> Author | None:
    """Who a typing or seen payload speaks of.

    14 and 15: ``partner_id`` and ``partner_name``; 16: ``persona: {"partner": {…}}`` or ``{"guest": {…}}``;
    17: ``persona: {"id", "name", "type"}``.
    """
    someone = value.get("persona")
    if isinstance(someone, dict):
        kinds: tuple[AuthorKind, ...] = ("partner", "guest")
        for kind in kinds:
            if isinstance(someone.get(kind), dict):
                number, name = pair(someone[kind])
                return names.author(kind, number, name) if number else None
        number, name = pair(someone)
        return names.author("guest" if someone.get("type") == "guest" else "partner", number, name) if number else None
    if number := integer(value.get("partner_id")):
        given = value.get("partner_name")
        return names.author("partner", number, given if isinstance(given, str) else "")
    number = integer(value.get("guest_id"))
    return names.author("guest", number) if number else None


def channel_of(value: Mapping[str, Any]) -> int:
    """The channel that a member's payload speaks of."""
    return integer(value.get("channel_id")) or pair(value.get("channel"))[0] or pair(value.get("thread"))[0]


def files(value: object) -> tuple[Attachment, ...]:
    """The attachments of a message, in the order they were made; Odoo gives the last one first."""
    return tuple(sorted((attachment(f) for f in dicts(value)), key=lambda f: f.id))


def groups(value: object) -> tuple[Reaction, ...]:
    """The reactions under a whole message: dicts, in 15 inside ``[["insert-and-replace", [dicts]]]``.

    15: addons/mail/models/mail_message.py, `_message_format`.
    """
    found = [x for c in items(value) if isinstance(c, list) and len(c) > 1 for x in dicts(c[1])] or dicts(value)
    return tuple(Reaction(str(r.get("content")), integer(r.get("count"))) for r in found)


def message_patch(value: Mapping[str, Any]) -> list[Heard]:
    """An edit from a partial message dict; none when it tells no content (reactions, stars, pins)."""
    if not integer(value.get("id")) or "body" not in value:
        return []
    there = value.get("attachments", value.get("attachment_ids"))
    if isinstance(there, list) and there and isinstance(there[0], list):
        there = [f for command in there if len(items(command)) > 1 for f in dicts(command[1])]
    return [
        MessagePatch(
            value["id"],
            html=body.body_html(value["body"]),
            edited=when(value.get("write_date")),
            attachments=files(there) if isinstance(there, list) else None,
        )
    ]


def flat_reactions(value: Mapping[str, Any]) -> list[Heard]:
    """The reactions of 15 and 16: ``[["insert", {"content", "count"}]]``; a command with ``unlink`` takes one away."""
    heard: list[Heard] = []
    for command in items(value.get("messageReactionGroups")):
        if isinstance(command, list) and len(command) == 2 and isinstance(command[0], str):
            for group in dicts(command[1]):
                count = 0 if "unlink" in command[0] else integer(group.get("count"))
                heard.append(ReactionChanged(integer(value.get("id")), str(group.get("content")), count))
    return heard
