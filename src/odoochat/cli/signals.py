"""Signals that end a command: Ctrl-C and SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

__all__ = ["Termination", "exit_on_signal", "on_signal", "wait_for_signal"]


class Termination:
    """Makes SIGTERM cancel a command as Ctrl-C does, so that it closes what it opened.

    Attributes:
        received: whether SIGTERM has arrived.
    """

    def __init__(self) -> None:
        self.received = False

    @contextmanager
    def cancelling(self) -> Generator[None]:
        """Cancel the current task on SIGTERM while the block runs, if the event loop supports signal handlers."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def cancel() -> None:
            self.received = True
            task.cancel()

        added = False
        with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, and threads
            loop.add_signal_handler(signal.SIGTERM, cancel)
            added = True
        try:
            yield
        finally:
            if added:
                loop.remove_signal_handler(signal.SIGTERM)


def on_signal(call: Callable[[signal.Signals], object]) -> None:
    """Call a function on Ctrl-C or SIGTERM, if the event loop supports signal handlers.

    Args:
        call: the function to call with the signal.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, and threads
            loop.add_signal_handler(number, call, number)


def exit_on_signal(code: int) -> None:
    """End the process immediately on a further Ctrl-C or SIGTERM, while it is ending anyway.

    Otherwise, a second signal that arrives after the event loop has removed its handlers would change the exit code.

    Args:
        code: the exit code.
    """

    def end(number: int, frame: object) -> None:
        os._exit(code)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, and threads
            loop.remove_signal_handler(number)
            signal.signal(number, end)


async def wait_for_signal() -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    on_signal(lambda _: stop.set())
    await stop.wait()
