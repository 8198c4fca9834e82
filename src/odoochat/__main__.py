"""Runs the command line: ``odoochat`` and ``python -m odoochat``."""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress

from odoochat.cli import main
from odoochat.cli.descriptors import open_missing_descriptors

__all__ = ["run"]


def run() -> int:
    """Run the command line as a process of its own, and end that process without freeing its modules one by one.

    Freeing them takes about 25 ms, and no command needs it. Threads are waited for, the exit handlers of the modules
    that the command imports are called, and the output is flushed.

    Returns:
        The exit code; see `odoochat.cli.main`.
    """
    code: int | None = None

    def end() -> None:
        if code is None:
            return  # an error is on its way, and Python reports it
        try:
            if sys.stdout is not None:
                sys.stdout.flush()
        except (OSError, ValueError):
            return  # closed, or the reader is gone: Python handles this at exit
        with suppress(OSError, ValueError):  # a message that cannot be written does not change the exit code
            sys.stderr.flush()
        os._exit(code)

    open_missing_descriptors()
    atexit.register(end)  # exit handlers run in reverse order, so this one runs last
    code = main()
    return code


if __name__ == "__main__":
    sys.exit(run())
