"""A single stream of events from all accounts in a pool."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar, cast

from odoochat.client.connection import Connection
from odoochat.client.event_queue import EventQueue
from odoochat.client.next_event import next_event
from odoochat.errors import UsageError
from odoochat.events import Event, EventsMissed
from odoochat.pool.account import Account

__all__ = ["AccountEnded", "PoolEvent", "PoolSubscription"]

E = TypeVar("E", bound=Event)


class AccountEnded(Event, frozen=True):
    """An account can no longer connect: the server refused its login, or its session cannot be renewed.

    The account stays in the pool until `Pool.remove`.

    Attributes:
        error: why the account ended.
    """

    error: BaseException


class PoolEvent(NamedTuple, Generic[E]):
    """An event and the account that received it: ``async for account, event in pool.events()``.

    Attributes:
        account: the account whose client received the event.
        event: the event.
    """

    account: Account
    event: E | EventsMissed | AccountEnded


class PoolSubscription(Generic[E]):
    """Async iterator over the events of all accounts, including accounts added later; see `Pool.events`.

    Each account has its own queue, and the queues are read in turn. A flood of events for one account delays the
    others by a single event each, and overflows only its own queue. `EventsMissed` and `AccountEnded` are yielded
    regardless of `types`. The iterator ends when the pool is closed.

    Args:
        types: limit the stream to these event types; all types if empty.
        maxsize: maximum number of queued events per account.
        leave: called with the subscription when it is closed.
    """

    def __init__(self, types: tuple[type[Event], ...], maxsize: int, leave: Any) -> None:
        self._types = types
        self._maxsize = maxsize
        self._leave = leave
        self._queues: dict[Account, EventQueue] = {}
        self._ready: dict[Account, None] = {}  # in the order in which they are read next
        self._notices: deque[PoolEvent[E]] = deque()
        self._in_hand: EventQueue | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self._missed = 0

    @property
    def missed(self) -> int:
        """Number of events dropped because an account's queue was full."""
        return self._missed + sum(queue.missed for queue in self._queues.values())

    @property
    def pending(self) -> int:
        """Number of events that can be read without waiting."""
        return len(self._notices) + sum(len(queue) for queue in self._queues.values())

    def __aiter__(self) -> PoolSubscription[E]:
        return self

    async def __anext__(self) -> PoolEvent[E]:
        self._finish()
        while (event := self._take()) is None:
            if self._closed:
                raise StopAsyncIteration
            if self._waiter is not None:
                raise UsageError("two tasks are reading the same subscription: call events() once per task")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return event

    async def get(self, timeout: float | None = None) -> PoolEvent[E]:
        """Wait for the next event.

        Args:
            timeout: seconds to wait; None to wait forever.

        Returns:
            The account and the event.

        Raises:
            TimedOut: no event arrived within the timeout. Later events are not lost.
            StopAsyncIteration: the subscription is closed.
        """
        return await next_event(self, timeout)

    def _finish(self) -> None:
        """Mark the most recently read event as handled."""
        queue, self._in_hand = self._in_hand, None
        if queue is not None:
            queue.finish()
            if not len(queue):
                queue.waited = 0.0  # all of the account's events are handled, so the reader keeps up

    def _take(self) -> PoolEvent[E] | None:
        if self._notices:
            return self._notices.popleft()
        while self._ready:
            account = next(iter(self._ready))
            del self._ready[account]
            queue = self._queues.get(account)
            if queue is None:
                continue
            event = queue.take()
            if event is None:
                if (ended := queue.ended) is not None:
                    self.detach(account)
                    if ended[0] is not None and not self._closed:
                        return PoolEvent(account, AccountEnded(ended[0]))
                continue
            self._in_hand = queue
            if queue.readable:
                self._ready[account] = None
            return PoolEvent(account, cast("E | EventsMissed", event))
        return None

    # --------------------------------------------------------- used by the pool

    def attach(self, account: Account, connection: Connection) -> None:
        """Start receiving an account's events.

        Args:
            account: the account.
            connection: the account's connection.
        """
        ready = partial(self._is_ready, account)
        queue = connection.subscribers.queue(self._types, None, self._maxsize, ready=ready)
        self._queues[account] = queue
        if queue.readable:
            ready()

    def detach(self, account: Account) -> None:
        """Remove an account and drop its queued events.

        Args:
            account: the account.
        """
        queue = self._queues.pop(account, None)
        self._ready.pop(account, None)
        if queue is not None:
            self._missed += queue.missed
            if queue is self._in_hand:
                self._in_hand = None
            queue.close()

    def ended(self, account: Account, error: BaseException) -> None:
        """Report an account that could not connect.

        Args:
            account: the account.
            error: why it could not connect.
        """
        self._notices.append(PoolEvent(account, AccountEnded(error)))
        self._wake()

    def end(self) -> None:
        """Stop accepting events; queued events can still be read."""
        self._closed = True
        self._wake()

    def _is_ready(self, account: Account) -> None:
        self._ready.setdefault(account)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # --------------------------------------------------------------------- close

    def close(self) -> None:
        """End the subscription and drop queued events."""
        self._notices.clear()
        for account in tuple(self._queues):
            self.detach(account)
        self._leave(self)
        self.end()

    async def aclose(self) -> None:
        """End the subscription; supports `contextlib.aclosing`."""
        self.close()

    async def __aenter__(self) -> PoolSubscription[E]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
