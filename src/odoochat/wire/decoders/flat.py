"""Odoo 14 and 15: long polling, flat message dicts, ``mail.channel``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from odoochat.events import (
    InboxReceived,
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    NotificationReceived,
    TypingChanged,
    Via,
)
from odoochat.model import (
    EPOCH,
    ChannelRef,
    Message,
    Reaction,
    RecordRef,
)
from odoochat.wire.content import body
from odoochat.wire.decoders.flat_parts import (
    came_and_went,
    channel_of,
    files,
    flat_author,
    flat_groups,
    flat_previews,
    flat_reactions,
    for_me,
    local_id,
    membership,
    mentioned,
    message_patch,
    persona,
    previews,
)
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import ChannelPatch, Heard, Names, Refresh
from odoochat.wire.values import count, dicts, identifier, identifiers, pair, records, text, when
from odoochat.wire.versions.dialect import Dialect, Outgoing

__all__ = ["FlatDialect", "Odoo14", "Odoo15"]


class FlatDialect(Dialect):
    """What 14 to 17 share: a message comes as one dict with everything in it."""

    channel_model = "mail.channel"

    def flat_message(
        self, value: Mapping[str, Any], names: Names, channel_id: int = 0, *, records: bool = False
    ) -> Message | None:
        """A Message from a payload's dict (`message_format` of 14 to 17), None when it belongs to no channel.

        Args:
            records: take what stands on a business document too.
        """
        model = value.get("model")
        channel_id = channel_id or identifier(value.get("res_id"))
        record = None
        if isinstance(model, str) and model and model != self.channel_model:
            record = RecordRef(model, channel_id, body.safe_line(str(value.get("record_name") or "")))
        if not channel_id or (record and not records) or not identifier(value.get("id")):
            return None
        html = body.body_html(value.get("body"))
        parent = value.get("parentMessage")
        return Message(
            id=value["id"],
            channel=ChannelRef(0, record.name) if record else names.channel(channel_id),
            author=flat_author(value, names),
            text=body.to_text(html),
            html=html,
            date=when(value.get("date")) or when(value.get("create_date")) or EPOCH,
            reply_to=pair(parent)[0] or pair(value.get("parent_id"))[0] or None,
            attachments=files(value.get("attachment_ids") or value.get("attachments")),
            reactions=flat_groups(value, names),
            kind=str(value.get("message_type") or "comment"),
            written=when(value.get("write_date")),
            local_id=local_id(value.get("temporary_id")),
            pinned=when(value.get("pinned_at")),
            mentions=mentioned(value.get("recipients", value.get("partner_ids"))),
            record=record,
            previews=previews(value.get("linkPreviews")),
            subtype=pair(value.get("subtype_id"))[1],
            subject=body.safe_line(text(value.get("subject")), 500),
            created=when(value.get("create_date")),
        )

    def page_messages(self, answer: object, names: Names, channel_id: int) -> list[Message]:
        """See `Dialect.page_messages`; a list up to 16, ``{"messages": […]}`` in 17."""
        rows = dicts(answer.get("messages")) if isinstance(answer, dict) else dicts(answer)
        found = (self.flat_message(row, names, channel_id) for row in rows)
        return [message for message in found if message is not None]

    def reactions_in(self, answer: object, names: Names) -> dict[int, tuple[Reaction, ...]]:
        """See `Dialect.reactions_in`; ``message_format`` answers a list, which of 17 stands under ``messages`` too."""
        rows = records(answer.get("messages")) if isinstance(answer, dict) else records(answer)
        return {row["id"]: flat_groups(row, names) for row in rows}

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
                return [MessageDeleted(i) for i in identifiers(payload.get("message_ids"))]
            case "joined" | "leave" | "unpin" | "delete" | "legacy_insert":
                return [Refresh(identifier(payload.get("id")) or pair(payload.get("channel"))[0] or None)]
            case "last_interest_dt_changed":
                number, moment = identifier(payload.get("id")), when(payload.get("last_interest_dt"))
                return [ChannelPatch(number, last_activity=moment)] if number and moment else []
            case "inbox":
                return self._inbox(payload, names)
            case "fetched":
                return []
        return for_me(notification.type, payload, names) or [NotificationReceived(notification.type, payload)]

    def _inbox(self, value: dict[str, Any], names: Names) -> list[Heard]:
        message = self.flat_message(value, names, records=True)
        return [InboxReceived(msgspec.structs.replace(message, needaction=True))] if message else []

    def _new_message(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        value = payload.get("message")
        if not isinstance(value, dict):
            return []
        message = self.flat_message(value, names, identifier(payload.get("id")))
        return [MessagePosted(message)] if message else []

    def _typing(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        author = persona(payload, names)
        channel = channel_of(payload)
        typing = payload.get("is_typing", payload.get("isTyping"))
        return [TypingChanged(names.channel(channel), author, bool(typing))] if author and channel else []

    def _seen(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        author = persona(payload, names)
        channel, last = channel_of(payload), identifier(payload.get("last_message_id"))
        return [MessageSeen(names.channel(channel), author, last)] if author and channel and last else []

    def _insert(self, kind: str, payload: dict[str, Any], names: Names) -> list[Heard]:
        if kind == "mail.message/insert":
            return [*message_patch(payload), *flat_reactions(payload, names), *flat_previews(payload)]
        if kind in ("mail.channel/insert", "mail.thread/insert"):
            inner = payload.get("channel")
            channel: dict[str, Any] = inner if isinstance(inner, dict) else payload
            if "channelMembers" in channel or "channelMembers" in payload:
                number = identifier(channel.get("id")) or identifier(payload.get("id"))
                commands = channel.get("channelMembers", payload.get("channelMembers"))
                return [*membership(number, commands, names), Refresh(number or None)]
            if "members" in payload or "guestMembers" in payload:
                if not (number := identifier(payload.get("id"))):
                    return []
                came = came_and_went(number, payload, names)
                return [*came, ChannelPatch(number, member_count=count(payload.get("memberCount")) or None)]
            name, description = channel.get("name"), channel.get("description")
            number = identifier(channel.get("id"))
            if number and (isinstance(name, str) or isinstance(description, str)):
                return [
                    ChannelPatch(
                        number,
                        name=name if isinstance(name, str) else None,
                        description=description if isinstance(description, str) else None,
                    )
                ]
            return [Refresh(identifier(payload.get("id")) or None)]
        return [NotificationReceived(kind, payload)]


class Odoo14(FlatDialect):
    """Odoo 14: notifications have no type, what they are shows in their keys."""

    generation = 14
    member_model = "mail.channel.partner"
    live: tuple[Via, ...] = ("longpoll",)
    unread_on_member = False
    echoes_local_id = False
    says_parents = False  # `message_format` of 14 has no parent (addons/mail/models/mail_message.py)
    guests = False

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """See `Dialect.decode`. On a channel ``info`` tells typing and seen, its absence a message."""
        value, where = notification.payload, notification.channel
        if not isinstance(value, dict):
            return []
        place = where[1:] if isinstance(where, list) and len(where) == 3 else []
        info = value.get("info")
        if info == "typing_status":
            channel = identifier(place[1]) if place and place[0] == self.channel_model else 0
            author = persona(value, names)
            typing = bool(value.get("is_typing"))
            return [TypingChanged(names.channel(channel), author, typing)] if channel and author else []
        if info == "channel_seen":
            channel = identifier(value.get("channel_id")) or (identifier(place[1]) if place else 0)
            author = persona(value, names)
            last = identifier(value.get("last_message_id"))
            return [MessageSeen(names.channel(channel), author, last)] if channel and author else []
        if info == "channel_fetched":
            return []
        if info == "transient_message":
            return for_me(info, value, names)
        if place and place[0] == "ir.needaction":
            return self._inbox(value, names)
        if place and place[0] == "res.partner":
            if value.get("type") == "deletion":
                return [MessageDeleted(i) for i in identifiers(value.get("message_ids"))]
            if "channel_type" in value:
                return [Refresh(identifier(value.get("id")) or None)]
            kind = str(value.get("type") or info or "")
            return for_me(kind, value, names) or [NotificationReceived(kind, value)]
        if "body" in value and (message := self.flat_message(value, names)):
            return [MessagePosted(message)]
        return []

    def _dress(self, kwargs: dict[str, Any], message: Outgoing) -> None:
        """The body is HTML already, and nothing is echoed."""


class Odoo15(FlatDialect):
    """Odoo 15: long polling with typed notifications."""

    generation = 15
    member_model = "mail.channel.partner"
    live: tuple[Via, ...] = ("longpoll",)
    unread_on_member = False
    echoes_local_id = False

    def _dress(self, kwargs: dict[str, Any], message: Outgoing) -> None:
        """The body is HTML already, and nothing is echoed."""
