"""Decoder for Odoo 14, where notifications have no type and are recognized by their keys and bus channel."""

from __future__ import annotations

from odoochat.events import MessageDeleted, MessagePosted, MessageSeen, NotificationReceived, TypingChanged
from odoochat.model import Message
from odoochat.wire.decoders.flat import FlatDecoder
from odoochat.wire.decoders.parts import persona, personal_updates
from odoochat.wire.decoders.plain_posts import UntypedMessage, UntypedReader, flat_message
from odoochat.wire.envelopes.frames import Notification, PayloadReader
from odoochat.wire.envelopes.polled import PolledReader, polled_reader
from odoochat.wire.updates import Names, Refresh, Update
from odoochat.wire.values import identifier, identifiers, is_array, is_object

__all__ = ["UntypedDecoder"]


POSTS = UntypedReader()


class UntypedDecoder(FlatDecoder):
    """Decodes notifications from Odoo 14; responses have the same format as in 15."""

    @property
    def posts(self) -> PayloadReader | None:
        """See `Decoder.posts`. This version has no WebSocket."""
        return None

    @property
    def polled(self) -> PolledReader:
        """See `Decoder.polled`."""
        return polled_reader(POSTS)

    def is_post(self, notification: Notification) -> bool:
        """See `Decoder.is_post`. Messages are the only content with a body."""
        payload = notification.payload
        return isinstance(payload, UntypedMessage) or (is_object(payload) and "body" in payload)

    def plain_message(self, notification: Notification, names: Names) -> Message | None:
        """See `Decoder.plain_message`."""
        post = notification.payload
        is_here = isinstance(post, UntypedMessage) and post.model == self.table.channel_model
        return flat_message(post, post.res_id, names) if is_here else None

    def steps(self, notification: Notification, names: Names) -> list[Update]:
        """See `Decoder.steps`. On a channel, ``info`` marks typing and seen notifications; all others are messages."""
        value, where = notification.payload, notification.channel
        if isinstance(value, UntypedMessage):
            message = self.plain_message(notification, names)
            return [MessagePosted(message)] if message is not None else []
        if not is_object(value):
            return []
        place = where[1:] if is_array(where) and len(where) == 3 else []
        info = value.get("info")
        if info == "typing_status":
            channel = identifier(place[1]) if place and place[0] == self.table.channel_model else 0
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
            return personal_updates(info, value, names)
        if place and place[0] == "ir.needaction":
            return self.inbox(value, names)
        if place and place[0] == "res.partner":
            if value.get("type") == "deletion":
                return [MessageDeleted(i) for i in identifiers(value.get("message_ids"))]
            if "channel_type" in value:
                return [Refresh(identifier(value.get("id")) or None)]
            kind = str(value.get("type") or info or "")
            return personal_updates(kind, value, names) or [NotificationReceived(kind, value)]
        if "body" in value and (message := self.message(value, names)):
            return [MessagePosted(message)]
        return []
