"""Tests with the fixture `odoo_sandbox`: checked by mypy and pyright in strict mode, never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import assert_type

import pytest

import odoochat
import odoochat.sync
from odoochat import Channel, Client, Message, MessagePosted, Record
from odoochat.bot import Bot, BotTester, Context
from odoochat.sandbox import PostedMessage, Sandbox, SandboxFixture, SandboxUser, World, running_sandbox

bot = Bot()


@bot.command
async def roll(ctx: Context, sides: int = 6) -> str:
    """Roll a die."""
    return f"1 of {sides}"


async def test_filling(odoo_sandbox: SandboxFixture) -> None:
    erin = odoo_sandbox.add_user("erin", name="Erin", admin=False, portal=False)
    assert_type(erin, SandboxUser)
    assert_type(erin.partner_id, int)
    assert_type(odoo_sandbox.users["ann"], SandboxUser)
    assert_type(odoo_sandbox.add_channel("sales", "ann", "erin", kind="group", private=True), int)
    assert_type(odoo_sandbox.add_members("sales", "bob"), bool)
    odoo_sandbox.model("crm.lead", revenue=float, due=date, partner_id="res.partner")
    assert_type(odoo_sandbox.add_record("crm.lead", by="ann", name="A big one", revenue=12.5), int)
    assert_type(odoo_sandbox.post("ann", "sales", "Hello", mentions=["erin"]), int)
    assert_type(odoo_sandbox.version, float)
    assert_type(odoo_sandbox.url, str)


async def test_posts(odoo_sandbox: SandboxFixture) -> None:
    async with odoo_sandbox.login("ann", transport="longpoll") as ann, odoo_sandbox.login("bob", live=False) as bob:
        assert_type(ann, Client)
        messages = ann.events(MessagePosted)
        general = bob.channel("general")
        assert_type(general, Channel)
        assert_type(await general.send("hello"), Message)
        async for event in messages:
            if isinstance(event, MessagePosted):
                assert_type(event.message.text, str)
        assert_type(await ann.record("crm.lead", 1), Record)
    assert odoo_sandbox.posted("general", by="bob") == ["hello"]
    found = await odoo_sandbox.wait_posted("general", re.compile("^hello"), by="bob", count=1, timeout=5)
    assert_type(found, PostedMessage)
    assert_type(found.by, str | None)
    assert_type(found.files, tuple[str, ...])
    assert_type(odoo_sandbox.messages(record=("crm.lead", 1)), list[PostedMessage])
    odoo_sandbox.login("ann", trnsport="rpc")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_blocking(odoo_sandbox: SandboxFixture) -> None:
    with odoo_sandbox.login_sync("ann") as ann:
        assert_type(ann, odoochat.sync.Client)
        assert_type(ann.channel("general").send("hello"), Message)
    assert_type(odoo_sandbox.wait_posted_sync(text="hello"), PostedMessage)


@pytest.mark.odoo_versions(14, 19)
async def test_faults_and_time(odoo_sandbox: SandboxFixture) -> None:
    assert_type(odoo_sandbox.faults.drop(code=1006), int)
    with odoo_sandbox.faults.during() as faults:
        faults.delay(0.5)
    with odoo_sandbox.faults.late_commit("bob"):
        odoo_sandbox.post("bob", "general", "late")
    odoo_sandbox.advance(timedelta(days=1), minutes=5)
    odoo_sandbox.set_time(datetime(2030, 1, 1, tzinfo=UTC))
    assert_type(odoo_sandbox.now, datetime)
    assert_type(odoo_sandbox.world, World)
    assert_type(odoo_sandbox.sandbox, Sandbox)


async def test_a_bot(odoo_sandbox: SandboxFixture) -> None:
    async with BotTester(bot, odoo_sandbox, person="erin", channel="games") as tester:
        assert_type(await tester.say("/roll 20"), list[str])
        assert_type(await tester.advance(hours=1), list[str])
    assert odoo_sandbox.posted("games", by="bot") == ["1 of 20"]


def other_frameworks() -> Iterator[SandboxFixture]:
    """Check the sandbox of a fixture of one's own."""
    with running_sandbox(16, seeding="bare") as box:
        assert_type(box, SandboxFixture)
        yield box
