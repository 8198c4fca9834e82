"""Progress bars: a single line on stderr, updated in place."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from odoochat.cli.streams import print_note
from odoochat.plural import counted
from odoochat.wire.content.body import safe_line

if TYPE_CHECKING:
    from odoochat.client.archive_sync import SyncProgress
    from odoochat.model import Progress

__all__ = ["ProgressBar", "StepBar", "format_size"]

REPAINT_SECONDS = 0.1
WIDTH = 24


class StatusLine:
    """One line on stderr, updated in place and cleared on exit; shown only if stderr is a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr is not None and sys.stderr.isatty()
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._next:
            print_note("\r\x1b[K", end="")

    def _show(self, line: Callable[[float], str], *, always: bool = False) -> None:
        """Show a line, at most ten times per second.

        Args:
            line: a function that returns the line for a given monotonic time, in seconds.
            always: whether to show it regardless of the rate limit.
        """
        now = time.monotonic()
        if self._shown and (always or now >= self._next):
            self._next = now + REPAINT_SECONDS
            print_note(f"\r{line(now)}\x1b[K", end="")


class ProgressBar(StatusLine):
    """A progress bar for a file transfer; shown only if stderr is a terminal.

    Args:
        name: the name of the file.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = safe_line(name, 30)
        self._started = time.monotonic()
        self._first: int | None = None

    def __call__(self, progress: Progress) -> None:
        """Show the progress, at most ten times per second.

        Args:
            progress: bytes transferred so far.
        """
        if self._first is None:  # a resumed download does not start at 0
            self._first = progress.done
        self._show(lambda now: self.line(progress, now - self._started), always=progress.done == progress.total)

    def line(self, progress: Progress, seconds: float) -> str:
        """Return the line to show.

        Args:
            progress: bytes transferred so far.
            seconds: seconds since the transfer started.
        """
        speed = (progress.done - (self._first or 0)) / seconds if seconds > 0 else 0.0
        done, rate = format_size(progress.done), f"{format_size(speed)}/s"
        if not progress.total:
            return f"{self._name}  {done}  {rate}"
        part = min(progress.done / progress.total, 1.0)
        return f"{self._name}  [{_bar(part)}] {part:4.0%}  {done} of {format_size(progress.total)}  {rate}"


class StepBar(StatusLine):
    """A progress bar for synchronization and export; shown only if stderr is a terminal."""

    def __call__(self, progress: SyncProgress) -> None:
        """Show how much of a channel's history has been fetched.

        Args:
            progress: the progress.
        """
        reached = f"  back to {progress.reached.astimezone():%Y-%m-%d}" if progress.reached is not None else ""
        name = safe_line(progress.channel, 30)
        line = f"{name}  [{_bar(progress.part)}] {progress.part:4.0%}  {counted(progress.messages, 'message')}{reached}"
        self._show(lambda _: line)

    def count(self, number: int) -> None:
        """Show how many messages have been written.

        Args:
            number: number of messages so far.
        """
        self._show(lambda _: f"{counted(number, 'message')} written")


def _bar(part: float) -> str:
    full = int(part * WIDTH)
    return "#" * full + "." * (WIDTH - full)


def format_size(count: float) -> str:
    """Format a byte count with a unit, e.g. ``1.5 MB``.

    Args:
        count: number of bytes.
    """
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
