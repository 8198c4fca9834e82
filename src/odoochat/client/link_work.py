"""Link work: a bounded queue that keeps all of the live link's work in order."""

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


class LinkWork:
    """The queue of work from one link's bus and timers, in order.

    Args:
        capacity: maximum number of waiting items.

    Attributes:
        added: called whenever an item is added.
    """

    __slots__ = ("_capacity", "_room", "_waiting", "added")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._waiting: deque[LinkChanged | Opened | Batch | Look | Ended] | None = None  # usually empty
        self._room = Flag()
        self.added: Callable[[], None] = _nothing

    async def put(self, work: LinkChanged | Opened | Batch | Look | Ended) -> None:
        """Add work, waiting while the queue is full.

        Args:
            work: the work to add.
        """
        while self._waiting is not None and len(self._waiting) >= self._capacity:
            await self._room.wait()
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(work)
        self.added()

    def take(self) -> LinkChanged | Opened | Batch | Look | Ended | None:
        """Remove and return the next item, or None if the queue is empty."""
        if self._waiting is None:
            return None
        work = self._waiting.popleft()
        if not self._waiting:
            self._waiting = None
        self._room.pulse()
        return work

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


def _nothing() -> None:
    """Do nothing."""
