"""Sends the ``odoochat`` logger's output to stderr or a file."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from odoochat.private_file import write_private

__all__ = ["SafeFormatter", "log_to_file", "log_to_stderr", "without_log_line"]


def log_to_stderr(verbose: int, *, warnings: bool = False) -> None:
    """Print the library's log output to stderr.

    Args:
        verbose: number of ``-v`` flags; 0 logs nothing, 1 logs INFO and above, 2 logs DEBUG and above.
        warnings: whether to log warnings without ``-v``.
    """
    if not verbose and not warnings:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SafeFormatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log = logging.getLogger("odoochat")
    log.handlers = [h for h in log.handlers if not isinstance(h.formatter, SafeFormatter)] + [handler]
    _start(log, verbose)


def log_to_file(verbose: int, path: Path) -> None:
    """Append the library's log output to a file, for full-screen terminal programs.

    Args:
        verbose: number of ``-v`` flags; 1 logs INFO and above, 2 logs DEBUG and above.
        path: the log file, which only its owner can access.
    """
    if not path.exists():
        write_private(path, b"")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(SafeFormatter("%(asctime)s %(message)s"))
    log = logging.getLogger("odoochat")
    log.addHandler(handler)
    _start(log, verbose)


@contextmanager
def without_log_line(event: str) -> Generator[None]:
    """Drop the library's log lines for an event that the command reports itself.

    Args:
        event: the event's name, e.g. ``tls.unverified``.
    """

    def differs(record: logging.LogRecord) -> bool:
        return getattr(record, "event", None) != event

    log = logging.getLogger("odoochat")
    log.addFilter(differs)
    try:
        yield
    finally:
        log.removeFilter(differs)


def _start(log: logging.Logger, verbose: int) -> None:
    log.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)])
    log.propagate = False


class SafeFormatter(logging.Formatter):
    """Formats log lines, removing terminal escape sequences that a hostile server may have sent."""

    def format(self, record: logging.LogRecord) -> str:
        from odoochat.wire.content.body import safe_text

        return safe_text(super().format(record))
