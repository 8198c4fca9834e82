"""A channel's past and the hits of a search, page by page, from a table that leaves out what one may not read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import odoochat
from odoochat.client.answers import Rows
from odoochat.client.history import history
from odoochat.errors import Rejected, UsageError
from odoochat.model import EPOCH, Author, ChannelRef, Message, Version
from odoochat.sandbox import Sandbox
from odoochat.wire.versions.registry import dialect_for
from tests.core.tables import search

HERE = [["res_id", "=", 1]]


class Known:
    """Replaces `Reactions`: all reactions are known."""

    async def complete(self, messages: Sequence[Message], *, dense: bool = False) -> list[Message]:
        return list(messages)


class Pages:
    """Replaces `ServerQueries`: a list of messages, searched by domain; the limit counts hidden ones, as on 14 to 19.

    Args:
        hidden: ids that the user may not read.
        full: whether hidden ones are left out before the limit, and more than `full` hits refused, as on 20.
    """

    page_size = first_size = 4
    scan_size = 8_000
    pages_at_once = 2

    def __init__(self, ids: Iterable[int], *, hidden: Iterable[int] = (), full: int = 0) -> None:
        self.table: list[dict[str, Any]] = [self.row(i, 1) for i in ids]
        self.table += [self.row(i + 10_000, 2) for i in ids]
        self.reactions = Known()
        self.hidden = set(hidden)
        self.full = full
        self.asked: list[int] = []
        self.mine: int | None = None
        self.held: asyncio.Event | None = None
        self.given_up = 0
        self.broken_after = 1_000_000
        self.strange: set[int] = set()

    def row(self, number: int, place: int) -> dict[str, Any]:
        return {"id": number, "res_id": place, "message_type": "comment", "model": "discuss.channel"}

    def search(self, domain: Sequence[Any], order: str, limit: int, offset: int = 0) -> list[int]:
        self.asked.append(limit)
        if self.full:
            found = search(self.table, domain, order=order)
            if len(found) >= self.full:
                raise Rejected("builtins.ValueError", "Cannot search, too many messages")
            return [r["id"] for r in found if r["id"] not in self.hidden][offset:][:limit]
        found = search(self.table, domain, order=order, limit=offset + limit)[offset:]
        return [r["id"] for r in found if r["id"] not in self.hidden]

    async def rows(
        self,
        domain: Sequence[object],
        *,
        order: str,
        limit: int,
        offset: int = 0,
        everywhere: bool = False,
        named: bool = True,
    ) -> Rows:
        found = self.search(domain, order, limit, offset)
        if len(self.asked) > self.broken_after:
            raise Rejected("builtins.ValueError", "broken")
        if self.held is not None and len(self.asked) > 1:
            try:
                await self.held.wait()
            except asyncio.CancelledError:
                self.given_up += 1
                raise
        return Rows(found, found[-1] if found else None, len(found) >= limit, found[0] if found else None)

    async def decode(self, page: Rows) -> list[Message]:
        return [Message(i, ChannelRef(1), Author(1), "", "", EPOCH) for i in page.rows if i not in self.strange]

    async def messages(
        self, domain: Sequence[object], *, order: str, limit: int, everywhere: bool = False
    ) -> list[Message]:
        return await self.decode(await self.rows(domain, order=order, limit=limit))

    async def by_ids(self, ids: Sequence[int], *, everywhere: bool = False) -> list[Message]:
        return await self.messages([["id", "in", list(ids)]], order="id", limit=len(ids))

    async def ids(
        self, domain: Sequence[object], low: int, high: int, witness: int | None, *, order: str, limit: int
    ) -> list[int]:
        call = dialect_for(Version(19)).messages.search_ids(domain, low, high, witness, order=order, limit=limit)
        asked: Any = call.kwargs["domain"]
        return self.search(asked, order, limit)

    async def witness(self) -> int | None:
        there = {r["id"] for r in self.table}
        return self.mine if self.mine in there else None


async def ids(pages: Pages, domain: Sequence[object] = HERE, **how: Any) -> list[int]:
    return [m.id async for m in history(pages, domain, **how)]  # type: ignore[arg-type]


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


async def test_the_next_page_is_on_its_way_while_the_caller_works_with_one():
    pages = Pages(range(1, 101))
    past = history(pages, HERE, limit=12)  # type: ignore[arg-type]
    await anext(past)
    while len(pages.asked) < 2:
        await asyncio.sleep(0)
    for _ in range(4):
        await anext(past)
    while len(pages.asked) < 3:
        await asyncio.sleep(0)
    assert [m.id async for m in past] == list(range(95, 88, -1))
    assert pages.asked == [4, 4, 4]


async def test_a_caller_that_stops_leaves_no_request_behind():
    pages = Pages(range(1, 101))
    pages.held = asyncio.Event()
    past = history(pages, HERE, limit=12)  # type: ignore[arg-type]
    await anext(past)
    while len(pages.asked) < 2:
        await asyncio.sleep(0)
    await past.aclose()  # type: ignore[attr-defined]
    assert pages.given_up == 1


async def test_an_error_of_the_page_ahead_is_raised_after_the_messages_before_it():
    pages = Pages(range(1, 101))
    pages.broken_after = 1
    seen = []
    with pytest.raises(Rejected, match="broken"):
        async for message in history(pages, HERE, limit=12):  # type: ignore[arg-type]
            seen.append(message.id)
    assert seen == [100, 99, 98, 97]


async def test_rows_that_cannot_be_decoded_take_no_place_of_the_limit():
    pages = Pages(range(1, 101))
    pages.strange = {100, 98, 95}
    assert await ids(pages, limit=8) == [99, 97, 96, 94, 93, 92, 91, 90]


async def test_what_is_posted_meanwhile_shifts_no_page():
    pages = Pages(range(1, 11))
    seen = []
    async for message in history(pages, HERE):  # type: ignore[arg-type]
        seen.append(message.id)
        pages.table.append(pages.row(100 + len(seen), 1))
    assert seen == list(range(10, 0, -1))


async def test_an_own_channel_needs_no_proof_that_it_ends():
    pages = Pages(range(1, 7))
    assert await ids(pages, whole=True) == [6, 5, 4, 3, 2, 1]
    assert pages.asked == [4, 4, 5], "the last one finds nothing"


@given(
    st.lists(st.integers(1, 40), unique=True, max_size=20),
    st.none() | st.integers(0, 25),
    st.none() | st.integers(0, 41),
    st.none() | st.integers(0, 41),
    st.booleans(),
    st.booleans(),
)
async def test_any_part_of_the_past(
    there: list[int], limit: int | None, before: int | None, after: int | None, oldest_first: bool, whole: bool
) -> None:
    expected = sorted(
        (i for i in there if (before is None or i < before) and (after is None or i > after)),
        reverse=not oldest_first,
    )[:limit]
    pages = Pages(there)
    assert await ids(pages, limit=limit, before=before, after=after, oldest_first=oldest_first, whole=whole) == expected


class Changing(Pages):
    """Messages are deleted and posted before each response, responses arrive in any order, and some are too large.

    Args:
        there: ids of the messages at the beginning.
        data: draws the changes.
    """

    def __init__(self, there: Sequence[int], data: st.DataObject) -> None:
        super().__init__(there)
        self.data = data
        self.posted = [100]
        self.deleted: set[int] = set()

    async def rows(self, domain: Sequence[object], *, order: str, limit: int, **how: Any) -> Rows:
        draw = self.data.draw
        for _ in range(draw(st.integers(0, 3), label="iterations until the server responds")):
            await asyncio.sleep(0)
        if draw(st.booleans(), label="a post"):
            self.posted.append(self.posted[-1] + 1)
            self.table.append(self.row(self.posted[-1], 1))
        if gone := draw(st.integers(0, 40), label="deleted"):
            self.deleted.add(gone)
            self.table = [row for row in self.table if row["id"] != gone]
        most = draw(st.sampled_from([10, 1, 2, 10]), label="messages that fit in a response")
        return await super().rows(domain, order=order, limit=min(limit, most), **how)


@given(st.integers(0, 40), st.data(), st.none() | st.integers(1, 40), st.booleans())
async def test_each_message_comes_once_whatever_changes_meanwhile(
    count: int, data: st.DataObject, limit: int | None, oldest_first: bool
) -> None:
    there = set(range(1, count + 1))
    pages = Changing(sorted(there), data)
    found = await ids(pages, limit=limit, oldest_first=oldest_first, whole=True)
    assert found == sorted(set(found), reverse=not oldest_first)
    assert set(found) <= there | set(pages.posted)
    remaining = sorted(there - pages.deleted, reverse=not oldest_first)
    if limit is not None and len(found) >= limit:
        assert len(found) == limit
        end = found[-1]
        remaining = [i for i in remaining if (i <= end if oldest_first else i >= end)]
    assert set(remaining) <= set(found)


async def test_two_pages_of_an_own_channel_are_on_their_way_at_a_time():
    pages = Pages(range(1, 101))
    past = history(pages, HERE, limit=16, whole=True)  # type: ignore[arg-type]
    await anext(past)
    while len(pages.asked) < 3:
        await asyncio.sleep(0)
    assert [m.id async for m in past] == list(range(99, 84, -1))
    assert pages.asked == [4, 4, 5, 5], "each of the last two begins with the last message of the page before"


async def test_a_page_that_does_not_follow_the_one_before_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(range(1, 31))
    search = pages.search

    def vanishing(domain: Sequence[Any], order: str, limit: int, offset: int = 0) -> list[int]:
        found = search(domain, order, limit, offset)
        if len(pages.asked) == 2:
            pages.table = [row for row in pages.table if row["id"] != 24]
        return found

    monkeypatch.setattr(pages, "search", vanishing)
    assert await ids(pages, limit=20, whole=True) == list(range(30, 10, -1))
    assert pages.asked == [4, 4, 5, 4, 4, 4], "the third one begins too late, and is requested again"


async def test_a_witness_that_is_no_hit_takes_no_place_of_the_limit() -> None:
    pages = Pages([2, 3], hidden=[2])
    pages.table = [r for r in pages.table if r["res_id"] == 1] + [pages.row(1, 3)]
    pages.mine = 1
    assert await ids(pages, limit=1, oldest_first=True) == [3]


@given(st.data())
async def test_nothing_is_left_out_between_messages_of_others(data: st.DataObject) -> None:
    """However many messages of others lie between mine, each hit comes once, in order, in few requests."""
    there = sorted(data.draw(st.sets(st.integers(1, 2_000), max_size=150), label="ids"))
    seen = data.draw(st.sets(st.sampled_from(there), max_size=12) if there else st.just(set()), label="mine")
    oldest_first = data.draw(st.booleans(), label="oldest first")
    limit = data.draw(st.none() | st.integers(1, 15), label="limit")
    before = data.draw(st.none() | st.integers(1, 2_100), label="before")
    after = data.draw(st.none() | st.integers(0, 2_000), label="after")
    pages = Pages(there, hidden=set(there) - seen, full=data.draw(st.sampled_from([0, 30]), label="as on 20"))
    pages.table = [r for r in pages.table if r["res_id"] == 1]
    place = data.draw(st.integers(1, 2_100), label="a message in a channel of mine")
    if place not in there:
        pages.table.append(pages.row(place, 3))
        pages.mine = place
    elif seen:
        pages.mine = max(seen)
    else:
        return
    expected = sorted(
        (i for i in seen if (before is None or i < before) and (after is None or i > after)), reverse=not oldest_first
    )[:limit]
    small = 20
    pages.scan_size = small
    found = await ids(pages, limit=limit, before=before, after=after, oldest_first=oldest_first)
    assert found == expected
    hits = len(there)
    assert len(pages.asked) <= 4 * hits // small + 80 + 2 * len(expected)


async def test_a_witness_that_is_removed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Pages(range(1, 101), hidden=range(4, 101))
    pages.scan_size = 10
    pages.table = [r for r in pages.table if r["res_id"] == 1] + [pages.row(7_000, 3), pages.row(8_000, 3)]
    pages.mine = 8_000
    asked = pages.search

    def vanishing(domain: Sequence[Any], order: str, limit: int, offset: int = 0) -> list[int]:
        if len(pages.asked) == 3:
            pages.table = [r for r in pages.table if r["id"] != 8_000]
            pages.mine = 7_000
        return asked(domain, order, limit, offset)

    monkeypatch.setattr(pages, "search", vanishing)
    assert await ids(pages) == [3, 2, 1]
    assert len(pages.asked) < 100


async def test_without_any_message_of_my_own_one_question_more_is_all():
    pages = Pages(range(1, 101), hidden=range(1, 20_000))
    assert await ids(pages) == []
    assert len(pages.asked) == 2


async def test_a_limit_below_nothing_is_refused():
    with pytest.raises(UsageError, match="limit must not be negative"):
        await ids(Pages([]), limit=-1)


async def test_a_long_catch_up_takes_few_requests(tmp_path: Path) -> None:
    alice: dict[str, Any] = {"db": "sandbox", "login": "alice", "password": "alice", "state": tmp_path / "state"}
    async with Sandbox(19) as box:
        async with odoochat.connect(box.url, **alice) as odoo:
            await odoo.link.wait_open(10)
        for number in range(2_000):
            box.world.post("bob", "general", f"message {number}")
        # Messages of the same second could be missing from the unread counts, which are then fetched again.
        box.world.state.db.run("UPDATE message SET date = datetime(date, '-1 hour')")
        async with odoochat.connect(box.url, **alice) as odoo:
            received = odoo.events(odoochat.MessagePosted)
            texts = [(await received.get(20)).message.text for _ in range(2_000)]
            assert texts == [f"message {number}" for number in range(2_000)]
            assert odoo._connection.session.http.request_count == 8  # login, members, channels, marks, link 2, pages 2
