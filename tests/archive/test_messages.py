"""What an archive holds of messages: once each, the newest version, tombstones, files, spans."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoochat.archive.archive import Archive
from odoochat.archive.database import ArchiveFile
from odoochat.archive.ranges import ArchivedRange, RangeTable
from odoochat.model import Attachment, ChannelInfo, ChannelRef, Reaction
from tests.archive.texts import ANN, BEGUN, BOB, message


async def ids(archive: Archive, text: str) -> list[int]:
    return [m.id for m in await archive.search(text)]


async def test_a_message_is_stored_once_with_its_newest_version() -> None:
    async with Archive(None) as archive:
        assert await archive.keep([message(1, "first words"), message(1, "second words")]) == 1
        assert await archive.keep([message(1, "third words", edited_at=BEGUN)]) == 0
        assert await ids(archive, "words") == [1]
        assert await ids(archive, "second") == [] and await ids(archive, "third") == [1]
        stored = await archive.get(1)
        assert stored is not None and stored.text == "third words" and stored.edited_at == BEGUN
        assert (await archive.facts()).messages == 1


async def test_an_older_version_does_not_replace_a_newer_one() -> None:
    new = message(1, "new", written=BEGUN + timedelta(hours=1))
    async with Archive(None) as archive:
        await archive.keep([new])
        await archive.keep([message(1, "old", written=BEGUN)])
        assert await ids(archive, "new") == [1] and await ids(archive, "old") == []


async def test_known_reactions_stay_when_a_row_does_not_hold_them() -> None:
    thumb = (Reaction("👍", 2, (ANN, BOB)),)
    async with Archive(None) as archive:
        await archive.keep([message(1, "x", reactions=thumb)])
        await archive.keep([message(1, "x", reactions_known=False)])
        stored = await archive.get(1)
        assert stored is not None and stored.reactions == thumb
        assert await ids(archive, "has:reaction") == [1]
        await archive.keep([message(1, "x", reactions=())])
        stored = await archive.get(1)
        assert stored is not None and stored.reactions == () and await ids(archive, "has:reaction") == []


async def test_a_deleted_message_leaves_a_tombstone_without_its_text() -> None:
    async with Archive(None) as archive:
        await archive.keep([message(n, "the secret", attachments=(Attachment(n, "plan.pdf"),)) for n in (1, 2)])
        await archive.keep([message(2, "", html="<p></p>", attachments=())])  # emptied on the server
        await archive.remove(1, 99)
        assert await ids(archive, "secret") == [] and await archive.files() == []
        assert await archive.get(1) is None
        left = [(each.message.id, each.deleted, each.message.text) async for each in archive.messages(1)]
        assert left == [(1, True, ""), (2, True, "")]
        facts = await archive.facts()
        assert (facts.messages, facts.deleted) == (0, 2)
        await archive.keep([message(1, "back again")])  # what the server says counts
        assert await ids(archive, "back") == [1]


async def test_a_page_removes_what_the_server_no_longer_has() -> None:
    async with Archive(None) as archive:
        await archive.keep([message(n, f"number {n}") for n in range(1, 8)])
        await archive.keep([message(4, "elsewhere", channel=2)])
        await archive.keep_page(1, [message(2, "number two"), message(6, "number six")], 2, 6)
        there = [m.message.id async for m in archive.messages(1) if not m.deleted]
        assert there == [1, 2, 6, 7]
        assert [m.message.id async for m in archive.messages(2)] == [4]
        assert await archive.spans(1) == [ArchivedRange(2, 6)]


async def test_files_and_their_facts() -> None:
    picture, plan = Attachment(5, "a.png", "image/png", 10), Attachment(6, "Plan für Köln.pdf", "application/pdf", 20)
    async with Archive(None) as archive:
        await archive.keep([message(1, "look", attachments=(picture, plan)), message(2, "no file")])
        assert await ids(archive, "has:file") == [1] and await ids(archive, "has:image") == [1]
        assert await ids(archive, "koln") == [1]  # by the name of a file
        assert [f.name for f in await archive.files(1, missing=True)] == ["a.png", "Plan für Köln.pdf"]
        await archive.note_file(5, path="5-a.png")
        assert [f.id for f in await archive.files(missing=True)] == [6]
        await archive.keep([message(1, "look", attachments=(picture,))])
        assert [(f.id, f.path) for f in await archive.files()] == [(5, "5-a.png")]
        await archive.keep([message(1, "look", attachments=())])
        assert await archive.files() == [] and await ids(archive, "has:file") == []


@pytest.mark.parametrize("odd", [message(2**70), message(2**62), message(7, channel=2**65), message(7, "\udcff\ud83d")])
async def test_odd_values_do_not_stop_the_others(odd: object) -> None:
    assert isinstance(odd, type(message(1)))
    async with Archive(None) as archive:
        await archive.keep([message(1, "one"), odd, message(3, "three")])
        assert {1, 3} <= {m.message.id async for m in archive.messages(1)}


async def test_pruned_messages_are_gone_and_not_claimed() -> None:
    async with Archive(None) as archive:
        await archive.keep_page(1, [message(n, f"day {n}") for n in range(1, 11)], 0, 10)
        assert await archive.prune(BEGUN + timedelta(days=5)) == 4
        assert [m.message.id async for m in archive.messages(1)] == [5, 6, 7, 8, 9, 10]
        assert len(await archive.search("day")) == 6
        assert await archive.spans(1) == [ArchivedRange(5, 10)]
        assert await archive.pruned() == BEGUN + timedelta(days=5)


async def test_channels_that_the_user_left_keep_their_messages() -> None:
    async with Archive(None) as archive:
        await archive.keep([message(1, "words")], [ChannelInfo(1, "general"), ChannelInfo(2, "random")])
        await archive.keep_channels([ChannelInfo(2, "chance")])
        assert [c.name for c in await archive.channels(left=False)] == ["chance"]
        assert await ids(archive, "in:general words") == [1]
        await archive.leave(2)
        assert await archive.channels(left=False) == []


async def test_a_message_keeps_every_field() -> None:
    full = message(
        1, "x", written=BEGUN, pinned=BEGUN, starred=True, needaction=True, mentions=(3,), subject="s", mine=True,
        reply_to=7, local_id="l", attachments=(Attachment(1, "n", "m", 2),), reactions=(Reaction("👍", 1, (BOB,)),),
        channel=4,
    )  # fmt: skip
    async with Archive(None) as archive:
        await archive.keep([full])
        stored = await archive.get(1)
        assert stored is not None
        assert msgspec.to_builtins(stored) == msgspec.to_builtins(full) and stored.channel == ChannelRef(4)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), max_size=25))
def test_spans_are_what_was_covered(ranges: list[tuple[int, int]]) -> None:
    file = ArchiveFile(None)
    spans, covered = RangeTable(file.connection), set[int]()
    for low, width in ranges:
        span = spans.cover(1, low, low + width)
        covered |= set(range(low, low + width + 1))
        assert span.low <= low and span.high >= low + width
    found = spans.of(1)
    file.close()
    assert {n for s in found for n in range(s.low, s.high + 1)} == covered
    assert all(a.low > b.high + 1 for a, b in pairwise(found))
