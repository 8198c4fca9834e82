"""Subscriptions: bounded queues of events, one for each subscriber."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

from odoochat.errors import TimedOut, UsageError
from odoochat.events import Event, EventsMissed, MessagePosted

__all__ = ["EventQueue", "Subscribers", "Subscription", "first_event"]

log = logging.getLogger("odoochat")

E = TypeVar("E", bound=Event)

PATIENCE = 5.0
"""Seconds that events wait for room in a subscription."""


class EventQueue:
    """The events that wait for one subscription.

    Args:
        subscribers: the other subscriptions, and this one.
        types: only events of these types, none for all. `EventsMissed` is always among them.
        channel: only events of the channel with this id, None for all.
        maxsize: number of events that may wait.

    Attributes:
        missed: number of events that were dropped because the queue was full.
        stuck: whether a catch-up waits for it no longer, as it is not read.
        waited: seconds for which live events have waited for room in it since it was last empty.
    """

    def __init__(
        self, subscribers: Subscribers, types: tuple[type[Event], ...], channel: int | None, maxsize: int
    ) -> None:
        self._subscribers = subscribers
        self._types = types
        self._channel = channel
        self._maxsize = maxsize
        self._events: deque[Event] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._in_hand: int | None = None
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
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self) -> Event:
        """Wait for the next event and remove it; the one before it then counts as handled.

        Raises:
            StopAsyncIteration: the queue is closed and empty.
            OdooChatError: the link ended for good, and the queue is empty.
            UsageError: another task waits already.
        """
        self._in_hand = None
        self._subscribers.handled()
        while True:
            if not self._events and self._unreported:
                self._report_missed()
            if self._events:
                self._subscribers.drained(self)
                event = self._events.popleft()
                self._in_hand = event.message.id if isinstance(event, MessagePosted) else None
                return event
            if self._closed:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            if self._waiter is not None:
                raise UsageError("two tasks read the same subscription: call events() once for each")
            self.waited = 0.0  # all events are handled: it keeps up
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def __len__(self) -> int:
        return len(self._events)

    @property
    def room(self) -> int:
        """Number of events that still fit."""
        return self._maxsize - len(self._events)

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
        return ids

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
        self._events.clear()
        self._subscribers.leave(self)
        self.end(None)


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
        event: Any = await self._queue.next()
        return cast("E | EventsMissed", event)

    async def get(self, timeout: float | None = None) -> E | EventsMissed:
        """Wait for the next event.

        Args:
            timeout: seconds to wait, None for ever.

        Returns:
            The event.

        Raises:
            TimedOut: there was none in time; later ones are not lost.
            StopAsyncIteration: the subscription is closed.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self.__anext__()
        except TimeoutError as error:
            if isinstance(error, TimedOut):
                raise
            raise TimedOut(f"no event within {timeout:g} s") from None

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


async def first_event(
    found: Subscription[E], kind: type[E], where: Callable[[E], bool] | None, timeout: float | None
) -> E:
    """Wait for the first event of a kind; see `Client.wait_for`.

    Args:
        found: a subscription to events of that kind.
        kind: the type of the event.
        where: returns whether an event is the wanted one; None for the first.
        timeout: seconds to wait, None for ever.

    Returns:
        The event.

    Raises:
        TimedOut: there was none in time.
        UsageError: the client was closed before there was one.
    """
    try:
        async with asyncio.timeout(timeout):
            async for event in found:
                if isinstance(event, kind) and (where is None or where(event)):
                    return event
    except TimeoutError as error:
        if isinstance(error, TimedOut):
            raise
        raise TimedOut(f"no {kind.__name__} within {timeout:g} s") from None
    raise UsageError(f"the client was closed before a {kind.__name__}")


class Subscribers:
    """All subscriptions of a client. Each event goes to every one that wants it, and to `observers` (metrics).

    Attributes:
        missed: number of events that were dropped.
    """

    def __init__(self) -> None:
        self._queues: list[EventQueue] = []
        self._drained = asyncio.Event()
        self.first = asyncio.Event()
        self.touched = False
        self.missed = 0
        self.observers: tuple[Callable[[Event], None], ...] = ()
        self._ended: tuple[BaseException | None] | None = None

    def subscribe(self, types: tuple[type[Event], ...], channel: int | None, maxsize: int) -> Subscription[Any]:
        """Make a subscription to the events from now on.

        Args:
            types: only events of these types, none for all.
            channel: only events of the channel with this id, None for all.
            maxsize: number of events that may wait.

        Returns:
            The subscription; it yields nothing when the client was closed.
        """
        queue = EventQueue(self, types, channel, maxsize)
        if self._ended is not None:
            queue.end(self._ended[0])
        else:
            self._queues.append(queue)
            self.first.set()
        return Subscription(queue)

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
