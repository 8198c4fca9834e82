"""What waits in my inbox, and what bears my star: ids, so that news and the server's lists may come in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from odoochat.model import Counters, Message
from odoochat.wire.updates import CountersPatch

__all__ = ["InboxState"]


class InboxState:
    """The two boxes of one user."""

    def __init__(self) -> None:
        self._inbox: dict[int, int] = {}
        self._starred: set[int] = set()
        self._more = [0, 0]
        self.known = False

    @property
    def counters(self) -> Counters:
        """How much is in each."""
        return Counters(max(len(self._inbox) + self._more[0], 0), max(len(self._starred) + self._more[1], 0))

    def holds(self, message_ids: Iterable[int]) -> bool:
        """Whether all of these are known to wait in my inbox."""
        return all(i in self._inbox for i in message_ids)

    def channel_of(self, message_id: int) -> int:
        """Where a message of my inbox stands, 0 when it waits there not, or stands in no channel."""
        return self._inbox.get(message_id, 0)

    def put(self, message: Message) -> int:
        """A message came into my inbox; gives how many more of its channel wait there now: 1, or 0."""
        new = message.id not in self._inbox
        self._inbox[message.id] = message.channel.id
        return int(new)

    def take(self, message_id: int) -> int:
        """A message left my inbox; gives its channel, 0 when it was not there or stands in none."""
        return self._inbox.pop(message_id, 0)

    def star(self, message_ids: Iterable[int], starred: bool) -> None:
        """Messages got my star, or lost it."""
        if starred:
            self._starred.update(message_ids)
        else:
            self._starred.difference_update(message_ids)

    def count(self, inbox: Iterable[int], starred: Iterable[int], channel_of: Callable[[int], int]) -> None:
        """Takes the ids of all that is in them, as the server lists them.

        Args:
            channel_of: tells where a message stands, 0 when it is not known.
        """
        self._inbox = {i: self._inbox.get(i) or channel_of(i) for i in inbox}
        self._starred = set(starred)
        self._more = [0, 0]
        self.known = True

    def patch(self, patch: CountersPatch) -> None:
        """Takes the server's own count: it may know of more than were listed."""
        if patch.inbox is not None:
            self._more[0] = patch.inbox - len(self._inbox)
        if patch.starred is not None:
            self._more[1] = patch.starred - len(self._starred)
