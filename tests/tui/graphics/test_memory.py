"""The chat screen in a process of its own, with a colleague who sends costly pictures: its memory stays bounded."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

import odoochat
from odoochat.sandbox import Sandbox

from . import attacks

MAX_GROWTH = 300
"""MB over an empty chat, whatever is sent."""

CHAT = """
import asyncio, resource, sys
from pathlib import Path
import odoochat
from odoochat.tui.app import ChatApp, Profile
from odoochat.tui.settings import Settings

url, folder = sys.argv[1], Path(sys.argv[2])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)

async def main():
    profile = Profile("alice", "alice", lambda ask: odoochat.connect(url, login="alice", password="alice"))
    app = ChatApp([profile], "general", settings=Settings(images="blocks"), cache=folder, state=folder)
    async with app.run_test(size=(100, 40)) as pilot:
        while not app.at_work or app.chat.session.client is None:
            await pilot.pause(0.05)
        print("ready", flush=True)
        before = peak()
        while not any("that is all" in m.text for m in app.chat.controller.widgets.timeline.window.messages):
            await pilot.pause(0.1)
        await pilot.pause(1.0)
        while not app.chat.session.idle:
            await pilot.pause(0.1)
        print(peak() - before)

asyncio.run(main())
"""


@pytest.mark.heavy
@pytest.mark.timeout(300)
async def test_a_chat_full_of_costly_pictures(tmp_path: Path) -> None:
    files = {**attacks.costly(), **attacks.refused()}
    async with Sandbox(19) as box:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHAT, box.url, str(tmp_path), stdout=subprocess.PIPE, env={**os.environ}
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        async with odoochat.connect(box.url, login="bob", password="bob") as bob:
            channel = bob.channel("general")
            for name, made in files.items():
                data = made()
                if data:
                    await channel.send(name, files=[(f"holiday-{n}.png", data) for n in range(3)])
            await channel.send("that is all")
        growth = float(await process.stdout.readline())
        assert await process.wait() == 0
    assert growth < MAX_GROWTH, growth
