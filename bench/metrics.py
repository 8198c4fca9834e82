"""Measures what metrics cost for each event that is published: `python -m bench.metrics`."""

from __future__ import annotations

import asyncio
import timeit
from datetime import UTC, datetime

from odoochat.client.subscription import Subscribers
from odoochat.events import MessagePosted
from odoochat.metrics import Metrics
from odoochat.model import Author, ChannelRef, Message

TIMES = 200_000


class Closed:
    """A source without gauges."""

    def measure(self) -> dict[str, float]:
        """Return no gauges."""
        return {}


class Before(Subscribers):
    """Subscribers as they would be without metrics."""

    def publish(self, event: object) -> None:
        """Give an event to every subscription."""
        for queue in tuple(self._queues):
            queue.push(event)  # type: ignore[arg-type]


async def main() -> None:
    """Print nanoseconds per event without metrics in the code, with metrics off, and with metrics on."""
    message = Message(1, ChannelRef(1, "general"), Author(2, "partner", "Bob"), "hi", "hi", datetime.now(UTC))
    event = MessagePosted(message)
    off, on = Subscribers(), Subscribers()
    on.observers = (Metrics().add(Closed()),)
    for name, subscribers in (("without the code", Before()), ("off", off), ("on", on)):
        subscribers.subscribe((), None, 1)
        subscribers.publish(event)  # the queue is full: only the way to it is measured
        best = min(timeit.repeat(lambda s=subscribers: s.publish(event), number=TIMES // 10, repeat=10))
        print(f"{name:20} {best / (TIMES // 10) * 1e9:6.0f} ns per event")


if __name__ == "__main__":
    asyncio.run(main())
