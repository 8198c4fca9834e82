"""Runs a sandbox in its own thread, for any kind of test or program: blocking, asyncio, or multiple event loops.

The sandbox's objects are accessed through a `Relay`, which runs calls one at a time in that thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractContextManager, suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from odoochat.sandbox.server import Sandbox

__all__ = ["Relay", "SandboxThread"]

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 60.0
"""Maximum time to wait for the thread, in seconds; the thread never waits for its caller, so a timeout is a bug."""


class SandboxThread:
    """Runs a sandbox in a thread.

    Args:
        make: creates the sandbox; called in the thread.
    """

    def __init__(self, make: Callable[[], Sandbox]) -> None:
        self._make = make
        self._started: Future[Sandbox] = Future()
        self._thread = threading.Thread(target=self._run, name="odoochat sandbox", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    def start(self) -> Sandbox:
        """Start the sandbox.

        Returns:
            The sandbox; use it only in functions passed to `call` and `submit`.

        Raises:
            OSError: the port is in use.
            ValueError: a sandbox argument is invalid.
        """
        self._thread.start()
        return self._started.result(SECONDS)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - re-raised by `start`
            if not self._started.done():
                self._started.set_exception(error)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self._make() as sandbox:
            self._started.set_result(sandbox)
            await self._stop.wait()

    def close(self) -> None:
        """Stop the sandbox and wait for its thread to end; safe to call twice, or before `start`."""
        if self._loop is None:
            return
        with suppress(RuntimeError):  # the loop is already closed
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(SECONDS)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine in the thread.

        Args:
            coroutine: the coroutine to run.

        Returns:
            A future for the coroutine's result.

        Raises:
            RuntimeError: the sandbox is closed.
        """
        if self._loop is None or not self._thread.is_alive():
            coroutine.close()
            raise RuntimeError("the sandbox is closed")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def call(self, function: Callable[P, T], /, *args: P.args, **options: P.kwargs) -> T:
        """Call a function in the thread and return its result.

        Args:
            function: the function to call.
            *args: positional arguments for the function.
            **options: keyword arguments for the function.
        """
        if threading.current_thread() is self._thread:
            return function(*args, **options)

        async def called() -> T:
            return function(*args, **options)

        return self.submit(called()).result(SECONDS)


class Relay:
    """A proxy for a sandbox object; attributes are read, set and called in the sandbox's thread.

    Sandbox objects in results are wrapped in relays too; plain values are returned unchanged.

    Args:
        thread: the sandbox's thread.
        target: the object to access.
    """

    __slots__ = ("_target", "_thread")

    def __init__(self, thread: SandboxThread, target: object) -> None:
        object.__setattr__(self, "_thread", thread)
        object.__setattr__(self, "_target", target)

    def __getattr__(self, name: str) -> Any:
        return _relayed(self._thread, self._thread.call(getattr, self._target, name))

    def __setattr__(self, name: str, value: object) -> None:
        self._thread.call(setattr, self._target, name, value)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return _call(self._thread, self._target, *args, **options)

    def __repr__(self) -> str:
        shown: str = self._thread.call(repr, self._target)
        return shown

    def __dir__(self) -> list[str]:
        names: list[str] = self._thread.call(dir, self._target)
        return names


class _RelayedBlock(AbstractContextManager[Any]):
    """Wraps a context manager from the sandbox, which is entered and exited in the sandbox's thread."""

    def __init__(self, thread: SandboxThread, target: AbstractContextManager[Any]) -> None:
        self._thread = thread
        self._target = target

    def __enter__(self) -> Any:
        return _relayed(self._thread, self._thread.call(self._target.__enter__))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._thread.call(self._target.__exit__, kind, error, trace)


def _relayed(thread: SandboxThread, value: Any) -> Any:
    if isinstance(value, (str, int, float, bytes, type(None), tuple, list, dict, set, frozenset)):
        return value
    if asyncio.iscoroutine(value):
        return asyncio.wrap_future(thread.submit(value))
    if isinstance(value, AbstractContextManager) and not type(value).__module__.startswith("odoochat."):
        return _RelayedBlock(thread, value)
    if callable(value) and not isinstance(value, type) and not type(value).__module__.startswith("odoochat."):
        return partial(_call, thread, value)
    return Relay(thread, value) if type(value).__module__.startswith("odoochat.sandbox.") else value


def _call(thread: SandboxThread, function: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
    return _relayed(thread, thread.call(function, *args, **options))
