"""The client in memory has the interface of the real one."""

from __future__ import annotations

import inspect

import pytest

import odoochat
from odoochat.bot import Bot, BotTester, Context
from odoochat.bot.fake_channel import FakeChannel, FakeMembers, FakeTyping
from odoochat.bot.fake_client import FakeClient, FakeServer
from odoochat.bot.fake_world import FakePeople

PAIRS = [
    (FakeClient, odoochat.Client),
    (FakeChannel, odoochat.Channel),
    (FakePeople, odoochat.People),
    (FakeServer, odoochat.ServerInfo),
    (FakeMembers, odoochat.ChannelMembers),
    (FakeTyping, odoochat.ChannelTyping),
]
OWN = {"FakeClient": {"receive", "own", "seen", "change", "end"}}
"""What tests call on the fake."""


@pytest.mark.parametrize(("fake", "real"), PAIRS, ids=lambda kind: kind.__name__)
def test_methods_have_the_parameters_of_the_real_ones(fake: type, real: type) -> None:
    compared = 0
    for name, method in vars(fake).items():
        if (name.startswith("_") and name != "__call__") or name in OWN.get(fake.__name__, ()):
            continue
        theirs = inspect.getattr_static(real, name)
        if isinstance(method, property):
            assert isinstance(theirs, property), name
            continue
        ours, other = inspect.signature(method), inspect.signature(theirs)
        assert [(p.name, p.kind) for p in ours.parameters.values()] == [
            (p.name, p.kind) for p in other.parameters.values()
        ], name
        assert inspect.iscoroutinefunction(method) == inspect.iscoroutinefunction(theirs), name
        compared += 1
    assert compared


async def test_what_is_missing_says_so() -> None:
    async with BotTester(Bot()) as tester:
        with pytest.raises(odoochat.UsageError, match="the client of an in-memory tester has no 'inbox'"):
            _ = tester.odoo.inbox
        with pytest.raises(odoochat.UsageError, match=r"no result for crm\.lead\.read; set one with tester\.answer"):
            await tester.odoo.execute("crm.lead", "read", [1])
        alice = await tester.client("alice")
        chat = await alice.direct("bot")
        with pytest.raises(odoochat.UsageError, match="a channel of an in-memory tester has no 'polls'"):
            _ = chat.polls


async def test_models_have_the_results_of_the_test() -> None:
    bot = Bot()

    @bot.command
    async def lead(ctx: Context, number: int) -> str:
        rows = await ctx.odoo.execute("crm.lead", "read", [number], fields=["name"])
        return str(rows[0]["name"])

    async with BotTester(bot) as tester:
        tester.answer("crm.lead", "read", lambda ids, kwargs: [{"name": f"{ids} {kwargs['fields']}"}])
        assert await tester.say("/lead 7") == ["[7] ['name']"]
        tester.answer("crm.lead", "read", [{"name": "Pens"}])
        assert await tester.say("/lead 7") == ["Pens"]


async def test_the_same_bot_with_the_sandbox_and_without(odoo_sandbox) -> None:
    bot = Bot()

    @bot.command
    async def tell(ctx: Context) -> None:
        async with ctx.typing():
            answer = await ctx.ask("What?")
        posted = await ctx.reply(f"**{answer}**", markup="markdown")
        await ctx.channel.edit(posted, f"{answer}!")
        await ctx.react("tada")
        history = [message.text async for message in ctx.channel.history(3)]
        await ctx.reply(f"{history[0]} {ctx.is_direct} {len(await ctx.channel.members())} {ctx.channel.kind}")

    for box in (None, odoo_sandbox):
        async with BotTester(bot, box) as tester:
            assert await tester.say("/tell") == ["What?"]
            assert await tester.say("a secret") == ["a secret", "a secret! True 2 chat"]
            assert tester.reactions == ["🎉"]
            assert [message.text for message in tester.sent] == tester.replies
    with pytest.raises(odoochat.UsageError, match="the sandbox computes results itself"):
        BotTester(bot, odoo_sandbox).answer("a", "b", 1)


async def test_a_bot_that_ends_fails_the_test(odoo_sandbox) -> None:
    bot = Bot()

    @bot.on_start
    def broken() -> None:
        raise ZeroDivisionError("start")

    with pytest.raises(ZeroDivisionError, match="start"):
        async with BotTester(bot):
            pass


async def test_a_post_returns_the_id_of_the_message() -> None:
    async with BotTester(Bot()) as tester:
        alice = await tester.client("alice")
        chat = await alice.direct("bot")
        first = await chat.send("first")
        number = await chat.post("second", reply_to=first)
        found = await chat.fetch_message(number)
        assert (found.text, found.reply_to) == ("second", first.id)
