"""Loop iteration: distinguishes the first piece of work in an iteration of the event loop from those that follow."""

from __future__ import annotations

import asyncio

__all__ = ["LoopIteration"]


class LoopIteration:
    """The current iteration of the event loop."""

    __slots__ = ("_begun",)

    def __init__(self) -> None:
        self._begun = False

    def begin(self) -> bool:
        """Return True if this is the first call in the current iteration."""
        if self._begun:
            return False
        self._begun = True
        asyncio.get_running_loop().call_soon(self._end)
        return True

    def _end(self) -> None:
        self._begun = False
