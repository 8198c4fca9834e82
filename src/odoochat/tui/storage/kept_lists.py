"""Lists of messages as the server gave them last, for the time without a connection."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from odoochat.model import Message
from odoochat.tui.rendering.wrap import excerpt
from odoochat.tui.session import ChatSession

__all__ = ["KeptLists"]


class KeptLists:
    """The inbox, the starred and the pinned messages of one account, as far as they were read; kept in its archive.

    Args:
        session: the session.
    """

    def __init__(self, session: ChatSession) -> None:
        self._session = session

    def note(self, name: str, messages: Sequence[Message]) -> None:
        """Keep a list.

        Args:
            name: its name.
            messages: the messages, in their order.
        """
        self._session.keep(m for m in messages if m.record is None)
        entries = [_short(m) if m.record is not None else m.id for m in messages]
        self._session.cache.note(f"list.{name}", msgspec.json.encode(entries).decode())

    def read(self, name: str) -> list[Message] | None:
        """Return a list, without the messages that are no longer kept; None if it was never read.

        Args:
            name: its name.
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
    """Return what a list shows of a message of a record, which the archive does not keep."""
    return msgspec.structs.replace(message, text=excerpt(message.text), html="", attachments=(), reactions=())
