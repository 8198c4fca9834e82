"""A progress bar for files: one line on stderr that is overwritten."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from odoochat.wire.content.body import safe_line

if TYPE_CHECKING:
    from odoochat.client.archive_sync import SyncProgress
    from odoochat.model import Progress

__all__ = ["ProgressBar", "StepBar", "format_size"]

REPAINT_SECONDS = 0.1
WIDTH = 24


class ProgressBar:
    """A progress bar; it shows nothing unless stderr is a terminal.

    Args:
        name: the name of what is transferred.
    """

    def __init__(self, name: str) -> None:
        self._name = safe_line(name, 30)
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._started = time.monotonic()
        self._first: int | None = None
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._next:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def __call__(self, progress: Progress) -> None:
        """Show the progress, at most ten times a second.

        Args:
            progress: bytes transferred so far.
        """
        if not self._shown:
            return
        if self._first is None:  # a resumed download does not begin at 0
            self._first = progress.done
        now = time.monotonic()
        if now >= self._next or progress.done == progress.total:
            self._next = now + REPAINT_SECONDS
            print(f"\r{self.line(progress, now - self._started)}\x1b[K", end="", file=sys.stderr, flush=True)

    def line(self, progress: Progress, seconds: float) -> str:
        """Return the line for one moment.

        Args:
            progress: bytes transferred so far.
            seconds: the time since the transfer started.
        """
        speed = (progress.done - (self._first or 0)) / seconds if seconds > 0 else 0.0
        done, rate = format_size(progress.done), f"{format_size(speed)}/s"
        if not progress.total:
            return f"{self._name}  {done}  {rate}"
        part = min(progress.done / progress.total, 1.0)
        full = int(part * WIDTH)
        bar = "#" * full + "." * (WIDTH - full)
        return f"{self._name}  [{bar}] {part:4.0%}  {done} of {format_size(progress.total)}  {rate}"


class StepBar:
    """The progress of a work in steps, such as messages; it shows nothing unless stderr is a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._next:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def __call__(self, progress: SyncProgress) -> None:
        """Show how far the history of a channel is.

        Args:
            progress: the progress.
        """
        full = int(progress.part * WIDTH)
        bar = "#" * full + "." * (WIDTH - full)
        reached = f"  back to {progress.reached.astimezone():%Y-%m-%d}" if progress.reached is not None else ""
        name = safe_line(progress.channel, 30)
        self._show(f"{name}  [{bar}] {progress.part:4.0%}  {progress.messages} messages{reached}")

    def count(self, number: int) -> None:
        """Show how many messages were written.

        Args:
            number: of messages so far.
        """
        self._show(f"{number} messages written")

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + REPAINT_SECONDS
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)


def format_size(count: float) -> str:
    """Return a number of bytes with its unit, e.g. ``1.5 MB``.

    Args:
        count: bytes.
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
