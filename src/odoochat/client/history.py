"""History and search: messages, page by page.

Theory of operation. Up to version 19, Odoo first applies the page limit and then drops the rows that the user is not
allowed to read (addons/mail/models/mail_message.py, `_search`), so a page may be short or even empty although more rows
follow. In the user's own channels and notifications, nothing is dropped, and an empty page marks the end. Elsewhere the
client must prove that it has reached the end: the query also matches a *witness*, a message that the user is known to
be able to read and that comes last in the requested order. If the response contains the witness, the limit was not
reached, so there are no further rows. Otherwise the range of ids is halved, down to ranges no wider than the limit. The
number of requests therefore depends on the number of hits, including hidden ones, but not on the number of messages on
the server.
"""

from __future__ import annotations

import asyncio
import html as entities
from collections import deque
from collections.abc import AsyncIterator, Sequence

from msgspec import Struct

from odoochat.client.answers import Rows
from odoochat.client.queries import HIGHEST_ID as TOP
from odoochat.client.queries import ServerQueries
from odoochat.errors import OdooChatError, UsageError
from odoochat.model import Message

__all__ = ["checked", "history", "search"]

HITS = 20
"""Number of search hits whose reactions are fetched together."""


async def history(
    rows: ServerQueries,
    domain: Sequence[object],
    *,
    limit: int | None = None,
    before: int | None = None,
    after: int | None = None,
    oldest_first: bool = False,
    dense: bool = False,
    reactions: bool = True,
    whole: bool = False,
) -> AsyncIterator[Message]:
    """Yield the messages that match a domain, fetching pages as needed.

    Args:
        rows: sends the queries.
        domain: plain terms without operators; a message must match all of them.
        limit: maximum number of messages, or None for all.
        before: only messages with a lower id.
        after: only messages with a higher id.
        oldest_first: begin with the oldest message instead of the newest.
        dense: whether the domain selects all messages of one channel or record.
        reactions: whether to fetch the reactions of each page.
        whole: whether the user can read all messages that match, as in their own channels and notifications.

    Raises:
        UsageError: `limit` is negative.
        OdooChatError: a page could not be fetched.
    """
    checked(limit)
    pages = _Pages(rows, domain, limit, before, after, oldest_first=oldest_first, whole=whole)
    seen: int | None = None
    try:
        while (page := await pages.next()) is not None:
            for message in await rows.reactions.complete(page, dense=dense) if reactions else page:
                seen = message.id
                yield message
    finally:
        await pages.close()
    if whole or pages.low + 1 >= pages.high or pages.left == 0:
        return
    witness = seen if seen is not None else await rows.witness()
    scan = _Scan(rows, domain, witness, oldest_first=oldest_first).run(pages.low + 1, pages.high)
    async for found in _named(rows, domain, scan, pages.order, pages.left):
        for message in await rows.reactions.complete(found, dense=dense) if reactions else found:
            yield message


class _Request(Struct, frozen=True):
    """A page in progress.

    Attributes:
        page: fetches the rows.
        size: maximum number of messages on the page.
        behind: whether the page was requested before the previous page arrived. Its first row is then the last row of
            the previous page, unless messages were deleted in between.
    """

    page: asyncio.Task[Rows]
    size: int
    behind: bool


