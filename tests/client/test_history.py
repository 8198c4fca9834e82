"""A channel's past, page by page, from a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.client.history import history
from odoochat.errors import UsageError
from odoochat.model import EPOCH, Author, ChannelRef, Message
from tests.core.tables import search

HERE = [["res_id", "=", 1]]


class Pages:
    """Stands for `Rows`: a list of messages, asked by domain."""

    PAGE = 4

    def __init__(self, ids: Sequence[int]) -> None:
        self.table = [{"id": i, "res_id": 1} for i in ids] + [{"id": i + 1000, "res_id": 2} for i in ids]
        self.asked: list[int] = []

    async def messages(
        self, domain: Sequence[object], *, order: str, limit: int, everywhere: bool = False
    ) -> list[Message]:
        self.asked.append(limit)
        rows = search(self.table, domain, order=order, limit=limit)
        return [Message(r["id"], ChannelRef(r["res_id"]), Author(1), "", "", EPOCH) for r in rows]


async def ids(pages: Pages, **how: Any) -> list[int]:
    return [m.id async for m in history(pages, HERE, **how)]  # type: ignore[arg-type]


async def test_the_newest_come_first():
    assert await ids(Pages(range(1, 11))) == list(range(10, 0, -1))


async def test_no_more_is_read_than_is_asked_for():
    pages = Pages(range(1, 101))
    assert await ids(pages, limit=6) == [100, 99, 98, 97, 96, 95]
    assert pages.asked == [4, 2]
    assert await ids(pages, limit=0) == []
    assert pages.asked == [4, 2]


async def test_pages_are_read_as_they_are_asked_for():
    pages = Pages(range(1, 101))
    past = history(pages, HERE)  # type: ignore[arg-type]
    assert pages.asked == []
    for _ in range(4):
        await anext(past)
    assert pages.asked == [4]
    await past.aclose()  # type: ignore[attr-defined]


async def test_what_is_posted_meanwhile_shifts_no_page():
    pages = Pages(range(1, 11))
    seen = []
    async for message in history(pages, HERE):  # type: ignore[arg-type]
        seen.append(message.id)
        pages.table.append({"id": 100 + len(seen), "res_id": 1})
    assert seen == list(range(10, 0, -1))


@given(
    st.lists(st.integers(1, 40), unique=True, max_size=20),
    st.none() | st.integers(0, 25),
    st.none() | st.integers(0, 41),
    st.none() | st.integers(0, 41),
    st.booleans(),
)
async def test_any_part_of_the_past(
    there: list[int], limit: int | None, before: int | None, after: int | None, oldest_first: bool
) -> None:
    expected = sorted(
        (i for i in there if (before is None or i < before) and (after is None or i > after)),
        reverse=not oldest_first,
    )[:limit]
    found = await ids(Pages(there), limit=limit, before=before, after=after, oldest_first=oldest_first)
    assert found == expected


async def test_a_limit_below_nothing_is_refused():
    with pytest.raises(UsageError, match="limit is -1"):
        await ids(Pages([]), limit=-1)
