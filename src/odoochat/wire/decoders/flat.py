"""Decoder for Odoo 15 and 16: typed notifications, with each message as one self-contained dict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import msgspec

from odoochat.events import (
    InboxReceived,
    MessageDeleted,
    MessagePosted,
    MessageSeen,
    NotificationReceived,
    PresenceChanged,
    TypingChanged,
)
from odoochat.model import EPOCH, AuthorKind, ChannelRef, LinkPreview, Message, Reaction, RecordRef
from odoochat.wire.content import body
from odoochat.wire.content.shared_text import share
from odoochat.wire.decoders.parts import (
    files,
    local_id,
    member_changes,
    member_channel,
    mentioned_ids,
    message_author,
    message_changes,
    message_reactions,
    people_changes,
    persona,
    personal_updates,
    preview_changes,
    previews,
    reaction_changes,
)
from odoochat.wire.decoders.plain_posts import FlatPost, PairPost, PostReader, flat_message
from odoochat.wire.envelopes.frames import Notification, PayloadReader
from odoochat.wire.envelopes.polled import PolledReader, polled_reader
from odoochat.wire.updates import ChannelPatch, Names, Refresh, Update
from odoochat.wire.values import count, dicts, identifier, identifiers, is_object, pair, records, when
from odoochat.wire.version_table import VersionTable

__all__ = ["FlatDecoder", "facts_patch"]


PAIR_POSTS = PostReader("mail.channel/new_message", PairPost)
POSTS = {model: PostReader(f"{model}/new_message", FlatPost) for model in ("mail.channel", "discuss.channel")}


class FlatDecoder:
    """Decodes notifications and responses from Odoo 15 and 16; see `Decoder`.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable) -> None:
        self.table = table

    @property
    def posts(self) -> PayloadReader | None:
        """See `Decoder.posts`."""
        return self._posts

    @property
    def polled(self) -> PolledReader:
        """See `Decoder.polled`."""
        return polled_reader(self._posts)

    @property
    def _posts(self) -> PostReader[PairPost] | PostReader[FlatPost]:
        return PAIR_POSTS if self.table.author_pairs else POSTS[self.table.channel_model]

    # ------------------------------------------------------------------ messages

    def message(
        self, value: Mapping[str, Any], names: Names, channel_id: int = 0, *, records: bool = False
    ) -> Message | None:
        """Decode a message dict (`message_format` in Odoo 14 to 17).

        Args:
            value: the message dict.
            names: known names, updated in place.
            channel_id: channel id; 0 to read the id from the dict.
            records: whether to also decode messages on records.

        Returns:
            The message, or None if it has no id or channel, or if it belongs to a record and `records` is False.
        """
        get = value.get
        model, number = get("model"), identifier(get("id"))
        channel_id = channel_id or identifier(get("res_id"))
        record = None
        if isinstance(model, str) and model and model != self.table.channel_model:
            record = RecordRef(model, channel_id, body.safe_line(str(get("record_name") or "")))
        if not channel_id or (record and not records) or not number:
            return None
        html = body.body_html(get("body"))
        created, parent, there = when(get("create_date")), get("parentMessage"), get("attachment_ids")
        pinned, subject, mentioned = get("pinned_at"), get("subject"), get("recipients", get("partner_ids"))
        return Message(
            number,
            ChannelRef(0, record.name) if record else names.channel(channel_id),
            message_author(value, names),
            share(body.to_text(html)),
            share(html),
            when(get("date")) or created or EPOCH,
            pair(parent)[0] or pair(get("parent_id"))[0] or None,
            files(there) if there or (there := get("attachments")) else (),
            message_reactions(value, names),
            str(get("message_type") or "comment"),
            when(get("write_date")),
            local_id(get("temporary_id")),
            when(pinned) if pinned else None,
            False,
            False,
            mentioned_ids(mentioned) if mentioned else (),
            record,
            previews(get("linkPreviews")),
            pair(get("subtype_id"))[1],
            True,
            body.safe_line(subject, 500) if subject and isinstance(subject, str) else "",
            created,
        )

    def page_messages(self, answer: object, names: Names, channel_id: int) -> list[Message]:
        """See `Decoder.page_messages`. The response is a list up to Odoo 16 and ``{"messages": […]}`` in Odoo 17."""
        rows = dicts(answer.get("messages")) if is_object(answer) else dicts(answer)
        found = (self.message(row, names, channel_id) for row in rows)
        return [message for message in found if message is not None]

    def reactions_in(self, answer: object, names: Names) -> dict[int, tuple[Reaction, ...]]:
        """See `Decoder.reactions_in`. The response is a list or ``{"messages": […]}``."""
        rows = records(answer.get("messages")) if is_object(answer) else records(answer)
        return {row["id"]: message_reactions(row, names) for row in rows}

    def previews_in(self, answer: object, names: Names, message_id: int) -> tuple[LinkPreview, ...]:
        """See `Decoder.previews_in`. Reads ``linkPreviews`` from each dict in ``{"messages": […]}`` (Odoo 17)."""
        rows = records(answer.get("messages")) if is_object(answer) else []
        row = next((r for r in rows if r["id"] == message_id), None)
        return previews(row.get("linkPreviews")) if row is not None else ()

    # ------------------------------------------------------------- notifications

    def is_post(self, notification: Notification) -> bool:
        """See `Decoder.is_post`."""
        return notification.type.endswith("/new_message")

    def plain_message(self, notification: Notification, names: Names) -> Message | None:
        """See `Decoder.plain_message`."""
        post = notification.payload
        is_here = isinstance(post, (FlatPost, PairPost)) and post.message.model == self.table.channel_model
        return flat_message(post.message, post.id, names) if is_here else None

    def decode(self, notification: Notification, names: Names) -> list[Update]:
        """See `Decoder.decode`."""
        return [update for update in self.steps(notification, names) if update is not None]

    def steps(self, notification: Notification, names: Names) -> Iterable[Update | None]:
        """See `Decoder.steps`. Types are matched by their last part because Odoo 15 to 17 renamed the first."""
        payload = notification.payload
        if isinstance(payload, (FlatPost, PairPost)):
            message = self.plain_message(notification, names)
            return [MessagePosted(message)] if message is not None else []
        if not is_object(payload):
            return []
        match notification.type.rpartition("/")[2]:
            case "new_message":
                return self._new_message(payload, names)
            case "typing_status":
                return _typing(payload, names)
            case "seen":
                return _seen(payload, names)
            case "insert":
                return _insert(notification.type, payload, names)
            case "delete" if notification.type.startswith("mail.message"):
                return [MessageDeleted(i) for i in identifiers(payload.get("message_ids"))]
            case "delete" if notification.type.startswith("ir.attachment"):
                return personal_updates(notification.type, payload, names)
            case "joined" | "leave" | "unpin" | "delete" | "legacy_insert":
                return [Refresh(identifier(payload.get("id")) or pair(payload.get("channel"))[0] or None)]
            case "last_interest_dt_changed":
                number, moment = identifier(payload.get("id")), when(payload.get("last_interest_dt"))
                return [ChannelPatch(number, last_activity=moment)] if number and moment else []
            case "inbox":
                return self.inbox(payload, names)
            case "fetched":
                return []
            case "im_status" if notification.type == "bus/im_status":
                return _presence(payload, names)
            case _:
                pass
        return personal_updates(notification.type, payload, names) or [NotificationReceived(notification.type, payload)]

    def inbox(self, value: Mapping[str, Any], names: Names) -> list[Update]:
        """Decode a message that was added to the inbox.

        Args:
            value: the message dict.
            names: known names, updated in place.
        """
        message = self.message(value, names, records=True)
        return [InboxReceived(msgspec.structs.replace(message, needaction=True))] if message else []

    def _new_message(self, payload: dict[str, Any], names: Names) -> list[Update]:
        value = payload.get("message")
        if not is_object(value):
            return []
        message = self.message(value, names, identifier(payload.get("id")))
        return [MessagePosted(message)] if message else []


