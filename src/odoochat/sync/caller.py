"""Runs a blocking client's calls on the background loop."""

from __future__ import annotations

import asyncio
import atexit
import threading
import warnings
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any

from odoochat.client.client import Client
from odoochat.client.connect import connect
from odoochat.errors import UsageError
from odoochat.sync.background_loop import IN_CALLBACK, BackgroundLoop, acquire, release, running, without_loop

__all__ = ["ClientCaller"]

EXIT_SECONDS = 10.0
"""Time in seconds to wait at exit for a client that the program did not close."""

CLOSED = "the client is closed; connect again with odoochat.sync.connect(…)"
FORKED = (
    "this client was connected in another process, and a fork does not copy its thread; connect again in this process"
)


class ClientCaller:
    """Runs one client's calls on the loop, and closes the client.

    Args:
        opening: the object returned by `odoochat.connect`.

    Attributes:
        client: the connected client.

    Raises:
        OdooChatError: see `odoochat.connect`.
    """

    def __init__(self, opening: connect) -> None:
        self._closed = True  # there is nothing to close until the client is open
        self._opening = opening
        self._closing = threading.Lock()
        self._loop: BackgroundLoop = acquire()
        try:
            self.client: Client = self._loop.call(opening.__aenter__)
        except BaseException:
            release(self._loop)
            raise
        self._closed = False
        _open.add(self)

    def __del__(self, warn: Callable[..., None] = warnings.warn) -> None:
        if self._closed or self._loop.is_inherited:
            return
        self._closed = True
        warn(f"unclosed {self.client!r}; use `with odoochat.sync.connect(…)`", ResourceWarning, source=self)
        # A finalizer can run in any thread at any time, so it must not wait.
        self._loop.post(partial(_close_later, self._opening, self._loop))

    @property
    def closed(self) -> bool:
        """Whether the client has been closed."""
        return self._closed

    @property
    def is_inherited(self) -> bool:
        """Whether the client belongs to this process's parent."""
        return self._loop.is_inherited

    def call(self, function: Callable[[], Any]) -> Any:
        """Run one of the client's functions in the loop's thread and wait for its result.

        After the client is closed, functions that do not need a connection still run.

        Args:
            function: the function to run. If it returns an awaitable, the awaitable is awaited.

        Returns:
            The function's result.

        Raises:
            UsageError: the client is closed or belongs to another process, or the caller is a callback.
        """
        if self._loop.is_inherited:
            raise UsageError(FORKED)
        if self._closed:
            return without_loop(function, CLOSED)
        return self._loop.call(function)

    def post(self, function: Callable[[], Any]) -> None:
        """Run a function in the loop's thread without waiting for it.

        Args:
            function: the function to run. If it returns an awaitable, the loop awaits it.
        """
        if not self._closed:
            self._loop.post(partial(_start, function))

    def close(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
        *,
        timeout: float | None = None,
    ) -> None:
        """Close the client; safe to call twice, and from multiple threads.

        Args:
            kind: type of the exception that ended the ``with`` block, or None.
            error: the exception, or None.
            trace: the exception's traceback, or None.
            timeout: seconds to wait; None to wait forever.

        Raises:
            ConfigError: the state file could not be written; everything is still closed.
            UsageError: the caller is a callback, which must not wait for the loop.
            TimeoutError: closing did not finish within the timeout.
        """
        if self._closed or self._loop.is_inherited:
            return
        ending = partial(self._opening.__aexit__, kind, error, trace)
        if self._loop.is_current:
            without_loop(ending, IN_CALLBACK)
        with self._closing:  # a second thread waits until everything is closed
            if self._closed:
                return
            try:
                self._loop.call(ending, timeout=timeout)
            finally:
                self._closed = True
                _open.discard(self)
                release(self._loop)


def _start(function: Callable[[], Any]) -> None:
    """Run a function and await its result in a task; called in the loop's thread."""
    waiting = function()
    if waiting is not None:
        task = asyncio.ensure_future(waiting)
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


def _close_later(opening: connect, loop: BackgroundLoop) -> None:
    async def close() -> None:
        try:
            await opening.__aexit__(None, None, None)
        finally:
            release(loop)

    _start(close)


_tasks: set[Any] = set()
_open: weakref.WeakSet[ClientCaller] = weakref.WeakSet()


def _close_all() -> None:
    """Close clients that the program left open, so that their state is saved and the server sees them disconnect."""
    for caller in list(_open):
        if not caller.closed and not caller.is_inherited:
            text = f"unclosed {caller.client!r} at the end of the program"
            warnings.warn(text, ResourceWarning, stacklevel=1, source=caller)
            caller.close(timeout=EXIT_SECONDS)
    if (loop := running()) is not None:  # garbage-collected clients are still closing
        with suppress(UsageError, TimeoutError):
            loop.call(lambda: asyncio.wait(_tasks) if _tasks else None, timeout=EXIT_SECONDS)


atexit.register(_close_all)
