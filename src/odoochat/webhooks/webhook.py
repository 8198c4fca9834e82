"""Encodes events as JSON for receivers and commands."""

from __future__ import annotations

import hashlib
import json
import uuid

from msgspec import Struct

from odoochat.events import Event, MessagePosted
from odoochat.render import event_channel, notice_value

__all__ = ["Webhook", "webhook_of"]


class Webhook(Struct, frozen=True):
    """An event to deliver to a receiver.

    Attributes:
        id: the webhook's id. It is the same for every attempt, even if a message is delivered again after a restart.
        channel: id of the channel, or 0 for events without one; each channel's webhooks are delivered in order.
        body: the JSON, in UTF-8.
        message: id of the posted message, or 0 for other events.
    """

    id: str
    channel: int
    body: bytes
    message: int = 0


def webhook_of(event: Event, account: str, now: float) -> Webhook:
    """Return an event as a webhook: ``{"type": "message.posted", "timestamp": …, "data": …}``.

    Args:
        event: the event.
        account: the server, the database and the user, as one string. A posted message's webhook id depends on it.
        now: the current time, as a Unix timestamp.

    Returns:
        The webhook.
    """
    number, message = uuid.uuid4().hex, 0
    if isinstance(event, MessagePosted):
        message = event.message.id
        number = hashlib.sha256(f"{account}|{message}|posted".encode()).hexdigest()[:32]
    text = json.dumps(notice_value(event, now), separators=(",", ":"), default=str)
    return Webhook(f"msg_{number}", event_channel(event), text.encode(), message)
