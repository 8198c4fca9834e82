"""A bot that is killed: every message is answered, and none twice."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import odoochat
from odoochat import MessagePosted
from odoochat.sandbox import Sandbox

PROGRAM = Path(__file__).with_name("answering_bot.py")


@asynccontextmanager
async def running(url: str, state: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The bot in a process of its own, killed at the end; its log goes to stderr, and is read until it runs."""
    environ = {**os.environ, "BOT_URL": url, "BOT_STATE": str(state)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, PROGRAM, env=environ, stderr=asyncio.subprocess.PIPE, start_new_session=True
    )
    log: list[bytes] = []
    assert process.stderr is not None
    reader = process.stderr

    async def read() -> None:
        async for line in reader:
            log.append(line)

    try:
        while not any(b"running as" in line for line in log):
            line = await asyncio.wait_for(reader.readline(), 60)
            assert line, b"".join(log).decode()
            log.append(line)
        reading = asyncio.create_task(read())
        yield process
        await asyncio.sleep(0)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if "reading" in locals():
            await reading
    assert not [line for line in log if b"ERROR" in line], b"".join(log).decode()


async def answers_to(odoo: odoochat.Client, channels: list[odoochat.Channel], wanted: set[str]) -> Counter[str]:
    """How often each text was posted by the bot, once all wanted ones are there."""
    events = odoo.events(MessagePosted)  # before the first look, so that nothing comes between
    while True:
        found: Counter[str] = Counter()
        for channel in channels:
            async for message in channel.history(400):
                if message.author.name.endswith("Carol"):
                    found[message.text] += 1
        if wanted <= found.keys():
            return found
        try:
            await events.get(30)
            while events.pending:
                await events.get()
        except odoochat.TimedOut:
            pytest.fail(f"not answered: {sorted(wanted - found.keys())}")


async def hurry(kills: int, messages: int, tmp_path: Path, version: float) -> None:
    """Kill the bot while people write, then look at every answer."""
    rng = random.Random(7)
    state = tmp_path / "state"
    async with Sandbox(version) as box, odoochat.connect(box.url, login="alice", password="alice") as alice:
        channels = [await alice.create(f"room {number}", people=["carol"]) for number in range(4)]
        over = asyncio.Event()
        texts: set[str] = set()

        async def write() -> None:
            number = 0
            while not over.is_set() or number < messages:
                text = f"message {number}"
                await channels[number % len(channels)].send(text)
                texts.add(text)
                number += 1
                await asyncio.sleep(rng.uniform(0.0, 0.15))

        async with running(box.url, state):
            pass  # the first start begins with what is posted from then on
        writing = asyncio.create_task(write())
        for _ in range(kills):
            async with running(box.url, state) as process:
                await asyncio.sleep(rng.uniform(0.0, 1.5))
                process.send_signal(signal.SIGKILL)
        over.set()
        await writing
        async with running(box.url, state):
            wanted = {f"{which}: {text}" for text in texts for which in ("first", "second")}
            found = await answers_to(alice, channels, wanted)
        assert {text: found[text] for text in wanted} == dict.fromkeys(wanted, 1)
        for channel in channels:
            answered = [m.text async for m in channel.history(1000, oldest_first=True) if m.text.startswith("first: ")]
            assert answered == sorted(answered, key=lambda text: int(text.split()[-1]))


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("version", [14, 19])
async def test_twenty_kills(tmp_path: Path, version: float) -> None:
    await hurry(20, 200, tmp_path, version)


async def test_a_question_survives_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox() as box, odoochat.connect(box.url, login="alice", password="alice") as alice:
        chat = await alice.direct("carol")
        events = alice.events(MessagePosted)

        async def next_reply() -> str:
            while True:
                event = await events.get(30)
                if isinstance(event, MessagePosted) and not event.message.mine:
                    return event.message.text

        async with running(box.url, state):
            await chat.send("/order")
            assert await next_reply() == "What?"
        async with running(box.url, state):
            await chat.send("tea")
            assert await next_reply() == "How many?"
        await chat.send("3")
        async with running(box.url, state):
            assert await next_reply() == "ordered 3 tea"
        async with running(box.url, state):
            await chat.send("message at last")
            assert await next_reply() == "first: message at last"
            assert await next_reply() == "second: message at last"
        texts = [message.text async for message in chat.history(50, oldest_first=True)]
        assert texts == [
            "/order", "What?", "tea", "How many?", "3", "ordered 3 tea",
            "message at last", "first: message at last", "second: message at last",
        ]  # fmt: skip


async def test_a_stop_lets_handlers_end(tmp_path: Path) -> None:
    async with Sandbox() as box, odoochat.connect(box.url, login="alice", password="alice") as alice:
        chat = await alice.direct("carol")
        async with running(box.url, tmp_path / "state") as process:
            answers = alice.events(MessagePosted)
            await chat.send("message one")
            while not isinstance(event := await answers.get(30), MessagePosted) or event.message.mine:
                pass
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 0
        texts = [message.text async for message in chat.history(50, oldest_first=True)]
        assert texts == ["message one", "first: message one", "second: message one"]
