"""The interface of transports: open, receive, close."""

from __future__ import annotations

from typing import Protocol

from odoochat.events import Via
from odoochat.wire.envelopes.frames import Item

__all__ = ["Source"]


class Source(Protocol):
    """One open or opening live link.

    Attributes:
        tells_presence: whether `tell_presence` makes the others see me as there.
    """

    via: Via
    tells_presence: bool

    async def open(self, last: int) -> list[Item]:
        """Opens it; returns when the server has shown that it knows us.

        Args:
            last: the bus id to go on after, 0 for the last 50 seconds.

        Returns:
            What came meanwhile: older news, replayed.
        """
        ...

    async def receive(self) -> list[Item]:
        """Waits for news. Raises when the link ends."""
        ...

    async def subscribe(self) -> None:
        """Makes the server look anew which channels are mine."""
        ...

    async def tell_presence(self, idle: int) -> None:
        """Says for how many milliseconds I did nothing."""
        ...

    async def close(self) -> None:
        """Ends it."""
        ...
