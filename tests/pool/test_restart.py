"""A restarted server gets all accounts back, at a limited pace."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from pathlib import Path

import pytest

from odoochat import MessagePosted, Pool
from odoochat.sandbox import Sandbox
from tests.pool.world import STEADY, hire, tasks, until


async def restart(path: Path, count: int) -> None:
    """Stops a server with many users and starts it again: every account receives what is posted then."""
    box = await Sandbox(path=str(path)).start()
    port = box.port
    logins = hire(box, count)
    try:
        async with Pool(box.url, connects_per_second=1000.0, retry_cap=0.5, timing=STEADY) as pool:
            accounts = [pool.start(login=login, password=login) for login in logins]
            await asyncio.gather(*(account.wait_connected(120) for account in accounts))
            await until(lambda: box.connections == count, 120)
            events = pool.events(MessagePosted)
            await box.close()
            await until(lambda: all(account.state == "waiting" for account in accounts), 60)
            box = await Sandbox(port=port, path=str(path)).start()
            box.world.post("ann", "general", "back")
            texts: dict[str, list[str]] = defaultdict(list)
            while len(texts) < count:
                account, event = await events.get(120)
                assert isinstance(event, MessagePosted), event
                texts[account.name].append(event.message.text)
            assert set(texts) == set(logins)
            assert all(received == ["back"] for received in texts.values())
            await until(lambda: all(account.state == "connected" for account in accounts), 60)
    finally:
        await box.close()
    assert tasks() == set()


async def test_fifty_accounts_come_back(tmp_path):
    await restart(tmp_path / "box.sqlite", 50)


@pytest.mark.heavy
@pytest.mark.timeout(300)
async def test_five_hundred_accounts_come_back(tmp_path):
    await restart(tmp_path / "box.sqlite", 500)
