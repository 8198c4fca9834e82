"""Defines the interface that all transports implement."""

from __future__ import annotations

from typing import Protocol

from odoochat.events import Via
from odoochat.wire.envelopes.frames import Item

__all__ = ["Source"]


class Source(Protocol):
    """A live link that is open or being opened.

    Attributes:
        tells_presence: whether `send_presence` reports the presence status immediately.
    """

    via: Via
    tells_presence: bool

    async def open(self, last: int) -> list[Item]:
        """Open the link and wait until the server has accepted the session.

        Args:
            last: the bus id to continue after; 0 to receive notifications from the last 50 seconds.

        Returns:
            The items received while opening the link, including items that the server replays.
        """
        ...

    async def receive(self) -> list[Item]:
        """Wait for notifications.

        Returns:
            The received items; empty if the response contained none.

        Raises:
            OdooChatError: the link ended.
        """
        ...

    async def subscribe(self) -> None:
        """Make the server reload the user's channels."""
        ...

    async def send_presence(self, idle: int) -> None:
        """Report the user's presence status.

        Args:
            idle: milliseconds since the user's last activity.
        """
        ...

    async def close(self) -> None:
        """Close the link."""
        ...
