"""The limit of open files: a message that meets it is sent when other files were closed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from odoochat.sandbox import Sandbox

pytest.importorskip("resource", reason="Windows has no such limit")

SEND_AT_THE_LIMIT = """
import asyncio, os, resource, sys
from odoochat import connect

async def main(url):
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    async with connect(url, db="sandbox", login="alice", password="alice", live=False, patience=60.0) as odoo:
        files = []
        try:
            while True:
                files.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            pass
        for protocol in odoo._connection.session.http._connections._pool._conns.popitem()[1]:
            protocol[0].close()  # the kept connection, whose descriptor is taken as well
        await asyncio.sleep(0.1)
        files.append(os.open(os.devnull, os.O_RDONLY))
        sending = asyncio.create_task(odoo.channel("general").send("at last"))
        while not any(each.attempts > 1 for each in odoo._connection.outbox_runner.pending()):
            await asyncio.sleep(0.01)
            assert not sending.done(), sending
        for each in files:
            os.close(each)
        print((await sending).text)

asyncio.run(main(sys.argv[1]))
"""


async def test_a_message_at_the_limit_is_sent_later(tmp_path: Path) -> None:
    script = tmp_path / "send.py"
    script.write_text(SEND_AT_THE_LIMIT)
    async with Sandbox() as box:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), box.url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors.decode()
    assert output.decode().split("\n")[0] == "at last"
