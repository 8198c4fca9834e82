"""Inbox state: ids of the messages in the user's inbox and of the starred ones.

Ids rather than counts, so that notifications and the server's lists may arrive in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from odoochat.model import Counters, Message
from odoochat.wire.updates import CountersPatch

__all__ = ["InboxState"]


class InboxState:
    """The inbox and the starred messages of one user."""

    def __init__(self) -> None:
        self._inbox: dict[int, int] = {}
        self._starred: set[int] = set()
        self._more = [0, 0]
        self.known = False

    @property
    def counters(self) -> Counters:
        """How many messages are in the inbox, and how many are starred."""
        return Counters(max(len(self._inbox) + self._more[0], 0), max(len(self._starred) + self._more[1], 0))

    def holds(self, message_ids: Iterable[int]) -> bool:
        """Return whether all of some messages are known to be in the inbox.

        Args:
            message_ids: the messages.
        """
        return all(i in self._inbox for i in message_ids)

    def channel_of(self, message_id: int) -> int:
        """Return the channel of a message in the inbox; 0 when it is not there, or belongs to no channel.

        Args:
            message_id: the message.
        """
        return self._inbox.get(message_id, 0)

    def put(self, message: Message) -> int:
        """Add a message to the inbox.

        Args:
            message: the message.

        Returns:
            How many more messages of its channel are there now: 1, or 0.
        """
        new = message.id not in self._inbox
        self._inbox[message.id] = message.channel.id
        return int(new)

    def take(self, message_id: int) -> int:
        """Remove a message from the inbox.

        Args:
            message_id: the message.

        Returns:
            Its channel; 0 when it was not there, or belongs to none.
        """
        return self._inbox.pop(message_id, 0)

    def star(self, message_ids: Iterable[int], starred: bool) -> None:
        """Star messages, or remove their stars.

        Args:
            message_ids: the messages.
            starred: whether they are starred now.
        """
        if starred:
            self._starred.update(message_ids)
        else:
            self._starred.difference_update(message_ids)

    def count(self, inbox: Iterable[int], starred: Iterable[int], channel_of: Callable[[int], int]) -> None:
        """Replace all ids by those that the server lists.

        Args:
            inbox: ids of the messages in the inbox.
            starred: ids of the starred messages.
            channel_of: returns the channel of a message, 0 when it is unknown.
        """
        self._inbox = {i: self._inbox.get(i) or channel_of(i) for i in inbox}
        self._starred = set(starred)
        self._more = [0, 0]
        self.known = True

    def patch(self, patch: CountersPatch) -> None:
        """Apply the server's own counts, which may include messages that were not listed.

        Args:
            patch: the counts.
        """
        if patch.inbox is not None:
            self._more[0] = patch.inbox - len(self._inbox)
        if patch.starred is not None:
            self._more[1] = patch.starred - len(self._starred)
