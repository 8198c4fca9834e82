"""A bot.

CPU time of a bot per message, compared with a bare ``async for`` loop that answers the same messages. The server and
the person who writes run in a separate process, so only the bot's own CPU time counts.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import IO

import odoochat
from bench.figures import Figure
from odoochat import MessagePosted
from odoochat.bot import Bot
from odoochat.bot.clock import SystemClock
from odoochat.sandbox import Sandbox

COMMANDS = 20
CHANNELS = 10


async def serve() -> None:
    """Run a sandbox, and post the number of commands given by each line of standard input."""
    async with Sandbox() as box:
        rooms = [box.world.chat("carol", "alice")]
        rooms += [box.world.chat("carol", other) for other in ("bob", "dave", "ann", "admin")]
        writers = ["alice", "bob", "dave", "ann", "admin"]
        print(box.url, flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            for number in range(int(line)):
                at = number % len(rooms)
                box.world.post(writers[at], rooms[at], f"/c{number % COMMANDS} {number}")
                await asyncio.sleep(0)


def a_bot() -> Bot:
    """Return a bot with twenty commands."""
    bot = Bot()

    def add(which: int) -> None:
        @bot.command(f"c{which}")
        async def command(number: int) -> str:
            return f"done {number}"

    for which in range(COMMANDS):
        add(which)
    return bot


async def answered(odoo: odoochat.Client, messages: int) -> None:
    """Wait until a number of answers have been posted."""
    async with odoo.events(MessagePosted, maxsize=100_000) as events:
        left = messages
        while left:
            event = await events.get(60)
            left -= isinstance(event, MessagePosted) and event.message.mine


async def bare(odoo: odoochat.Client) -> None:
    """Answer as the bot does, without the framework."""
    async for event in odoo.events(MessagePosted, maxsize=100_000):
        if not isinstance(event, MessagePosted) or event.message.mine:
            continue
        name, _, rest = event.message.text.partition(" ")
        if name.startswith("/c"):
            await odoo.reply(event.message, f"done {int(rest)}")


async def framework(odoo: odoochat.Client) -> None:
    """Answer with the bot."""
    await a_bot().runner(odoo, clock=SystemClock()).run(asyncio.Event())


async def measured(
    url: str, orders: IO[str], messages: int, work: Callable[[odoochat.Client], Awaitable[None]]
) -> float:
    """Return this process's CPU time per message, in milliseconds."""
    async with odoochat.connect(url, login="carol", password="carol") as odoo:
        task = asyncio.ensure_future(work(odoo))
        waiting = asyncio.create_task(answered(odoo, messages))
        await asyncio.sleep(0.2)
        begun = time.process_time()
        orders.write(f"{messages}\n")
        orders.flush()
        await waiting
        used = time.process_time() - begun
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return used * 1000 / messages


def run(*, quick: bool = False) -> list[Figure]:
    """Measure both in turn, each on a new connection.

    Args:
        quick: whether to take only a few measurements.
    """
    messages, rounds = (50, 1) if quick else (200, 9)
    command = [sys.executable, "-m", "bench.bot"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        ours: list[float] = []
        raw: list[float] = []
        for number in range(rounds + 1):
            one = asyncio.run(measured(url, server.stdin, messages, framework))
            other = asyncio.run(measured(url, server.stdin, messages, bare))
            if number:  # the first round warms up
                ours.append(one)
                raw.append(other)
        server.stdin.close()
    return [
        Figure("CPU of a bot with 20 commands, each message", "ms", ours, raw, 1.3, against="async for, same client")
    ]


if __name__ == "__main__":
    asyncio.run(serve())
