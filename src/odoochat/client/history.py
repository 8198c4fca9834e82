"""A channel's past as one async iterator."""

from __future__ import annotations

from collections.abc import AsyncIterator

from odoochat.client.rows import Rows
from odoochat.errors import UsageError
from odoochat.model import Message

__all__ = ["history"]


async def history(
    rows: Rows,
    channel_id: int,
    *,
    limit: int | None = None,
    before: int | None = None,
    after: int | None = None,
    oldest_first: bool = False,
) -> AsyncIterator[Message]:
    """Messages of a channel, page by page as they are asked for.

    Args:
        limit: how many at most, None for all.
        before: only messages with a lower id.
        after: only messages with a higher id.
        oldest_first: begin with the oldest; else with the newest.

    Raises:
        UsageError: a limit below 0.
        OdooChatError: a page could not be read.
    """
    if limit is not None and limit < 0:
        raise UsageError(f"limit is {limit}: give 0 or more, or None for all")
    left = limit
    low, high = after, before
    while left is None or left > 0:
        page_size = rows.PAGE if left is None else min(rows.PAGE, left)
        domain: list[object] = [["res_id", "=", channel_id]]
        if low is not None:
            domain.append(["id", ">", low])
        if high is not None:
            domain.append(["id", "<", high])
        page = await rows.messages(domain, order="id" if oldest_first else "id desc", limit=page_size)
        for message in page:
            yield message
        if len(page) < page_size:
            return
        if left is not None:
            left -= len(page)
        if oldest_first:
            low = page[-1].id
        else:
            high = page[-1].id
