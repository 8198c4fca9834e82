"""Counts the pinned messages in each channel."""

from __future__ import annotations

from odoochat.tui.session import ChatSession

__all__ = ["PinnedMessages"]


class PinnedMessages:
    """The ids of one session's pinned messages, by channel.

    Args:
        session: the session.
    """

    def __init__(self, session: ChatSession) -> None:
        self._session = session
        self._known: dict[int, set[int]] = {}

    def count(self, channel: int) -> int:
        """Return the number of pinned messages in a channel, or 0 if unknown.

        Args:
            channel: the channel's id.
        """
        return len(self._known.get(channel, ()))

    def forget(self) -> None:
        """Fetch pinned messages again the next time each channel is opened."""
        self._known.clear()

    def note(self, message_id: int, channel: int | None, *, pinned: bool) -> None:
        """Record that a message was pinned, unpinned or deleted.

        Args:
            message_id: the message's id.
            channel: the id of the message's channel; None if unknown.
            pinned: whether the message is now pinned.
        """
        if channel is None:
            message = self._session.get(message_id)
            channel = message.channel.id if message is not None else None
        for number, known in self._known.items():
            if pinned and number == channel:
                known.add(message_id)
            elif not pinned:
                known.discard(message_id)

    async def read(self, channel: int) -> bool:
        """Fetch a channel's pinned messages unless they have already been fetched.

        Args:
            channel: the channel's id.

        Returns:
            Whether the number has changed.

        Raises:
            OdooChatError: the request failed.
        """
        client = self._session.client
        if client is None or channel in self._known or not client.server.can("pin"):
            return False
        found = {message.id for message in await client.channel(channel).pins()}
        self._known[channel] = found
        return bool(found)