class _Pages:
    """Fetches the pages of a history, prefetching the next pages while the caller processes the current one.

    If the user can read all messages that match, two pages are in progress at a time after the first one: the second of
    them is requested by its offset, beginning with the last row of the page before it. If it begins with another row,
    it is requested again.

    Args:
        rows: sends the queries.
        domain: plain terms without operators; a message must match all of them.
        left: maximum number of messages, or None for all.
        before: see `history`.
        after: see `history`.
        oldest_first: see `history`.
        whole: see `history`.

    Attributes:
        left: number of messages still wanted, or None for all.
        low: exclusive lower bound of the ids not fetched yet.
        high: exclusive upper bound of the ids not fetched yet.
        order: the sort order in Odoo's syntax.
    """

    def __init__(
        self,
        rows: ServerQueries,
        domain: Sequence[object],
        left: int | None,
        before: int | None,
        after: int | None,
        *,
        oldest_first: bool,
        whole: bool,
    ) -> None:
        self._rows = rows
        self._domain = domain
        self.left = left
        self.low, self.high = min(after or 0, TOP), TOP if before is None else min(before, TOP)
        self.order = "id" if oldest_first else "id desc"
        self._oldest_first = oldest_first
        self._whole = whole
        self._at_once = rows.pages_at_once if whole else 1
        self._begun = self._ended = False
        self._before = Rows([], None, full=True)
        self._requests: deque[_Request] = deque()

    async def next(self) -> list[Message] | None:
        """Return the next page, or None after the last one.

        Raises:
            OdooChatError: the page could not be fetched.
        """
        if self._ended or self.left == 0:
            return None
        try:
            page = await self._take()
        except OdooChatError as error:
            if self._whole or not _too_many(error):
                raise
            self._ended = True
            return None
        if page.last is None:
            self._ended = True
            return None
        self._before = page
        self.low, self.high = (page.last, self.high) if self._oldest_first else (self.low, page.last)
        # A caller without a limit may stop after the first page.
        ahead = self._begun or self.left is not None
        self._begun = True
        if ahead and (page.full or not self._whole):
            self._request(None if self.left is None else self.left - len(page.rows))
        messages = await self._rows.decode(page)
        if self.left is not None:
            self.left -= len(messages)
        return messages

    async def _take(self) -> Rows:
        """Wait for the next page."""
        if not self._requests:
            self._request(self.left)
        request = self._requests.popleft()
        page = await request.page
        if not request.behind:
            return page
        before = self._before
        if page.last is None and not before.full:
            return page  # the end
        # A page with only one row may have been shortened because the response was too large.
        if page.first == before.last and (len(page.rows) > 1 or not page.full):
            return Rows(page.rows[1:], page.last if len(page.rows) > 1 else None, page.full)
        await self.close()
        self._at_once = 1  # pages may be shorter than requested, so their offsets would be wrong again
        return await self._take()

    def _request(self, left: int | None) -> None:
        """Request pages until enough are in progress.

        Args:
            left: number of messages wanted after those fetched so far, or None for all.
        """
        ahead = sum(request.size for request in self._requests)
        # The first page is requested alone: a message posted after it would shift the next one.
        while len(self._requests) < (self._at_once if self._begun else 1) and (left is None or ahead < left):
            size = self._rows.page_size if self._begun or left is not None else self._rows.first_size
            size = size if left is None else min(size, left - ahead)
            behind = 1 if ahead else 0
            page = self._rows.rows(
                [*self._domain, *_bounds(self.low, self.high)],
                order=self.order,
                limit=size + behind,
                offset=ahead - behind,
                everywhere=True,
                named=not self._whole,
            )
            self._requests.append(_Request(asyncio.create_task(page, name="odoochat history"), size, bool(behind)))
            ahead += size

    async def close(self) -> None:
        """Cancel the pages in progress."""
        pages = [request.page for request in self._requests]
        self._requests.clear()
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)


async def _named(
    rows: ServerQueries, domain: Sequence[object], scan: AsyncIterator[list[int]], order: str, left: int | None
) -> AsyncIterator[list[Message]]:
    """Yield at most `left` of the messages that a scan finds, page by page."""
    async for ids in scan:
        start = 0
        while start < len(ids):
            size = rows.page_size if left is None else min(rows.page_size, left + 1)  # one of them may be the witness
            chunk = ids[start : start + size]
            start += size
            named = [*domain, ["id", "in", sorted(chunk)]]
            found = (await rows.messages(named, order=order, limit=len(chunk), everywhere=True))[:left]
            yield found
            if left is not None:
                left -= len(found)
                if left == 0:
                    return


def _bounds(low: int, high: int) -> list[object]:
    return [*([["id", ">", low]] if low > 0 else []), *([["id", "<", high]] if high < TOP else [])]


def _too_many(error: OdooChatError) -> bool:
    """Return whether Odoo 20 refused a search because it had too many hits. Source: mail_message.py (20.0 †)."""
    return "too many messages" in str(error)


