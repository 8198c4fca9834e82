"""Inbox state: the ids of the user's inbox messages and starred messages.

Storing ids rather than counts lets notifications and the server's lists arrive in any order. Changes that arrive while
a list is being fetched are reapplied afterwards, because the list may be older.
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
    """Changes that arrived while the server's lists were being fetched.

    Attributes:
        number: sequence number of the fetch.
        inbox: maps each message id to its channel if the message was added to the inbox, or to None if it was removed.
        starred: maps each message id to whether the message is starred.
    """

    number: int
    inbox: dict[int, int | None] = field(default_factory=dict[int, int | None])
    starred: dict[int, bool] = field(default_factory=dict[int, bool])


class InboxState:
    """The inbox and the starred messages of one user.

    Attributes:
        known: whether the server's lists have been fetched.
        complete: whether these lists contained all messages, which makes `in_channel` exact.
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
        """The number of inbox messages and of starred messages."""
        return Counters(max(len(self._inbox) + self._more[0], 0), max(len(self._starred) + self._more[1], 0))

    def holds(self, message_ids: Iterable[int]) -> bool:
        """Return whether all the given messages are known to be in the inbox.

        Args:
            message_ids: the messages' ids.
        """
        return all(i in self._inbox for i in message_ids)

    def channel_of(self, message_id: int) -> int:
        """Return the channel of an inbox message, or 0 if the message is not in the inbox or has no channel.

        Args:
            message_id: the message's id.
        """
        return self._inbox.get(message_id, 0)

    def in_channel(self, channel_id: int) -> int:
        """Return how many of a channel's messages are known to be in the inbox.

        Args:
            channel_id: the channel's id.
        """
        return self._in_channel.get(channel_id, 0)

    def put(self, message: Message) -> int:
        """Add a message to the inbox.

        Args:
            message: the message.

        Returns:
            1 if the message was added, 0 if it was already in the inbox.
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
            message_id: the message's id.

        Returns:
            The message's channel, or 0 if the message was not in the inbox or has no channel.
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
        """Add or remove the star on messages.

        Args:
            message_ids: the messages' ids.
            starred: whether the messages are now starred.
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
        """Record changes while the server's lists are being fetched.

        Yields:
            The recorded changes, for `count`.
        """
        self._begun += 1
        reading = InboxReading(self._begun)
        self._readings.append(reading)
        try:
            yield reading
        finally:
            self._readings.remove(reading)

    def count(self, marked: Marked, reading: InboxReading) -> None:
        """Replace all ids with those in the server's lists, keeping changes that arrived during the fetch.

        Args:
            marked: the server's lists; ignored if those of a later fetch have already been applied.
            reading: the changes that arrived after the lists were requested.
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
        """Apply the server's counts, which may include messages missing from its lists.

        Args:
            patch: the counts.
        """
        if patch.inbox is not None:
            self._more[0] = patch.inbox - len(self._inbox)
        if patch.starred is not None:
            self._more[1] = patch.starred - len(self._starred)
