"""The `odoo_sandbox` fixture: users, channels, posted messages, the clock, and calls from another thread."""

from __future__ import annotations

import asyncio
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest

import odoochat
from odoochat import ChannelChanged, MessagePosted, TypingChanged
from odoochat.sandbox import PostedMessage, SandboxFixture, running_sandbox


async def test_users_and_channels_in_a_line(odoo_sandbox: SandboxFixture) -> None:
    erin = odoo_sandbox.add_user("erin", name="Erin Example")
    sales = odoo_sandbox.add_channel("sales", "ann", "erin", private=True, description="Deals")
    assert odoo_sandbox.users["erin"] == erin
    async with odoo_sandbox.login("erin") as client, odoo_sandbox.login("bob") as bob:
        assert client.me.partner_id == erin.partner_id
        assert {each.name for each in client.channels()} == {"general", "sales"}
        assert client.channel("sales").id == sales
        assert client.channel("sales").info.description == "Deals"
        with pytest.raises(odoochat.NotFound):
            await bob.resolve("sales")
        joined = client.events(odoochat.ChannelJoined)
        odoo_sandbox.add_channel("lunch", "bob", "erin", kind="group")
        event = await joined.get(timeout=30)
        assert isinstance(event, odoochat.ChannelJoined)
        assert event.channel.kind == "group"


def test_mistakes_name_the_thing_and_the_mend(odoo_sandbox: SandboxFixture) -> None:
    with pytest.raises(LookupError, match=r"no user 'erin'; add it with add_user\('erin'\)"):
        odoo_sandbox.login("erin")
    with pytest.raises(LookupError, match="no user 'erin'"):
        odoo_sandbox.add_channel("sales", "erin")
    with pytest.raises(LookupError, match="no channel 'sales', only general, support.*add_channel"):
        odoo_sandbox.posted("sales")
    with pytest.raises(LookupError, match="no user 'erin'"):
        odoo_sandbox.posted(by="erin")
    with pytest.raises(ValueError, match="already in use"):
        odoo_sandbox.add_user("ann")
    with pytest.raises(ValueError, match="a channel named 'general' already exists"):
        odoo_sandbox.add_channel("general")
    with pytest.raises(LookupError, match=r"'crm.lead' is not declared; declare it"):
        odoo_sandbox.add_record("crm.lead", name="A big one")
    odoo_sandbox.model("crm.lead", revenue=float)
    with pytest.raises(LookupError, match="has no field 'revenu'; it has name, revenue"):
        odoo_sandbox.add_record("crm.lead", revenu=1.0)
    with pytest.raises(ValueError, match="cannot move the clock back"):
        odoo_sandbox.advance(hours=-1)
    with pytest.raises(ValueError, match="needs a time zone"):
        odoo_sandbox.set_time(datetime(2030, 1, 1))  # noqa: DTZ001


async def test_what_was_posted(odoo_sandbox: SandboxFixture) -> None:
    box = odoo_sandbox
    assert box.posted() == []  # the initial history is older
    async with box.login("ann") as ann, box.login("bob") as bob:
        first = await ann.channel("general").send("**Hello**\nworld", markup="markdown")
        await bob.channel("support").send("see", files=[("a.txt", b"abc")])
        gone = await bob.channel("general").send("a mistake")
        await bob.channel("general").delete(gone)
        await bob.channel("general").settings.describe("news")
        chat = await ann.direct("bob")
        await chat.send("psst")
    assert box.posted("general") == [first.text]
    assert box.posted(by="bob") == ["see"]
    assert box.posted(chat.id) == ["psst"]
    general, support, direct = box.messages()
    assert general == PostedMessage(
        first.id, "general", "discuss.channel", first.channel.id if first.channel else 0, "ann", "Ann", first.text,
        first.html,
    )  # fmt: skip
    assert support.files == ("a.txt",)
    assert direct.record_id == chat.id


