"""The work of the live link: a bounded queue that keeps everything in one order."""

from __future__ import annotations

import asyncio
from typing import Literal

from msgspec import Struct

from odoochat.events import LinkChanged
from odoochat.net.bus import Batch, Opened

__all__ = ["Ended", "LinkWork", "Look", "Reason"]

CAPACITY = 256

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
    """The queue of work from the bus and the timers of one link, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[LinkChanged | Opened | Batch | Look | Ended] = asyncio.Queue(CAPACITY)

    async def put(self, work: LinkChanged | Opened | Batch | Look | Ended) -> None:
        """Add work; waits while the queue is full.

        Args:
            work: what to do.
        """
        await self._queue.put(work)

    async def get(self) -> LinkChanged | Opened | Batch | Look | Ended:
        """Wait for the next work.

        Returns:
            What to do.
        """
        return await self._queue.get()

    async def look(self, reason: Reason) -> None:
        """Request a look for missed messages, and wait until it is done.

        Args:
            reason: why.

        Raises:
            OdooChatError: the server could not be asked.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put(Look(reason, done))
        await done

    async def poll(self) -> None:
        """Carry out one poll by model calls.

        Raises:
            OdooChatError: the server could not be asked.
        """
        await self.look("poll")
