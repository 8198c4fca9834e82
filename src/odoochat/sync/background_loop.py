"""Runs the event loop that all blocking clients in a process share, in a background thread."""

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
"""Interval in seconds at which a waiting thread checks that the loop is still running. Windows reports Ctrl-C only at
these points."""
CANCEL_SECONDS = 5.0
"""Time in seconds that an interrupted call waits for its task to end."""

IN_CALLBACK = (
    "a blocking call in a callback would wait for itself, because callbacks run in the connection's thread; "
    "keep callbacks short, and make the call after they return or in another thread"
)


class _Executor(ThreadPoolExecutor):
    """Runs jobs inline once Python can no longer start threads, so that file access still works at interpreter exit."""

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
    """A call that runs on the loop while another thread waits for its result.

    Args:
        function: called in the loop's thread. If it returns an awaitable, the awaitable is awaited.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._task: asyncio.Task[None] | None = None
        self._value: Any = None
        self._error: BaseException | None = None
        self.done = threading.Event()

    def start(self) -> None:
        """Run the call; called in the loop's thread."""
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
        """Cancel the call once its thread has stopped waiting; called in the loop's thread."""
        if self._task is None:
            self.done.set()  # the call has ended, or was never started
        else:  # only after the task's first step, so that it awaits the function's return value
            asyncio.get_running_loop().call_soon(self._task.cancel)

    def result(self) -> Any:
        """Return the result, or raise the error with the traceback from the client's own code."""
        if self._error is None:
            return self._value
        error, self._error = self._error, None
        if isinstance(error, StopAsyncIteration):
            error = StopIteration(*error.args)
        trace = error.__traceback__
        try:
            raise error.with_traceback(trace.tb_next if trace is not None else None)
        finally:
            del error, trace  # the traceback references this frame


class BackgroundLoop:
    """An event loop in its own daemon thread."""

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
            # Joining the executor requires a new thread, which Python 3.12 refuses at exit. The loop is closed anyway.
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
        """Whether the caller runs in this loop's thread."""
        return threading.get_ident() == self._thread.ident

    @property
    def is_inherited(self) -> bool:
        """Whether this process was forked from the one that created the loop, and therefore lacks the loop's thread."""
        return os.getpid() != self._process

    def call(self, function: Callable[[], Any], *, timeout: float | None = None) -> Any:
        """Run a function in the loop's thread and wait for its result.

        If an exception such as `KeyboardInterrupt` interrupts the wait, the call is cancelled before the exception
        propagates.

        Args:
            function: the function to run. If it returns an awaitable, the awaitable is awaited.
            timeout: seconds to wait; None to wait forever.

        Returns:
            The function's result.

        Raises:
            UsageError: the function needs the loop, and the caller is a callback in the loop's thread.
            TimeoutError: the call did not finish within the timeout and was cancelled.
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

        This method takes no lock, so a finalizer can call it in any thread.

        Args:
            function: the function to run.
            context: the context to run in; None for the caller's context.
        """
        if self._loop is None or self.is_inherited:
            return
        try:
            self._loop.call_soon_threadsafe(function, context=context)
        except RuntimeError:  # the loop is closed
            return

    def stop(self) -> None:
        """Stop the thread and wait for it, unless called from the thread itself."""
        if self._stopping is not None:
            self.post(self._stopping.set)
        if not self.is_current:
            self._thread.join()


def without_loop(function: Callable[[], Any], reason: str) -> Any:
    """Run a function in a context that cannot wait for the loop.

    Args:
        function: the function to run.
        reason: the error message to use if the function needs the loop.

    Returns:
        The function's result.

    Raises:
        UsageError: the function returned an awaitable or an async iterator.
    """
    value = function()
    if inspect.isawaitable(value) or hasattr(value, "__anext__") or hasattr(value, "__aenter__"):
        if (close := getattr(value, "close", None)) is not None:  # a coroutine that never runs, or a subscription
            close()
        raise UsageError(reason)
    return value


class _Shared:
    """The shared loop and its number of users."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.loop: BackgroundLoop | None = None
        self.users = 0
        self.inherited: list[BackgroundLoop | None] = []

    def forget(self) -> None:
        """Reset the state in a forked process.

        The parent's loop is kept, because collecting it would remove its sockets from the selector that both processes
        share.
        """
        self.inherited.append(self.loop)
        self.lock, self.loop, self.users = threading.Lock(), None, 0


_shared = _Shared()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_shared.forget)


def acquire() -> BackgroundLoop:
    """Return the shared loop, starting it if needed. Call `release` once for each `acquire`."""
    with _shared.lock:
        if _shared.loop is None:
            _shared.loop = BackgroundLoop()
        _shared.users += 1
        return _shared.loop


def running() -> BackgroundLoop | None:
    """Return the shared loop, or None if no client uses it."""
    return _shared.loop


def release(loop: BackgroundLoop) -> None:
    """Release the shared loop, which stops once its last user releases it.

    Args:
        loop: the loop returned by `acquire`.
    """
    with _shared.lock:
        if loop is not _shared.loop:
            return
        _shared.users -= 1
        if _shared.users > 0:
            return
        _shared.loop = None
    loop.stop()
