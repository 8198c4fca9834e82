"""Runs the command line: ``odoochat`` and ``python -m odoochat``."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress

from odoochat.cli import main
from odoochat.cli.descriptors import open_missing_descriptors

__all__ = ["run"]


def run() -> int:
    """Run the command line as a process of its own, and end that process without freeing its modules one by one.

    Freeing them takes about 25 ms, and no command needs it. Threads are waited for, exit handlers are called, and the
    output is flushed. A bot's own modules are freed as usual, because that closes their files.

    Returns:
        The exit code; see `odoochat.cli.main`.
    """
    open_missing_descriptors()
    # Handlers registered earlier, e.g. by sitecustomize, would run after `end`. Only CPython can count them.
    if getattr(atexit, "_ncallbacks", lambda: 1)():
        return main()
    code: int | None = None

    def end() -> None:
        if code is None:  # Python reports an error, or frees the modules of a bot
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)  # a second signal would change the exit code
            return
        try:
            if sys.stdout is not None:
                sys.stdout.flush()
        except (OSError, ValueError):
            return  # closed, or the reader is gone: Python handles this at exit
        with suppress(OSError, ValueError):  # a message that cannot be written does not change the exit code
            sys.stderr.flush()
        os._exit(code)

    atexit.register(end)  # exit handlers run in reverse order, so this one runs last
    ended = main()
    if "odoochat.bot" not in sys.modules:
        code = ended
    return ended


if __name__ == "__main__":
    sys.exit(run())
