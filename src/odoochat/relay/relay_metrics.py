"""Metrics of a relay: what it publishes, and which accounts and commands it handles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from odoochat.metrics import Histogram, Metric, Metrics, Sample, prometheus_text

__all__ = ["RELAY_METRICS", "RelayMetrics"]

RELAY_METRICS = (
    Metric("odoochat_relay_broker_up", "gauge", "Whether the broker takes events"),
    Metric("odoochat_relay_published_total", "counter", "Events that the broker acknowledged, by their type", "type"),
    Metric("odoochat_relay_duplicates_total", "counter", "Events that another account of the process had received"),
    Metric("odoochat_relay_retries_total", "counter", "Batches that were published again"),
    Metric("odoochat_relay_waiting", "gauge", "Events that the broker has not acknowledged yet"),
    Metric(
        "odoochat_relay_publish_seconds", "histogram", "Seconds from the receipt of an event to its acknowledgement"
    ),
    Metric("odoochat_relay_accounts", "gauge", "Accounts that this process serves, by their state", "state"),
    Metric("odoochat_relay_takeovers_total", "counter", "Accounts taken over from processes that had died"),
    Metric("odoochat_relay_processes", "gauge", "Processes of the relay that are alive"),
    Metric("odoochat_relay_commands_total", "counter", "Commands, by outcome: done, repeated or dead", "outcome"),
)
"""Every metric of a relay, in the order in which they are shown."""


class RelayMetrics:
    """Counts what a relay does.

    Args:
        gauges: returns the gauges by the names of their metrics and their labels, empty for none.

    Attributes:
        clients: what the clients of the accounts count.
        duplicates: number of events that another account had received.
        retries: number of batches that were published again.
        takeovers: number of accounts taken over.
        commands: number of commands by outcome.
    """

    def __init__(self, gauges: Callable[[], Mapping[tuple[str, str], float]]) -> None:
        self._gauges = gauges
        self.clients = Metrics()
        self.duplicates = 0
        self.retries = 0
        self.takeovers = 0
        self.commands: Counter[str] = Counter()
        self._published: Counter[str] = Counter()
        self._publishing = Histogram()

    def published(self, kind: str, seconds: float) -> None:
        """Count an event that was acknowledged.

        Args:
            kind: its type.
            seconds: since it was received.
        """
        self._published[kind] += 1
        self._publishing.observe(seconds)

    @property
    def total(self) -> int:
        """Number of events that were acknowledged."""
        return sum(self._published.values())

    def samples(self) -> Iterator[Sample]:
        """Yield all numbers of the relay as they are now, metric by metric."""
        totals: dict[tuple[str, str], float] = {
            ("odoochat_relay_duplicates_total", ""): self.duplicates,
            ("odoochat_relay_retries_total", ""): self.retries,
            ("odoochat_relay_takeovers_total", ""): self.takeovers,
            **{("odoochat_relay_published_total", kind): count for kind, count in self._published.items()},
            **{("odoochat_relay_commands_total", outcome): count for outcome, count in self.commands.items()},
            **self._gauges(),
        }
        for metric in RELAY_METRICS:
            if metric.kind == "histogram":
                yield from self._publishing.samples(metric.name)
                continue
            for (name, label), count in sorted(totals.items()):
                if name == metric.name:
                    yield Sample(name, count, {metric.label: label} if metric.label else {})

    def prometheus(self) -> str:
        """Return the numbers of the relay and of its clients in the text format of Prometheus, version 0.0.4."""
        return prometheus_text(RELAY_METRICS, self.samples()) + self.clients.prometheus()
