"""How far a file is, in one line on stderr that is written over."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from odoochat.model import Progress
from odoochat.wire.content.body import safe_line

__all__ = ["Bar"]

AGAIN_SECONDS = 0.1
WIDTH = 24


class Bar:
    """A progress bar; it shows nothing unless stderr is a terminal.

    Args:
        name: of what goes over the line.
    """

    def __init__(self, name: str) -> None:
        self._name = safe_line(name, 30)
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._begun = time.monotonic()
        self._first: int | None = None
        self._next = 0.0

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._next:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def __call__(self, progress: Progress) -> None:
        """Shows how far it is, a few times a second."""
        if not self._shown:
            return
        if self._first is None:  # a download may go on where an earlier one was cut
            self._first = progress.done
        now = time.monotonic()
        if now >= self._next or progress.done == progress.total:
            self._next = now + AGAIN_SECONDS
            print(f"\r{self.line(progress, now - self._begun)}\x1b[K", end="", file=sys.stderr, flush=True)

    def line(self, progress: Progress, seconds: float) -> str:
        """The line for one moment.

        Args:
            seconds: since it began.
        """
        speed = (progress.done - (self._first or 0)) / seconds if seconds > 0 else 0.0
        if not progress.total:
            return f"{self._name}  {size(progress.done)}  {size(speed)}/s"
        part = min(progress.done / progress.total, 1.0)
        full = int(part * WIDTH)
        bar = "#" * full + "." * (WIDTH - full)
        return f"{self._name}  [{bar}] {part:4.0%}  {size(progress.done)} of {size(progress.total)}  {size(speed)}/s"


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
