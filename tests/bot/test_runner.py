"""The runner: a backlog that does not fit into memory."""

from __future__ import annotations

import asyncio
import errno
from datetime import UTC
from pathlib import Path
from typing import Any

from odoochat import MessageEdited, MessagePosted
from odoochat.bot import Bot, BotTester, Context, Value
from odoochat.bot.clock import SystemClock
from odoochat.bot.runner import Runner, RunnerOptions
from odoochat.bot.state import BotState
from odoochat.client.subscription import Subscription


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


async def test_a_message_is_handled_when_its_values_are_on_the_disk(tmp_path: Path, monkeypatch) -> None:
    total = Value("total", int, default=0, per="bot")
    bot = Bot()
    released: list[str] = []

    @bot.command
    async def count(ctx: Context) -> str:
        total.set(ctx, total.get(ctx) + 1)
        return str(total.get(ctx))

    release = Subscription.release

    def noted(self: Any, message: Any) -> None:
        released.append(message.text)
        release(self, message)

    def full(*_args: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Subscription, "release", noted)
    async with BotTester(bot, state=str(tmp_path / "state")) as tester:
        with monkeypatch.context() as disk:
            disk.setattr("odoochat.bot.state.write_private", full)
            assert await tester.say("/count") == ["1"]
            assert released == []
        assert await tester.say("/count") == ["2"]
        assert released == ["/count", "/count"]


async def test_events_that_no_handler_keeps_up_with_are_bounded(monkeypatch, caplog) -> None:
    monkeypatch.setattr("odoochat.bot.runner.QUEUE", 5)
    bot = Bot()
    gate = asyncio.Event()
    seen: list[str] = []

    @bot.on(MessageEdited)
    async def slow(event: MessageEdited) -> None:
        await gate.wait()
        seen.append(event.message.text)

    async with BotTester(bot) as tester:
        runner = tester._runner
        assert runner is not None
        alice = await tester.client("alice")
        chat = await alice.direct("bot")
        message = await chat.send("text 0")
        for number in range(1, 21):
            await chat.edit(message, f"text {number}")
        while "events were lost" not in caplog.text:
            await asyncio.sleep(0)
        assert runner.turns.queued <= 5
        gate.set()
        await tester.settle()
    assert seen[0] == "text 1"
