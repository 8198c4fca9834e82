"""Opens the standard descriptors that the process was started without, as in ``odoochat listen 2>&-``."""

from __future__ import annotations

import os
import sys

__all__ = ["open_missing_descriptors"]


def open_missing_descriptors() -> None:
    """Open the null device for each closed descriptor from 0 to 2.

    Otherwise the first files and connections would get their numbers, and receive what a library or a child process
    writes to standard error. `sys.stdin` and `sys.stdout` stay None, so that commands can report that they are closed;
    `sys.stderr` discards what is written to it, because print() writes to standard output for ``file=None``.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)  # child processes need all three as well
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
