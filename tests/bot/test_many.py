"""Many commands, messages and conversations at once against the sandbox."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict

import pytest

import odoochat
from odoochat import MessagePosted
from odoochat.bot import Bot, Context
from odoochat.bot.clock import SystemClock
from odoochat.client.timing import Timing
from odoochat.sandbox import Sandbox

COMMANDS = 20

# The sandbox evaluates the query of a sweep over thousands of new messages in Python, on the loop of this test.
TIMING = Timing(sweep=600.0)


def a_bot(order: dict[int, list[int]], running: set[int], peak: list[int]) -> Bot:
    bot = Bot(concurrency=10)

    def add(which: int) -> None:
        @bot.command(f"c{which}")
        async def command(ctx: Context, number: int) -> str:
            channel = ctx.channel.id
            assert channel not in running, "two handlers of one conversation run at the same time"
            running.add(channel)
            peak.append(len(running))
            await asyncio.sleep(0.001 * (number % 3))  # handlers take different times
            order[channel].append(number)
            running.discard(channel)
            return f"done {which} {number}"

    for which in range(COMMANDS):
        add(which)
    return bot


async def crowd(messages: int, conversations: int) -> None:
    """Post many commands in many channels, and look at the order of the answers."""
    rng = random.Random(3)
    order: dict[int, list[int]] = defaultdict(list)
    running: set[int] = set()
    peak: list[int] = []
    bot = a_bot(order, running, peak)
    before = asyncio.all_tasks()
    async with Sandbox() as box:
        async with (
            odoochat.connect(box.url, login="alice", password="alice", timing=TIMING) as alice,
            odoochat.connect(box.url, login="carol", password="carol", timing=TIMING) as carol,
        ):
            rooms = [await alice.create(f"room {number}", people=["carol"]) for number in range(conversations)]
            await carol.refresh()
            assert {room.id for room in rooms} <= {channel.id for channel in carol.channels()}
            runner, stop = bot.runner(carol, clock=SystemClock()), asyncio.Event()
            task = asyncio.create_task(runner.run(stop))
            await runner.ready.wait()
            events = alice.events(MessagePosted, maxsize=4 * messages)
            for number in range(messages):
                # Posted past the client, as fast as the server can: the bot is what is tested.
                room = rooms[number % conversations]
                text = f"/c{rng.randrange(COMMANDS)} {number}"
                box.world.post("alice", room.id, text)
                if number % 25 == 0:
                    await asyncio.sleep(0)
            answers: dict[int, list[int]] = defaultdict(list)
            while sum(len(each) for each in answers.values()) < messages:
                event = await events.get(60)
                assert isinstance(event, MessagePosted), event
                if event.message.text.startswith("done "):
                    answers[event.message.channel.id].append(int(event.message.text.split()[-1]))
            await asyncio.wait_for(runner.turns.idle(), 30)
            stop.set()
            await asyncio.wait_for(task, 30)
        assert {task for task in asyncio.all_tasks() if "bot" in task.get_name()} == set()
    assert asyncio.all_tasks() <= before
    expected = {room.id: list(range(at, messages, conversations)) for at, room in enumerate(rooms)}
    assert dict(order) == expected
    assert dict(answers) == expected
    assert 1 < max(peak) <= 10
    assert not running


async def test_a_hundred_messages_in_ten_conversations() -> None:
    await crowd(100, 10)


@pytest.mark.heavy
@pytest.mark.timeout(300)
async def test_a_thousand_messages_in_fifty_conversations() -> None:
    await crowd(1000, 50)
