"""Events of posted messages."""

from __future__ import annotations

from datetime import UTC, datetime

from odoochat.events import MessagePosted
from odoochat.model import Author, ChannelRef, Message

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def posted(number: int, channel: int = 7) -> MessagePosted:
    """Return the event of a message by Ann."""
    return MessagePosted(
        Message(number, ChannelRef(channel, "general"), Author(3, "partner", "Ann"), f"text {number}", "", NOW)
    )
