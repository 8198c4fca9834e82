"""Event queues: the events that wait for one subscription."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Protocol

from odoochat.errors import UsageError
from odoochat.events import Event, EventsMissed, MessagePosted

__all__ = ["EventQueue", "QueueOwner"]

log = logging.getLogger("odoochat")


class QueueOwner(Protocol):
    """The subscriptions of a client, as one of their queues sees them.

    Attributes:
        missed: number of events that were dropped in all queues.
    """

    missed: int

    def handled(self) -> None:
        """Note that an event was handled."""
        ...

    def drained(self, queue: EventQueue) -> None:
        """Note that a queue is being read.

        Args:
            queue: the queue.
        """
        ...

    def leave(self, queue: EventQueue) -> None:
        """Forget a queue that was closed.

        Args:
            queue: the queue.
        """
        ...


class EventQueue:
    """The events that wait for one subscription.

    Args:
        subscribers: the other subscriptions, and this one.
        types: only events of these types, none for all. `EventsMissed` is always among them.
        channel: only events of the channel with this id, None for all.
        maxsize: number of events that may wait.
        ready: called when there is something to read, or the queue has ended; for a reader of many queues.

    Attributes:
        missed: number of events that were dropped because the queue was full.
        stuck: whether a catch-up waits for it no longer, as it is not read.
        waited: seconds for which live events have waited for room in it since it was last empty.
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
        self.missed = 0
        self.stuck = False
        self.waited = 0.0

    def wants(self, event: Event) -> bool:
        """Return whether an event is of the wanted types and channel.

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
        """Append an event if it is wanted; count it as missed when the queue is full.

        Args:
            event: any event.
        """
        if self._closed or not self.wants(event):
            return
        if len(self._events) >= self._maxsize:
            self.missed += 1
            self._subscribers.missed += 1
            self._unreported += 1
            return
        if self._unreported:
            self._report_missed()
        self._events.append(event)
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
        """Wait for the next event and remove it.

        Raises:
            StopAsyncIteration: the queue is closed and empty.
            OdooChatError: the link ended for good, and the queue is empty.
            UsageError: another task waits already.
        """
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
            self.waited = 0.0  # all events are handled: it keeps up
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def finish(self) -> None:
        """Count the event that was read last as handled."""
        self._in_hand = None
        self._subscribers.handled()

    def take(self) -> Event | None:
        """Remove the next event and return it; None if none waits."""
        if not self._events and self._unreported:
            self._report_missed()
        if not self._events:
            return None
        self._subscribers.drained(self)
        event = self._events.popleft()
        self._in_hand = event.message.id if isinstance(event, MessagePosted) else None
        return event

    @property
    def readable(self) -> bool:
        """Whether there is something to read, or the queue has ended."""
        return bool(self._events or self._unreported or self._closed)

    @property
    def ended(self) -> tuple[BaseException | None] | None:
        """The error with which the queue ended, in a tuple of one; None while it has not, or events still wait."""
        return (self._error,) if self._closed and not self._events and not self._unreported else None

    def __len__(self) -> int:
        return len(self._events)

    @property
    def room(self) -> int:
        """Number of events that still fit."""
        return self._maxsize - len(self._events)

    def has_room(self, wanted: int) -> bool:
        """Return whether some events fit, or as many of them as an empty queue has room for.

        Args:
            wanted: number of events.
        """
        return len(self._events) + min(wanted, self._maxsize) <= self._maxsize

    def fitting(self, wanted: int) -> int:
        """Return how many of some events fit into the queue when it is empty.

        Args:
            wanted: number of events.
        """
        return min(wanted, self._maxsize)

    def unhandled(self, *, in_hand: bool = True) -> set[int]:
        """Return the ids of messages that wait here.

        Args:
            in_hand: whether the one that was read last counts as well, until the next is read.
        """
        ids = {e.message.id for e in self._events if isinstance(e, MessagePosted)}
        if in_hand and self._in_hand is not None:
            ids.add(self._in_hand)
        return ids | self._held

    def hold(self, number: int) -> None:
        """Count a message as not handled until it is released.

        Args:
            number: the message's id.
        """
        self._held.add(number)

    def release(self, number: int) -> None:
        """Count a message that was held as handled.

        Args:
            number: the message's id.
        """
        self._held.discard(number)
        self._subscribers.handled()

    def end(self, error: BaseException | None) -> None:
        """Accept no more events; those that wait can still be read.

        Args:
            error: raised after them, None for a normal end.
        """
        self._error = self._error or error
        self._closed = True
        self._wake()

    def close(self) -> None:
        """Drop the events that wait, and leave the subscribers."""
        self._in_hand = None
        self._held.clear()
        self._events.clear()
        self._subscribers.leave(self)
        self.end(None)
