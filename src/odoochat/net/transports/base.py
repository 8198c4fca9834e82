"""The interface of transports: open, receive, close."""

from __future__ import annotations

from typing import Protocol

from odoochat.events import Via
from odoochat.wire.envelopes.frames import Item

__all__ = ["Source"]


class Source(Protocol):
    """One open or opening live link.

    Attributes:
        tells_presence: whether `send_presence` reports presence at once.
    """

    via: Via
    tells_presence: bool

    async def open(self, last: int) -> list[Item]:
        """Open the link; returns when the server has accepted the session.

        Args:
            last: the bus id to continue after, 0 for the last 50 seconds.

        Returns:
            The items received until then, including those that the server replays.
        """
        ...

    async def receive(self) -> list[Item]:
        """Wait for notifications.

        Returns:
            The received items, empty when the server answered without any.

        Raises:
            OdooChatError: the link ended.
        """
        ...

    async def subscribe(self) -> None:
        """Make the server read the user's channels again."""
        ...

    async def send_presence(self, idle: int) -> None:
        """Report the user's presence.

        Args:
            idle: milliseconds since the user's last activity.
        """
        ...

    async def close(self) -> None:
        """Close the link."""
        ...
