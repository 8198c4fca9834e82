"""Publishes events to the broker in order, retrying until each one is acknowledged."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Callable

from odoochat.core.backoff import backoff
from odoochat.relay.brokers.broker import Broker, BrokerDown
from odoochat.relay.outgoing import OutgoingEvent
from odoochat.relay.relay_metrics import RelayMetrics

__all__ = ["EventPublisher"]

log = logging.getLogger("odoochat")

REMEMBERED = 50_000
"""Number of subjects whose last state is remembered, to detect events that multiple accounts receive."""


class _Item:
    __slots__ = ("callbacks", "event", "since")

    def __init__(self, event: OutgoingEvent, done: Callable[[], None], since: float) -> None:
        self.event = event
        self.callbacks = [done]
        self.since = since


class EventPublisher:
    """Publishes the events of all accounts in a process.

    One batch is in progress at a time, and events that arrive during it form the next one. A failed batch is
    retried from its first unacknowledged event, which preserves the order within a channel.

    Args:
        broker: the broker.
        metrics: counts published events.
        limit: maximum number of queued events; `put` waits while the queue is full.
        batch: maximum number of events per batch.
        clock: returns monotonic time in seconds.

    Attributes:
        down: why the broker is not accepting events, or None if it is.
    """

    def __init__(
        self,
        broker: Broker,
        metrics: RelayMetrics,
        *,
        limit: int = 20_000,
        batch: int = 500,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker = broker
        self._metrics = metrics
        self._limit = limit
        self._batch = batch
        self._clock = clock
        self._waiting: OrderedDict[int, _Item] = OrderedDict()
        self._latest: OrderedDict[str, tuple[bytes, _Item | None]] = OrderedDict()
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.down: str | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    async def put(self, event: OutgoingEvent, done: Callable[[], None]) -> None:
        """Queue an event, waiting while the queue is full.

        Args:
            event: the event.
            done: called once the broker has acknowledged the event, or the same event from another account.
        """
        while len(self._waiting) >= self._limit:
            self._room.clear()
            await self._room.wait()
        state, item = self._latest.get(event.subject, (None, None))
        if state == event.state:
            self._metrics.duplicates += 1
            if item is None:
                done()
            else:
                item.callbacks.append(done)
            return
        item = _Item(event, done, self._clock())
        self._latest[event.subject] = (event.state, item)
        self._latest.move_to_end(event.subject)
        while len(self._latest) > REMEMBERED + len(self._waiting):
            self._latest.popitem(last=False)
        self._waiting[id(event)] = item
        self._filled.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            waits = backoff(random.random, base=0.1, cap=2.0)
            while self._waiting:
                items = [item for item, _ in zip(self._waiting.values(), range(self._batch), strict=False)]
                try:
                    await self._broker.publish([item.event for item in items], self._acked)
                except BrokerDown as error:
                    self._note_down(str(error))
                    self._metrics.retries += 1
                    await asyncio.sleep(next(waits))
                else:
                    self._note_up()
                    waits = backoff(random.random, base=0.1, cap=2.0)

    def _acked(self, event: OutgoingEvent) -> None:
        item = self._waiting.pop(id(event), None)
        if item is None:
            return
        known = self._latest.get(event.subject)
        if known is not None and known[1] is item:
            self._latest[event.subject] = (known[0], None)
        self._metrics.published(event.type, self._clock() - item.since)
        for done in item.callbacks:
            done()
        if not self._room.is_set() and len(self._waiting) < self._limit:
            self._room.set()

    def _note_down(self, reason: str) -> None:
        if self.down is None:
            log.warning(
                "the broker is not accepting events: %s; retrying",
                reason,
                extra={"event": "relay.down", "error": reason},
            )
        self.down = reason

    def _note_up(self) -> None:
        if self.down is not None:
            log.info("the broker is accepting events again", extra={"event": "relay.up"})
        self.down = None
