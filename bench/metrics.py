"""Metrics.

The CPU time that `odoochat.Metrics` costs per published event, with metrics off and on, compared with the same code
without metrics. The subscription is full, so only the path to it is measured.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bench.figures import Figure, in_turn
from odoochat.client.subscription import Subscribers
from odoochat.events import MessagePosted
from odoochat.metrics import Metrics
from odoochat.model import Author, ChannelRef, Message

TIMES = 20_000


class Closed:
    """A source without gauges."""

    def measure(self) -> dict[str, float]:
        """Return no gauges."""
        return {}


class Before(Subscribers):
    """Subscribers as they would be without metrics."""

    def publish(self, event: object) -> None:
        """Pass an event to every subscription."""
        for queue in tuple(self._queues):
            queue.push(event)  # type: ignore[arg-type]


def cost(subscribers: Subscribers) -> float:
    """Return the CPU time of one event, in microseconds.

    Args:
        subscribers: the subscribers that publish it.
    """
    event = MessagePosted(Message(1, ChannelRef(1), Author(2, "partner", "Bob"), "hi", "hi", datetime.now(UTC)))
    begun = time.process_time()
    for _ in range(TIMES):
        subscribers.publish(event)
    return (time.process_time() - begun) * 1e6 / TIMES


def run(*, quick: bool = False) -> list[Figure]:
    """Measure all in turn.

    Args:
        quick: whether to take only a few measurements.
    """
    sides = Subscribers(), Subscribers(), Before()
    off, on, before = sides
    on.observers = (Metrics().add(Closed()),)
    for subscribers in sides:
        subscribers.subscribe((), None, 1)
        cost(subscribers)  # the queue is full after the first event
    without, with_metrics, bare = in_turn(3 if quick else 30, lambda: cost(off), lambda: cost(on), lambda: cost(before))
    against = "without the code"
    return [
        Figure("metrics off, each event", "µs", without, bare, 0.1, against=against, measure="difference"),
        Figure("metrics on, each event", "µs", with_metrics, bare, 5.0, against=against, measure="difference"),
    ]
