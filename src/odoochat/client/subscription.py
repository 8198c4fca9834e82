"""Subscriptions: bounded queues of events, one for each subscriber."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from odoochat.client.event_queue import EventQueue
from odoochat.client.next_event import next_event
from odoochat.events import Event, EventsMissed
from odoochat.model import Message
from odoochat.net.flag import Flag

__all__ = ["Subscribers", "Subscription"]

log = logging.getLogger("odoochat")

E = TypeVar("E", bound=Event)

PATIENCE = 5.0
"""Seconds that events wait for room in a subscription."""


class Subscription(Generic[E]):
    """An async iterator of events, from the moment in which `Client.events` returned it.

    It ends when the client is closed. When the link ended for good, it raises the reason after the last event. It also
    yields `EventsMissed`, whatever types it was asked for, when its queue was full and events were dropped.

    Args:
        queue: the events that wait for it.
    """

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue

    @property
    def missed(self) -> int:
        """Number of events that were dropped because the queue was full."""
        return self._queue.missed

    @property
    def pending(self) -> int:
        """Number of events that can be read without waiting."""
        return len(self._queue)

    def __aiter__(self) -> Subscription[E]:
        return self

    async def __anext__(self) -> E | EventsMissed:
        queue = self._queue
        queue.finish()
        event: Any = queue.take()  # mostly there is one: waiting would take longer
        return cast("E | EventsMissed", await queue.wait() if event is None else event)

    async def get(self, timeout: float | None = None) -> E | EventsMissed:
        """Wait for the next event.

        Args:
            timeout: seconds to wait; None to wait forever.

        Returns:
            The event.

        Raises:
            TimedOut: there was none in time; later ones are not lost.
            StopAsyncIteration: the subscription is closed.
        """
        return await next_event(self, timeout)

    def hold(self, message: Message | int) -> None:
        """Count a message as not handled until `release`, however many events are read after it.

        A program that handles several messages at the same time holds each one, so that the file of
        ``connect(state=…)`` delivers those again that were not released when the program ended.

        Args:
            message: a message that this subscription delivered, or its id.
        """
        self._queue.hold(message.id if isinstance(message, Message) else message)

    def release(self, message: Message | int) -> None:
        """Count a message that was held as handled.

        Args:
            message: the message, or its id.
        """
        self._queue.release(message.id if isinstance(message, Message) else message)

    def close(self) -> None:
        """End the subscription; events that wait are dropped."""
        self._queue.close()

    async def aclose(self) -> None:
        """End the subscription; as `contextlib.aclosing` expects it."""
        self._queue.close()

    async def __aenter__(self) -> Subscription[E]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.close()


class Subscribers:
    """All subscriptions of a client. Each event goes to every one that wants it, and to `observers` (metrics).

    Attributes:
        missed: number of events that were dropped.
    """

    def __init__(self) -> None:
        self._queues: list[EventQueue] = []
        self._drained = Flag()
        self.first = Flag()
        self.touched = False
        self.missed = 0
        self.observers: tuple[Callable[[Event], None], ...] = ()
        self._ended: tuple[BaseException | None] | None = None

    def subscribe(
        self, types: tuple[type[Event], ...], channel: int | None, maxsize: int, *, waited_for: bool = True
    ) -> Subscription[Any]:
        """Make a subscription to the events from now on.

        Args:
            types: only events of these types, none for all.
            channel: only events of the channel with this id, None for all.
            maxsize: number of events that may wait.
            waited_for: whether a first catch-up may begin now; not for subscriptions of the client itself.

        Returns:
            The subscription; it yields nothing when the client was closed.
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
        """Make the queue of a subscription, see `subscribe`.

        Args:
            types: only events of these types, none for all.
            channel: only events of the channel with this id, None for all.
            maxsize: number of events that may wait.
            waited_for: whether a first catch-up may begin now.
            ready: called when there is something to read, or the queue has ended.
        """
        queue = EventQueue(self, types, channel, maxsize, ready)
        if self._ended is not None:
            queue.end(self._ended[0])
        else:
            self._queues.append(queue)
            if waited_for:
                self.first.set()
        return queue

    def leave(self, queue: EventQueue) -> None:
        """Forget a subscription that was closed.

        Args:
            queue: its queue.
        """
        if queue in self._queues:
            self._queues.remove(queue)
        self._drained.set()

    def publish(self, event: Event) -> None:
        """Give an event to every subscription that wants it.

        Args:
            event: the event.
        """
        for queue in tuple(self._queues):
            queue.push(event)
        for observer in self.observers:
            observer(event)

    def handled(self) -> None:
        """Note that a subscriber asked for its next event: the one before is handled."""
        self.touched = True

    def drained(self, queue: EventQueue) -> None:
        """Note that a subscription is being read.

        Args:
            queue: its queue.
        """
        queue.stuck = False
        self._drained.set()

    def __iter__(self) -> Iterator[EventQueue]:
        return iter(tuple(self._queues))

    @property
    def crowded(self) -> bool:
        """Whether the queue of a subscription is full."""
        return any(q.room <= 0 for q in self._queues)

    def has_room(self, wanted: int) -> bool:
        """Return whether every subscription has room.

        Args:
            wanted: number of events that are about to be published.
        """
        return all(queue.has_room(wanted) for queue in self._queues)

    async def room(self, wanted: int, *, lasting: bool = True, patience: float = PATIENCE) -> None:
        """Wait until every subscription has room.

        Args:
            wanted: number of events that are about to be published.
            lasting: whether to wait as long as a subscription is read at all, as during a catch-up; one that is not
                read for `patience` is waited for no longer, until it is read again. Otherwise each is waited for
                `patience` seconds in all, until it has handled everything and waits for new events.
            patience: seconds.
        """
        now = asyncio.get_running_loop().time
        while slow := [q for q in self._queues if self._holds_up(q, wanted, lasting, patience)]:
            self._drained.clear()
            begun = now()
            limit = patience if lasting else min(patience - q.waited for q in slow)
            try:
                async with asyncio.timeout(limit):
                    await self._drained.wait()
            except TimeoutError:
                for queue in slow:
                    if lasting:
                        queue.stuck = True
                    elif patience - queue.waited <= limit:
                        queue.waited = patience
            if not lasting:
                for queue in slow:
                    queue.waited += now() - begun

    def _holds_up(self, queue: EventQueue, wanted: int, lasting: bool, patience: float) -> bool:
        if queue.stuck or (not lasting and queue.waited >= patience):
            return False
        return queue.room < queue.fitting(wanted)

    def unhandled(self, *, in_hand: bool = True) -> set[int]:
        """Return the ids of messages that some subscriber has not handled yet.

        Args:
            in_hand: whether those that were read last count as well, until the next is read.
        """
        return set[int]().union(*(q.unhandled(in_hand=in_hand) for q in self._queues))

    def end(self, error: BaseException | None = None) -> None:
        """End all subscriptions, those of the future as well.

        Args:
            error: raised after their last event, None for a normal end.
        """
        if self._ended is None:
            self._ended = (error,)
        for queue in tuple(self._queues):
            queue.end(error)
