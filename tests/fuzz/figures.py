"""What a fuzz run measured, as rows of a table."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass, field
from pathlib import Path

STALL_SECONDS = 1.0
GROWTH_BYTES = 48 * 2**20
MOST_FAULTS = 5


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@dataclass
class Figures:
    """One row.

    Attributes:
        refused: inputs that ended in an error of odoochat, as they should when they are wrong.
        slowest: processor seconds of the slowest input, or of the longest stall of the event loop.
        growth: bytes by which memory grew after the first quarter of the run.
        faults: everything that must not happen, with the input or the traceback.
    """

    name: str
    runs: int = 0
    refused: int = 0
    slowest: float = 0.0
    growth: int = 0
    faults: list[str] = field(default_factory=list)

    def crashed(self, error: BaseException, what: str) -> None:
        """Keep an error that is not one of odoochat's own."""
        lines = traceback.format_exception(error)
        self.fault(f"{type(error).__name__}: {str(error)[:200]}\n  on {what[:300]}\n{''.join(lines[-4:])}")

    def fault(self, what: str) -> None:
        """Keep something that must not happen; the first ones are enough."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"{self.name}: {what}")

    def took(self, seconds: float, what: str) -> None:
        """Record the time of one input; raise when it is too long."""
        if seconds > max(self.slowest, STALL_SECONDS):
            self.fault(f"took {seconds:.2f} s: {what[:300]}")
        self.slowest = max(self.slowest, seconds)

    def grew(self, growth: int) -> None:
        """Record the growth of memory; raise when it is too large."""
        self.growth = growth
        if growth > GROWTH_BYTES:
            self.fault(f"the memory grew by {growth / 2**20:.0f} MB")

    def line(self) -> str:
        """The row of the table."""
        verdict = "ok" if not self.faults else f"{len(self.faults)} FAULTS"
        return (
            f"{self.name:32} {self.runs:8} {self.refused:8} {self.slowest * 1000:9.1f} ms"
            f" {self.growth / 2**20:8.1f} MB  {verdict}"
        )


HEAD = f"{'target':32} {'runs':>8} {'refused':>8} {'slowest':>12} {'memory':>11}"
