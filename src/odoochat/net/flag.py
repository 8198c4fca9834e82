"""Flags: what tasks wait for, small while no task waits."""

from __future__ import annotations

import asyncio

__all__ = ["Flag"]


class Flag:
    """A flag that tasks wait for, as `asyncio.Event`, which takes a kilobyte for its empty queue of waiters."""

    __slots__ = ("_set", "_waiters")

    def __init__(self) -> None:
        self._set = False
        self._waiters: list[asyncio.Future[None]] | None = None

    def __repr__(self) -> str:
        return f"<Flag{' set' if self._set else ''}>"

    def is_set(self) -> bool:
        """Return whether it is set."""
        return self._set

    def set(self) -> None:
        """Set it; the tasks that wait continue."""
        self._set = True
        self.pulse()

    def clear(self) -> None:
        """Reset it; tasks that continue because it was set still do."""
        self._set = False

    def pulse(self) -> None:
        """Let the tasks that wait now continue, without setting the flag."""
        waiters, self._waiters = self._waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self) -> None:
        """Wait until it is set or pulsed; return at once when it is set."""
        if self._set:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            self._forget(waiter)

    def _forget(self, waiter: asyncio.Future[None]) -> None:
        if self._waiters is not None and waiter in self._waiters:
            self._waiters.remove(waiter)
