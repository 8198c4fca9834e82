"""Information about a channel's threads: for each one, its first message, the number of replies and the last reply."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from odoochat.errors import OdooChatError, ServerFault
from odoochat.model import ChannelInfo, Message
from odoochat.tui.session import ChatSession
from odoochat.tui.storage.history import HistoryPages

if TYPE_CHECKING:
    # The client imports networking libraries, which are loaded only after the first paint.
    from odoochat.client.client import Client

__all__ = ["ThreadFacts", "Threads"]

log = logging.getLogger("odoochat")

MAX_COUNTED = 12
"""Maximum number of threads whose messages are fetched to count replies, which servers before Odoo 19 do not do."""


class ThreadFacts(NamedTuple):
    """Information about one thread.

    Attributes:
        channel: the thread's id.
        replies: number of replies; None if unknown.
        last: time of the last reply in UTC; None if unknown.
    """

    channel: int
    replies: int | None = None
    last: datetime | None = None


class Threads:
    """The threads in one session's channels.

    Args:
        session: the session.
        history: loads the threads' messages.
    """

    def __init__(self, session: ChatSession, history: HistoryPages) -> None:
        self._session = session
        self._history = history
        self._known: dict[int, ThreadFacts] = {}

    def get(self, message_id: int) -> ThreadFacts | None:
        """Return information about the thread started from a message, or None if there is no such thread.

        Args:
            message_id: the message's id.
        """
        return self._known.get(message_id)

    def words(self, message_id: int, shown: int) -> tuple[int | None, datetime | None] | None:
        """Return the number of replies in a message's thread, and the time of the last reply.

        Args:
            message_id: the message's id.
            shown: the id of the channel that shows the message.

        Returns:
            Both values, either of them None if unknown; or just None if the message has no thread, or is shown in that
            thread.
        """
        found = self._known.get(message_id)
        return None if found is None or found.channel == shown else (found.replies, found.last)

    def source(self, info: ChannelInfo) -> Message | None:
        """Return the message that started a thread, or None if it is unknown or the channel is not a thread.

        Args:
            info: the channel.
        """
        return self._session.get(info.from_message) if info.parent and info.from_message else None

    async def find_source(self, info: ChannelInfo) -> Message | None:
        """Return the message that started a thread, fetching it if unknown.

        Args:
            info: the channel.
        """
        client = self._session.client
        if self.source(info) is None and info.parent and info.from_message and client is not None:
            try:
                self._session.keep([await client.fetch_message(info.from_message)])
            except OdooChatError:
                return None  # the message was deleted
        return self.source(info)

    async def read(self, channel: int) -> bool:
        """Fetch a channel's threads.

        Args:
            channel: the channel's id.

        Returns:
            Whether any thread has changed.

        Raises:
            OdooChatError: the request failed.
        """
        client = self._session.client
        if client is None or not client.server.can("thread"):
            return False
        before = dict(self._known)
        threads = await client.channel(channel).threads()
        counts = await self._counts(client, channel) if threads else {}
        for at, info in enumerate(threads):
            if info.from_message is None:
                continue
            mine = info.id in self._session.channels
            if info.id in counts:
                self._known[info.from_message] = self._counted(info, counts[info.id], kept=mine)
                continue
            if mine and at < MAX_COUNTED and info.id not in self._session.checked:
                await self._history.check(info.id)
            self._known[info.from_message] = self._facts(info, counted=mine)
        return self._known != before

    async def _counts(self, client: Client, channel: int) -> dict[int, int]:
        """Return the threads' message counts, keyed by thread id; empty if the server does not count messages."""
        if not client.server.can("replies"):
            return {}
        try:
            return await client.channel(channel).threads.counts()
        except ServerFault as error:
            log.debug("counting replies: %s", error)  # early releases of 19 (saas-18.4) may lack the field
            return {}

    def _counted(self, info: ChannelInfo, replies: int, *, kept: bool) -> ThreadFacts:
        """Return information about a thread whose messages were counted by the server."""
        last = [m.date for m in self._history.newest(info.id) if not m.is_system][-1:] if kept else []
        if replies and info.last_activity is not None:
            last.append(info.last_activity)
        return ThreadFacts(info.id, replies, max(last, default=None))

    def _facts(self, info: ChannelInfo, *, counted: bool) -> ThreadFacts:
        page = [m for m in self._history.newest(info.id) if not m.is_system] if counted else []
        if not page or not self._history.is_start(info.id, page):
            return ThreadFacts(info.id, None, page[-1].date if page else info.last_activity)
        return ThreadFacts(info.id, len(page), page[-1].date)

    def posted(self, message: Message) -> int | None:
        """Count a message that was posted to a thread.

        Args:
            message: the message.

        Returns:
            The id of the message that started the thread, or None if the message is not in a known thread.
        """
        info = self._session.channels.get(message.channel.id)
        source = info.from_message if info is not None else None
        if info is None or source is None or message.is_system:
            return None
        known = self._known.get(source, ThreadFacts(info.id, 0))
        replies = known.replies + 1 if known.replies is not None else None
        self._known[source] = ThreadFacts(info.id, replies, message.date)
        return source
