"""Frame listener: receives the frames of an open transport, and emits their notifications in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from odoochat.core.holes import Holes
from odoochat.core.link import Link
from odoochat.events import Via
from odoochat.net.loop_iteration import LoopIteration
from odoochat.net.time_slice import PARTS, TimeSlice
from odoochat.net.transports.base import Source
from odoochat.wire.envelopes.frames import OUTDATED, RESET, Item, Notification, says

__all__ = ["Batch", "FrameListener", "Opened"]

MOST = 64
"""Maximum number of notifications to collect."""


class Opened(Struct, frozen=True):
    """A link has opened; a catch-up must run before notifications from this link are delivered.

    Attributes:
        via: the link's transport.
    """

    via: Via


class Batch(Struct, frozen=True):
    """A batch of new notifications.

    Attributes:
        items: the notifications, in order.
        replay: whether the notifications were received before the link was verified and may therefore be old.
        collected: whether each notification was received in a frame of its own.
    """

    items: Sequence[Notification]
    replay: bool = False
    collected: bool = False

    def joined(self, following: Sequence[Batch]) -> Batch:
        """Return this batch and those that follow it as one.

        Args:
            following: batches that are no replay either.
        """
        batches = (self, *following)
        # The notifications of one frame may have to be put in order.
        collected = all(batch.collected or len(batch.items) == 1 for batch in batches)
        return Batch([item for batch in batches for item in batch.items], collected=collected)


class FrameListener:
    """Receives frames, reports them to the link's state machine, and emits the new notifications.

    The first frame in an iteration of the event loop is emitted immediately. Further frames with one notification each
    are collected until the iteration ends, because the steps that follow take less time for many notifications than
    for each on its own.

    Args:
        link: the state machine.
        holes: tracks gaps in the bus ids.
        emit: a function that receives openings and batches, in order, and waits while the queue is full.
        emit_now: a function that receives a batch like `emit`, but never waits.
    """

    __slots__ = ("_collected", "_emit", "_emit_now", "_holes", "_iteration", "_link", "_slice")

    def __init__(
        self,
        link: Link,
        holes: Holes,
        *,
        emit: Callable[[Opened | Batch], Awaitable[None]],
        emit_now: Callable[[Batch], None],
    ) -> None:
        self._link = link
        self._holes = holes
        self._emit = emit
        self._emit_now = emit_now
        self._collected: list[Notification] = []
        self._iteration = LoopIteration(self._flush)
        self._slice = TimeSlice()

    async def listen(self, source: Source) -> None:
        """Receive frames until the transport fails or the task is cancelled.

        Args:
            source: the open transport.

        Raises:
            OdooChatError: the link ended.
        """
        parts = 0
        try:
            while True:
                items = await source.receive()
                if self._iteration.begun and len(items) == 1 and isinstance(only := items[0], Notification):
                    self._collected.append(only)
                    del only
                    if len(self._collected) >= MOST:
                        await self._pass_on()
                else:
                    await self._take(items, source.via)
                del items  # they may be large, and the next ones may take long to arrive
                parts += 1
                if parts == PARTS:
                    parts = 0
                    if self._slice.is_used_up():
                        await self._slice.pause()
        finally:
            self._flush()

    async def _take(self, items: list[Item], via: Via) -> None:
        """Emit a frame's items after those that were collected."""
        await self._pass_on()
        loop = asyncio.get_running_loop()
        if not items:
            self._link.alive(loop.time())
            return
        new = self._link.received(items, loop.time())
        if new:
            await self._emit_batch(Batch(new))
        if len(new) < len(items):
            if reset := says(items, RESET):
                self._holes.forget()
            if reset or says(items, OUTDATED):
                await self._emit(Opened(via))
        self._iteration.begin()

    async def _pass_on(self) -> None:
        """Emit the collected notifications, waiting while the queue is full."""
        if batch := self._batch():
            await self._emit_batch(batch)

    async def _emit_batch(self, batch: Batch) -> None:
        try:
            await self._emit(batch)
        except asyncio.CancelledError:
            # The next link does not deliver these notifications again, because their ids are known.
            self._emit_now(batch)
            raise

    def _flush(self) -> None:
        """Emit the collected notifications without waiting."""
        if batch := self._batch():
            self._emit_now(batch)

    def _batch(self) -> Batch | None:
        if not self._collected:
            return None
        collected, self._collected = self._collected, []
        new = self._link.received(collected, asyncio.get_running_loop().time())
        return Batch(new, collected=True) if new else None
