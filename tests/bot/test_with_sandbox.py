"""`BotTester` with the fixture `odoo_sandbox`: the same test as in memory, and one time for bot and server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from odoochat import ChannelChanged, Client
from odoochat.bot import Bot, BotTester, Context
from odoochat.sandbox import SandboxFixture

START = datetime(2030, 5, 1, 8, 0, tzinfo=UTC)


def a_bot() -> Bot:
    bot = Bot()

    @bot.command
    async def roll(ctx: Context, sides: int = 6) -> str:
        "Roll a die."
        await ctx.react("🎲")
        return f"1 of {sides}"

    @bot.every(hours=1)
    async def hourly(odoo: Client) -> None:
        "Say that an hour has passed."
        await odoo.channel("general").send("a new hour")

    return bot


@pytest.mark.parametrize("where", ["memory", "sandbox"])
@pytest.mark.parametrize("channel", [None, "general", "support", "games"])
async def test_the_same_test_in_memory_and_with_the_sandbox(
    odoo_sandbox: SandboxFixture, where: str, channel: str | None
) -> None:
    box = odoo_sandbox if where == "sandbox" else None
    async with BotTester(a_bot(), box, person="erin", channel=channel, now=START) as tester:
        assert await tester.say("/roll 20") == ["1 of 20"]
        assert tester.replies == ["1 of 20"]
        assert tester.reactions == ["🎲"]
        assert tester.sent[0].author == tester.odoo.me
        first = tester.sent[0].id
        assert await tester.say("/roll 3", by="alice") == ["1 of 3"]
        assert await tester.say("hello") == []
        if box is not None:
            assert box.posted(channel, by="erin") == ["/roll 20", "hello"]
            assert box.posted(channel, by="bot") == ["1 of 20", "1 of 3"]
            assert (await box.wait_posted(text="1 of 20", by="bot")).id == first


async def test_one_time_for_the_bot_and_the_server(odoo_sandbox: SandboxFixture) -> None:
    async with BotTester(a_bot(), odoo_sandbox, now=START) as tester:
        assert odoo_sandbox.now - START < timedelta(minutes=1)
        alice = await tester.client("alice")
        changes = alice.events(ChannelChanged)
        await alice.channel("general").settings.mute(90)
        while alice.channel("general").info.muted is None:
            await changes.get(timeout=30)
        assert await tester.advance(hours=1) == ["a new hour"]
        assert odoo_sandbox.posted("general") == ["a new hour"]
        assert timedelta(hours=1) <= odoo_sandbox.now - START < timedelta(hours=1, minutes=1)
        assert await tester.advance(hours=2) == ["a new hour"] * 2
        while alice.channel("general").info.muted is not None:
            await changes.get(timeout=30)
