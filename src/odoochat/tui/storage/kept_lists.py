"""Stores the most recently fetched message lists for use while offline."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from odoochat.model import Message
from odoochat.tui.rendering.wrap import excerpt
from odoochat.tui.session import ChatSession

__all__ = ["KeptLists"]


class KeptLists:
    """One account's inbox, starred messages and pinned messages as last fetched, stored in the account's archive.

    Args:
        session: the session.
    """

    def __init__(self, session: ChatSession) -> None:
        self._session = session

    def note(self, name: str, messages: Sequence[Message]) -> None:
        """Store a list.

        Args:
            name: the list's name.
            messages: the messages, in order.
        """
        self._session.keep(m for m in messages if m.record is None)
        entries = [_short(m) if m.record is not None else m.id for m in messages]
        self._session.cache.note(f"list.{name}", msgspec.json.encode(entries).decode())

    def read(self, name: str) -> list[Message] | None:
        """Return a list, leaving out messages that are no longer stored, or None if it was never fetched.

        Args:
            name: name of the list.
        """
        kept = self._session.cache.fact(f"list.{name}")
        if not kept:
            return None
        try:
            entries = msgspec.json.decode(kept, type=list[int | Message])
        except msgspec.MsgspecError:
            return None
        found = (self._session.get(each) if isinstance(each, int) else each for each in entries)
        return [message for message in found if message is not None]


def _short(message: Message) -> Message:
    """Reduce a record's message to what a list shows, because the archive does not store record messages."""
    return msgspec.structs.replace(message, text=excerpt(message.text), html="", attachments=(), reactions=())
