"""Relay metrics: published events, accounts and commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from odoochat.metrics import Histogram, Metric, Metrics, Sample, prometheus_text

__all__ = ["RELAY_METRICS", "RelayMetrics"]

RELAY_METRICS = (
    Metric("odoochat_relay_broker_up", "gauge", "Whether the broker is accepting events"),
    Metric("odoochat_relay_published_total", "counter", "Events acknowledged by the broker, by type", "type"),
    Metric(
        "odoochat_relay_duplicates_total", "counter", "Events that another account in the process had already received"
    ),
    Metric("odoochat_relay_retries_total", "counter", "Batches that were published again"),
    Metric("odoochat_relay_waiting", "gauge", "Events that the broker has not acknowledged yet"),
    Metric(
        "odoochat_relay_publish_seconds", "histogram", "Seconds from the receipt of an event to its acknowledgement"
    ),
    Metric("odoochat_relay_accounts", "gauge", "Accounts that this process serves, by state", "state"),
    Metric("odoochat_relay_takeovers_total", "counter", "Accounts taken over from dead processes"),
    Metric("odoochat_relay_processes", "gauge", "Live processes of the relay"),
    Metric("odoochat_relay_commands_total", "counter", "Commands, by outcome: done, repeated or dead", "outcome"),
)
"""All relay metrics, in output order."""


class RelayMetrics:
    """Counts a relay's activity.

    Args:
        gauges: returns gauge values by metric name and labels (empty for none).

    Attributes:
        clients: metrics of the accounts' clients.
        duplicates: number of events that another account had already received.
        retries: number of batches republished.
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
        """Count an acknowledged event.

        Args:
            kind: the event type.
            seconds: time since the event was received.
        """
        self._published[kind] += 1
        self._publishing.observe(seconds)

    @property
    def total(self) -> int:
        """Total number of acknowledged events."""
        return sum(self._published.values())

    def samples(self) -> Iterator[Sample]:
        """Yield the current samples of all relay metrics, grouped by metric."""
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
        """Return the metrics of the relay and its clients in Prometheus text format, version 0.0.4."""
        return prometheus_text(RELAY_METRICS, self.samples()) + self.clients.prometheus()
