"""The past as one async iterator: a conversation's, my inbox's, or what a search finds."""

from __future__ import annotations

import html as entities
from collections.abc import AsyncIterator, Sequence

from odoochat.client.queries import Rows
from odoochat.errors import UsageError
from odoochat.model import Message

__all__ = ["checked", "history", "search"]

HITS = 20
"""Hits of a search whose reactions are looked up together."""


async def history(
    rows: Rows,
    domain: Sequence[object],
    *,
    limit: int | None = None,
    before: int | None = None,
    after: int | None = None,
    oldest_first: bool = False,
    dense: bool = False,
    reactions: bool = True,
) -> AsyncIterator[Message]:
    """Messages by a domain, page by page as they are asked for.

    Args:
        limit: how many at most, None for all.
        before: only messages with a lower id.
        after: only messages with a higher id.
        oldest_first: begin with the oldest; else with the newest.
        dense: whether the domain takes all messages of one channel or record.
        reactions: whether to look up the reactions of each page.

    Raises:
        UsageError: a limit below 0.
        OdooChatError: a page could not be read.
    """
    left = checked(limit)
    low, high = after, before
    while left is None or left > 0:
        page_size = rows.PAGE if left is None else min(rows.PAGE, left)
        bounds: list[object] = []
        if low is not None:
            bounds.append(["id", ">", low])
        if high is not None:
            bounds.append(["id", "<", high])
        order = "id" if oldest_first else "id desc"
        page = await rows.messages([*domain, *bounds], order=order, limit=page_size, everywhere=True)
        for message in await rows.reactions.complete(page, dense=dense) if reactions else page:
            yield message
        if len(page) < page_size:
            return
        if left is not None:
            left -= len(page)
        if oldest_first:
            low = page[-1].id
        else:
            high = page[-1].id


async def search(rows: Rows, domain: Sequence[object], text: str, limit: int | None) -> AsyncIterator[Message]:
    """Messages whose text holds all words, the newest first.

    The server searches the HTML, where a word may stand in a tag: what it finds is looked at once more.

    Args:
        limit: how many at most, None for all.

    Raises:
        UsageError: no word to look for, a limit below 0.
    """
    words = text.split()
    if not words:
        raise UsageError("nothing to search for: give a word")
    wanted = [["body", "ilike", _escaped(word)] for word in words]
    left = checked(limit)
    hits: list[Message] = []
    async for message in history(rows, [*domain, *wanted], reactions=False):
        if left is not None and left <= len(hits):
            break
        said = message.text.casefold()
        if all(word.casefold() in said for word in words):
            hits.append(message)
        if len(hits) >= HITS:
            for hit in await rows.reactions.complete(hits):
                yield hit
            left = None if left is None else left - len(hits)
            hits.clear()
            if left == 0:
                return
    for hit in await rows.reactions.complete(hits):
        yield hit


def checked(limit: int | None) -> int | None:
    """How many at most.

    Raises:
        UsageError: fewer than none.
    """
    if limit is not None and limit < 0:
        raise UsageError(f"limit is {limit}: give 0 or more")
    return limit


def _escaped(word: str) -> str:
    html = entities.escape(word, quote=False)
    return html.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
