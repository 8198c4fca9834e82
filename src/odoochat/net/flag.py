"""Flag: a small replacement for `asyncio.Event`."""

from __future__ import annotations

import asyncio

__all__ = ["Flag"]


class Flag:
    """A flag that tasks can wait for. Unlike `asyncio.Event`, it does not take up a kilobyte while idle."""

    __slots__ = ("_set", "_waiters")

    def __init__(self) -> None:
        self._set = False
        self._waiters: list[asyncio.Future[None]] | None = None

    def __repr__(self) -> str:
        return f"<Flag{' set' if self._set else ''}>"

    def is_set(self) -> bool:
        """Return whether the flag is set."""
        return self._set

    def set(self) -> None:
        """Set the flag and wake all waiting tasks."""
        self._set = True
        if self._waiters is not None:
            self.pulse()

    def clear(self) -> None:
        """Reset the flag. Tasks that have already been woken still continue."""
        self._set = False

    def pulse(self) -> None:
        """Wake all tasks that are currently waiting, without setting the flag."""
        if self._waiters is None:
            return
        waiters, self._waiters = self._waiters, None
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(self) -> None:
        """Wait until the flag is set or pulsed; return immediately if the flag is already set."""
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
