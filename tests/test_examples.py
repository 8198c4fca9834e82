"""The examples run unchanged against the sandbox."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import odoochat
from odoochat import MessagePosted
from odoochat.sandbox import Sandbox

EXAMPLES = Path(__file__).parent.parent / "examples"


async def start(name: str, box: Sandbox, **environ: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        EXAMPLES / name,
        env={**os.environ, "ODOOCHAT_URL": box.url, "ODOOCHAT_LOGIN": "bob", **environ},
        stdout=asyncio.subprocess.PIPE,
    )


async def test_echo(tmp_path):
    async with Sandbox(19) as box:
        state = str(tmp_path / "echo")
        process = await start("echo.py", box, ODOOCHAT_PASSWORD="bob", ECHO_ANSWERS="2", ECHO_STATE=state)
        assert process.stdout is not None
        assert await process.stdout.readline() == f"Bob echoes on {box.url}\n".encode()
        async with odoochat.connect(box.url, login="alice", password="alice") as alice:
            chat = await alice.direct("bob")
            heard = alice.events(MessagePosted, channel=chat)
            for text in ("hello", "again"):
                message = await chat.send(text)
                answer = await heard.get(20)
                while answer.message.author == alice.me.author:
                    answer = await heard.get(20)
                assert (answer.message.text, answer.message.reply_to) == (text, message.id)
        assert await process.wait() == 0


async def test_digest():
    async with Sandbox(19) as box:
        process = await start("digest.py", box, ODOOCHAT_API_KEY=box.api_key("bob"))
        out, _ = await process.communicate()
        assert process.returncode == 0
        assert b"#general: " in out


def test_every_example_is_tried():
    assert {p.name for p in EXAMPLES.glob("*.py")} == {"echo.py", "digest.py"}
