"""The work of the live link: a bounded queue that keeps everything in one order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from odoochat.events import LinkChanged
from odoochat.net.bus import Batch, Opened
from odoochat.net.flag import Flag

__all__ = ["Ended", "LinkWork", "Look", "Reason"]

CAPACITY = 64

Reason = Literal["poll", "sweep", "hole"]
"""Reason for looking for messages: a poll by model calls, a sweep, or a hole in the ids that the bus sent."""


class Look(Struct):
    """A question for missed messages.

    Attributes:
        reason: why it is asked.
        done: gets the outcome.
    """

    reason: Reason
    done: asyncio.Future[None]


class Ended(Struct):
    """The link has ended for good.

    Attributes:
        error: why.
    """

    error: BaseException


class LinkWork:
    """The queue of work from the bus and the timers of one link, in order.

    Args:
        capacity: number of pieces of work that may wait.

    Attributes:
        added: called for each piece of work that was added.
    """

    __slots__ = ("_capacity", "_room", "_waiting", "added")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._waiting: deque[LinkChanged | Opened | Batch | Look | Ended] | None = None  # it is empty most of the time
        self._room = Flag()
        self.added: Callable[[], None] = _nothing

    async def put(self, work: LinkChanged | Opened | Batch | Look | Ended) -> None:
        """Add work; waits while the queue is full.

        Args:
            work: what to do.
        """
        while self._waiting is not None and len(self._waiting) >= self._capacity:
            await self._room.wait()
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(work)
        self.added()

    def take(self) -> LinkChanged | Opened | Batch | Look | Ended | None:
        """Remove the next work and return it, or None if there is none."""
        if self._waiting is None:
            return None
        work = self._waiting.popleft()
        if not self._waiting:
            self._waiting = None
        self._room.pulse()
        return work

    async def look(self, reason: Reason) -> None:
        """Request a look for missed messages, and wait until it is done.

        Args:
            reason: why.

        Raises:
            OdooChatError: the server could not be asked.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self.put(Look(reason, done))
        await done

    async def poll(self) -> None:
        """Carry out one poll by model calls.

        Raises:
            OdooChatError: the server could not be asked.
        """
        await self.look("poll")


def _nothing() -> None:
    """Do nothing."""
