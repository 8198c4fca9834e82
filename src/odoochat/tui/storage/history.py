"""Loads pages of a channel's history from the cache if they are complete there, otherwise from the server."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.model import Author, Message
from odoochat.tui.message_window import MAX_MESSAGES, PAGE
from odoochat.tui.session import ChatSession

__all__ = ["HistoryPages"]


class HistoryPages:
    """Loads the history of a session's channels.

    For each channel, the cache stores the lowest message id from which its history is complete (`Cache.low`). The id is
    unknown until the newest page has been compared with the server, and decreases with each older page. A message that
    arrives before this comparison may follow a gap, so `ChatSession` resets the id to unknown.

    Args:
        session: the session.
    """

    def __init__(self, session: ChatSession) -> None:
        self._session = session

    def newest(self, channel: int) -> list[Message]:
        """Return the newest messages in the cache, oldest first.

        Args:
            channel: the channel's id.
        """
        self._session.flush()
        cache = self._session.cache
        return cache.before(channel, None, PAGE, cache.low(channel) or 0)

    def is_start(self, channel: int, messages: list[Message]) -> bool:
        """Return whether a cached page starts with the channel's first message.

        Args:
            channel: the channel's id.
            messages: the page.
        """
        return len(messages) < PAGE and self._session.cache.low(channel) == 0

    def first_unread(self, channel: int, page: list[Message]) -> int | None:
        """Return the id of the first unread message on the newest page, based on the channel's unread counter.

        Args:
            channel: the channel's id.
            page: the newest page, oldest first.

        Returns:
            The id; None if all messages have been read, or if the first unread message is older than the page.
        """
        info, me = self._session.channels.get(channel), self._session.me.partner_id
        left = info.unread if info is not None else 0
        for message in reversed(page):
            if message.kind == "comment" and message.author != Author(me):
                left -= 1
                if left == 0:
                    return message.id
        return None

    def kept_at(self, channel: int, place: int) -> tuple[list[Message], bool] | None:
        """Return cached messages around a message.

        Args:
            channel: the channel's id.
            place: the message's id.

        Returns:
            The messages, oldest first, and whether they include the newest one; None if messages may be missing.
        """
        low = self._session.cache.low(channel)
        if low is None or place < low:
            return None
        above = self._session.cache.before(channel, place, PAGE, low)
        below = self._session.cache.after(channel, place - 1, MAX_MESSAGES - PAGE)
        return [*above, *below], len(below) < MAX_MESSAGES - PAGE

    async def check(self, channel: int) -> list[Message]:
        """Fetch the newest page from the server and use it to correct the cache.

        Args:
            channel: the channel's id.

        Returns:
            The page, oldest first.

        Raises:
            OdooChatError: the messages could not be read.
        """
        session = self._session
        assert session.client is not None
        asked = session.writes.changes
        page = [m async for m in session.client.channel(channel).history(limit=PAGE)]
        page.reverse()
        cache = session.cache
        low = cache.low(channel)
        session.flush()
        if len(page) < PAGE:
            low = 0
        elif low is None or not cache.after(channel, page[0].id - 1, 1):
            low = page[0].id  # there is a gap between the cached messages and the page
        if page:
            self._correct(channel, page[0].id, page[-1].id, page, asked)
        cache.set_low(channel, low)
        session.checked.add(channel)
        return page

    def _correct(self, channel: int, first: int, last: int, there: list[Message], asked: int) -> None:
        """Replace a range in the archive with the server's messages. Messages missing from the server were deleted."""
        session = self._session
        session.flush()
        kept = session.cache.after(channel, first - 1, MAX_MESSAGES + 2 * PAGE)
        for gone in {m.id for m in kept if m.id <= last} - {m.id for m in there}:
            session.cache.drop(gone)
        session.keep(there, asked)
        session.flush()

    async def repair(self, channel: int, shown: Sequence[Message], page: Sequence[Message]) -> None:
        """Compare displayed messages with the server if they are older than the newest page.

        Args:
            channel: the channel's id.
            shown: the displayed messages, oldest first.
            page: the newest page, as returned by `check`.

        Raises:
            OdooChatError: the messages could not be read.
        """
        session = self._session
        above = [m for m in shown if not page or m.id < page[0].id]
        if session.client is not None and above:
            asked, first, last = session.writes.changes, above[0].id, above[-1].id
            found = session.client.channel(channel).history(after=first - 1, before=last + 1, oldest_first=True)
            self._correct(channel, first, last, [m async for m in found], asked)

    def now(self, shown: Sequence[Message]) -> list[Message]:
        """Return the current versions of messages, leaving out any that were removed.

        Args:
            shown: the messages.
        """
        return [now for m in shown if (now := self._session.get(m.id)) is not None]

    def older_kept(self, channel: int, before: int) -> list[Message]:
        """Return the cached page before a message if it is complete. When offline, return any cached messages.

        Args:
            channel: the channel's id.
            before: the message's id.
        """
        session = self._session
        session.flush()
        low = session.cache.low(channel)
        floor = 0 if session.client is None else low
        return session.cache.before(channel, before, PAGE, floor) if floor is not None else []

    async def older(self, channel: int, before: int) -> tuple[list[Message], bool]:
        """Return the page before a message, oldest first, and whether it starts with the channel's first message.

        Args:
            channel: the channel's id.
            before: the message's id.

        Raises:
            OdooChatError: the messages could not be read.
        """
        session = self._session
        if page := self.older_kept(channel, before):
            return page, False
        if session.client is None or session.cache.low(channel) == 0:
            return [], session.cache.low(channel) == 0
        asked = session.writes.changes
        page = [m async for m in session.client.channel(channel).history(limit=PAGE, before=before)]
        page.reverse()
        reached = 0 if len(page) < PAGE else page[0].id
        page = session.keep(page, asked)
        session.flush()
        low = session.cache.low(channel)
        if (low is not None and low >= before - 1) or (low is not None and before <= low):
            session.cache.set_low(channel, reached)
        return page, reached == 0

    async def newer(self, channel: int, after: int) -> tuple[list[Message], bool]:
        """Return the page after a message, oldest first, and whether it ends with the channel's newest message.

        Args:
            channel: the channel's id.
            after: the message's id.

        Raises:
            OdooChatError: the messages could not be read.
        """
        session = self._session
        session.flush()
        low = session.cache.low(channel)
        if session.client is None or (low is not None and after >= low and channel in session.checked):
            page = session.cache.after(channel, after, PAGE)
        else:
            asked = session.writes.changes
            found = session.client.channel(channel).history(limit=PAGE, after=after, oldest_first=True)
            page = session.keep([m async for m in found], asked)
        return page, len(page) < PAGE

    async def around(self, channel: int, message_id: int) -> tuple[list[Message], bool, bool]:
        """Return a page around a message, and whether it contains the channel's first and newest messages.

        Args:
            channel: the channel's id.
            message_id: the message's id.

        Raises:
            OdooChatError: the messages could not be read.
        """
        above, first = await self.older(channel, message_id + 1)
        below, last = await self.newer(channel, message_id)
        return above + below, first, last