async def test_records_of_own_models(odoo_sandbox: SandboxFixture) -> None:
    odoo_sandbox.model("crm.lead", revenue=float, partner_id="res.partner")
    number = odoo_sandbox.add_record("crm.lead", by="ann", name="A big one", revenue=12.5)
    async with odoo_sandbox.login("ann") as ann:
        lead = await ann.record("crm.lead", number)
        assert await ann.execute("crm.lead", "read", [number], fields=["revenue"]) == [{"id": number, "revenue": 12.5}]
        assert [each.name for each in await lead.followers()] == ["Ann"]
        await lead.note("Call them.")
        await lead.send("We called.")
    note, answer = odoo_sandbox.messages(record=("crm.lead", number))
    assert (note.text, note.note, note.channel) == ("Call them.", True, "A big one")
    assert (answer.text, answer.note) == ("We called.", False)


async def test_waiting_for_posts(odoo_sandbox: SandboxFixture) -> None:
    box = odoo_sandbox
    async with box.login("bob") as bob:
        waiting = asyncio.create_task(box.wait_posted("general", re.compile(r"^\d+$"), by="bob", count=2))
        box.post("ann", "general", "0")
        for text in ("1", "a word"):
            await bob.channel("general").send(text)
        edited = await bob.channel("general").send("working…")
        assert not waiting.done()
        await bob.channel("general").edit(edited, "2")
        assert (await waiting).id == edited.id
    assert (await box.wait_posted(text="1")).by == "bob"
    with pytest.raises(
        AssertionError, match=r"no message 'x' by bob in general within 0.05 s; messages posted: \['1', "
    ):
        await box.wait_posted("general", "x", by="bob", timeout=0.05)
    with box.faults.late_commit("ann"):
        box.post("ann", "general", "late", mentions=["bob"])
        assert "late" not in box.posted()
    assert box.wait_posted_sync(text="late").author == "Ann"
    assert box.world.state.messages.listeners == []


