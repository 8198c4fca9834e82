"""Figures: two series of measurements, their ratio and their paired difference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Literal

from msgspec import Struct


def p95(values: Sequence[float]) -> float:
    """Return the 95th percentile, or a single value itself."""
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


class Series(Struct, frozen=True):
    """The summary of a series of measurements.

    Attributes:
        worse: the 95th percentile, or the 5th if more is better.
        better: the opposite percentile.
        count: number of measurements.
    """

    median: float
    worse: float
    better: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float], *, more_is_better: bool = False) -> Series:
        """Summarize measurements.

        Args:
            values: the measurements.
            more_is_better: whether a low value is the worse one.
        """
        high, low = p95(values), -p95([-value for value in values])
        worse, better = (low, high) if more_is_better else (high, low)
        return cls(median(values), worse, better, len(values))


class Row(Struct, frozen=True):
    """A figure as stored in results.json.

    Attributes:
        theirs: the summary of the peer, or of the limit.
        difference: the summary of the paired differences; None without pairs.
        measure: what the aim limits.
    """

    what: str
    unit: str
    against: str
    ours: Series
    theirs: Series
    ratio: float
    difference: Series | None
    measure: Literal["ratio", "difference"]
    aim: float
    more_is_better: bool
    limit: bool
    holds: bool


@dataclass(frozen=True)
class Figure:
    """One comparison.

    Attributes:
        ours: measurements of odoochat, in `unit`.
        raw: measurements of the other side, in `unit`, or the limit. If both have equally many, the n-th ones form
            a pair that was measured in turn.
        aim: the limit for the value given by `measure`; a minimum if `more_is_better`, otherwise a maximum.
        against: name of the other side, with its JSON parser where that matters.
        measure: what the aim limits: the ratio of the medians, or the median of the paired differences.
        limit: whether `raw` is a fixed number that was not measured.
    """

    what: str
    unit: str
    ours: Sequence[float]
    raw: Sequence[float]
    aim: float
    more_is_better: bool = False
    against: str = "raw loop"
    measure: Literal["ratio", "difference"] = "ratio"
    limit: bool = False

    @property
    def ratio(self) -> float:
        """odoochat's median divided by the other side's."""
        other = median(self.raw)
        return median(self.ours) / other if other else float(bool(median(self.ours)))

    @property
    def differences(self) -> list[float]:
        """The difference of each pair, odoochat's value minus the other side's; empty without pairs."""
        if self.limit or len(self.ours) != len(self.raw) or len(self.ours) < 2:
            return []
        return [ours - raw for ours, raw in zip(self.ours, self.raw, strict=True)]

    @property
    def measured(self) -> float:
        """The number that the aim limits."""
        if self.measure == "ratio":
            return self.ratio
        return median(self.differences) if self.differences else median(self.ours) - median(self.raw)

    @property
    def holds(self) -> bool:
        """Whether the aim is met."""
        return self.measured >= self.aim if self.more_is_better else self.measured <= self.aim

    def row(self) -> Row:
        """Return the figure as stored in results.json."""
        more, differences = self.more_is_better, self.differences
        return Row(
            self.what, self.unit, self.against,
            Series.of(self.ours, more_is_better=more), Series.of(self.raw, more_is_better=more), self.ratio,
            Series.of(differences, more_is_better=more) if differences else None,
            self.measure, self.aim, more, self.limit, self.holds,
        )  # fmt: skip

    def line(self) -> str:
        """Return the row of the printed table."""
        return line(self.row())


HEAD = (
    f"{'measured':52} {'odoochat':>10} {'p95':>10}  {'against':24} {'median':>10} {'p95':>10}      "
    f"{'ratio':>8} {'diff.':>9} {'p95':>9}  aim"
)


def line(row: Row) -> str:
    """Return the printed row of a figure."""
    ours, theirs, by = row.ours, row.theirs, row.difference
    pair = f"{by.median:>9.3f} {by.worse:>9.3f}" if by else f"{'':9} {'':9}"
    return (
        f"{row.what[:52]:52} {ours.median:>10.3f} {ours.worse:>10.3f}  {row.against[:24]:24} {theirs.median:>10.3f} "
        f"{theirs.worse:>10.3f} {row.unit:4} {row.ratio:>8.3f} {pair}  {aim_text(row)}{'' if row.holds else ' MISSED'}"
    )


def aim_text(row: Row) -> str:
    """Return the aim of a figure in words."""
    sign = "≥" if row.more_is_better else "≤"
    return f"{sign} {row.aim:g}" if row.measure == "ratio" else f"{sign} {row.aim:g} {row.unit} more"


def in_turn(rounds: int, *sides: Callable[[], float], warm_up: int = 1) -> list[list[float]]:
    """Measure multiple sides in turn, starting each round with a different one.

    Args:
        rounds: number of measurements of each side.
        sides: each returns one measurement.
        warm_up: number of rounds to run first and discard.

    Returns:
        The measurements of each side. Those with the same index were taken in the same round.
    """
    found: list[list[float]] = [[] for _ in sides]
    for number in range(-warm_up, rounds):
        for place in range(len(sides)):
            at = (place + number) % len(sides)
            value = sides[at]()
            if number >= 0:
                found[at].append(value)
    return found


def milliseconds(work: Callable[[], object]) -> float:
    """Return the time in milliseconds that a function takes."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
