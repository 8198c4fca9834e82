"""Subscriptions: bounded queues of events, each on its own."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from types import TracebackType
from typing import Any, Generic, TypeVar

from odoochat.errors import TimedOut, UsageError
from odoochat.events import Event, EventsMissed, MessagePosted

__all__ = ["Subscribers", "Subscription"]

log = logging.getLogger("odoochat")

E = TypeVar("E", bound=Event)

PATIENCE = 5.0
"""Seconds that events wait for a subscription without room."""


class Subscription(Generic[E]):
    """An async iterator of events; it listens from the moment it is made.

    It ends when the client is closed. When the link ended for good, it raises why, after what was still waiting.

    Attributes:
        missed: events that came while the queue was full.
    """

    def __init__(
        self, subscribers: Subscribers, types: tuple[type[Any], ...], channel: int | None, maxsize: int
    ) -> None:
        self._subscribers = subscribers
        self._types = types
        self._channel = channel
        self._maxsize = maxsize
        self._queue: deque[Event] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._in_hand: int | None = None
        self._untold = 0
        self._closed = False
        self.error: BaseException | None = None
        self.missed = 0
        self.stuck = False
        self.waited = 0.0

    # -------------------------------------------------------------------- inside

    def wants(self, event: Event) -> bool:
        """Whether an event is of the types and the channel asked for."""
        if self._types and not isinstance(event, self._types):
            return False
        if self._channel is None:
            return True
        message = getattr(event, "message", None)
        channel = message.channel if message is not None else getattr(event, "channel", None)
        return channel is not None and channel.id == self._channel

    def push(self, event: Event) -> None:
        """Takes an event, or counts it as missed when the queue is full."""
        if self._closed or not self.wants(event):
            return
        if len(self._queue) >= self._maxsize:
            self.missed += 1
            self._untold += 1
            return
        if self._untold:
            self._tell_missed()
        self._queue.append(event)
        self._wake()

    def _tell_missed(self) -> None:
        log.warning("a subscription was too slow: %d events missed", self._untold)
        if not self._types or EventsMissed in self._types:
            self._queue.append(EventsMissed(self._untold))
        self._untold = 0

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def room(self) -> int:
        """Events that still fit."""
        return self._maxsize - len(self._queue)

    def fitting(self, wanted: int) -> int:
        """As many of some events as fit here at all."""
        return min(wanted, self._maxsize)

    def unhandled(self, *, in_hand: bool = True) -> set[int]:
        """Ids of messages that wait here, or were taken and not yet followed by a next one."""
        ids = {e.message.id for e in self._queue if isinstance(e, MessagePosted)}
        if in_hand and self._in_hand is not None:
            ids.add(self._in_hand)
        return ids

    def end(self, error: BaseException | None) -> None:
        """Nothing will come any more."""
        self.error = self.error or error
        self._closed = True
        self._wake()

    # -------------------------------------------------------------------- public

    def __aiter__(self) -> Subscription[E]:
        return self

    async def __anext__(self) -> E:
        self._in_hand = None
        self._subscribers.handled()
        while True:
            if not self._queue and self._untold:
                self._tell_missed()
            if self._queue:
                self._subscribers.drained(self)
                event = self._queue.popleft()
                self._in_hand = event.message.id if isinstance(event, MessagePosted) else None
                return event  # type: ignore[return-value]
            if self._closed:
                if self.error is not None:
                    raise self.error
                raise StopAsyncIteration
            if self._waiter is not None:
                raise UsageError("two tasks wait for the same subscription: make one for each")
            self.waited = 0.0  # it has handled all that there was: it keeps up
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    async def get(self, timeout: float | None = None) -> E:
        """The next event.

        Args:
            timeout: seconds to wait for it, None for ever.

        Raises:
            TimedOut: none came in time; nothing is lost.
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
        """Stops listening."""
        self._in_hand = None
        self._queue.clear()
        self._subscribers.leave(self)
        self.end(None)

    async def aclose(self) -> None:
        """Stops listening."""
        self.close()

    async def __aenter__(self) -> Subscription[E]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Subscribers:
    """Hands each event to every subscription that wants it; waits for none of them."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription[Any]] = []
        self._drained = asyncio.Event()
        self.first = asyncio.Event()
        self.touched = False
        self._ended: tuple[BaseException | None] | None = None

    def subscribe(self, types: tuple[type[Any], ...], channel: int | None, maxsize: int) -> Subscription[Any]:
        """Makes a subscription that hears from now on."""
        made: Subscription[Any] = Subscription(self, types, channel, maxsize)
        if self._ended is not None:
            made.end(self._ended[0])
        else:
            self._subscriptions.append(made)
            self.first.set()
        return made

    def leave(self, subscription: Subscription[Any]) -> None:
        """A subscription was closed."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)
        self._drained.set()

    def publish(self, event: Event) -> None:
        """Gives an event to all."""
        for subscription in tuple(self._subscriptions):
            subscription.push(event)

    def handled(self) -> None:
        """A subscriber asked for its next event: the one before is handled."""
        self.touched = True

    def drained(self, subscription: Subscription[Any]) -> None:
        """A subscription is being read."""
        subscription.stuck = False
        self._drained.set()

    @property
    def crowded(self) -> bool:
        """Whether some subscription has no room."""
        return any(s.room <= 0 for s in self._subscriptions)

    async def room(self, wanted: int, *, lasting: bool = True, patience: float = PATIENCE) -> None:
        """Waits until every subscription has room.

        Args:
            wanted: events that are about to be published.
            lasting: whether to wait as long as a subscription is read at all, as during a catch-up; one that is not
                read for `patience` is waited for no longer, until it is read again. Else each is waited for `patience`
                seconds in all, until it has handled everything and waits for news.
            patience: seconds.
        """
        now = asyncio.get_running_loop().time
        while slow := [s for s in self._subscriptions if self._holds_up(s, wanted, lasting, patience)]:
            self._drained.clear()
            begun = now()
            limit = patience if lasting else min(patience - s.waited for s in slow)
            try:
                async with asyncio.timeout(limit):
                    await self._drained.wait()
            except TimeoutError:
                for subscription in slow:
                    if lasting:
                        subscription.stuck = True
                    elif patience - subscription.waited <= limit:
                        subscription.waited = patience
            if not lasting:
                for subscription in slow:
                    subscription.waited += now() - begun

    def _holds_up(self, subscription: Subscription[Any], wanted: int, lasting: bool, patience: float) -> bool:
        if subscription.stuck or (not lasting and subscription.waited >= patience):
            return False
        return subscription.room < subscription.fitting(wanted)

    def unhandled(self, *, in_hand: bool = True) -> set[int]:
        """Ids of messages that some subscriber has not handled yet."""
        return set().union(*(s.unhandled(in_hand=in_hand) for s in self._subscriptions))

    def end(self, error: BaseException | None = None) -> None:
        """No event will come any more."""
        if self._ended is None:
            self._ended = (error,)
        for subscription in tuple(self._subscriptions):
            subscription.end(error)
