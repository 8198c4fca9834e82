"""The background thread: one event loop that all blocking clients of a process share."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from odoochat.errors import UsageError

__all__ = ["IN_CALLBACK", "BackgroundLoop", "acquire", "release", "running", "without_loop"]

SLICE = 0.5
"""Seconds after which a waiting thread checks that the loop still runs; Windows reports Ctrl-C only then."""
CANCEL_SECONDS = 5.0
"""Seconds for which an interrupted call waits until its task has ended."""

IN_CALLBACK = (
    "a blocking call in a callback would wait for itself, because callbacks run in the thread of the connection; "
    "keep callbacks short, and make the call after they return or in a thread of your own"
)


class _Executor(ThreadPoolExecutor):
    """Runs jobs at once when Python starts no more threads: at its end, files can still be read and written."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            return super().submit(fn, *args, **kwargs)
        except RuntimeError:
            future: Future[Any] = Future()
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001
                future.set_exception(error)
            return future


class _WaitingCall:
    """One call that a thread waits for while the loop carries it out.

    Args:
        function: called in the loop's thread; when it returns an awaitable, that one is awaited.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._task: asyncio.Task[None] | None = None
        self._value: Any = None
        self._error: BaseException | None = None
        self.done = threading.Event()

    def start(self) -> None:
        """Carry the call out; runs in the loop's thread."""
        try:
            value = self._function()
        except BaseException as error:  # noqa: BLE001
            self._error = error
            self.done.set()
            return
        if inspect.isawaitable(value):
            self._task = asyncio.get_running_loop().create_task(self._finish(value), name="odoochat blocking call")
        else:
            self._value = value
            self.done.set()

    async def _finish(self, waiting: Any) -> None:
        try:
            self._value = await waiting
        except asyncio.CancelledError:
            self._error = UsageError("the client was closed during the call")
        except BaseException as error:  # noqa: BLE001
            self._error = error
        finally:
            self.done.set()

    def cancel(self) -> None:
        """Cancel the call, because its thread waits no longer; runs in the loop's thread."""
        if self._task is None:
            self.done.set()  # it ended, or was never started
        else:  # not before the first step of the task, so that it awaits what the function returned
            asyncio.get_running_loop().call_soon(self._task.cancel)

    def result(self) -> Any:
        """Return the value, or raise the error with the traceback of the client's own code."""
        if self._error is None:
            return self._value
        error, self._error = self._error, None
        if isinstance(error, StopAsyncIteration):
            error = StopIteration(*error.args)
        trace = error.__traceback__
        try:
            raise error.with_traceback(trace.tb_next if trace is not None else None)
        finally:
            del error, trace  # the traceback holds this frame


class BackgroundLoop:
    """An event loop in a daemon thread of its own."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="odoochat", daemon=True)
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        runner = asyncio.Runner()
        try:
            runner.run(self._main())
        finally:
            # Joining the executor takes a thread, which Python 3.12 refuses at its end; the loop is closed anyway.
            with suppress(RuntimeError):
                runner.close()

    async def _main(self) -> None:
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(_Executor(thread_name_prefix="odoochat"))
        self._ready.set()
        await self._stopping.wait()

    @property
    def is_current(self) -> bool:
        """Whether the caller runs in the thread of this loop."""
        return threading.get_ident() == self._thread.ident

    @property
    def is_inherited(self) -> bool:
        """Whether this process is a fork of the one that made the loop: its thread does not exist here."""
        return os.getpid() != self._process

    def call(self, function: Callable[[], Any], *, timeout: float | None = None) -> Any:
        """Run a function in the loop's thread, and wait for its result.

        A call that an exception interrupts, such as `KeyboardInterrupt`, is cancelled before the exception continues.

        Args:
            function: what to run; when it returns an awaitable, that one is awaited.
            timeout: seconds to wait; None to wait forever.

        Returns:
            Its result.

        Raises:
            UsageError: it needs the loop, and the caller is a callback in the loop's thread.
            TimeoutError: it did not end in time; it was cancelled.
        """
        if self.is_current:
            return without_loop(function, IN_CALLBACK)
        call, context = _WaitingCall(function), contextvars.copy_context()
        try:
            self.post(call.start, context)
            self._wait(call, timeout)
        except BaseException:
            self.post(call.cancel, context)
            call.done.wait(CANCEL_SECONDS)
            raise
        return call.result()

    def _wait(self, call: _WaitingCall, timeout: float | None) -> None:
        left = timeout
        while not call.done.wait(SLICE if left is None else min(SLICE, left)):
            if left is not None:
                left -= SLICE
                if left <= 0:
                    raise TimeoutError
            if not self._thread.is_alive() and not call.done.is_set():
                raise UsageError("the client was closed during the call")

    def post(self, function: Callable[[], Any], context: contextvars.Context | None = None) -> None:
        """Run a function in the loop's thread without waiting for it.

        It takes no lock, so that a finalizer may call it wherever the garbage collector happens to run.

        Args:
            function: what to run.
            context: the context variables that it sees; None for those of the caller.
        """
        if self._loop is None or self.is_inherited:
            return
        try:
            self._loop.call_soon_threadsafe(function, context=context)
        except RuntimeError:  # the loop is closed
            return

    def stop(self) -> None:
        """End the thread, and wait for it unless this is the thread itself."""
        if self._stopping is not None:
            self.post(self._stopping.set)
        if not self.is_current:
            self._thread.join()


def without_loop(function: Callable[[], Any], reason: str) -> Any:
    """Run a function where no loop can be waited for.

    Args:
        function: what to run.
        reason: the text of the error when it needs the loop.

    Returns:
        Its result.

    Raises:
        UsageError: it returned an awaitable or an async iterator.
    """
    value = function()
    if inspect.isawaitable(value) or hasattr(value, "__anext__") or hasattr(value, "__aenter__"):
        if (close := getattr(value, "close", None)) is not None:  # a coroutine that never runs, or a subscription
            close()
        raise UsageError(reason)
    return value


class _Shared:
    """The loop that is shared, with the number of its users."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.loop: BackgroundLoop | None = None
        self.users = 0
        self.inherited: list[BackgroundLoop | None] = []

    def forget(self) -> None:
        """Start afresh in a forked process.

        The loop of the parent is kept: were it collected, it would take its sockets out of the selector that both
        processes share.
        """
        self.inherited.append(self.loop)
        self.lock, self.loop, self.users = threading.Lock(), None, 0


_shared = _Shared()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_shared.forget)


def acquire() -> BackgroundLoop:
    """Return the shared loop, and start it when there is none. Each use ends with `release`."""
    with _shared.lock:
        if _shared.loop is None:
            _shared.loop = BackgroundLoop()
        _shared.users += 1
        return _shared.loop


def running() -> BackgroundLoop | None:
    """Return the shared loop, None when no client uses it."""
    return _shared.loop


def release(loop: BackgroundLoop) -> None:
    """End a use of the shared loop; the last one stops it.

    Args:
        loop: as `acquire` returned it.
    """
    with _shared.lock:
        if loop is not _shared.loop:
            return
        _shared.users -= 1
        if _shared.users > 0:
            return
        _shared.loop = None
    loop.stop()
