"""Marks displayed messages as read on the server, and so on all of the user's devices."""

from __future__ import annotations

from odoochat.errors import OdooChatError
from odoochat.tui.session import ChatSession

__all__ = ["ReadMarks"]

MAX_MENTIONS = 100


class ReadMarks:
    """Sends one session's read marks, one at a time.

    Args:
        session: the session.
    """

    def __init__(self, session: ChatSession) -> None:
        self._session = session
        self._sending = False
        self._waiting: dict[int, tuple[tuple[int, int], bool]] = {}

    def add(self, channel: int, shown: tuple[int, int], *, mentioned: bool) -> None:
        """Mark messages in a channel as read. While a request is in progress, only the latest mark is kept.

        Args:
            channel: the channel's id.
            shown: the ids of the first and last displayed messages.
            mentioned: whether the channel has unread mentions.
        """
        _, before = self._waiting.get(channel, (None, False))
        self._waiting[channel] = shown, mentioned or before
        if not self._sending:
            self._sending = True
            self._session.run(self._send_all(), "reading")

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                channel = next(iter(self._waiting))
                shown, mentioned = self._waiting.pop(channel)
                await self._send(channel, shown, mentioned=mentioned)
        finally:
            self._sending = False

    async def _send(self, channel: int, shown: tuple[int, int], *, mentioned: bool) -> None:
        client = self._session.client
        if client is None:
            return
        try:
            await client.channel(channel).mark_read(shown[1])
            if mentioned:  # as the web client does for mentions seen in their channel
                found = [m async for m in client.inbox.messages(MAX_MENTIONS)]
                seen = [m for m in found if m.channel.id == channel and shown[0] <= m.id <= shown[1]]
                if seen:
                    await client.inbox.mark_read(*seen)
        except OdooChatError:
            return  # the next read mark retries
