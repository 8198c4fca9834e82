"""Event queue: the events waiting for one subscription."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from odoochat.errors import UsageError
from odoochat.events import Event, EventsMissed, MessagePosted

__all__ = ["EventQueue", "QueueOwner"]

log = logging.getLogger("odoochat")


class QueueOwner(Protocol):
    """The interface that a queue needs from a client's subscriptions.

    Attributes:
        missed: number of events dropped across all queues.
        waiting: number of tasks that wait for room in a queue.
    """

    missed: int
    waiting: int

    def drained(self, queue: EventQueue) -> None:
        """Record that a queue is being read.

        Args:
            queue: the queue.
        """
        ...

    def leave(self, queue: EventQueue) -> None:
        """Remove a closed queue.

        Args:
            queue: the queue.
        """
        ...


class EventQueue:
    """The events waiting for one subscription.

    Args:
        subscribers: all of the client's subscriptions.
        types: limit the queue to these event types; all types if empty. `EventsMissed` is always included.
        channel: limit the queue to events of the channel with this id; None for all.
        maxsize: maximum number of waiting events.
        ready: called when the queue becomes readable or has ended, for readers of many queues.

    Attributes:
        internal: whether the client itself reads the queue, e.g. for its archive.
        missed: number of events dropped because the queue was full.
        stuck: whether a catch-up has stopped waiting for this queue because it is not being read.
        waited: how long live events have waited for room since the queue was last empty, in seconds.
    """

    def __init__(
        self,
        subscribers: QueueOwner,
        types: tuple[type[Event], ...],
        channel: int | None,
        maxsize: int,
        ready: Callable[[], None] | None = None,
    ) -> None:
        self._subscribers = subscribers
        self._types = types
        self._channel = channel
        self._maxsize = maxsize
        self._events: deque[Event] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ready = ready
        self._in_hand: int | None = None
        self._held: set[int] = set()
        self._unreported = 0
        self._closed = False
        self._error: BaseException | None = None
        self.internal = False
        self.missed = 0
        self.stuck = False
        self.waited = 0.0

    def wants(self, event: Event) -> bool:
        """Return whether an event matches the queue's types and channel.

        Args:
            event: any event.
        """
        if self._types and not isinstance(event, self._types):
            return False
        if self._channel is None:
            return True
        message = getattr(event, "message", None)
        channel = message.channel if message is not None else getattr(event, "channel", None)
        return channel is not None and channel.id == self._channel

    def push(self, event: Event) -> None:
        """Append an event if it is wanted, or count it as missed if the queue is full.

        Args:
            event: any event.
        """
        if self._types and not isinstance(event, self._types):
            return
        if self._closed or (self._channel is not None and not self.wants(event)):
            return
        if len(self._events) >= self._maxsize:
            self.missed += 1
            self._subscribers.missed += 1
            self._unreported += 1
            return
        if self._unreported:
            self._report_missed()
        self._events.append(event)
        if self._ready is not None or (self._waiter is not None and not self._waiter.done()):
            self._wake()

    def push_posts(self, events: Sequence[MessagePosted]) -> None:
        """Append the events of messages like `push`, many at once.

        Args:
            events: the events, in order.
        """
        if self._types and not issubclass(MessagePosted, self._types):
            return
        if self._closed or self._unreported or len(self._events) + len(events) > self._maxsize:
            for event in events:
                self.push(event)
            return
        if (channel_id := self._channel) is not None:
            events = [event for event in events if event.message.channel.id == channel_id]
        self._events.extend(events)
        if events and (self._ready is not None or (self._waiter is not None and not self._waiter.done())):
            self._wake()

    def _report_missed(self) -> None:
        count = self._unreported
        log.warning("subscriber too slow; %d events missed", count, extra={"event": "events.missed", "count": count})
        self._events.append(EventsMissed(count))
        self._unreported = 0

    def _wake(self) -> None:
        if self._ready is not None:
            self._ready()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self) -> Event:
        """Mark the most recently read event as handled, wait for the next one and remove it.

        Raises:
            StopAsyncIteration: the queue is closed and empty.
            OdooChatError: the link ended permanently, and the queue is empty.
            UsageError: another task is already waiting.
        """
        self._in_hand = None
        while True:
            event = self.take()
            if event is not None:
                return event
            if self._closed:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            if self._waiter is not None:
                raise UsageError("two tasks are reading the same subscription: call events() once per task")
            self.waited = 0.0  # all events are handled: the reader keeps up
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def finish(self) -> None:
        """Mark the most recently read event as handled."""
        self._in_hand = None

    def take(self) -> Event | None:
        """Return the next event, which marks the previous one as handled, or None if none is waiting."""
        if not self._events:
            if not self._unreported:
                return None
            self._report_missed()
        if self.stuck or self._subscribers.waiting:
            self._subscribers.drained(self)
        event = self._events.popleft()
        self._in_hand = event.message.id if isinstance(event, MessagePosted) else None
        return event

    @property
    def readable(self) -> bool:
        """Whether an event is waiting or the queue has ended."""
        return bool(self._events or self._unreported or self._closed)

    @property
    def ended(self) -> tuple[BaseException | None] | None:
        """A 1-tuple with the error that ended the queue, or None while the queue is open or events are waiting."""
        return (self._error,) if self._closed and not self._events and not self._unreported else None

    def __len__(self) -> int:
        return len(self._events)

    @property
    def room(self) -> int:
        """Number of free slots."""
        return self._maxsize - len(self._events)

    def has_room(self, wanted: int) -> bool:
        """Return whether the wanted events fit. If they exceed the queue's capacity, it must be empty.

        Args:
            wanted: number of wanted events.
        """
        waiting = len(self._events)
        return waiting + wanted <= self._maxsize or waiting == 0

    def fitting(self, wanted: int) -> int:
        """Return how many of the wanted events would fit if the queue were empty.

        Args:
            wanted: number of wanted events.
        """
        return min(wanted, self._maxsize)

    def unhandled(self, *, in_hand: bool = True) -> set[int]:
        """Return the ids of waiting and held messages.

        Args:
            in_hand: whether to include the most recently read message if no event has been read since.
        """
        ids = {e.message.id for e in self._events if isinstance(e, MessagePosted)}
        if in_hand and self._in_hand is not None:
            ids.add(self._in_hand)
        return ids | self._held

    def hold(self, number: int) -> None:
        """Treat a message as unhandled until it is released.

        Args:
            number: the message's id.
        """
        self._held.add(number)

    def release(self, number: int) -> None:
        """Mark a held message as handled.

        Args:
            number: the message's id.
        """
        self._held.discard(number)

    def end(self, error: BaseException | None) -> None:
        """Stop accepting events. Events that are already waiting can still be read.

        Args:
            error: raised after the last event, or None for a normal end.
        """
        self._error = self._error or error
        self._closed = True
        self._wake()

    def drop_posts(self) -> list[MessagePosted]:
        """Remove and return the waiting messages."""
        posts = [event for event in self._events if isinstance(event, MessagePosted)]
        if posts:
            self._events = deque(event for event in self._events if not isinstance(event, MessagePosted))
        return posts

    def close(self, *, failed: bool = False) -> None:
        """Drop all waiting events and unsubscribe.

        Args:
            failed: whether handling the most recently read event failed.
        """
        if not failed:
            self._in_hand = None
        self._subscribers.leave(self)
        self._in_hand = None
        self._held.clear()
        self._events.clear()
        self.end(None)
