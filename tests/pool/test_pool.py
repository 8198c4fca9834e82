"""The pool: accounts come and go, and one stream has the events of all."""

from __future__ import annotations

import asyncio
import inspect
import traceback
import typing

import pytest

import odoochat
from odoochat import (
    AccountEnded,
    Author,
    BadCredentials,
    Blocked,
    ChannelRef,
    ConfigError,
    EventsMissed,
    LoginError,
    MessagePosted,
    NotFound,
    Pool,
    ProtocolError,
    TimedOut,
    TypingChanged,
    Unreachable,
    UsageError,
)
from odoochat.sandbox import Sandbox
from tests.pool.world import STEADY, hire, tasks, until


def test_the_options_are_those_of_connect():
    given = dict(inspect.signature(odoochat.connect).parameters)
    del given["url"]
    assert set(typing.get_type_hints(odoochat.AccountOptions)) == set(given)


async def test_one_stream_has_the_events_of_all_accounts():
    async with Sandbox() as box:
        async with Pool(box.url, timing=STEADY) as pool:
            alice = await pool.add(login="alice", password="alice")
            events = pool.events(MessagePosted)
            bob = await pool.add(login="bob", password="bob")  # added later: its events come too
            assert (alice.name, alice.state, alice.client.me.login) == ("alice", "connected", "alice")
            assert [*pool] == [alice, bob]
            assert pool["bob"] is bob
            assert "bob" in pool
            box.world.post("ann", "general", "hello")
            received = [await events.get(30), await events.get(30)]
            assert {account for account, _ in received} == {alice, bob}
            assert {event.message.text for _, event in received} == {"hello"}
            # Accounts share the texts and names of what they all receive.
            (one, other) = (event.message for _, event in received)
            assert one.text is other.text
            assert one.html is other.html
            assert one.author.name is other.author.name
            # The client of the account answers.
            account, event = received[0]
            answer = await account.client.reply(event.message, "hello yourself")
            assert answer.author == account.client.me.author
            await pool.remove("bob")
            assert bob not in [*pool]
            assert bob.state == "ended"
            with pytest.raises(UsageError, match="'bob' was removed"):
                bob.client  # noqa: B018
            assert {account.name for account, _ in [await events.get(30)]} <= {"alice", "bob"}
            again = await pool.add(login="bob", password="bob")
            assert again is not bob
        assert events.pending == 0 or [account async for account, _ in events]
        assert tasks() == set()
        await until(lambda: box.connections == 0)


async def test_a_closed_pool_ends_its_streams():
    async with Sandbox() as box:
        async with Pool(box.url, timing=STEADY) as pool:
            await pool.add(login="bob", password="bob")
            events = pool.events(MessagePosted)
            texts: list[str] = []

            async def read() -> None:
                async for _, event in events:
                    texts.append(event.message.text)

            reading = asyncio.create_task(read())
            box.world.post("ann", "general", "one")
            await until(lambda: texts)
        await asyncio.wait_for(reading, 30)
        assert texts == ["one"]
        await pool.close()
        with pytest.raises(UsageError, match="the pool is closed"):
            pool.events()
        with pytest.raises(UsageError, match="the pool is closed"):
            await pool.add(login="alice", password="alice")


async def test_a_wrong_password_concerns_its_account_alone():
    async with Sandbox() as box, Pool(box.url, timing=STEADY) as pool:
        events = pool.events(MessagePosted)
        bob = pool.start(login="bob", password="bob")
        alice = pool.start(login="alice", password="wrong")
        with pytest.raises(UsageError, match="'alice' is not connected yet"):
            alice.client  # noqa: B018
        await bob.wait_connected(30)
        with pytest.raises(BadCredentials):
            await alice.wait_connected(30)
        account, event = await events.get(30)
        assert account is alice
        assert isinstance(event, AccountEnded)
        assert isinstance(event.error, BadCredentials)
        assert alice.state == "ended"
        later = await pool.events(MessagePosted).get(30)
        assert later.account is alice
        assert isinstance(later.event, AccountEnded)
        with pytest.raises(BadCredentials):
            await pool.add(login="carol", password="wrong")
        assert "carol" not in pool
        box.world.post("ann", "general", "bob is well")
        account, event = await events.get(30)
        assert (account, event.message.text) == (bob, "bob is well")


