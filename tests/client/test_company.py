"""A server of a company: most messages are other people's, people belong to companies, are renamed, write by mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

import odoochat
from odoochat import Message, MessageDeleted, MessageEdited, MessagePosted
from odoochat.client import partner_names
from odoochat.model import Author, same_facts
from odoochat.sandbox import Sandbox
from tests.timings import UNSWEPT, quick_connect

from .conftest import SECONDS, cut, listening

VERSIONS = [14, 15, 16, 17, 18, 19, 20]


@pytest.fixture(params=VERSIONS)
async def company(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """A sandbox of each version in which Bob belongs to a company, and others have a group of their own."""
    async with Sandbox(request.param) as box:
        employ(box, "bob", "Acme, Ltd")
        yield box


def employ(box: Sandbox, login: str, name: str) -> None:
    """Makes a user a contact of a company, whose name then precedes theirs in rows."""
    parent = box.world.state.accounts.add_partner(name)
    box.world.state.db.run("UPDATE partner SET parent_id = ? WHERE id = ?", parent, box.world.partner(login))


def private_group(box: Sandbox) -> int:
    return box.world.channels.create(box.world.uid("carol"), "board", "group", partners=[box.world.partner("dave")])


def others_write(box: Sandbox, count: int, text: str = "private") -> None:
    group = private_group(box)
    for number in range(count):
        box.world.post("carol", group, f"{text} {number}")


async def test_messages_among_many_of_others_are_delivered(company: Sandbox, tmp_path: Path) -> None:
    def alice() -> odoochat.connect:
        return quick_connect(company.url, login="alice", password="alice", state=tmp_path / "alice")

    async with alice() as odoo, odoo.events(MessagePosted) as arrived:
        company.world.post("bob", "general", "before")
        assert (await arrived.get(SECONDS)).message.text == "before"
    others_write(company, 450)
    mine = company.world.post("bob", "general", "in the gap")
    others_write(company, 450)
    async with alice() as odoo, odoo.events(MessagePosted, MessageEdited, MessageDeleted) as later:
        found = await later.get(SECONDS)
        assert isinstance(found, MessagePosted)
        assert found.message.id == mine
        await odoo.link.wait_open(SECONDS)
        last = company.world.post("bob", "general", "after")
        found = await later.get(SECONDS)
        assert isinstance(found, MessagePosted)
        assert found.message.id == last, "and nothing between"


async def test_a_search_everywhere_finds_what_a_search_in_the_channel_finds(company: Sandbox) -> None:
    wanted = [company.world.post("bob", "general", f"the needle {n}") for n in range(5)]
    others_write(company, 450, "a needle of others")
    async with quick_connect(company.url, login="alice", password="alice", live=False) as odoo:
        here = [m.id async for m in odoo.channel("general").search("needle")]
        everywhere = [m.id async for m in odoo.search("needle")]
        assert here == everywhere == sorted(wanted, reverse=True)
        assert [m.id async for m in odoo.search("needle", limit=2)] == here[:2]
        before = odoo._connection.session.http.request_count
        assert [m.id async for m in odoo.search("others")] == []
        assert odoo._connection.session.http.request_count - before < 10


async def test_a_company_before_a_name_makes_nothing_come_twice(company: Sandbox) -> None:
    async with listening(company) as listener:
        company.world.post("bob", "general", "one")
        await listener.each_once(["one"])
        for round_ in range(2):
            since = len(listener.events)
            await cut(company, listener.odoo)
            await listener.link("open", since=since)
            company.world.post("bob", "general", f"round {round_}")
            await listener.each_once(["one", *(f"round {n}" for n in range(round_ + 1))])
        assert not [e for e in listener.events if isinstance(e, (MessageEdited, MessageDeleted))]
        assert {m.author.name for m in listener.posted()} == {"Bob"}
        history = [m async for m in listener.odoo.channel("general").history(limit=3)]
        assert {m.author.name for m in history} == {"Bob"}
        assert [m.author for m in history] == [Author(company.world.partner("bob"))] * 3


async def test_a_new_colleague_of_a_company_has_a_plain_name(company: Sandbox) -> None:
    async with listening(company) as listener:
        employ(company, "carol", "Bars, Ltd")  # of whom nothing was known
        company.world.post("carol", "general", "one")
        company.world.post("carol", "general", "two")
        await listener.each_once(["one", "two"])
        assert [m.author.name for m in listener.posted()] == ["Carol", "Carol"]
        assert {m.author.name async for m in listener.odoo.channel("general").history(limit=2)} == {"Carol"}


async def test_a_rename_makes_nothing_come_twice(company: Sandbox) -> None:
    async with listening(company) as listener:
        company.world.post("bob", "general", "one")
        await listener.each_once(["one"])
        company.world.state.db.run("UPDATE partner SET name = ? WHERE id = ?", "Robert", company.world.partner("bob"))
        since = len(listener.events)
        await cut(company, listener.odoo)
        await listener.link("open", since=since)
        company.world.post("bob", "general", "two")
        await listener.each_once(["one", "two"])
        assert not [e for e in listener.events if isinstance(e, (MessageEdited, MessageDeleted))]
        newest = [m async for m in listener.odoo.channel("general").history(limit=1)]
        assert newest[0].author.name == "Robert"


async def test_the_users_own_message_can_be_changed_by_key_under_any_name(company: Sandbox) -> None:
    async with quick_connect(company.url, login="bob", api_key=company.api_key("bob"), live=False) as bob:
        message = await bob.channel("general").send("frist")
        company.world.state.db.run("UPDATE partner SET name = ? WHERE id = ?", "Robert", company.world.partner("bob"))
        await bob.channel("general").edit(await bob.fetch_message(message.id), "first")
        assert (await bob.fetch_message(message.id)).text == "first"
        await bob.channel("general").delete(message.id)
        with pytest.raises(odoochat.AccessDenied):
            others = company.world.post("carol", "general", "hers")
            await bob.channel("general").edit(others, "mine")


async def test_a_chat_is_called_by_the_plain_name(company: Sandbox) -> None:
    company.world.chat("alice", "bob")
    async with quick_connect(company.url, login="alice", password="alice", live=False) as odoo:
        assert odoo.channel("Bob").kind == "chat"
        assert "Bob" in [m.author.name for m in await odoo.channel("general").members()]


async def test_a_mail_shows_its_sender_live_and_in_rows(company: Sandbox) -> None:
    sender = Author(0, "email", "Some One", "some@example.org")
    async with listening(company) as listener:
        company.world.post(
            "bob", "general", "by mail", author=0, email_from='"Some One" <some@example.org>', subject="An offer"
        )
        await listener.each_once(["by mail"])
        (live,) = listener.posted()
        row = await listener.odoo.fetch_message(live.id)
        for message in (live, row):
            assert same_facts(message.author, sender)
            assert message.subject == "An offer"
            assert message.author != listener.odoo.me
        reply = await listener.odoo.channel("general").reply(live, "thank you")
        assert reply.reply_to == live.id
        with pytest.raises(odoochat.NotFound, match="Some One has no account on this server"):
            await listener.odoo.direct(live.author)


async def test_a_mail_with_an_old_date_is_delivered_after_joining(company: Sandbox) -> None:
    async with listening(company) as listener:
        room = company.world.channels.create(company.world.uid("carol"), "mail", "channel")
        old = company.world.post("carol", room, "from before")
        long_ago = "UPDATE message SET date = '2019-01-01 00:00:00', create_date = '2019-01-01 00:00:00' WHERE id = ?"
        company.world.state.db.run(long_ago, old)
        company.world.channels.invite(company.world.uid("carol"), room, [company.world.partner("alice")])
        await listener.until(lambda: any(c.name == "mail" for c in listener.odoo.channels()), "the channel")
        company.faults.drop(1006)  # it comes by the catch-up, with the date of its sender's clock
        number = company.world.post("carol", room, "by mail", message_type="email")
        company.world.state.db.run("UPDATE message SET date = '2020-01-01 00:00:00' WHERE id = ?", number)
        await listener.until(lambda: any(m.text == "by mail" for m in listener.posted()), "the mail")
        assert "from before" not in {m.text for m in listener.posted()}


@pytest.mark.parametrize("version", [14, 16, 19])
async def test_a_large_transaction_overflows_no_reader_that_keeps_up(version: int) -> None:
    async with Sandbox(version) as box, quick_connect(box.url, login="alice", password="alice") as odoo:
        await odoo.link.wait_open(SECONDS)
        quick, all_events = odoo.events(MessagePosted), odoo.events()
        idle = odoo.events(MessagePosted, maxsize=10)
        found: list[Message] = []
        rest: list[object] = []

        async def read_all() -> None:
            async for event in all_events:
                rest.append(event)

        reading = asyncio.create_task(read_all())
        with box.faults.late_commit("bob"):
            for number in range(1_200):
                box.world.post("bob", "general", f"{number}")
        async with asyncio.timeout(60):
            while len(found) < 1_200:
                found.append((await quick.get(SECONDS)).message)
        assert [m.text for m in found] == [f"{n}" for n in range(1_200)]
        async with asyncio.timeout(SECONDS):
            while sum(isinstance(e, MessagePosted) for e in rest) < 1_200:
                await asyncio.sleep(0.05)
        assert (quick.missed, all_events.missed) == (0, 0)
        assert idle.missed == 1_190, "who does not read is waited for no longer"
        all_events.close()
        await asyncio.gather(reading, return_exceptions=True)


async def test_a_display_name_is_asked_for_once(box19: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    employ(box19, "carol", "Acme")
    for number in range(5):
        box19.world.post("carol", "general", f"{number}")
    asked: list[list[int]] = []
    names = partner_names.PartnerNames._fetch

    async def counted(rows: partner_names.PartnerNames, ids: list[int]) -> dict[int, str]:
        asked.append(list(ids))
        return await names(rows, ids)

    monkeypatch.setattr(partner_names.PartnerNames, "_fetch", counted)
    async with quick_connect(box19.url, login="alice", password="alice", live=False) as odoo:
        found = [m async for m in odoo.channel("general").history(limit=5)]
        assert {m.author.name for m in found} == {"Carol"}
        assert asked == [[box19.world.partner("carol")]]


async def test_an_id_beyond_all_ids_is_not_found(company: Sandbox) -> None:
    async with quick_connect(company.url, login="alice", password="alice", live=False) as odoo:
        for number in (2**31, 2**63, 10**30, -1):
            with pytest.raises(odoochat.NotFound):
                await odoo.fetch_message(number)
            with pytest.raises(odoochat.NotFound):
                await odoo.channel("general").fetch_message(number)
        everything = [m.id async for m in odoo.channel("general").history()]
        assert everything
        assert [m.id async for m in odoo.channel("general").history(before=2**70)] == everything
        assert [m.id async for m in odoo.channel("general").history(after=2**70)] == []


def put_back(box: Sandbox, upto: int) -> None:
    """Restores the database to what it was when a message was the newest: what follows gets the ids after it."""
    for query in (
        "DELETE FROM message WHERE id > ?",
        "UPDATE sqlite_sequence SET seq = ? WHERE name = 'message'",
    ):
        box.world.state.db.run(query, upto)


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("version", [14, 16, 19])
async def test_a_restored_database_is_recognised_by_ids_and_dates(version: int, restart: bool, tmp_path: Path) -> None:
    async with Sandbox(version) as box:
        employ(box, "bob", "Acme")
        kept = box.world.post("bob", "general", "in the backup")
        state = tmp_path / "state"
        async with quick_connect(box.url, login="alice", password="alice", state=state) as odoo:
            arrived = odoo.events(MessagePosted)
            await odoo.link.wait_open(SECONDS)
            for number in range(6):
                box.world.post("bob", "general", f"lost {number}")
            for number in range(6):
                assert (await arrived.get(SECONDS)).message.text == f"lost {number}"
            if not restart:
                put_back(box, kept)
                for number in range(8):
                    _later(box, f"anew {number}")
                await _interrupt(box, odoo)
                assert [(await arrived.get(SECONDS)).message.text for _ in range(8)] == [f"anew {n}" for n in range(8)]
            arrived.close()
        if restart:
            put_back(box, kept)
            for number in range(8):
                _later(box, f"anew {number}")
            async with quick_connect(box.url, login="alice", password="alice", state=state) as odoo:
                arrived = odoo.events(MessagePosted)
                assert [(await arrived.get(SECONDS)).message.text for _ in range(8)] == [f"anew {n}" for n in range(8)]
                arrived.close()


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("version", [14, 19])
async def test_ids_of_the_newest_messages_that_a_restore_removed_are_used_again(
    version: int, restart: bool, tmp_path: Path
) -> None:
    async with Sandbox(version) as box, AsyncExitStack() as stack:
        kept = box.world.post("bob", "general", "in the backup")
        state = tmp_path / "state"
        odoo = await stack.enter_async_context(
            quick_connect(box.url, login="alice", password="alice", state=state, timing=UNSWEPT)
        )
        arrived = odoo.events(MessagePosted, MessageDeleted)
        await odoo.link.wait_open(SECONDS)
        for _ in range(9):  # rows for other users
            box.world.state.bus.skip()
        lost = [box.world.post("bob", "general", f"lost {number}") for number in range(2)]
        assert [(await arrived.get(SECONDS)).message.id for _ in lost] == lost
        put_back(box, kept)
        box.faults.lower_bus_ids()
        box.advance(hours=1)
        await _interrupt(box, odoo)
        assert [(await arrived.get(SECONDS)).id for _ in lost] == lost
        if restart:
            arrived.close()
            await stack.aclose()
            odoo = await stack.enter_async_context(
                quick_connect(box.url, login="alice", password="alice", state=state, timing=UNSWEPT)
            )
            arrived = odoo.events(MessagePosted, MessageDeleted)
        await odoo.link.wait_open(SECONDS)
        anew = [box.world.post("bob", "general", f"anew {number}") for number in range(3)]
        assert anew[:2] == lost
        got = [await arrived.get(SECONDS) for _ in anew]
        assert [e.message.text for e in got if isinstance(e, MessagePosted)] == [f"anew {n}" for n in range(3)]
        assert not arrived.pending
        arrived.close()


async def _interrupt(box: Sandbox, odoo: odoochat.Client) -> None:
    """Refuses everything until the client's link is not open any more; a long poll repeats what fails for a moment."""
    changes = odoo.events(odoochat.LinkChanged)
    box.faults.fail(1_000, status=503)
    box.faults.drop(1006)
    while (await changes.get(SECONDS)).state == "open":
        pass
    box.faults.clear()
    changes.close()


