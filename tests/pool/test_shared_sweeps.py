"""While all is well, the accounts of a pool ask for missed messages by turns; when one finds any, all ask."""

from __future__ import annotations

import asyncio

import msgspec

from odoochat import Account, MessagePosted, Pool
from odoochat.sandbox import Sandbox
from tests.pool.world import STEADY, until

RARELY = msgspec.structs.replace(STEADY, sweep=0.05, calm_sweep=1000.0, shared_sweep=10_000.0)


def next_question(account: Account) -> float:
    """The seconds until an account asks by itself."""
    assert account.connection is not None
    assert account.connection.live_link is not None
    timer = account.connection.live_link._sweep_timer
    assert timer is not None
    return timer.when() - asyncio.get_running_loop().time()


async def test_what_one_account_finds_makes_the_others_ask(monkeypatch):
    monkeypatch.setattr("random.random", lambda: 0.5)
    async with Sandbox() as box, Pool(box.url, timing=RARELY) as pool:
        alice, bob, carol = [await pool.add(login=login, password=login) for login in ("alice", "bob", "carol")]
        await until(lambda: all(next_question(account) > 100.0 for account in pool))
        assert all(900.0 < next_question(account) <= 3001.0 for account in pool)  # two others, 1000 s each
        events = pool.events(MessagePosted)
        box.faults.lose(10)
        box.world.post("ann", "general", "lost")
        box.faults.clear()
        assert events.pending == 0
        assert alice.connection is not None
        assert alice.connection.live_link is not None
        alice.connection.live_link._begin_sweep()
        received = [await events.get(30) for _ in range(3)]
        assert {account for account, _ in received} == {alice, bob, carol}
        assert {event.message.text for _, event in received if isinstance(event, MessagePosted)} == {"lost"}
        # All is well again: they ask by turns as before.
        await until(lambda: all(next_question(account) > 100.0 for account in pool))
        await pool.remove(carol)
        assert len(alice.connection.session.http.clients) == 2


async def test_a_client_alone_asks_in_its_own_interval(monkeypatch):
    monkeypatch.setattr("random.random", lambda: 0.5)
    async with Sandbox() as box, Pool(box.url, timing=RARELY) as pool:
        alice = await pool.add(login="alice", password="alice")
        await until(lambda: next_question(alice) > 100.0)
        assert next_question(alice) <= 1001.0
