"""Prompts on the terminal, kept separate from the results on stdout."""

from __future__ import annotations

import getpass
import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager

from odoochat.cli.exit_codes import TERMINATED
from odoochat.cli.streams import is_interactive, print_note

__all__ = ["prompt", "prompt_totp"]


def prompt(text: str, *, secret: bool = False) -> str:
    """Prompt the user on the terminal.

    Args:
        text: the prompt, including the trailing space.
        secret: whether to hide the input.

    Returns:
        The input, or "" if nothing was entered.
    """
    with _interruptible():
        try:
            if secret:
                return getpass.getpass(text)
            print_note(text, end="")
            return input().strip()
        except EOFError:
            print_note("")
            return ""


def prompt_totp() -> str:
    """Prompt for the two-factor code; return "" if there is no terminal."""
    return prompt("Two-factor code: ") if is_interactive() else ""


@contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl-C and SIGTERM interrupt a prompt; the event loop's own handlers would only record the signal.

    SIGTERM's default action would leave the terminal without echo.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupted = signal.signal(signal.SIGINT, signal.default_int_handler)
    terminated = signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, terminated)
        signal.signal(signal.SIGINT, interrupted)


def _exit(*_: object) -> None:
    raise SystemExit(TERMINATED)
