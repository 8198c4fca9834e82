"""Metrics: counters and timings of clients, stored as plain numbers."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, Protocol

from msgspec import Struct

from odoochat.events import Event, LinkChanged, MessageFailed, MessagePending, MessagePosted

__all__ = ["BUCKETS", "METRICS", "Histogram", "Metric", "Metrics", "MetricsSource", "Sample", "prometheus_text"]

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds of the histograms, in seconds."""


class Metric(Struct, frozen=True):
    """The name and meaning of a metric.

    Attributes:
        name: its name; the names of counters end with ``_total``.
        kind: ``counter`` if it only increases, ``gauge`` if it can also decrease, ``histogram`` for timings.
        text: a description of what it counts.
        label: the name of its label; empty if it has none.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    label: str = ""


METRICS = (
    Metric("odoochat_clients", "gauge", "Clients that are open"),
    Metric("odoochat_link_open", "gauge", "Clients whose live link is open"),
    Metric("odoochat_link_changes_total", "counter", "Changes of live links, by the new state", "state"),
    Metric("odoochat_reconnects_total", "counter", "Times that a live link opened again"),
    Metric("odoochat_events_total", "counter", "Events published, by their type", "type"),
    Metric("odoochat_events_missed_total", "counter", "Events dropped because a subscription was full"),
    Metric(
        "odoochat_delivery_lag_seconds", "histogram", "Seconds from the date of another user's message to its delivery"
    ),
    Metric("odoochat_sends_total", "counter", "Messages sent, by outcome: posted or failed", "outcome"),
    Metric("odoochat_send_retries_total", "counter", "Attempts to post a message after the first"),
    Metric("odoochat_send_seconds", "histogram", "Seconds from the first attempt to post a message until it is posted"),
    Metric("odoochat_outbox_messages", "gauge", "Messages that are not posted yet"),
    Metric("odoochat_subscriptions", "gauge", "Subscriptions to events"),
    Metric("odoochat_subscription_events", "gauge", "Events that wait in subscriptions"),
)
"""All metrics, in display order."""


class Sample(Struct, frozen=True):
    """A single value of a metric.

    Attributes:
        name: the metric's name; for a histogram, with the suffix ``_bucket``, ``_sum`` or ``_count``.
        value: the number.
        labels: its labels.
    """

    name: str
    value: float
    labels: Mapping[str, str]


class MetricsSource(Protocol):
    """The interface that metrics need from a connection."""

    def measure(self) -> Mapping[str, float]:
        """Return the gauges by metric name, and the number of events missed so far."""
        ...


class Histogram:
    """Counts timings by bucket; see `BUCKETS`."""

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(BUCKETS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Record a timing.

        Args:
            seconds: the measured time.
        """
        self._counts[bisect_left(BUCKETS, seconds)] += 1
        self._sum += seconds

    def samples(self, name: str) -> Iterator[Sample]:
        """Yield the cumulative bucket counts, and the sum and count of all timings.

        Args:
            name: the metric's name.
        """
        total = 0
        for bound, count in zip((*map("{:g}".format, BUCKETS), "+Inf"), self._counts.copy(), strict=True):
            total += count
            yield Sample(f"{name}_bucket", total, {"le": bound})
        yield Sample(f"{name}_sum", self._sum, {})
        yield Sample(f"{name}_count", total, {})