async def test_a_cancelled_wait_ends_in_the_sandbox(odoo_sandbox: SandboxFixture) -> None:
    waiting = asyncio.create_task(odoo_sandbox.wait_posted("general"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(30):
        while odoo_sandbox.world.state.messages.listeners:
            await asyncio.sleep(0.01)


async def test_typing_expires_by_the_clock(odoo_sandbox: SandboxFixture) -> None:
    async with odoo_sandbox.login("ann") as ann, odoo_sandbox.login("bob") as bob:
        typing = ann.events(TypingChanged)
        await bob.channel("general").typing.start()
        await typing.get(timeout=30)
        odoo_sandbox.advance(seconds=30)
        assert [each.name for each in ann.channel("general").typing.authors()] == ["Bob"]
        odoo_sandbox.advance(seconds=31)
        assert ann.channel("general").typing.authors() == []


@pytest.mark.odoo_versions(17, 18, 19)
async def test_mutes_end_by_the_clock(odoo_sandbox: SandboxFixture) -> None:
    async with odoo_sandbox.login("ann") as ann:
        general = ann.channel("general")
        changes = ann.events(ChannelChanged)
        await general.settings.mute(30)
        await changes.get(timeout=30)
        muted = general.info.muted
        assert muted is not None
        assert timedelta(minutes=29) < muted - odoo_sandbox.now <= timedelta(minutes=30)
        odoo_sandbox.advance(minutes=29)
        assert general.info.muted == muted
        odoo_sandbox.advance(minutes=1, seconds=1)
        await changes.get(timeout=30)
        assert general.info.muted is None


async def test_scheduled_messages_are_sent_by_the_clock(odoo_sandbox: SandboxFixture) -> None:
    async with odoo_sandbox.login("alice") as alice:
        record = await alice.record("res.partner", alice.me.partner_id)
        await record.schedule("Remember this.", datetime.now(UTC) + timedelta(days=2))
        odoo_sandbox.advance(timedelta(days=1))
        assert odoo_sandbox.posted() == []
        odoo_sandbox.advance(days=1, minutes=1)
        assert odoo_sandbox.posted(by="alice") == ["Remember this."]
        assert await record.scheduled() == []


async def test_a_scheduled_message_whose_author_may_not_send_it_is_deleted(odoo_sandbox: SandboxFixture) -> None:
    async with odoo_sandbox.login("alice") as alice:
        record = await alice.record("res.partner", alice.me.partner_id)
        await record.schedule("Remember this.", datetime.now(UTC) + timedelta(days=2))
        odoo_sandbox.world.state.db.run("UPDATE user SET contacts = 0 WHERE login = 'alice'")
        odoo_sandbox.advance(days=3)
        assert odoo_sandbox.posted() == []
        assert await record.scheduled() == []


@pytest.mark.odoo_sandbox(20)
async def test_polls_end_by_the_clock(odoo_sandbox: SandboxFixture) -> None:
    async with odoo_sandbox.login("ann") as ann:
        polls = ann.channel("general").polls
        await polls.create("Lunch?", ["soup", "salad"], minutes=60)
        number = odoo_sandbox.world.history("general")[-1]["id"]
        assert not (await polls.fetch(number)).closed
        odoo_sandbox.advance(minutes=61)
        assert (await polls.fetch(number)).closed


async def test_the_time_of_messages(odoo_sandbox: SandboxFixture) -> None:
    odoo_sandbox.set_time(datetime(2031, 5, 1, 12, tzinfo=UTC))
    async with odoo_sandbox.login("ann") as ann:
        message = await ann.channel("general").send("from the future")
        assert message.date is not None
        assert message.date - datetime(2031, 5, 1, 12, tzinfo=UTC) < timedelta(minutes=5)


async def test_the_sandbox_runs_in_a_thread_of_its_own(odoo_sandbox: SandboxFixture) -> None:
    here = threading.get_ident()
    seen: list[int] = []
    odoo_sandbox.world.messages.listeners.append(lambda _: seen.append(threading.get_ident()))
    odoo_sandbox.world.post("ann", "general", "one")
    with odoo_sandbox.faults.during() as faults:
        faults.delay(0.01)
        assert odoo_sandbox.faults.ledger.delay == 0.01
    assert odoo_sandbox.faults.ledger.delay == 0
    odoo_sandbox.faults.ledger.delay = 0.02
    assert odoo_sandbox.faults.ledger.delay == 0.02
    assert len(seen) == 1
    assert here not in seen
    assert "World" in repr(odoo_sandbox.world)
    assert "post" in dir(odoo_sandbox.world)


async def test_faults_of_the_fixture(odoo_sandbox: SandboxFixture) -> None:
    async with odoo_sandbox.login("ann") as ann, odoo_sandbox.login("bob") as bob:
        posts = ann.events(MessagePosted)
        assert odoo_sandbox.faults.drop() == 2
        await bob.channel("general").send("after the fault")
        event = await posts.get(timeout=30)
        assert isinstance(event, MessagePosted)
        assert event.message.text == "after the fault"


def test_a_sandbox_that_cannot_start_says_why() -> None:
    with running_sandbox(14) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(OSError, match=str(port)), running_sandbox(19, port=port):
            pass
    with pytest.raises(ValueError, match="13"), running_sandbox(13):
        pass
    with pytest.raises(RuntimeError, match="the sandbox is closed"):
        first.posted()
    assert not [each for each in threading.enumerate() if each.name == "odoochat sandbox"]


def test_the_system_message_about_a_pinned_message_reads_as_in_odoo(odoo_sandbox: SandboxFixture) -> None:
    with odoo_sandbox.login_sync("ann", live=False) as ann:
        general = ann.channel("general")
        general.pin(general.send("look"))
        (notice,) = general.history(limit=1)
    assert notice.text == "Ann pinned a message to this channel. See all pinned messages."
