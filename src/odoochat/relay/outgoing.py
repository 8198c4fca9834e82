"""Outgoing events: what is published, with the key by which readers recognize duplicates."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

import msgspec
from msgspec import Struct

from odoochat.events import (
    Event,
    InboxReceived,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PinChanged,
    PreviewsChanged,
    ReactionChanged,
)
from odoochat.render import event_channel, notice_value

__all__ = ["Origin", "OutgoingEvent", "outgoing_event", "shortened"]

OF_CHANNELS = (MessagePosted, MessageEdited, MessageDeleted, ReactionChanged, PinChanged, PreviewsChanged)
"""Events that are the same for all members of a channel; the others belong to the account that received them."""


class Origin(Struct, frozen=True):
    """Where events come from.

    Attributes:
        server: the server's address without its scheme, e.g. ``erp.example.com``.
        db: the database.
        account: name of the account that received them.
    """

    server: str
    db: str
    account: str


class OutgoingEvent(Struct, frozen=True, eq=False):
    """An event that is to be published.

    Attributes:
        key: identifies it: ``server/db/message id/type``. A message that is published again has the same key.
        type: what happened, e.g. ``message.posted``.
        db: the database.
        channel: id of the channel, 0 for events without one.
        subject: what it is about; a second event of another account about it with the same `state` is a duplicate.
        state: digest of what the event says about its subject.
        body: the JSON, in UTF-8.
    """

    key: str
    type: str
    db: str
    channel: int
    subject: str
    state: bytes
    body: bytes

    @property
    def lane(self) -> str:
        """What its order is kept in: the channel."""
        return f"{self.db}/{self.channel}"


def outgoing_event(event: Event, origin: Origin, now: float, *, channel: int = 0) -> OutgoingEvent:
    """Return an event in the form in which it is published.

    Args:
        event: the event.
        origin: where it comes from.
        now: the time, in seconds since 1970.
        channel: id of the channel of an event that does not say it itself.
    """
    notice = notice_value(event, now)
    kind: str = notice["type"]
    channel = event_channel(event) or channel
    number = _message_of(event)
    about = str(number) if number else f"channel-{channel}" if channel else f"account-{origin.account}"
    key = subject = f"{origin.server}/{origin.db}/{about}/{kind}"
    state = b""
    if isinstance(event, MessagePosted):
        state = event.message.date.isoformat().encode()  # a restored database gives the same ids to other messages
    elif not isinstance(event, MessageDeleted):
        # The same change may be made twice, e.g. a reaction: a broker must not take the second one for a duplicate.
        key += f"/{secrets.token_hex(8)}"
        if isinstance(event, OF_CHANNELS):
            subject += f"/{getattr(event, 'content', '')}"
        else:
            subject += f"/{origin.account}/{key}"
        state = hashlib.blake2b(_json(_shared(notice["data"])), digest_size=16).digest()
    body = {
        "type": kind,
        "timestamp": notice["timestamp"],
        "key": key,
        "server": origin.server,
        "db": origin.db,
        "account": origin.account,
        "channel": channel,
        "data": notice["data"],
    }
    return OutgoingEvent(key, kind, origin.db, channel, subject, state, _json(body))


def shortened(event: OutgoingEvent) -> OutgoingEvent:
    """Return an event without its texts, for a broker that refuses it because of its size.

    Args:
        event: the event.
    """
    body = json.loads(event.body)
    message = body["data"].get("message")
    kept = {name: message[name] for name in ("id", "channel", "author", "date")} if message else {}
    body["data"] = {"message": kept} if message else {}
    body["truncated"] = True
    return msgspec.structs.replace(event, body=_json(body))


def _message_of(event: Event) -> int | None:
    match event:
        case MessagePosted(message=message) | MessageEdited(message=message) | InboxReceived(message=message):
            return message.id
        case MessageDeleted(id=number):
            return number
        case _:
            return getattr(event, "message_id", None)


def _shared(data: dict[str, Any]) -> dict[str, Any]:
    """Return what is the same for all members who receive an event."""
    message = data.get("message")
    if isinstance(message, dict):
        return {name: message[name] for name in ("html", "attachments")}  # pyright: ignore[reportUnknownVariableType]
    return data


def _json(value: object) -> bytes:
    try:
        return msgspec.json.encode(value, enc_hook=str)
    except UnicodeEncodeError:  # half of a surrogate pair, which only escapes can express
        return json.dumps(value, separators=(",", ":"), default=str).encode()