class Metrics:
    """Counters and timings of one or more clients: ``connect(…, metrics=metrics)``, then ``metrics.prometheus()``.

    Nothing is counted for a client without metrics. Values may be read from any thread.

    Args:
        clock: a function that returns the Unix time in seconds, for measuring the delivery lag.
        monotonic: a function that returns monotonic time in seconds, for measuring how long sends take.
    """

    def __init__(self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._counters: Counter[tuple[str, str]] = Counter()
        self._histograms = {metric.name: Histogram() for metric in METRICS if metric.kind == "histogram"}
        self._sources: dict[int, MetricsSource] = {}
        self._opened: set[int] = set()
        self._begun: dict[str, float] = {}
        self.listeners: list[Callable[[str, float], None]] = []

    def __repr__(self) -> str:
        return f"<Metrics of {len(self._sources)} clients>"

    # -------------------------------------------------------------------- clients

    def add(self, source: MetricsSource) -> Callable[[Event], None]:
        """Start counting for a client. `odoochat.connect` calls this.

        Args:
            source: the client's connection.

        Returns:
            A function to call with each of the client's events.
        """
        number = id(source)
        self._sources[number] = source

        def count(event: Event) -> None:
            self._count(event, number)

        return count

    def remove(self, source: MetricsSource) -> None:
        """Stop counting for a client, but keep its counters.

        Args:
            source: the client's connection.
        """
        if self._sources.pop(id(source), None) is not None:
            self._opened.discard(id(source))
            missed = source.measure().get("odoochat_events_missed_total", 0)
            self._counters["odoochat_events_missed_total", ""] += int(missed)

    def posted(self, local_id: str) -> None:
        """Count a message that was posted.

        Args:
            local_id: its local id.
        """
        self._counters["odoochat_sends_total", "posted"] += 1
        if (begun := self._begun.get(local_id)) is not None:
            self._observe("odoochat_send_seconds", self._monotonic() - begun)

    def ended(self, local_id: str) -> None:
        """Discard the start time of a message that was posted, refused or cancelled.

        Args:
            local_id: its local id.
        """
        self._begun.pop(local_id, None)

    def _count(self, event: Event, source: int) -> None:
        self._counters["odoochat_events_total", type(event).__name__] += 1
        match event:
            case MessagePosted(message=message) if not message.mine:
                self._observe("odoochat_delivery_lag_seconds", max(0.0, self._clock() - message.date.timestamp()))
            case LinkChanged(state=state):
                self._counters["odoochat_link_changes_total", state] += 1
                if state == "open":
                    self._counters["odoochat_reconnects_total", ""] += source in self._opened
                    self._opened.add(source)
            case MessagePending(local_id=local_id, attempt=attempt):
                if attempt > 1:
                    self._counters["odoochat_send_retries_total", ""] += 1
                self._begun.setdefault(local_id, self._monotonic())
            case MessageFailed():
                self._counters["odoochat_sends_total", "failed"] += 1
            case _:
                pass

    def _observe(self, name: str, seconds: float) -> None:
        self._histograms[name].observe(seconds)
        for listener in tuple(self.listeners):
            listener(name, seconds)

    # -------------------------------------------------------------------- reading

    def samples(self) -> Iterator[Sample]:
        """Yield all current values, metric by metric."""
        sources = list(self._sources.values())
        gauges = defaultdict[str, float](float, odoochat_clients=len(sources))
        for source in sources:
            for name, value in source.measure().items():
                gauges[name] += value
        counters = self._counters.copy()
        for metric in METRICS:
            if metric.kind == "histogram":
                yield from self._histograms[metric.name].samples(metric.name)
            elif metric.label:
                found = sorted(label for name, label in counters if name == metric.name)
                for label in found:
                    yield Sample(metric.name, counters[metric.name, label], {metric.label: label})
            else:
                yield Sample(metric.name, counters[metric.name, ""] + gauges[metric.name], {})

    def value(self, name: str, label: str = "") -> float:
        """Return a single value; for a histogram, the number of timings.

        Args:
            name: the metric's name.
            label: the value of its label, for a metric that has one.

        Raises:
            KeyError: there is no such metric.
        """
        metric = next((m for m in METRICS if m.name == name), None)
        if metric is None:
            raise KeyError(name)
        wanted = f"{name}_count" if metric.kind == "histogram" else name
        labels = {metric.label: label} if metric.label else {}
        return next((s.value for s in self.samples() if s.name == wanted and s.labels == labels), 0)

    def prometheus(self) -> str:
        """Return all values in the Prometheus text format, version 0.0.4."""
        return prometheus_text(METRICS, self.samples())


def prometheus_text(metrics: Iterable[Metric], samples: Iterable[Sample]) -> str:
    """Return values in the Prometheus text format, version 0.0.4.

    Args:
        metrics: the metrics, in display order.
        samples: their values.
    """
    samples = list(samples)
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.text}", f"# TYPE {metric.name} {metric.kind}"]
        names = {metric.name}
        if metric.kind == "histogram":
            names = {f"{metric.name}_{part}" for part in ("bucket", "sum", "count")}
        for sample in samples:
            if sample.name in names:
                labels = ",".join(f'{key}="{value}"' for key, value in sample.labels.items())
                lines.append(f"{sample.name}{{{labels}}} {_number(sample.value)}".replace("{}", ""))
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
