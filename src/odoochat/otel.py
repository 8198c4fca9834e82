"""Exports client metrics to the application's OpenTelemetry meter provider."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from odoochat.metrics import METRICS, Metric, Metrics

try:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation, get_meter
except ImportError as error:
    raise ImportError('odoochat.otel needs opentelemetry-api: pip install "opentelemetry-api>=1.28"') from error

__all__ = ["export"]


def export(metrics: Metrics, meter: Meter | None = None) -> None:
    """Register instruments that report metrics. Call this once for each `Metrics` object.

    Instrument names are the Prometheus names with dots instead of underscores, and without ``_total`` or ``_seconds``,
    e.g. ``odoochat.sends`` or ``odoochat.delivery.lag``. Timings are in seconds.

    Args:
        metrics: the metrics of one or more clients.
        meter: creates the instruments; None for the global provider's ``odoochat`` meter.
    """
    meter = meter if meter is not None else get_meter("odoochat")
    histograms: dict[str, Callable[[float], None]] = {}
    for metric in METRICS:
        name = instrument_name(metric)
        if metric.kind == "histogram":
            histograms[metric.name] = meter.create_histogram(name, unit="s", description=metric.text).record
        elif metric.kind == "counter":
            meter.create_observable_counter(name, [_reader(metrics, metric)], description=metric.text)
        else:
            meter.create_observable_gauge(name, [_reader(metrics, metric)], description=metric.text)
    metrics.listeners.append(lambda name, seconds: histograms[name](seconds))


def instrument_name(metric: Metric) -> str:
    """Return the instrument name for a metric.

    Args:
        metric: the metric.
    """
    return metric.name.removesuffix("_total").removesuffix("_seconds").replace("_", ".")


def _reader(metrics: Metrics, metric: Metric) -> Callable[[CallbackOptions], Iterable[Observation]]:
    def read(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(s.value, dict(s.labels)) for s in metrics.samples() if s.name == metric.name]

    return read
