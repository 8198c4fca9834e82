"""The part of a conversation that is in memory: a window that slides over it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from odoochat.model import Message

__all__ = ["FOLLOWED", "MOST", "PAGE", "MessageWindow", "PendingItem"]

PAGE = 60
MOST = 600
FOLLOWED = 200
"""Messages that are held while the view follows the newest."""


@dataclass(slots=True)
class PendingItem:
    """A message of mine on its way out, or one that was refused.

    Attributes:
        error: why it was not sent, empty while it is tried.
    """

    local_id: str
    text: str
    error: str = ""


class MessageWindow:
    """Messages in the order of their ids, without holes between the first and the last.

    Attributes:
        messages: oldest first.
        pending: what is on its way out; shown below the newest.
        at_start, at_end: whether the conversation's first and newest message are in it.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.pending: list[PendingItem] = []
        self.at_start = False
        self.at_end = True

    def reset(self, messages: Iterable[Message], *, at_start: bool = False, at_end: bool = True) -> None:
        """Holds these messages alone."""
        self.messages = sorted(messages, key=lambda m: m.id)
        self.at_start, self.at_end = at_start, at_end

    def index(self, message_id: int) -> int | None:
        """The place of a message, None when it is not here."""
        at = bisect_left(self.messages, message_id, key=lambda m: m.id)
        return at if at < len(self.messages) and self.messages[at].id == message_id else None

    def find(self, message_id: int) -> Message | None:
        """A message by its id."""
        at = self.index(message_id)
        return self.messages[at] if at is not None else None

    def put(self, message: Message) -> bool:
        """Takes a message in at its place, or what became of it; tells whether it is a new one.

        A new message is left out when the window stands elsewhere in the conversation.
        """
        at = bisect_left(self.messages, message.id, key=lambda m: m.id)
        if at < len(self.messages) and self.messages[at].id == message.id:
            self.messages[at] = message
            return False
        if at == len(self.messages) and not self.at_end:
            return False
        if at == 0 and self.messages and not self.at_start:
            return False
        self.messages.insert(at, message)
        return True

    def remove(self, message_id: int) -> bool:
        """Drops a message; tells whether it was here."""
        at = self.index(message_id)
        if at is None:
            return False
        del self.messages[at]
        return True

    def extend_up(self, page: Sequence[Message]) -> None:
        """Takes a page of older messages; the newest go when there are too many."""
        known = self.messages[0].id if self.messages else None
        self.messages[:0] = [m for m in page if known is None or m.id < known]
        if len(self.messages) > MOST:
            del self.messages[MOST:]
            self.at_end = False

    def extend_down(self, page: Sequence[Message]) -> None:
        """Takes a page of newer messages; the oldest go when there are too many."""
        known = self.messages[-1].id if self.messages else None
        self.messages += [m for m in page if known is None or m.id > known]
        self.trim()

    def trim(self, most: int = MOST) -> None:
        """Drop the oldest messages when there are more than so many."""
        if (over := len(self.messages) - most) > 0:
            del self.messages[:over]
            self.at_start = False

    def settle(self, local_id: str | None) -> None:
        """A message of mine arrived: it is pending no longer."""
        if local_id is not None:
            self.pending = [p for p in self.pending if p.local_id != local_id]

    def is_pending(self, local_id: str) -> PendingItem | None:
        """What is pending under a local id."""
        return next((p for p in self.pending if p.local_id == local_id), None)
