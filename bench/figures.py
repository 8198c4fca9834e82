"""Figures: two series of measurements and the ratio of their medians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile; of one value, that value."""
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


@dataclass(frozen=True)
class Figure:
    """One comparison.

    Attributes:
        ours: measurements of odoochat, in `unit`.
        raw: measurements of the other side, in `unit`.
        aim: the limit of the ratio of the medians; a minimum when `more_is_better`, else a maximum.
    """

    what: str
    unit: str
    ours: Sequence[float]
    raw: Sequence[float]
    aim: float
    more_is_better: bool = False

    @property
    def ratio(self) -> float:
        """The median of odoochat divided by that of the other side."""
        return median(self.ours) / median(self.raw)

    @property
    def holds(self) -> bool:
        """Whether the aim is met."""
        return self.ratio >= self.aim if self.more_is_better else self.ratio <= self.aim

    def line(self) -> str:
        """Return the row of the printed table."""
        cells = [median(self.ours), p95(self.ours), median(self.raw), p95(self.raw)]
        shown = " ".join(f"{c:>9.2f} {self.unit}" for c in cells)
        sign = ">=" if self.more_is_better else "<="
        return f"{self.what:44} {shown} {self.ratio:>7.3f}  {sign} {self.aim} {'' if self.holds else 'MISSED'}"