async def test_a_session_that_cannot_be_renewed_ends_its_account_alone():
    async with Sandbox() as box, Pool(box.url, timing=STEADY) as pool:
        alice = await pool.add(login="alice", password="alice")
        bob = await pool.add(login="bob", password="bob")
        events = pool.events(MessagePosted)
        box.faults.change_password("alice", "new")
        box.faults.expire_session("alice")
        box.faults.drop(1006)
        account, event = await events.get(30)
        assert account is alice
        assert isinstance(event, AccountEnded)
        assert alice.state == "ended"
        assert alice.error is event.error
        await bob.client.link.wait_open(30)
        box.world.post("ann", "general", "still here")
        account, event = await events.get(30)
        assert (account, event.message.text) == (bob, "still here")


async def test_a_flood_in_one_account_delays_the_others_by_one_event():
    async with Sandbox() as box, Pool(box.url, timing=STEADY) as pool:
        alice = await pool.add(login="alice", password="alice")
        bob = await pool.add(login="bob", password="bob")
        events = pool.events(TypingChanged, maxsize=5)
        for account, count in ((alice, 50), (bob, 1)):
            assert account.connection is not None
            for _ in range(count):
                event = TypingChanged(ChannelRef(1, "general"), Author(1, "partner", "Ann"), typing=True)
                account.connection.subscribers.publish(event)
        assert (events.missed, events.pending) == (45, 6)
        seen = [await events.get(30) for _ in range(7)]
        assert [account.name for account, _ in seen] == ["alice", "bob", *["alice"] * 5]
        assert seen[-1].event == EventsMissed(45)
        await pool.remove(alice)
        assert (events.missed, events.pending) == (45, 0)


async def test_start_waits_for_a_server_that_is_away():
    async with Sandbox() as box:
        port = box.port
    async with Pool(f"http://127.0.0.1:{port}", retry_cap=0.1, timing=STEADY) as pool:
        accounts = [pool.start(login=login, password=login) for login in ("alice", "bob", "carol")]
        with pytest.raises(TimedOut, match="did not connect within"):
            await accounts[0].wait_connected(0.3)
        with pytest.raises(Unreachable):
            await pool.add(login="dave", password="dave")
        async with Sandbox(port=port):
            await asyncio.gather(*(account.wait_connected(30) for account in accounts))
            await pool.close()
    assert tasks() == set()


async def test_start_waits_for_odoo_behind_a_gateway():
    async with Sandbox() as box, Pool(box.url, retry_cap=0.1, timing=STEADY) as pool:
        box.faults.fail(1000, 502)
        account = pool.start(login="alice", password="alice")
        with pytest.raises(TimedOut, match="did not connect within"):
            await account.wait_connected(0.3)
        with pytest.raises(Blocked, match="is unavailable \\(HTTP 502\\)"):
            await pool.add(login="dave", password="dave")
        box.faults.clear()
        await account.wait_connected(30)


async def test_start_waits_for_a_server_that_fails():
    async with Sandbox() as box, Pool(box.url, retry_cap=0.1, timing=STEADY) as pool:
        events = pool.events()
        box.faults.fail(1000, 500)
        account = pool.start(login="alice", password="alice")
        refused = pool.start(login="bob", password="wrong")
        unknown = pool.start(login="carol", password="carol", db="nosuch")
        with pytest.raises(TimedOut, match=r"did not connect within 0\.5 s: .*HTTP 500"):
            await account.wait_connected(0.5)
        with pytest.raises(ProtocolError, match="HTTP 500"):
            await pool.add(login="dave", password="dave")
        assert events.pending == 0
        box.faults.clear()
        await account.wait_connected(30)
        for ended, kind in ((refused, LoginError), (unknown, NotFound)):
            with pytest.raises(kind):
                await ended.wait_connected(30)
            assert ended.state == "ended"


