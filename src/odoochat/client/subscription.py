"""Subscription: bounded queues of events, one for each subscriber."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, TypeVar

from odoochat.client.event_queue import EventQueue
from odoochat.client.next_event import next_event
from odoochat.events import Event, EventsMissed, MessagePosted
from odoochat.model import Message
from odoochat.net.flag import Flag

__all__ = ["Subscribers", "Subscription"]

log = logging.getLogger("odoochat")

E = TypeVar("E", bound=Event)

UNLIMITED = 2**31
"""Number of events that can be published at once if there are no subscriptions."""

PATIENCE = 5.0
"""Maximum number of seconds that events wait for room in a subscription."""


class Subscription(Generic[E]):
    """An async iterator over the events published after `Client.events` returned it.

    It ends when the client is closed. If the link ends permanently, it raises the reason after the last event.
    Regardless of its event types, it also yields `EventsMissed` if its queue was full and events were dropped.

    Args:
        queue: the waiting events.
    """

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue

    @property
    def missed(self) -> int:
        """Number of events dropped because the queue was full."""
        return self._queue.missed

    @property
    def pending(self) -> int:
        """Number of events that can be read without waiting."""
        return len(self._queue)

    def __aiter__(self) -> Subscription[E]:
        return self

    async def __anext__(self) -> E | EventsMissed:
        queue = self._queue
        event: Any = queue.take()  # there is usually one, and waiting would take longer
        if event is None:
            event = await queue.wait()
        return event  # type: ignore[no-any-return]

    async def get(self, timeout: float | None = None) -> E | EventsMissed:
        """Wait for the next event.

        Args:
            timeout: seconds to wait; None to wait forever.

        Returns:
            The event.

        Raises:
            TimedOut: no event arrived in time; later events are not lost.
            StopAsyncIteration: the subscription is closed.
        """
        return await next_event(self, timeout)

    def hold(self, message: Message | int) -> None:
        """Treat a message as unhandled until `release` is called, no matter how many events are read after it.

        A program that handles multiple messages concurrently should hold each one. With ``connect(state=…)``, messages
        that were not released when the program ended are delivered again.

        Args:
            message: a message that this subscription delivered, or its id.
        """
        self._queue.hold(message.id if isinstance(message, Message) else message)

    def release(self, message: Message | int) -> None:
        """Mark a held message as handled.

        Args:
            message: the message, or its id.
        """
        self._queue.release(message.id if isinstance(message, Message) else message)

    def close(self) -> None:
        """End the subscription and drop all waiting events.

        With ``connect(state=…)``, messages among them are delivered after a restart if no other subscription has
        received them, and none is opened before the client is closed.
        """
        self._queue.close()

    async def aclose(self) -> None:
        """End the subscription, for use with `contextlib.aclosing`."""
        self._queue.close()

    async def __aenter__(self) -> Subscription[E]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.close(failed=error is not None)


class Subscribers:
    """All subscriptions of a client. Each event is sent to every matching subscription and to `observers` (metrics).

    Attributes:
        missed: number of dropped events.
        waiting: number of tasks that wait for room.
    """

    def __init__(self) -> None:
        self._queues: list[EventQueue] = []
        self._drained = Flag()
        self.first = Flag()
        self.missed = 0
        self.waiting = 0
        self.observers: tuple[Callable[[Event], None], ...] = ()
        self._ended: tuple[BaseException | None] | None = None
        self._unread: set[int] = set()
        self._failed: set[int] = set()

    def subscribe(
        self, types: tuple[type[Event], ...], channel: int | None, maxsize: int, *, waited_for: bool = True
    ) -> Subscription[Any]:
        """Create a subscription to future events.

        Args:
            types: limit the subscription to these event types; all types if empty.
            channel: limit the subscription to events of the channel with this id; None for all.
            maxsize: maximum number of waiting events.
            waited_for: whether the first catch-up may now begin; False for the client's internal subscriptions.

        Returns:
            The subscription, which yields nothing if the client is closed.
        """
        return Subscription(self.queue(types, channel, maxsize, waited_for=waited_for))

    def queue(
        self,
        types: tuple[type[Event], ...],
        channel: int | None,
        maxsize: int,
        *,
        waited_for: bool = True,
        ready: Callable[[], None] | None = None,
    ) -> EventQueue:
        """Create the queue for a subscription; see `subscribe`.

        Args:
            types: limit the subscription to these event types; all types if empty.
            channel: limit the subscription to events of the channel with this id; None for all.
            maxsize: maximum number of waiting events.
            waited_for: whether the first catch-up may now begin.
            ready: called when the queue becomes readable or has ended.
        """
        queue = EventQueue(self, types, channel, maxsize, ready)
        queue.internal = not waited_for
        if self._ended is not None:
            queue.end(self._ended[0])
        else:
            self._queues.append(queue)
            if waited_for:
                self.first.set()
                self._unread, self._failed = set(), set()  # the program continues without those messages
        return queue

    def leave(self, queue: EventQueue) -> None:
        """Remove a closed subscription.

        Args:
            queue: its queue.
        """
        if queue in self._queues:
            self._queues.remove(queue)
            if not queue.internal:
                others = [other for other in self._queues if not other.internal]
                posts = [post for post in queue.drop_posts() if not any(other.wants(post) for other in others)]
                self._unread |= {post.message.id for post in posts} | queue.unhandled(in_hand=False)
                self._failed |= queue.unhandled()
        self._drained.set()

    def publish(self, event: Event) -> None:
        """Deliver an event to every matching subscription.

        Args:
            event: the event.
        """
        for queue in tuple(self._queues):
            queue.push(event)
        for observer in self.observers:
            observer(event)

    def publish_posts(self, events: Sequence[MessagePosted]) -> None:
        """Deliver the events of messages to every matching subscription.

        Args:
            events: the events, in order.
        """
        if not events:
            return
        for queue in tuple(self._queues):
            queue.push_posts(events)
        for observer in self.observers:
            for event in events:
                observer(event)

    def drained(self, queue: EventQueue) -> None:
        """Record that a subscription is being read.

        Args:
            queue: its queue.
        """
        queue.stuck = False
        self._drained.set()

    def __iter__(self) -> Iterator[EventQueue]:
        return iter(tuple(self._queues))

    @property
    def crowded(self) -> bool:
        """Whether any subscription's queue is full."""
        return self.free <= 0

    @property
    def free(self) -> int:
        """Number of events for which every subscription has room."""
        free = UNLIMITED
        for queue in self._queues:
            free = min(free, queue.room)
        return free

    def has_room(self, wanted: int) -> bool:
        """Return whether every subscription has room.

        Args:
            wanted: number of events that are about to be published.
        """
        full = False
        for queue in self._queues:  # without a comprehension, which would be another call for each event
            full = full or not queue.has_room(wanted)
        return not full

    async def room(self, wanted: int, *, lasting: bool = True, patience: float = PATIENCE) -> None:
        """Wait until every subscription has room.

        Args:
            wanted: number of events that are about to be published.
            lasting: whether to keep waiting while a subscription is being read at all, as during a catch-up. If so, a
                subscription that is not read for `patience` seconds is skipped until it is read again. If not, each
                subscription is given `patience` seconds in total to handle all of its events.
            patience: how long to wait, in seconds.
        """
        now = asyncio.get_running_loop().time
        while slow := [q for q in self._queues if self._holds_up(q, wanted, lasting, patience)]:
            self._drained.clear()
            begun = now()
            limit = patience if lasting else min(patience - q.waited for q in slow)
            self.waiting += 1
            try:
                async with asyncio.timeout(limit):
                    await self._drained.wait()
            except TimeoutError:
                for queue in slow:
                    if lasting:
                        queue.stuck = True
                    elif patience - queue.waited <= limit:
                        queue.waited = patience
            finally:
                self.waiting -= 1
            if not lasting:
                for queue in slow:
                    queue.waited += now() - begun

    def _holds_up(self, queue: EventQueue, wanted: int, lasting: bool, patience: float) -> bool:
        if queue.stuck or (not lasting and queue.waited >= patience):
            return False
        return queue.room < queue.fitting(wanted)

    def unhandled(self, *, in_hand: bool = True) -> set[int]:
        """Return the ids of messages that at least one subscriber has not handled yet.

        Args:
            in_hand: whether to include each subscription's most recently read message if no event has been read since.
        """
        closed = self._unread | self._failed if in_hand else self._unread
        return closed.union(*(q.unhandled(in_hand=in_hand) for q in self._queues))

    def drop_posts(self) -> None:
        """Drop the messages that wait to be read, because they are delivered again after a restart."""
        for queue in self._queues:
            if not queue.internal:
                queue.drop_posts()

    def end(self, error: BaseException | None = None) -> None:
        """End all subscriptions, including future ones.

        Args:
            error: raised after their last event, or None for a normal end.
        """
        if self._ended is None:
            self._ended = (error,)
        for queue in tuple(self._queues):
            queue.end(error)
