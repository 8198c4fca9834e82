"""Pages of a conversation: from the cache where nothing is missing in it, else from the server."""

from __future__ import annotations

from odoochat.model import Author, Message
from odoochat.tui.message_window import MOST, PAGE
from odoochat.tui.session import ChatSession

__all__ = ["HistoryPages"]


class HistoryPages:
    """Reads the past of one desk's conversations.

    The cache knows per channel from where on nothing is missing in it (`Cache.low`). It is known only once the newest
    page was compared with the server's, and moves down with each older page. A message that comes live into a channel
    that was not compared yet may have a hole below it: then nothing is known any more (`ChatSession`).
    """

    def __init__(self, session: ChatSession) -> None:
        self._session = session

    def newest(self, channel: int) -> list[Message]:
        """What the cache has of the newest messages, at once."""
        self._session.flush()
        cache = self._session.cache
        return cache.before(channel, None, PAGE, cache.low(channel) or 0)

    def is_start(self, channel: int, messages: list[Message]) -> bool:
        """Whether a page from the cache begins with the conversation's first message."""
        return len(messages) < PAGE and self._session.cache.low(channel) == 0

    def first_unread(self, channel: int, page: list[Message]) -> int | None:
        """The first message of the newest page that I have not read, by the channel's counter."""
        info, me = self._session.channels.get(channel), self._session.me.partner_id
        left = info.unread if info is not None else 0
        for message in reversed(page):
            if message.kind == "comment" and message.author != Author(me):
                left -= 1
                if left == 0:
                    return message.id
        return None

    def kept_at(self, channel: int, place: int) -> tuple[list[Message], bool] | None:
        """What the cache has around a message, and whether it holds the newest; None when it may miss something."""
        low = self._session.cache.low(channel)
        if low is None or place < low:
            return None
        above = self._session.cache.before(channel, place, PAGE, low)
        below = self._session.cache.after(channel, place - 1, MOST - PAGE)
        return [*above, *below], len(below) < MOST - PAGE

    async def check(self, channel: int) -> list[Message]:
        """The newest page as the server has it; the cache is set right by it.

        Raises:
            OdooChatError: it could not be read.
        """
        session = self._session
        assert session.client is not None
        page = [m async for m in session.client.channel(channel).history(limit=PAGE)]
        page.reverse()
        cache = session.cache
        low = cache.low(channel)
        session.flush()
        if len(page) < PAGE:
            low = 0
        elif low is None or not cache.after(channel, page[0].id - 1, 1):
            low = page[0].id  # a hole between what was kept and what is there
        for gone in set(self._kept_ids(channel, page)) - {m.id for m in page}:
            cache.drop(gone)
        session.keep(page)
        session.flush()
        cache.set_low(channel, low)
        session.checked.add(channel)
        return page

    def _kept_ids(self, channel: int, page: list[Message]) -> list[int]:
        """What the cache has in the span of a page: what the server no longer has was removed."""
        if not page:
            return []
        kept = self._session.cache.after(channel, page[0].id - 1, 2 * PAGE)
        return [m.id for m in kept if m.id <= page[-1].id]

    def older_kept(self, channel: int, before: int) -> list[Message]:
        """The page before a message, as far as the cache has it without holes; offline whatever it has."""
        session = self._session
        session.flush()
        low = session.cache.low(channel)
        floor = 0 if session.client is None else low
        return session.cache.before(channel, before, PAGE, floor) if floor is not None else []

    async def older(self, channel: int, before: int) -> tuple[list[Message], bool]:
        """The page before a message, oldest first; and whether it holds the conversation's first.

        Raises:
            OdooChatError: it could not be read.
        """
        session = self._session
        if page := self.older_kept(channel, before):
            return page, False
        if session.client is None or session.cache.low(channel) == 0:
            return [], session.cache.low(channel) == 0
        page = [m async for m in session.client.channel(channel).history(limit=PAGE, before=before)]
        page.reverse()
        first = len(page) < PAGE
        page = session.keep(page)
        session.flush()
        low = session.cache.low(channel)
        if (low is not None and low >= before - 1) or (low is not None and before <= low):
            session.cache.set_low(channel, 0 if first else page[0].id)
        return page, first

    async def newer(self, channel: int, after: int) -> tuple[list[Message], bool]:
        """The page after a message, oldest first; and whether it holds the newest.

        Raises:
            OdooChatError: it could not be read.
        """
        session = self._session
        session.flush()
        low = session.cache.low(channel)
        if session.client is None or (low is not None and after >= low and channel in session.checked):
            page = session.cache.after(channel, after, PAGE)
        else:
            found = session.client.channel(channel).history(limit=PAGE, after=after, oldest_first=True)
            page = session.keep([m async for m in found])
        return page, len(page) < PAGE

    async def around(self, channel: int, message_id: int) -> tuple[list[Message], bool, bool]:
        """A page with a message in its middle; whether it holds the first, and the newest.

        Raises:
            OdooChatError: it could not be read.
        """
        above, first = await self.older(channel, message_id + 1)
        below, last = await self.newer(channel, message_id)
        return above + below, first, last
