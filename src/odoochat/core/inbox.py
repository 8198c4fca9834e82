"""Inbox state: ids of the messages in the user's inbox and of the starred ones.

Ids rather than counts, so that notifications and the server's lists may arrive in any order. What changes while a list
is read is applied to it again, as the list may be older.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field

from odoochat.model import Counters, Message
from odoochat.wire.updates import CountersPatch, Marked

__all__ = ["InboxReading", "InboxState"]


@dataclass
class InboxReading:
    """What changed while the server's lists were read.

    Attributes:
        number: ascends with each reading.
        inbox: by message id, its channel when it was put into the inbox, None when it was removed.
        starred: by message id, whether it is starred.
    """

    number: int
    inbox: dict[int, int | None] = field(default_factory=dict[int, int | None])
    starred: dict[int, bool] = field(default_factory=dict[int, bool])


class InboxState:
    """The inbox and the starred messages of one user.

    Attributes:
        known: whether the server's lists were read.
        complete: whether these lists contain all messages, so that `in_channel` is exact.
    """

    def __init__(self) -> None:
        self._inbox: dict[int, int] = {}
        self._in_channel: dict[int, int] = {}
        self._starred: set[int] = set()
        self._more = [0, 0]
        self._readings: list[InboxReading] = []
        self._begun = 0
        self._counted = 0
        self.known = False
        self.complete = False

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

    def in_channel(self, channel_id: int) -> int:
        """Return how many messages of a channel are known to be in the inbox.

        Args:
            channel_id: the channel.
        """
        return self._in_channel.get(channel_id, 0)

    def put(self, message: Message) -> int:
        """Add a message to the inbox.

        Args:
            message: the message.

        Returns:
            1 if the message was added to the inbox, 0 if it was there before.
        """
        new = message.id not in self._inbox
        self._set(message.id, message.channel.id)
        for reading in self._readings:
            reading.inbox[message.id] = message.channel.id
        return int(new)

    def _set(self, message_id: int, channel_id: int) -> None:
        self._drop(message_id)
        self._inbox[message_id] = channel_id
        self._in_channel[channel_id] = self.in_channel(channel_id) + 1

    def take(self, message_id: int) -> int:
        """Remove a message from the inbox.

        Args:
            message_id: the message.

        Returns:
            Its channel; 0 when it was not there, or belongs to none.
        """
        for reading in self._readings:
            reading.inbox[message_id] = None
        return self._drop(message_id)

    def _drop(self, message_id: int) -> int:
        if (channel_id := self._inbox.pop(message_id, None)) is None:
            return 0
        self._in_channel[channel_id] -= 1
        return channel_id

    def star(self, message_ids: Iterable[int], starred: bool) -> None:
        """Star messages, or remove their stars.

        Args:
            message_ids: the messages.
            starred: whether they are starred now.
        """
        for number in message_ids:
            self._star(number, starred)
            for reading in self._readings:
                reading.starred[number] = starred

    def _star(self, message_id: int, starred: bool) -> None:
        if starred:
            self._starred.add(message_id)
        else:
            self._starred.discard(message_id)

    @contextmanager
    def reading(self) -> Generator[InboxReading]:
        """Record what changes while the server's lists are read.

        Yields:
            The record for `count`.
        """
        self._begun += 1
        reading = InboxReading(self._begun)
        self._readings.append(reading)
        try:
            yield reading
        finally:
            self._readings.remove(reading)

    def count(self, marked: Marked, reading: InboxReading) -> None:
        """Replace all ids by those that the server lists, except for what changed while it listed them.

        Args:
            marked: the server's lists; they are ignored when lists that were requested later were counted before.
            reading: what changed since they were requested.
        """
        if reading.number < self._counted:
            return
        self._counted = reading.number
        self._inbox = dict(marked.inbox)
        self._in_channel = dict(Counter(self._inbox.values()))
        self._starred = set(marked.starred)
        for number, channel_id in reading.inbox.items():
            if channel_id is None:
                self._drop(number)
            else:
                self._set(number, channel_id)
        for number, starred in reading.starred.items():
            self._star(number, starred)
        self._more = [0, 0]
        self.known, self.complete = True, marked.complete

    def patch(self, patch: CountersPatch) -> None:
        """Apply the server's own counts, which may include messages that were not listed.

        Args:
            patch: the counts.
        """
        if patch.inbox is not None:
            self._more[0] = patch.inbox - len(self._inbox)
        if patch.starred is not None:
            self._more[1] = patch.starred - len(self._starred)
