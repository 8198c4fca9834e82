"""Loading: imports what a command needs to connect, without garbage collection and on two cores."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from importlib import import_module
from threading import Thread

__all__ = ["finish_loading", "start_loading"]

CONNECTING = frozenset(
    f"odoochat.cli.commands.{name}"
    for name in (
        "channels", "files", "history", "listen", "members", "messages", "notifications", "people", "polls", "send",
        "threads",
    )
)  # fmt: skip
"""Modules of the commands that always connect to a server."""

BEFORE_CERTIFICATES = "aiohttp.resolver"
"""The last module that `aiohttp.connector` imports before it reads the certificate authorities."""


def start_loading(command: str) -> None:
    """Import aiohttp in a thread if a command needs it, and return when that thread only reads certificates.

    When aiohttp is imported, it reads the system's certificate authorities twice, which takes 30 ms and does not hold
    Python's global lock. Meanwhile the caller can import the command. This function waits until then, because two
    threads that both run Python code would only delay each other.

    Imports create no garbage, so looking for it is left out until `finish_loading`, which saves 10 ms.

    Args:
        command: name of the command's module.
    """
    if command not in CONNECTING or "aiohttp" in sys.modules:
        return
    gc.disable()
    thread = Thread(target=_import_aiohttp, name="odoochat import")
    thread.start()
    while thread.is_alive() and BEFORE_CERTIFICATES not in sys.modules:
        thread.join(0.001)


def finish_loading() -> None:
    """Collect garbage again, but not among the modules that were imported until now."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _import_aiohttp() -> None:
    with suppress(ImportError):  # raised again where the command needs aiohttp
        import_module("aiohttp")
