"""Loop iteration: distinguishes the first piece of work in an iteration of the event loop from those that follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["LoopIteration"]


class LoopIteration:
    """The current iteration of the event loop.

    Args:
        ended: called at the end of an iteration in which `begin` was called.

    Attributes:
        begun: whether `begin` was called in the current iteration.
    """

    __slots__ = ("_ended", "begun")

    def __init__(self, ended: Callable[[], None] = lambda: None) -> None:
        self.begun = False
        self._ended = ended

    def begin(self) -> bool:
        """Return True if this is the first call in the current iteration."""
        if self.begun:
            return False
        self.begun = True
        asyncio.get_running_loop().call_soon(self._end)
        return True

    def _end(self) -> None:
        self.begun = False
        self._ended()
