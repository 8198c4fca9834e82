"""Per-channel work queues: items run in order within a channel and concurrently across channels."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

__all__ = ["ChannelQueues"]

T = TypeVar("T")


class ChannelQueues(Generic[T]):
    """Handles each channel's items in order. A slow item delays only its own channel.

    Args:
        work: handles one item. If it raises, the task that opened the queues is cancelled and receives the error.
        concurrency: maximum number of items handled at the same time.
        limit: maximum number of queued items; `put` waits while the queue is full.

    Attributes:
        failure: the first error, if any.
    """

    def __init__(self, work: Callable[[T], Awaitable[None]], *, concurrency: int = 8, limit: int = 10_000) -> None:
        self._work = work
        self._slots = asyncio.Semaphore(concurrency)
        self._room = asyncio.Semaphore(limit)
        self._queues: dict[int, deque[T]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._owner = asyncio.current_task()
        self._idle = asyncio.Event()
        self._idle.set()
        self.failure: Exception | None = None

    async def put(self, channel: int, item: T) -> None:
        """Add an item, waiting while the queue is full.

        Args:
            channel: id of the channel.
            item: the item.
        """
        await self._room.acquire()
        self._idle.clear()
        queue = self._queues.setdefault(channel, deque())
        queue.append(item)
        if channel not in self._tasks:
            self._tasks[channel] = asyncio.create_task(self._drain(channel, queue))

    async def join(self) -> None:
        """Wait until all items have been handled."""
        await self._idle.wait()

    def fail(self, error: Exception) -> None:
        """Record the first error, and cancel the task that opened the queues unless it is closing them.

        Args:
            error: the error, which that task raises.
        """
        if self.failure is None:
            self.failure = error
            if self._owner is not None:
                self._owner.cancel()

    async def close(self) -> list[T]:
        """Cancel all work in progress.

        Returns:
            The unhandled items, in order within each channel.
        """
        self._owner = None
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        left = [item for queue in self._queues.values() for item in queue]
        self._queues.clear()
        return left

    async def _drain(self, channel: int, queue: deque[T]) -> None:
        try:
            while queue:
                async with self._slots:
                    await self._work(queue[0])
                queue.popleft()
                self._room.release()
        except Exception as error:  # noqa: BLE001 - the owner raises it
            self.fail(error)
            return
        finally:
            del self._tasks[channel]
        del self._queues[channel]
        if not self._queues:
            self._idle.set()
