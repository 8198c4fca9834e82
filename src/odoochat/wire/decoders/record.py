"""Odoo 17: ``discuss.channel``, and facts pushed as ``mail.record/insert`` under JavaScript names."""

from __future__ import annotations

from typing import Any

from odoochat.events import MessageSeen, PinChanged, PresenceChanged, PreviewsChanged, ReactionChanged
from odoochat.model import AuthorKind
from odoochat.wire.decoders.flat import FlatDialect
from odoochat.wire.decoders.flat_parts import membership, message_patch, persona, previews, reactors
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import ChannelPatch, Heard, Names, Refresh
from odoochat.wire.values import count, dicts, identifier, items, muted_until, notified, pair, when
from odoochat.wire.versions.dialect import Dialect

__all__ = ["Odoo17", "presence"]


class Odoo17(FlatDialect):
    """Odoo 17: plain bodies are escaped by the server, messages are still one dict."""

    generation = 17
    channel_model = "discuss.channel"
    _dress = Dialect._dress

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """See `Dialect.decode`."""
        payload = notification.payload
        if isinstance(payload, dict):
            if notification.type == "mail.record/insert":
                return self._records(payload, names)
            if notification.type == "bus.bus/im_status_updated":
                return presence(payload, names)
        return super().decode(notification, names)

    def _records(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        heard: list[Heard] = []
        for message in dicts(payload.get("Message")):
            heard += message_patch(message)
            heard += _reactions(message, names)
            if "pinned_at" in message and "body" not in message and identifier(message.get("id")):
                heard.append(PinChanged(message["id"], when(message["pinned_at"])))
            if "linkPreviews" in message and "body" not in message and identifier(message.get("id")):
                heard.append(PreviewsChanged(message["id"], previews(message["linkPreviews"])))
        for row in dicts(payload.get("LinkPreview")):
            if number := pair(row.get("message"))[0]:
                heard.append(PreviewsChanged(number, previews([row])))
        for member in dicts(payload.get("ChannelMember")):
            author, last = persona(member, names), pair(member.get("lastSeenMessage"))[0]
            channel = pair(member.get("thread"))[0] or names.channel_of(last)
            if author and channel and last:
                heard.append(MessageSeen(names.channel(channel), author, last))
        for thread in dicts(payload.get("Thread")):
            heard += self._thread(thread, names)
        return heard

    def _thread(self, thread: dict[str, Any], names: Names) -> list[Heard]:
        channel = identifier(thread.get("id"))
        if thread.get("model") not in (None, self.channel_model) or not channel:
            return []
        heard: list[Heard] = []
        name, description = thread.get("name"), thread.get("description")
        if isinstance(name, str) or isinstance(description, str):
            heard.append(
                ChannelPatch(
                    channel,
                    name=name if isinstance(name, str) else None,
                    description=description if isinstance(description, str) else None,
                )
            )
        if "mute_until_dt" in thread or "custom_notifications" in thread:
            heard.append(
                ChannelPatch(
                    channel,
                    muted=(muted_until(thread["mute_until_dt"]),) if "mute_until_dt" in thread else None,
                    notify=(notified(thread["custom_notifications"]),) if "custom_notifications" in thread else None,
                )
            )
        heard += membership(channel, thread.get("channelMembers"), names)
        if "channelMembers" in thread or thread.get("is_pinned") is False:
            heard.append(Refresh(channel))
        return heard


def _reactions(message: dict[str, Any], names: Names) -> list[Heard]:
    heard: list[Heard] = []
    number = identifier(message.get("id"))
    for command in items(message.get("reactions")):
        if isinstance(command, list) and len(command) == 2 and command[0] in ("ADD", "DELETE"):
            for group in dicts(command[1]):
                content = group.get("content")
                if not number or not isinstance(content, str):
                    continue
                many = count(group.get("count")) if command[0] == "ADD" else 0
                who = reactors(group, names) if many else ()
                heard.append(ReactionChanged(number, content, many, who))
    return heard


def presence(payload: dict[str, Any], names: Names) -> list[Heard]:
    """``bus.bus/im_status_updated`` of late 17 to 19: somebody came or went."""
    status = payload.get("im_status")
    kinds: tuple[AuthorKind, ...] = ("partner", "guest")
    for kind in kinds:
        number = identifier(payload.get(f"{kind}_id"))
        if number and isinstance(status, str):
            return [PresenceChanged(names.author(kind, number), status)]
    return []
