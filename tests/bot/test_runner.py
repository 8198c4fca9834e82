"""The runner: a backlog that does not fit into memory."""

from __future__ import annotations

import asyncio
from datetime import UTC

from odoochat import MessagePosted
from odoochat.bot import Bot, Context
from odoochat.bot.clock import SystemClock
from odoochat.bot.runner import Runner, RunnerOptions
from odoochat.bot.state import BotState


async def test_messages_beyond_the_backlog_are_read_in_their_turn(odoo_sandbox) -> None:
    bot = Bot()
    gate, handled = asyncio.Event(), []

    @bot.message()
    async def slow(ctx: Context) -> None:
        await gate.wait()
        handled.append(ctx.text)

    options = RunnerOptions("bot", ("/",), UTC, concurrency=5, grace=10, backlog=2)
    async with odoo_sandbox.login("alice") as alice, odoo_sandbox.login("carol") as carol:
        runner = Runner(bot, carol, state=BotState(), clock=SystemClock(), options=options)
        stop = asyncio.Event()
        running = asyncio.create_task(runner.run(stop))
        await runner.ready.wait()
        chat = await alice.direct("carol")
        sent = [await chat.send(f"message {number}") for number in range(8)]
        while runner.taken < sent[-1].id:
            runner.read.clear()
            await asyncio.wait_for(runner.read.wait(), 30)
        seen = carol.events(MessagePosted)
        await chat.delete(sent[5])  # its turn is still to come
        await chat.send("message 8")
        await seen.get(30)
        gate.set()
        await asyncio.wait_for(runner.turns.idle(), 30)
        assert runner.turns.queued == 0
        stop.set()
        await running
    assert handled == [f"message {n}" for n in (0, 1, 2, 3, 4, 6, 7, 8)]