@pytest.mark.parametrize("status", [500, 502])
async def test_start_survives_a_failure_at_each_step(status):
    async with Sandbox() as box, Pool(box.url, retry_cap=0.01, timing=STEADY) as pool:
        # A login asks several routes, each of which may be the one that fails last.
        for count in range(1, 16):
            box.faults.fail(count, status)
            account = pool.start(login="alice", password="alice", name=f"alice after {count}")
            await account.wait_connected(30)
            await pool.remove(account)


async def test_closing_while_accounts_connect_leaves_nothing():
    async with Sandbox() as box:
        logins = hire(box, 10)
        async with Pool(box.url, timing=STEADY, connects_per_second=20.0) as pool:
            accounts = [pool.start(login=login, password=login) for login in logins]
            await accounts[2].wait_connected(30)
        with pytest.raises(UsageError, match="was removed"):
            await accounts[-1].wait_connected(30)
        assert tasks() == set()
        await until(lambda: box.connections == 0)


async def test_closing_one_client_cuts_no_request_of_another():
    async with Sandbox() as box, Pool(box.url, timing=STEADY) as pool:
        alice = await pool.add(login="alice", password="alice")
        bob = await pool.add(login="bob", password="bob")
        box.faults.delay(0.5)
        asked = asyncio.create_task(bob.client.people.search("a"))
        mine = asyncio.create_task(alice.client.people.search("a"))
        await asyncio.sleep(0.1)
        await pool.remove(alice)
        with pytest.raises(odoochat.OdooChatError):
            await mine
        assert await asked
        box.faults.clear()


async def test_accounts_keep_their_cookies_to_themselves():
    async with Sandbox() as box, Pool(box.url, timing=STEADY) as pool:
        alice = await pool.add(login="alice", password="alice")
        bob = await pool.add(login="bob", password="bob")
        posts = [
            account.client.channel("general").send(f"{account.name} {number}")
            for number in range(20)
            for account in (alice, bob)
        ]
        for message in await asyncio.gather(*posts):
            assert message.author is not None
            assert message.text.split()[0] == ("alice" if message.author == alice.client.me.author else "bob")


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"connects_per_second": 0}, "connects_per_second must be positive, not 0"),
        ({"connects_at_once": 0}, "connects_at_once must be positive"),
        ({"retry_cap": -1.0}, "retry_cap must be positive"),
    ],
)
async def test_wrong_limits_are_refused(settings, text):
    with pytest.raises(ConfigError, match=text):
        Pool("http://127.0.0.1:1", **settings)


async def test_wrong_use_names_the_mend():
    async with Sandbox() as box, Pool(timing=STEADY) as pool:
        with pytest.raises(ConfigError, match="no server address"):
            await pool.add(login="bob", password="bob")
        with pytest.raises(ConfigError, match="pass name="):
            await pool.add(box.url, api_key="key")
        await pool.add(box.url, login="bob", password="bob")
        with pytest.raises(UsageError, match="already has an account 'bob'"):
            await pool.add(box.url, login="bob", password="bob")
        await pool.add(box.url, name="second", login="bob", password="bob", live=False)
        assert pool["second"].state == "connected"
        with pytest.raises(UsageError, match="the pool has no account 'dave'"):
            await pool.remove("dave")
        with pytest.raises(UsageError, match="maxsize must be at least 1"):
            pool.events(maxsize=0)


@pytest.mark.parametrize("options", [{}, {"login": "alice\n"}, {"login": "alice", "transport": "pigeon"}])
async def test_no_variable_of_a_traceback_holds_a_secret(options):
    secret = "correct-horse-battery-staple"
    for make in (
        lambda: Pool("http://127.0.0.1:1", retry_cap=-1, password=secret),
        lambda: Pool("http://127.0.0.1:1").start(**options, password=secret),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
        own = [frame for frame in frames if frame.f_globals["__name__"].startswith("odoochat")]
        assert own
        for frame in own:
            assert secret not in repr(frame.f_locals), frame.f_code.co_name