def facts_patch(channel_id: int, value: Mapping[str, Any]) -> list[Update]:
    """Decode the name and description in a channel dict.

    Args:
        channel_id: channel id; if 0, nothing is decoded.
        value: the channel dict.
    """
    name, description = value.get("name"), value.get("description")
    if not channel_id or not (isinstance(name, str) or isinstance(description, str)):
        return []
    return [
        ChannelPatch(
            channel_id,
            name=name if isinstance(name, str) else None,
            description=description if isinstance(description, str) else None,
        )
    ]


def _typing(payload: dict[str, Any], names: Names) -> list[Update]:
    author = persona(payload, names)
    channel = member_channel(payload)
    typing = payload.get("is_typing", payload.get("isTyping"))
    return [TypingChanged(names.channel(channel), author, bool(typing))] if author and channel else []


def _seen(payload: dict[str, Any], names: Names) -> list[Update]:
    author = persona(payload, names)
    channel, last = member_channel(payload), identifier(payload.get("last_message_id"))
    return [MessageSeen(names.channel(channel), author, last)] if author and channel and last else []


def _presence(payload: dict[str, Any], names: Names) -> list[Update]:
    """Decode ``bus/im_status``, which Odoo 16 sends for watched people."""
    updates: list[Update] = []
    kinds: tuple[AuthorKind, ...] = ("partner", "guest")
    for kind in kinds:
        updates += [
            PresenceChanged(names.author(kind, row["id"]), str(row.get("im_status")))
            for row in records(payload.get(f"{kind}s"))
        ]
    return updates


def _insert(kind: str, payload: dict[str, Any], names: Names) -> Iterable[Update | None]:
    if kind == "mail.message/insert":
        return chain(message_changes(payload), reaction_changes(payload, names), preview_changes(payload))
    if kind not in ("mail.channel/insert", "mail.thread/insert"):
        return [NotificationReceived(kind, payload)]
    inner = payload.get("channel")
    channel: dict[str, Any] = inner if is_object(inner) else payload
    if "channelMembers" in channel or "channelMembers" in payload:
        number = identifier(channel.get("id")) or identifier(payload.get("id"))
        commands = channel.get("channelMembers", payload.get("channelMembers"))
        return chain(member_changes(number, commands, names), [Refresh(number or None)])
    if "members" in payload or "guestMembers" in payload:
        if not (number := identifier(payload.get("id"))):
            return []
        members = people_changes(number, payload, names)
        return chain(members, [ChannelPatch(number, member_count=count(payload.get("memberCount")) or None)])
    return facts_patch(identifier(channel.get("id")), channel) or [Refresh(identifier(payload.get("id")) or None)]
