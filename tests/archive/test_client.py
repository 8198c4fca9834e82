"""A client with an archive on a sandbox: kept current, filled, repaired after a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import odoochat
from odoochat import (
    Archive,
    ArchiveError,
    ChannelLeft,
    MessageDeleted,
    MessageEdited,
    NotFound,
    ReactionChanged,
    UsageError,
)
from odoochat.archive.location import files_folder
from odoochat.client.archive_sync import ArchiveSync
from odoochat.sandbox import SandboxFixture
from odoochat.sandbox.database.messages import MessageValues
from tests.timings import quick_connect

SECONDS = 20


async def until(found: Callable[[], Awaitable[bool]]) -> None:
    """Waits for the archive to hold something."""
    async with asyncio.timeout(SECONDS):
        while not await found():
            await asyncio.sleep(0.02)


def with_archive(sandbox: SandboxFixture, path: Path, **more: object) -> odoochat.connect:
    given: dict = {"db": sandbox.db, "login": "ann", "password": "ann", "archive": path, **more}
    return quick_connect(sandbox.url, **given)


async def test_what_is_received_is_kept_with_its_changes(odoo_sandbox: SandboxFixture, tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with odoo_sandbox.login("bob") as bob, with_archive(odoo_sandbox, path) as ann:
        general = ann.channel("general")
        mine = await general.send("from me to all")
        posts = ann.events(odoochat.MessagePosted)
        said = await bob.channel("general").send("Grüße from Bob")
        event = await posts.get(SECONDS)
        assert isinstance(event, odoochat.MessagePosted) and event.message.id == said.id
        await ann.archive.flush()
        assert [m.id for m in await ann.archive.search("grusse")] == [said.id]
        assert [m.id for m in await ann.archive.search("from:me")] == [mine.id]
        changes = ann.events(MessageEdited, ReactionChanged, MessageDeleted)
        await bob.channel("general").react(mine, "👍")
        await bob.channel("general").edit(said, "Servus from Bob")
        seen: set[type] = set()
        while len(seen) < 2:
            seen.add(type(await changes.get(SECONDS)))
        await ann.archive.flush()
        assert [m.id for m in await ann.archive.search("servus")] == [said.id]
        assert [m.id for m in await ann.archive.search("has:reaction")] == [mine.id]
        await bob.channel("general").delete(said)
        while not isinstance(await changes.get(SECONDS), MessageDeleted):
            pass
        await ann.archive.flush()
        assert await ann.archive.search("servus") == [] and (await ann.archive.facts()).deleted == 1
        left = ann.events(ChannelLeft)
        await ann.channel("support").leave()
        await left.get(SECONDS)
        await ann.archive.flush()
        assert "support" not in [c.name for c in await ann.archive.channels(left=False)]
        assert "support" in [c.name for c in await ann.archive.channels()]
    async with Archive(path) as archive:  # without a client, as another program reads it
        assert [m.text for m in await archive.search("from:ann")] == ["from me to all"]


async def test_what_changed_while_it_was_closed_is_repaired(odoo_sandbox: SandboxFixture, tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with odoo_sandbox.login("bob") as bob:
        place = bob.channel("general")
        edited, reacted, deleted, removed = [await place.send(f"text {n}") for n in range(4)]
        async with with_archive(odoo_sandbox, path) as ann:
            await ann.archive.sync()
        await place.edit(edited, "other words")
        await place.react(reacted, "🎉")
        await place.delete(deleted)
        odoo_sandbox.world.messages.unlink([removed.id])
        missed = [await place.send(f"missed {n}") for n in range(3)]
        async with with_archive(odoo_sandbox, path) as ann:
            kept = ann.archive

            async def repaired() -> bool:
                return bool(await kept.search("other words")) and len(await kept.search("missed")) == 3

            await until(repaired)
            assert {m.id for m in await kept.search("missed")} == {m.id for m in missed}
            assert [m.id for m in await kept.search("has:reaction")] == [reacted.id]
            gone = {m.message.id async for m in kept.messages(place.id) if m.deleted}
            assert gone == {deleted.id, removed.id}


async def test_a_synchronization_goes_on_where_it_ended(
    odoo_sandbox: SandboxFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("odoochat.client.archive_sync.LARGEST_PAGE", 10)
    world, uid = odoo_sandbox.world, odoo_sandbox.users["bob"][0]
    posted = [world.messages.post(uid, 1, MessageValues(f"number {n}")) for n in range(95)]
    path, pages = tmp_path / "a.sqlite", []

    class Stop(Exception):
        pass

    def stop(progress: odoochat.SyncProgress) -> None:
        pages.append(progress)
        if len(pages) == 4:
            raise Stop

    async with with_archive(odoo_sandbox, path, live=False) as ann:
        with pytest.raises(Stop):
            await ann.archive.sync([1], progress=stop)
        assert (await ann.archive.facts()).messages == 40
    posted += [world.messages.post(uid, 1, MessageValues(f"number {n} later")) for n in range(15)]
    async with with_archive(odoo_sandbox, path, live=False) as ann:
        result = await ann.archive.sync([1], progress=pages.append)
        there = [m.id async for m in ann.channel(1).history()]
        kept = [m.message.id async for m in ann.archive.messages(1)]
        assert kept == there[::-1] and set(posted) <= set(kept)
        assert result.messages < len(kept) - 20  # the middle was not fetched again
        assert [p.part for p in pages[4:]] == sorted(p.part for p in pages[4:]) and pages[-1].part == 1.0
        again = await ann.archive.sync([1])
        assert again.messages == 10  # one page, which repairs the newest messages
        world.messages.edit(uid, posted[0], "changed long ago")
        await ann.archive.sync([1])
        assert await ann.archive.search("changed") == []
        await ann.archive.sync([1], again=True)
        assert [m.id for m in await ann.archive.search("changed")] == [posted[0]]


@pytest.mark.parametrize("odoo_sandbox", [15, 18, 19], indirect=True)
async def test_pages_grow_and_the_oldest_reactions_come_with_them(odoo_sandbox: SandboxFixture, tmp_path: Path) -> None:
    world, uid = odoo_sandbox.world, odoo_sandbox.users["bob"][0]
    posted = [world.messages.post(uid, 1, MessageValues(f"number {n}")) for n in range(1_150)]
    async with with_archive(odoo_sandbox, tmp_path / "a.sqlite", live=False) as ann:
        for number in (posted[0], posted[600], posted[-1]):
            await ann.channel(1).react(number, "👍")
        before = ann._connection.session.http.request_count
        result = await ann.archive.sync([1])
        assert result.messages >= 1_150
        assert ann._connection.session.http.request_count - before <= 14
        kept = {m.message.id: m.message async for m in ann.archive.messages(1)}
        reacted = {i for i, m in kept.items() if m.reactions}
        assert reacted == {posted[0], posted[600], posted[-1]}
        assert all(m.reactions_known for m in kept.values())


async def test_since_and_pruned(odoo_sandbox: SandboxFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odoochat.client.archive_sync.LARGEST_PAGE", 5)
    world, uid = odoo_sandbox.world, odoo_sandbox.users["bob"][0]
    for n in range(20):
        number = world.messages.post(uid, 1, MessageValues(f"number {n}"))
        world.state.db.run("UPDATE message SET date = ? WHERE id = ?", f"2020-01-{n + 1:02} 12:00:00", number)
    async with with_archive(odoo_sandbox, tmp_path / "a.sqlite", live=False) as ann:
        await ann.archive.sync([1], since=datetime(2020, 1, 12, tzinfo=UTC))
        dates = sorted([m.message.date.day async for m in ann.archive.messages(1)])
        assert dates[0] in range(7, 12) and dates[-1] == 20
        await ann.archive.prune(datetime(2020, 1, 15, 13, tzinfo=UTC))
        await ann.archive.sync([1])
        assert min([m.message.date.day async for m in ann.archive.messages(1)]) > 10
        # Pruned while the clock was a year ahead: what is new afterwards is fetched.
        await ann.archive.prune(datetime.now(UTC) + timedelta(days=365))
        await ann.archive.sync([1])
        assert len([m async for m in ann.archive.messages(1)]) >= 20


async def test_files_are_kept_under_safe_names(odoo_sandbox: SandboxFixture, tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with with_archive(odoo_sandbox, path, live=False) as ann:
        sent = await ann.channel(1).send("two files", files=[("../../e v/il.txt", b"one"), ("b.txt", b"two")])
        second = sent.attachments[1].id
        result = await ann.archive.sync([1], files=True)
        names = sorted(f.name for f in files_folder(path).iterdir())
        assert result.files == 2 and result.left_out == []
        assert names == sorted([f"{sent.attachments[0].id}-il.txt", f"{second}-b.txt"])
        assert (await ann.archive.sync([1], files=True)).files == 0
        facts = await ann.archive.facts()
        assert (facts.files, facts.files_stored, facts.files_size) == (2, 2, 6)
        shown = await ann.archive.export(1, tmp_path / "out")
        assert shown.files == 2 and shown.left_out == []


async def test_an_export_of_a_name_or_an_unknown_channel_writes_nothing(
    odoo_sandbox: SandboxFixture, tmp_path: Path
) -> None:
    wrong: Any = "general"
    async with with_archive(odoo_sandbox, tmp_path / "a.sqlite", live=False) as ann:
        with pytest.raises(
            UsageError, match=r"'general' is neither a channel nor its id; use odoo\.channel\('general'"
        ):
            await ann.archive.export(wrong, tmp_path / "out")
        with pytest.raises(UsageError, match="neither a channel"):
            await anext(ann.archive.messages(wrong))
        with pytest.raises(UsageError, match="neither a channel"):
            await ann.archive.sync([wrong])
        with pytest.raises(UsageError, match="neither a channel"):
            await ann.archive.search("hello", channel=wrong)
        with pytest.raises(NotFound, match="no channel 4711 in the archive"):
            await ann.archive.export(4711, tmp_path / "out")
        unknown: Any = "pdf"
        with pytest.raises(UsageError, match="'pdf' is not a format of exports; use one of html, markdown, json"):
            await ann.archive.export(1, tmp_path / "out.pdf", unknown)
    assert sorted(each.name for each in tmp_path.iterdir() if each.name.startswith("out")) == []


async def test_without_an_archive_and_with_that_of_another_account(
    odoo_sandbox: SandboxFixture, tmp_path: Path
) -> None:
    path = tmp_path / "a.sqlite"
    async with odoo_sandbox.login("bob", live=False) as bob:
        with pytest.raises(UsageError, match="connect"):
            bob.archive  # noqa: B018
    async with with_archive(odoo_sandbox, path, live=False):
        pass
    with pytest.raises(ArchiveError, match="belongs to the account"):
        async with odoo_sandbox.login("bob", live=False, archive=path):
            pass


async def test_a_catch_up_waits_for_the_subscriber_of_the_user(odoo_sandbox: SandboxFixture, tmp_path: Path) -> None:
    state, path = tmp_path / "state.json", tmp_path / "a.sqlite"
    async with with_archive(odoo_sandbox, path, state=state) as ann, ann.events(odoochat.MessagePosted) as received:
        first = odoo_sandbox.world.messages.post(odoo_sandbox.users["bob"][0], 1, MessageValues("first"))
        event = await received.get(SECONDS)
        assert isinstance(event, odoochat.MessagePosted) and event.message.id == first
    missed = odoo_sandbox.world.messages.post(odoo_sandbox.users["bob"][0], 1, MessageValues("while away"))
    async with with_archive(odoo_sandbox, path, state=state) as ann:
        await ann.archive.flush()
        async with ann.events(odoochat.MessagePosted) as received:
            event = await received.get(SECONDS)
            assert isinstance(event, odoochat.MessagePosted) and event.message.id == missed


@pytest.mark.parametrize(
    "error", [ArchiveError("the disk is full"), OverflowError("not foreseen")], ids=["disk", "odd"]
)
async def test_what_an_error_kept_out_is_fetched_when_events_are_stored_again(
    odoo_sandbox: SandboxFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def full(*_: object) -> None:
        raise error

    async with odoo_sandbox.login("bob") as bob, with_archive(odoo_sandbox, tmp_path / "a.sqlite") as ann:
        general = bob.channel("general")
        posts = ann.events(odoochat.MessagePosted, odoochat.TypingChanged)

        async def arrives() -> None:
            await posts.get(SECONDS)
            await ann.archive.flush()

        await general.send("before")
        await arrives()
        with monkeypatch.context() as disk:
            disk.setattr(Archive, "keep", full)
            await general.send("meanwhile")
            with pytest.raises(ArchiveError):
                await arrives()
            async with general.typing():  # an event of which nothing is stored
                with pytest.raises(ArchiveError):
                    await arrives()
        await general.send("room again")

        async def found() -> bool:
            return len(await ann.archive.search("meanwhile")) == 1

        await until(found)


async def test_a_gap_while_the_archive_is_compared_is_found_by_another_comparison(
    odoo_sandbox: SandboxFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite"
    async with with_archive(odoo_sandbox, path) as ann:
        await ann.archive.sync([ann.channel("general")])
    compared, finish = asyncio.Event(), asyncio.Event()
    whole = ArchiveSync.channel

    async def channel(self: ArchiveSync, *args: Any, **more: Any) -> int:
        found = await whole(self, *args, **more)
        compared.set()
        await finish.wait()
        return found

    async def full(*_: object) -> None:
        raise ArchiveError("the disk is full")

    monkeypatch.setattr(ArchiveSync, "channel", channel)
    async with odoo_sandbox.login("bob") as bob, with_archive(odoo_sandbox, path) as ann:
        general = bob.channel("general")
        posts = ann.events(odoochat.MessagePosted)
        async with asyncio.timeout(SECONDS):
            await compared.wait()
        with monkeypatch.context() as disk:
            disk.setattr(Archive, "keep", full)
            await general.send("meanwhile")
            await posts.get(SECONDS)
            with pytest.raises(ArchiveError):
                await ann.archive.flush()
        await general.send("room again")
        await posts.get(SECONDS)
        await ann.archive.flush()
        finish.set()

        async def found() -> bool:
            return len(await ann.archive.search("meanwhile")) == 1

        await until(found)
