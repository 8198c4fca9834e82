"""``kill -9`` while an archive is written: it opens, has everything that was acknowledged, and nothing twice."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from odoochat import Archive
from odoochat.sandbox import Sandbox
from odoochat.sandbox.database.messages import MessageValues
from tests.timings import quick_connect

KILLS = 50
HISTORY = 600

# Both say what is stored only after the archive has said so itself.
SYNC = """
import asyncio, sys, odoochat
import odoochat.client.archive_sync as sync
sync.PAGE = 10
async def main(url, path):
    async with odoochat.connect(url, login="alice", password="alice", live=False, archive=path) as odoo:
        print("begun", flush=True)
        def say(progress):
            print("stored", progress.messages, flush=True)
        await odoo.archive.sync([1], progress=say)
        print("done", flush=True)
asyncio.run(main(*sys.argv[1:]))
"""
CHAT = """
import asyncio, sys, odoochat
async def main(url, path):
    async with odoochat.connect(url, login="alice", password="alice", archive=path) as odoo:
        print("begun", flush=True)
        number = 0
        while True:
            number += 1
            message = await odoo.channel(1).send(f"chat {number}")
            if number % 3 == 0:
                await odoo.channel(1).edit(message, f"changed {number}")
            await odoo.archive.flush()
            print("kept", message.id, flush=True)
asyncio.run(main(*sys.argv[1:]))
"""


async def killed(script: str, url: str, path: Path, lines: int) -> list[str]:
    """Runs a script and kills it after some lines of its output; returns what it said."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, url, str(path), stdout=asyncio.subprocess.PIPE
    )
    said: list[str] = []
    assert child.stdout is not None
    try:
        async with asyncio.timeout(60):
            while line := await child.stdout.readline():
                said.append(line.decode().strip())
                if len(said) >= lines:
                    child.send_signal(signal.SIGKILL)
                    break
            rest = await child.stdout.read()
            await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return [*said, *rest.decode().split("\n")[:-1]]


def sound(path: Path) -> None:
    """The file is whole, and its index agrees with its messages."""
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        there = {row[0] for row in db.execute("SELECT id FROM message WHERE state = 0")}
        indexed = [row[0] for row in db.execute("SELECT rowid FROM words WHERE words MATCH 'facts : c1'")]
        assert sorted(indexed) == sorted(there)
    finally:
        db.close()


@pytest.mark.heavy
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_kills_during_a_synchronization(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with Sandbox() as box:
        for number in range(HISTORY):
            box.world.messages.post(box.users["bob"][0], 1, MessageValues(f"history {number}"))
        path, kills, finished = tmp_path / "0.sqlite", 0, 0
        while kills < KILLS:
            said = await killed(SYNC, box.url, path, chance.randint(2, 25))
            kills += said[-1] != "done"
            async with Archive(path) as archive:
                kept = [m.message.id async for m in archive.messages(1)]
                assert kept == sorted(set(kept))
                acknowledged = sum(1 for line in said if line.startswith("stored")) * 10
                assert len(kept) >= min(acknowledged, HISTORY)
                covered = {n for r in await archive.spans(1) for n in range(r.low, r.high + 1)}
            sound(path)
            async with quick_connect(box.url, login="alice", password="alice", live=False) as odoo:
                there = [m.id async for m in odoo.channel(1).history(oldest_first=True)]
            assert set(kept) == covered & set(there)  # it never claims what it lacks
            if len(kept) == len(there):
                finished += 1
                path = tmp_path / f"{finished}.sqlite"  # and again from the beginning
        assert finished or kept


@pytest.mark.heavy
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
async def test_kills_during_a_chat(tmp_path: Path) -> None:
    chance = random.Random(8)
    path = tmp_path / "a.sqlite"
    acknowledged: set[int] = set()
    async with Sandbox() as box:
        for _ in range(KILLS):
            said = await killed(CHAT, box.url, path, chance.randint(2, 12))
            acknowledged |= {int(line.split()[1]) for line in said if line.startswith("kept")}
            async with Archive(path) as archive:
                kept = [m.message async for m in archive.messages(1)]
            assert [m.id for m in kept] == sorted({m.id for m in kept})
            assert acknowledged <= {m.id for m in kept}
            sound(path)
        async with quick_connect(box.url, login="alice", password="alice", live=False, archive=path) as odoo:
            await odoo.archive.sync([1])
            there = [(m.id, m.text) async for m in odoo.channel(1).history(oldest_first=True)]
            kept_now = [(m.message.id, m.message.text) async for m in odoo.archive.messages(1) if not m.deleted]
        assert kept_now == there
        assert len(acknowledged) > KILLS
