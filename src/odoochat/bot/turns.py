"""Schedules handlers: sequentially within a conversation, concurrently across conversations.

A handler that waits for an answer yields its turn to the next item in the conversation, and gets another turn when
the answer reaches the front of the queue. Questions therefore do not block other users, and only one handler per
conversation runs at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from odoochat.model import Message

__all__ = ["HandlerRun", "Turns", "is_failure"]

log = logging.getLogger("odoochat")

T = TypeVar("T")

LEAST_GRACE = 1.0
"""Minimum time in seconds allowed for cancelled handlers to clean up."""


class HandlerRun:
    """One execution of a handler.

    Args:
        turns: the scheduler.
        place: the conversation.

    Attributes:
        key: identifies the handled item across restarts; None if it cannot be handled again.
        retry: whether an earlier process may have handled the item.
        held: messages that count as unhandled until the run ends.
    """

    def __init__(self, turns: Turns[T], place: Hashable) -> None:
        self._turns = turns
        self._place = place
        self._count = 0
        self._open = 0
        self._lent: asyncio.Future[None] | None = None
        self.parked = False
        self.key: str | None = None
        self.retry = False
        self.held: list[Message] = []

    @property
    def waiting(self) -> bool:
        """Whether the run is waiting for an answer."""
        return self._open > 0

    def next_key(self) -> str | None:
        """Return the key, numbered sequentially, for the next message that this run posts."""
        if self.key is None:
            return None
        self._count += 1
        return f"{self.key}:{self._count}"

    async def wait(self, wake: asyncio.Future[T]) -> T:
        """Yield the turn, wait for a value, and continue once this run is lent a turn.

        Several tasks of a run can wait at the same time; the turn is yielded only once.

        Args:
            wake: the future for the value; `lend` sets its result.

        Returns:
            The value.
        """
        self.end()
        if not self.parked:
            self.parked = True
            self._turns.hand_over(self._place)
        self._open += 1
        self._turns.waiting += 1
        try:
            return await wake
        finally:
            self._open -= 1
            self._turns.waiting -= 1

    async def lend(self, wake: asyncio.Future[T], value: T) -> None:
        """Lend a turn to this run while it is waiting, until it ends or waits again.

        A run that is also waiting for other values gets no turn yet, because it would block the conversation on them.

        Args:
            wake: the future that the run is waiting for.
            value: the result to set on the future.
        """
        if wake.done():
            return
        wake.set_result(value)
        if self._open > 1:
            return
        self.end()
        lent = self._lent = asyncio.get_running_loop().create_future()
        await lent

    def end(self) -> None:
        """Give back a lent turn."""
        if self._lent is not None and not self._lent.done():
            self._lent.set_result(None)
        self._lent = None


class _Lane(Generic[T]):
    """The queue of one conversation.

    Attributes:
        items: the queued items.
        worker: the task that handles the items, or None if there is none.
    """

    def __init__(self) -> None:
        self.items: deque[T] = deque()
        self.worker: asyncio.Task[None] | None = None


class Turns(Generic[T]):
    """Schedules items in order within a conversation, and limits how many run at the same time.

    Args:
        handle: handles an item in a run.
        concurrency: maximum number of items handled at the same time.

    Attributes:
        waiting: number of runs waiting for an answer.
        queued: number of queued items.
    """

    def __init__(self, handle: Callable[[HandlerRun, T], Awaitable[None]], *, concurrency: int) -> None:
        self._handle = handle
        self._slots = asyncio.Semaphore(concurrency)
        self._lanes: dict[Hashable, _Lane[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self.waiting = 0
        self.queued = 0

    def put(self, place: Hashable, item: T) -> None:
        """Append an item to a conversation's queue.

        Args:
            place: the conversation.
            item: the item.
        """
        lane = self._lanes.get(place)
        if lane is None:
            lane = self._lanes[place] = _Lane()
        lane.items.append(item)
        self.queued += 1
        if lane.worker is None:
            self._start(place, lane)

    def _start(self, place: Hashable, lane: _Lane[T]) -> None:
        lane.worker = task = asyncio.create_task(self._work(place, lane), name="odoochat bot conversation")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()

    async def _work(self, place: Hashable, lane: _Lane[T]) -> None:
        me = asyncio.current_task()
        try:
            while lane.items and lane.worker is me:
                await self._slots.acquire()
                if not await self._handled(HandlerRun(self, place), lane.items.popleft()):
                    return  # another task took over the conversation while this one was waiting
        finally:
            if lane.worker is me:
                del self._lanes[place]

    async def _handled(self, run: HandlerRun, item: T) -> bool:
        """Handle an item; returns whether the run has kept its turn."""
        self.queued -= 1
        try:
            await self._handle(run, item)
        except BaseException as error:
            if not is_failure(error):
                raise
            kind = type(error).__name__
            log.exception("bot: unexpected %s", kind, extra={"event": "bot.failed", "error": kind})
        finally:
            run.end()
            if not run.parked:
                self._slots.release()
        return not run.parked

    def hand_over(self, place: Hashable) -> None:
        """Hand a conversation over to another task, because the current handler is waiting.

        Args:
            place: the conversation.
        """
        self._slots.release()
        lane = self._lanes[place]
        lane.worker = None
        if lane.items:
            self._start(place, lane)
        else:
            del self._lanes[place]
        self._changed.set()

    @property
    def busy(self) -> bool:
        """Whether any item is queued or being handled."""
        return bool(self._lanes)

    @property
    def running(self) -> int:
        """Number of conversations in which a handler is running."""
        return len(self._lanes)

    async def idle(self) -> None:
        """Wait until every handler has ended or is waiting for an answer."""
        while self._lanes:
            self._changed.clear()
            await self._changed.wait()

    async def stop(self, grace: float) -> int:
        """Let running handlers finish, then cancel those that are waiting for an answer or take too long.

        Args:
            grace: seconds to wait.

        Returns:
            The number of items that were not fully handled.
        """
        try:
            async with asyncio.timeout(grace):
                await self.idle()
        except TimeoutError:
            pass
        left = sum(len(lane.items) for lane in self._lanes.values())
        for lane in self._lanes.values():
            lane.items.clear()
        self.queued = 0
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:  # a handler that ignores cancellation must not prevent the others from ending
            await asyncio.wait(tasks, timeout=max(grace, LEAST_GRACE))
        return left + len(tasks)


def is_failure(error: BaseException) -> bool:
    """Return whether an error is a handler failure, as opposed to the task or program being stopped.

    A handler fails with `asyncio.CancelledError` if a task that it awaits is cancelled elsewhere.

    Args:
        error: the exception that the handler raised.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and not task.cancelling()
    return not isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)
