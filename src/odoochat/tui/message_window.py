"""Holds a window over a channel's history in memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from odoochat.model import Message

__all__ = ["FOLLOWED", "MAX_MESSAGES", "PAGE", "MessageWindow", "PendingItem"]

PAGE = 60
MAX_MESSAGES = 600
FOLLOWED = 200
"""Maximum number of messages to keep while the newest one is shown."""


class PendingItem(Struct):
    """One of the user's own messages that is pending or was rejected.

    Attributes:
        local_id: the client's id for the message.
        text: the message's text.
        error: why the message was not sent; empty while it is pending.
        state: ``waiting`` for its turn or for a connection, ``sending``, ``unclear`` while checking whether the server
            has the message, or ``behind`` an unclear message in the same channel.
    """

    local_id: str
    text: str
    error: str = ""
    state: Literal["waiting", "sending", "unclear", "behind"] = "waiting"

    @property
    def withdrawable(self) -> bool:
        """Whether the message can still be edited or discarded, because it cannot have reached the server."""
        return self.state in ("waiting", "behind")


class MessageWindow:
    """A contiguous range of messages, ordered by id.

    Attributes:
        messages: the messages, oldest first.
        pending: the user's pending messages, shown below the newest message.
        at_start: whether the window contains the channel's first message.
        at_end: whether the window contains the channel's newest message.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.pending: list[PendingItem] = []
        self.at_start = False
        self.at_end = True

    def reset(self, messages: Iterable[Message], *, at_start: bool = False, at_end: bool = True) -> None:
        """Replace all messages.

        Args:
            messages: the new messages, in any order.
            at_start: whether the new messages include the channel's first one.
            at_end: whether the new messages include the channel's newest one.
        """
        self.messages = sorted(messages, key=lambda m: m.id)
        self.at_start, self.at_end = at_start, at_end

    def index(self, message_id: int) -> int | None:
        """Return a message's position, or None if it is not in the window.

        Args:
            message_id: the message's id.
        """
        at = bisect_left(self.messages, message_id, key=lambda m: m.id)
        return at if at < len(self.messages) and self.messages[at].id == message_id else None

    def find(self, message_id: int) -> Message | None:
        """Return a message by its id, or None if it is not in the window.

        Args:
            message_id: the message's id.
        """
        at = self.index(message_id)
        return self.messages[at] if at is not None else None

    def put(self, message: Message) -> bool:
        """Insert a message, or replace an older version of it.

        A new message outside the window's range is ignored.

        Args:
            message: the message.

        Returns:
            Whether the message was inserted.
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
        """Remove a message and return whether it was in the window.

        Args:
            message_id: the message's id.
        """
        at = self.index(message_id)
        if at is None:
            return False
        del self.messages[at]
        return True

    def extend_up(self, page: Sequence[Message]) -> None:
        """Add a page of older messages, dropping the newest if there are too many.

        Args:
            page: the page, oldest first.
        """
        known = self.messages[0].id if self.messages else None
        self.messages[:0] = [m for m in page if known is None or m.id < known]
        if len(self.messages) > MAX_MESSAGES:
            del self.messages[MAX_MESSAGES:]
            self.at_end = False

    def extend_down(self, page: Sequence[Message]) -> None:
        """Add a page of newer messages, dropping the oldest if there are too many.

        Args:
            page: the page, oldest first.
        """
        known = self.messages[-1].id if self.messages else None
        self.messages += [m for m in page if known is None or m.id > known]
        self.trim()

    def trim(self, most: int = MAX_MESSAGES) -> None:
        """Drop the oldest messages beyond a limit.

        Args:
            most: maximum number of messages to keep.
        """
        if (over := len(self.messages) - most) > 0:
            del self.messages[:over]
            self.at_start = False

    def settle(self, local_id: str | None) -> None:
        """Remove a pending message once it has been posted.

        Args:
            local_id: the message's local id; None for another user's message.
        """
        if local_id is not None:
            self.pending = [p for p in self.pending if p.local_id != local_id]

    def is_pending(self, local_id: str) -> PendingItem | None:
        """Return the pending message with a given local id, or None if there is none.

        Args:
            local_id: the local id.
        """
        return next((p for p in self.pending if p.local_id == local_id), None)
