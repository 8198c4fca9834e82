"""Link work: a bounded queue that keeps all of the live link's work in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

from msgspec import Struct

from odoochat.client.receiver import Pending
from odoochat.events import LinkChanged
from odoochat.net.flag import Flag
from odoochat.net.frame_listener import Batch, Opened

__all__ = ["Ended", "LinkWork", "Look", "Reason", "Work"]

CAPACITY = 64

Reason = Literal["poll", "sweep", "hole"]
"""Why to check for missed messages: a poll using model calls, a sweep, or a hole in the bus ids."""


class Look(Struct):
    """A check for missed messages.

    Attributes:
        reason: why the check is made.
        done: receives the outcome.
    """

    reason: Reason
    done: asyncio.Future[None]


class Ended(Struct):
    """The link has ended permanently.

    Attributes:
        error: the reason.
    """

    error: BaseException


Work: TypeAlias = LinkChanged | Opened | Batch | Pending | Look | Ended


class LinkWork:
    """The queue of work from one link's bus and timers, in order.

    Args:
        capacity: number of waiting items from which `put` waits. Each notification in a batch counts as one.

    Attributes:
        at_once: called with an item if none is waiting; does as much of it as possible without waiting, and returns
            what is left to do, or None.
        added: called whenever an item is added.
    """

    __slots__ = ("_capacity", "_room", "_size", "_waiting", "added", "at_once")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._waiting: deque[Work] | None = None  # usually empty
        self._size = 0
        self._room = Flag()
        self.at_once: Callable[[Work], Work | None] = _unchanged
        self.added: Callable[[], None] = _nothing

    @property
    def is_empty(self) -> bool:
        """Whether no work is waiting."""
        return self._waiting is None

    async def put(self, work: Work) -> None:
        """Add work, waiting while the queue is full. If it can be done at once, it is not added.

        Args:
            work: the work to add.
        """
        while self._size >= self._capacity:
            await self._room.wait()
        self.put_now(work)

    def put_now(self, work: Work) -> None:
        """Add work like `put`, even if the queue is full.

        Args:
            work: the work to add.
        """
        if self._waiting is None:
            left = self.at_once(work)
            if left is None:
                return
            work, self._waiting = left, deque()
        self._waiting.append(work)
        self._size += _size(work)
        self.added()

    def take(self) -> Work | None:
        """Remove and return the next item, or None if the queue is empty."""
        if self._waiting is None:
            return None
        work = self._waiting.popleft()
        self._size -= _size(work)
        if not self._waiting:
            self._waiting = None
        self._room.pulse()
        return work

    def take_batches(self, wanted: Callable[[Batch], bool]) -> list[Batch]:
        """Remove and return the next items, up to the first one that is not a wanted batch.

        Args:
            wanted: a function that returns whether a batch is wanted.
        """
        found: list[Batch] = []
        waiting = self._waiting
        while waiting and isinstance(first := waiting[0], Batch) and wanted(first):
            found.append(first)
            waiting.popleft()
            self._size -= _size(first)
        if not waiting:
            self._waiting = None
        if found:
            self._room.pulse()
        return found

    async def look(self, reason: Reason) -> None:
        """Request a check for missed messages, and wait until it is done.

        Args:
            reason: why the check is made.

        Raises:
            OdooChatError: the request failed.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self.put(Look(reason, done))
        await done

    async def poll(self) -> None:
        """Poll once using model calls.

        Raises:
            OdooChatError: the request failed.
        """
        await self.look("poll")


def _size(work: Work) -> int:
    return max(len(work.items), 1) if isinstance(work, Batch) else 1


def _unchanged(work: Work) -> Work:
    """Do nothing at once."""
    return work


def _nothing() -> None:
    """Do nothing."""