def _later(box: Sandbox, text: str) -> None:
    """Posts a message that is dated a year later; live notifications of it are lost."""
    box.faults.lose(1)
    number = box.world.post("bob", "general", text)
    box.world.state.db.run(
        "UPDATE message SET date = '2027-12-01 10:00:00', create_date = '2027-12-01 10:00:00',"
        " write_date = '2027-12-01 10:00:00' WHERE id = ?",
        number,
    )


@pytest.mark.parametrize("version", [14, 19])
async def test_a_message_that_is_dated_anew_does_not_make_the_database_a_restored_one(version: int) -> None:
    async with (
        Sandbox(version) as box,
        quick_connect(box.url, login="alice", password="alice", timing=UNSWEPT) as odoo,
    ):
        arrived = odoo.events(MessagePosted)
        await odoo.link.wait_open(SECONDS)
        dated = box.world.post("bob", "general", "an old letter")
        assert (await arrived.get(SECONDS)).message.id == dated
        box.world.state.db.run("UPDATE message SET date = '2011-03-01 08:00:00' WHERE id = ?", dated)
        missed = _unheard(box, 300)
        later = box.world.post("bob", "general", "received")
        assert (await arrived.get(SECONDS)).message.id == later
        await _interrupt(box, odoo)
        assert [(await arrived.get(SECONDS)).message.id for _ in missed] == missed
        arrived.close()


