"""``kill -9`` while a person chats: the archive opens, nothing that was on the screen is lost, nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import random
import re
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from odoochat.archive.archive import Archive
from odoochat.sandbox import Sandbox
from tests.tui.terminal import Terminal, terminal

KILLS = 50


async def others(box: Sandbox) -> None:
    """Colleagues write, edit, react and delete all the time."""
    number = 0
    while True:
        await asyncio.sleep(0.05)
        number += 1
        said = box.world.post("bob", "general", f"from bob {number}")
        if number % 5 == 0:
            box.world.messages.edit(box.world.uid("bob"), said, "edited by bob")
        if number % 7 == 0:
            box.world.messages.edit(box.world.uid("bob"), said, "")


async def killed(chat: Terminal, number: int, chance: random.Random) -> set[str]:
    """Types messages, and ends the chat at any moment; returns those that were on the screen as messages."""
    texts = [f"mine {number} {at}" for at in range(chance.randint(1, 4))]
    for text in texts:
        chat.type(text, "enter")
        if chance.random() < 0.5:
            await chat.shows(text)
    for _ in range(chance.randint(0, 40)):
        await asyncio.sleep(0)
    if chance.random() < 0.5:
        await chat.until(lambda: texts[-1] in written(chat), "the last text as a message")
    shown = {text for text in texts if text in written(chat)}
    chat.process.kill()
    await chat.ended()
    return shown


def written(chat: Terminal) -> str:
    """The lines above the composer's frame: what was sent, or waits beside a clock."""
    edge = next((y for y, line in enumerate(chat.lines) if "╭─ #general" in line), 0)
    return "\n".join(chat.lines[:edge])


def texts_in(bodies: Iterable[str]) -> list[str]:
    """All texts typed by `killed` that messages contain.

    A text that was typed but not sent when the chat was killed is in the composer again after the next start, so the
    next text is appended to it, and one message contains both.
    """
    return [text for body in bodies for text in re.findall(r"mine \d+ \d", body)]


def archived(folder: Path) -> Path:
    found = [*folder.rglob("archive/*.sqlite")]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.heavy
@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_kills_while_a_person_chats(box: Sandbox, tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", "5"))
    chance = random.Random(seed)
    shown: set[str] = set()
    task = asyncio.create_task(others(box))
    try:
        for number in range(KILLS):
            # The screen may be killed while it still connects, too.
            until = "connected" if chance.random() < 0.8 else "Message general"
            async with terminal(box.url, tmp_path, until=until) as chat:
                shown |= await killed(chat, number, chance)
            db = sqlite3.connect(archived(tmp_path))
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            db.close()
    finally:
        task.cancel()
    async with terminal(box.url, tmp_path) as chat:
        chat.type("the end", "enter")  # a channel's messages are sent in their order
        # What was being posted is looked for as long as Odoo may still process the request: `Timing.looks`.
        async with asyncio.timeout(180):
            while not any("the end" in str(row["body"]) for row in box.world.history("general")):
                await asyncio.sleep(0.1)
        await chat.shows("the end")
        chat.type("ctrl+q")
        assert await chat.ended() == 0
    sent = texts_in(str(row["body"]) for row in box.world.history("general"))
    assert len(sent) == len(set(sent)), "sent twice"
    drafts = [path.read_text("utf-8")[-2_000:] for path in tmp_path.rglob("*.json") if path.is_file()]
    assert shown <= set(sent), (shown - set(sent), drafts)
    assert len(shown) > KILLS // 2
    async with Archive(archived(tmp_path)) as archive:
        kept = [m.message async for m in archive.messages(box.world.channel("general")) if not m.deleted]
    assert len(kept) == len({m.id for m in kept})
    there = {row["id"]: str(row["body"]) for row in box.world.history("general")}
    assert {m.id for m in kept} <= set(there)
