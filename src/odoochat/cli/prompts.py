"""Prompts on the terminal, apart from the results on stdout."""

from __future__ import annotations

import getpass
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager

from odoochat.cli.streams import is_interactive, print_note

__all__ = ["prompt", "prompt_totp"]


def prompt(text: str, *, secret: bool = False) -> str:
    """Ask the user on the terminal.

    Args:
        text: the prompt, with the space at its end.
        secret: whether to hide what is typed.

    Returns:
        The answer, "" when there is none.
    """
    with _interruptible():
        try:
            if secret:
                return getpass.getpass(text)
            print(text, end="", file=sys.stderr, flush=True)
            return input().strip()
        except EOFError:
            print_note("")
            return ""


def prompt_totp() -> str:
    """Ask for the code of the second factor; "" without a terminal."""
    return prompt("Code of the second factor: ") if is_interactive() else ""


@contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl-C end a prompt; the event loop's own handler would only record it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
