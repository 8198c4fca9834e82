"""Signals that end a command: Ctrl-C and SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

__all__ = ["on_signal", "wait_for_signal"]


def on_signal(call: Callable[[signal.Signals], object]) -> None:
    """Call a function on Ctrl-C or SIGTERM, if the event loop supports signal handlers.

    Args:
        call: the function to call with the signal.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, and threads
            loop.add_signal_handler(number, call, number)


async def wait_for_signal() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    on_signal(lambda _: stop.set())
    await stop.wait()
