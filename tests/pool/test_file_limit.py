"""The limit of open files ends the accounts that exceed it with an error that names it, and none of the others."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox
from tests.pool.world import hire

pytest.importorskip("resource", reason="Windows has no such limit")

MANY_ACCOUNTS = """
import asyncio, resource, sys
from odoochat import AccountEnded, ConfigError, MessagePosted, Pool

LIMIT = 40

async def main(url):
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    async with Pool(url, db="sandbox", connects_per_second=1000.0) as pool:
        events = pool.events(MessagePosted)
        first = await pool.add(login="alice", password="alice")
        accounts = [pool.start(login=f"user{n}", password=f"user{n}") for n in range(LIMIT)]
        await asyncio.gather(*(each.wait_connected(60) for each in accounts), return_exceptions=True)
        ended = [each for each in accounts if each.state == "ended"]
        assert ended, "the limit was not reached"
        assert all(isinstance(each.error, ConfigError) for each in ended), [each.error for each in ended]
        print(ended[-1].error)
        for each in ended:
            await pool.remove(each)
        sent = await first.client.channel("general").send("still here")
        while True:
            account, event = await events.get(30)
            if isinstance(event, MessagePosted) and account is first and event.message.id == sent.id:
                break
        print("connected:", sum(each.state == "connected" for each in pool) > 5)

asyncio.run(main(sys.argv[1]))
"""


async def test_too_many_accounts_for_the_limit_of_open_files(tmp_path: Path) -> None:
    script = tmp_path / "many.py"
    script.write_text(MANY_ACCOUNTS)
    async with Sandbox() as box:
        hire(box, 40)
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), box.url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors.decode()
    error, connected = output.decode().splitlines()
    assert "this process may open 40 files and sockets (RLIMIT_NOFILE)" in error
    assert "LimitNOFILE=" in error
    assert connected == "connected: True"