def _unheard(box: Sandbox, count: int) -> list[int]:
    """Posts messages to the channel without notifications to its members."""
    box.world.channels.create(box.world.uid("bob"), "elsewhere", "channel")
    numbers = [box.world.post("bob", "elsewhere", f"lost {n}") for n in range(count)]
    move = "UPDATE message SET res_id = (SELECT id FROM channel WHERE name = 'general') WHERE id BETWEEN ? AND ?"
    box.world.state.db.run(move, numbers[0], numbers[-1])
    return numbers


async def test_connecting_takes_eight_requests_with_chats_files_and_companies(company: Sandbox) -> None:
    async with odoochat.connect(company.url, login="bob", password="bob", live=False) as bob:
        await (await bob.direct("alice")).send("to you alone")
        message = await bob.channel("general").upload(("a.txt", b"abc"), "a file")
    async with odoochat.connect(company.url, db=company.db, login="alice", password="alice") as odoo:
        # On 16 the proof of a WebSocket needs the id of the user's settings as well.
        assert odoo._session.http.request_count <= (9 if company.version == 16 else 8)
        assert [c.name for c in odoo.channels() if c.kind == "chat"] == ["Bob"]
        async with asyncio.timeout(SECONDS):  # the names and files of messages from before come after the link
            while True:
                known = odoo.known_message(message.id)
                if known is not None and known.author.name == "Bob" and known.attachments[0].name == "a.txt":
                    break
                await asyncio.sleep(0.05)
