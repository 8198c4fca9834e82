"""Turns: handlers of one conversation run one after the other, those of different conversations side by side.

A handler that waits for an answer gives its turn to the next item of its conversation, and gets a turn again when the
answer's turn comes. So a question blocks nobody else, and no two handlers of a conversation run at the same time.
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
"""Seconds that cancelled handlers have at least to clean up."""


class HandlerRun:
    """One execution of a handler.

    Args:
        turns: gives turns.
        place: the conversation.

    Attributes:
        key: identifies what is handled, across restarts; None when it cannot be handled again.
        retry: whether an earlier process may have handled it.
        held: the messages that count as not handled until the run ends.
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

    def next_key(self) -> str | None:
        """Return the key of the next message that this run posts: the first, the second…"""
        if self.key is None:
            return None
        self._count += 1
        return f"{self.key}:{self._count}"

    async def wait(self, wake: asyncio.Future[T]) -> T:
        """Give the turn away, wait for a value, and continue when a turn is lent to this run.

        Several tasks of one run may wait at the same time: the turn is given away once.

        Args:
            wake: the value; set with `lend`.

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
        """Lend a turn to this run while it waits, until it ends or waits again.

        A run that waits for other values too needs no turn yet: this conversation would wait for them as well.

        Args:
            wake: what it waits for.
            value: the value to wake it with.
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
        """Give back a turn that was lent."""
        if self._lent is not None and not self._lent.done():
            self._lent.set_result(None)
        self._lent = None


class _Lane(Generic[T]):
    """What waits in one conversation.

    Attributes:
        items: what waits.
        worker: the task that takes the next item, None when there is none.
    """

    def __init__(self) -> None:
        self.items: deque[T] = deque()
        self.worker: asyncio.Task[None] | None = None


class Turns(Generic[T]):
    """Gives each item its turn: in order within a conversation, and a limited number at the same time.

    Args:
        handle: handles an item in a run.
        concurrency: number of items that are handled at the same time.

    Attributes:
        waiting: number of runs that wait for an answer.
        queued: number of items that wait for their turn.
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
        """Append an item to a conversation.

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
                    return  # another task took over the conversation when this one waited
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
        """Let another task continue with a conversation, because the handler of its item waits.

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
        """Whether an item is being handled or waits for its turn."""
        return bool(self._lanes)

    async def idle(self) -> None:
        """Wait until every handler has ended or waits for an answer."""
        while self._lanes:
            self._changed.clear()
            await self._changed.wait()

    async def stop(self, grace: float) -> int:
        """Let running handlers end, then cancel those that wait for an answer or take too long.

        Args:
            grace: seconds to wait.

        Returns:
            The number of items that were not handled to the end.
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
        if tasks:  # a handler that ignores its cancellation does not keep the others from ending
            await asyncio.wait(tasks, timeout=max(grace, LEAST_GRACE))
        return left + len(tasks)


def is_failure(error: BaseException) -> bool:
    """Return whether an error is a failure of a handler, rather than the end of the task or of the program.

    A handler that waits for a task which somebody else cancels fails with `asyncio.CancelledError`.

    Args:
        error: what the handler raised.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and not task.cancelling()
    return not isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)
