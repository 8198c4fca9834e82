"""Builds the published form of events, with a key that lets consumers detect duplicates."""

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
"""Events that are the same for all members of a channel. All others belong to the account that received them."""


class Origin(Struct, frozen=True):
    """The source of events.

    Attributes:
        server: the server's address without its scheme, e.g. ``erp.example.com``.
        db: the database.
        account: name of the account that received the events.
    """

    server: str
    db: str
    account: str


class OutgoingEvent(Struct, frozen=True, eq=False):
    """An event in its published form.

    Attributes:
        key: the event's unique key, ``server/db/message id/type``. A republished message has the same key.
        type: the event type, e.g. ``message.posted``.
        db: the database.
        channel: id of the channel; 0 for events without one.
        subject: the object that the event is about. An event from another account with the same `subject` and `state`
            is a duplicate.
        state: digest of the subject's state in the event.
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
        """The key within which events are published in order, i.e. the channel."""
        return f"{self.db}/{self.channel}"


def outgoing_event(event: Event, origin: Origin, now: float, *, channel: int = 0) -> OutgoingEvent:
    """Convert an event to its published form.

    Args:
        event: the event.
        origin: the event's source.
        now: the current time, as a Unix timestamp.
        channel: the channel's id, for an event that does not contain it.
    """
    notice = notice_value(event, now)
    kind: str = notice["type"]
    channel = event_channel(event) or channel
    number = _message_of(event)
    about = str(number) if number else f"channel-{channel}" if channel else f"account-{origin.account}"
    key = subject = f"{origin.server}/{origin.db}/{about}/{kind}"
    state = b""
    if isinstance(event, MessagePosted):
        state = event.message.date.isoformat().encode()  # a restored database reuses the ids for other messages
    elif not isinstance(event, MessageDeleted):
        # The same change can happen twice, e.g. a reaction, and the broker must not treat the second as a duplicate.
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
    """Return an event without its text, for a broker that rejects the full event as too large.

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
    """Return the part of an event that is the same for all members who receive it."""
    message = data.get("message")
    if isinstance(message, dict):
        return {name: message[name] for name in ("html", "attachments")}  # pyright: ignore[reportUnknownVariableType]
    return data


def _json(value: object) -> bytes:
    try:
        return msgspec.json.encode(value, enc_hook=str)
    except UnicodeEncodeError:  # a lone surrogate, which only an escape sequence can represent
        return json.dumps(value, separators=(",", ":"), default=str).encode()