class _Answer(Struct, frozen=True):
    """The ids in a range, and whether they include every message in it that the user can read."""

    ids: list[int]
    complete: bool


class _Scan:
    """Finds the messages that pages omitted, range by range, and proves that none is missing.

    Args:
        rows: sends the queries.
        domain: plain terms without operators; a message must match all of them.
        witness: the id of a message that the user can read; if None, a single range is requested.
        oldest_first: begin with the oldest message instead of the newest.
    """

    def __init__(
        self, rows: ServerQueries, domain: Sequence[object], witness: int | None, *, oldest_first: bool
    ) -> None:
        self._rows = rows
        self._domain = domain
        self._witness = witness
        self._oldest_first = oldest_first

    async def run(self, low: int, high: int) -> AsyncIterator[list[int]]:
        """Yield ids from `low` up to but not including `high`, in order."""
        width = high - low
        while low < high:
            first, end = self._next(low, high, width)
            answer = await self._ask(first, end)
            if not answer.complete and self._witness is not None:
                width = (end - first) // 2
                continue
            if answer.ids:
                yield sorted(answer.ids, reverse=not self._oldest_first)
            if self._witness is None:
                return
            low, high = (end, high) if self._oldest_first else (low, first)
            width = 2 * (end - first)

    def _next(self, low: int, high: int, width: int) -> tuple[int, int]:
        """Return the next range, such that the witness comes last in the sort order."""
        first, end = (low, min(high, low + width)) if self._oldest_first else (max(low, high - width), high)
        if self._witness is not None and first < self._witness < end - 1:
            return (first, self._witness + 1) if self._oldest_first else (self._witness, end)
        return first, end

    async def _ask(self, first: int, end: int) -> _Answer:
        below = self._witness is not None and self._witness <= first
        order = "id desc" if below or (self._witness is None and not self._oldest_first) else "id"
        most = self._rows.scan_size
        narrow = end - first <= most
        try:
            ids = await self._rows.ids(self._domain, first, end, self._witness, order=order, limit=most + 1)
        except OdooChatError as error:
            if narrow or not _too_many(error):
                raise
            return _Answer([], complete=False)
        if not narrow and self._witness not in ids and len(ids) <= most:
            await self._check_witness()
        return _Answer([i for i in ids if first <= i < end], narrow or self._witness in ids)

    async def _check_witness(self) -> None:
        """Choose another witness if the current one was removed."""
        if self._witness is not None and not await self._rows.by_ids([self._witness], everywhere=True):
            self._witness = await self._rows.witness()


async def search(
    rows: ServerQueries, domain: Sequence[object], text: str, limit: int | None, *, whole: bool = False
) -> AsyncIterator[Message]:
    """Yield messages whose text contains all words, newest first.

    The server searches the HTML, where a word may occur inside a tag, so its results are filtered again.

    Args:
        rows: sends the queries.
        domain: plain terms without operators; a message must match all of them.
        text: the words, separated by spaces.
        limit: maximum number of messages, or None for all.
        whole: see `history`.

    Raises:
        UsageError: `text` is empty, or `limit` is negative.
    """
    words = text.split()
    if not words:
        raise UsageError("the search text is empty")
    wanted = [["body", "ilike", _escaped(word)] for word in words]
    left = checked(limit)
    if left == 0:
        return
    hits: list[Message] = []
    async for message in history(rows, [*domain, *wanted], reactions=False, whole=whole):
        said = message.text.casefold()
        if all(word.casefold() in said for word in words):
            hits.append(message)
        if len(hits) >= HITS or len(hits) == left:
            for hit in await rows.reactions.complete(hits):
                yield hit
            left = None if left is None else left - len(hits)
            hits.clear()
            if left == 0:
                return
    for hit in await rows.reactions.complete(hits):
        yield hit


def checked(limit: int | None) -> int | None:
    """Validate a limit and return it.

    Raises:
        UsageError: the limit is negative.
    """
    if limit is not None and limit < 0:
        raise UsageError(f"limit must not be negative: {limit}")
    return limit


def _escaped(word: str) -> str:
    html = entities.escape(word, quote=False)
    return html.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
