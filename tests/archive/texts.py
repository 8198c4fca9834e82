"""Messages for tests of the archive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from odoochat.model import Author, ChannelRef, Message

BEGUN = datetime(2024, 5, 1, 12, tzinfo=UTC)
ANN, BOB = Author(11, "partner", "Ann Example"), Author(12, "partner", "Bob Example")


def message(number: int, text: str = "", *, channel: int = 1, author: Author = ANN, **facts: Any) -> Message:
    """A message whose date is as many days after `BEGUN` as its id says."""
    facts = {"html": f"<p>{text}</p>", "date": BEGUN + timedelta(days=min(number, 9_999)), **facts}
    return Message(number, ChannelRef(channel, f"channel {channel}"), author, text, **facts)
