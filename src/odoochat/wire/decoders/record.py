"""Decoder for Odoo 17: changes arrive as ``mail.record/insert`` with JavaScript names; each message is one dict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from odoochat.events import MessageSeen, PinChanged, PresenceChanged, PreviewsChanged, ReactionChanged
from odoochat.model import AuthorKind
from odoochat.wire.decoders.flat import FlatDecoder, facts_patch
from odoochat.wire.decoders.parts import member_changes, message_changes, persona, previews, reactors
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import ChannelPatch, Names, Refresh, Update
from odoochat.wire.values import count, dicts, identifier, is_array, is_object, items, muted_until, notified, pair, when

__all__ = ["RecordDecoder", "presence"]


class RecordDecoder(FlatDecoder):
    """Decodes notifications from Odoo 17; responses have the same format as in 15 and 16."""

    def steps(self, notification: Notification, names: Names) -> Iterable[Update | None]:
        """See `Decoder.steps`."""
        payload = notification.payload
        if is_object(payload):
            if notification.type == "mail.record/insert":
                return self._records(payload, names)
            if notification.type == "bus.bus/im_status_updated":
                return presence(payload, names)
        return super().steps(notification, names)

    def _records(self, payload: dict[str, Any], names: Names) -> Iterator[Update]:
        for message in dicts(payload.get("Message")):
            yield from message_changes(message)
            yield from _reactions(message, names)
            if "pinned_at" in message and "body" not in message and identifier(message.get("id")):
                yield PinChanged(message["id"], when(message["pinned_at"]))
            if "linkPreviews" in message and "body" not in message and identifier(message.get("id")):
                yield PreviewsChanged(message["id"], previews(message["linkPreviews"]))
        for row in dicts(payload.get("LinkPreview")):
            if number := pair(row.get("message"))[0]:
                yield PreviewsChanged(number, previews([row]))
        for member in dicts(payload.get("ChannelMember")):
            author, last = persona(member, names), pair(member.get("lastSeenMessage"))[0]
            channel = pair(member.get("thread"))[0] or names.channel_of(last)
            if author and channel and last:
                yield MessageSeen(names.channel(channel), author, last)
        for thread in dicts(payload.get("Thread")):
            yield from self._thread(thread, names)

    def _thread(self, thread: dict[str, Any], names: Names) -> Iterator[Update]:
        channel = identifier(thread.get("id"))
        if thread.get("model") not in (None, self.table.channel_model) or not channel:
            return
        yield from facts_patch(channel, thread)
        if "mute_until_dt" in thread or "custom_notifications" in thread:
            yield ChannelPatch(
                channel,
                muted=(muted_until(thread["mute_until_dt"]),) if "mute_until_dt" in thread else None,
                notify=(notified(thread["custom_notifications"]),) if "custom_notifications" in thread else None,
            )
        yield from member_changes(channel, thread.get("channelMembers"), names)
        if "channelMembers" in thread or thread.get("is_pinned") is False:
            yield Refresh(channel)


def _reactions(message: dict[str, Any], names: Names) -> Iterator[Update]:
    number = identifier(message.get("id"))
    for command in items(message.get("reactions")):
        if is_array(command) and len(command) == 2 and command[0] in ("ADD", "DELETE"):
            for group in dicts(command[1]):
                content = group.get("content")
                if not number or not isinstance(content, str):
                    continue
                many = count(group.get("count")) if command[0] == "ADD" else 0
                who = reactors(group, names) if many else ()
                yield ReactionChanged(number, content, many, who)


def presence(payload: dict[str, Any], names: Names) -> list[Update]:
    """Decode ``bus.bus/im_status_updated`` (late Odoo 17 to 19), which reports one person's presence.

    Args:
        payload: the notification's payload.
        names: known names, updated in place.
    """
    status = payload.get("im_status")
    kinds: tuple[AuthorKind, ...] = ("partner", "guest")
    for kind in kinds:
        number = identifier(payload.get(f"{kind}_id"))
        if number and isinstance(status, str):
            return [PresenceChanged(names.author(kind, number), status)]
    return []
