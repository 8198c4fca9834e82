"""`close()` leaves nothing behind at any moment, and reconnects do not leak."""

from __future__ import annotations

import asyncio
import gc
import shutil

import pytest

from odoochat import BadCredentials, LinkChanged, MessagePosted, OdooChatError, UsageError
from odoochat.sandbox import Sandbox
from tests.timings import quick_connect


def tasks() -> set[str]:
    return {t.get_name() for t in asyncio.all_tasks() if t.get_name().startswith("odoochat")}


def connect(url: str, **more):
    return quick_connect(url, **({"login": "alice", "password": "alice"} | more))


async def until(found, patience: float = 10) -> None:
    async with asyncio.timeout(patience):
        while not found():
            await asyncio.sleep(0.005)


async def test_nothing_is_left_behind(box19):
    async with connect(box19.url) as odoo:
        assert tasks()
        await odoo.link.wait_open(10)
    assert tasks() == set()
    await until(lambda: box19.connections == 0)
    with pytest.raises(UsageError, match="not connected"):
        odoo.events()
    await odoo.close()


async def test_subscriptions_end_with_the_client(box19):
    async with connect(box19.url) as odoo:
        received = odoo.events(MessagePosted)
        box19.world.post("bob", "general", "last words")
        texts: list[str] = []

        async def collect() -> None:
            async for event in received:
                texts.append(event.message.text)

        ended = asyncio.create_task(collect())
        await until(lambda: texts)
    await asyncio.wait_for(ended, 5)
    assert texts == ["last words"]


async def test_close_in_a_backoff(box19):
    odoo = await connect(box19.url)
    received = odoo.events(LinkChanged)
    await box19.close()
    while (await received.get(10)).state != "waiting":
        pass
    await odoo.close()
    assert tasks() == set()


async def test_close_in_a_login(box19):
    box19.faults.delay(5)
    task = asyncio.create_task(connect(box19.url).open())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert tasks() == set()


async def test_close_in_an_upload_and_a_send(box19):
    odoo = await connect(box19.url)
    await odoo.link.wait_open(10)
    box19.faults.delay(5)
    send = asyncio.create_task(odoo.channel("general").send("x", files=[("big.bin", b"x" * 10**6)]))
    other = asyncio.create_task(odoo.channel("general").send("y"))
    await asyncio.sleep(0.05)
    await odoo.close()
    outcomes = await asyncio.gather(send, other, return_exceptions=True)
    assert all(isinstance(o, OdooChatError | asyncio.CancelledError) for o in outcomes), [repr(o) for o in outcomes]
    assert tasks() == set()


@pytest.mark.heavy
async def test_a_hundred_reconnects_leave_no_trace(box19):
    async with connect(box19.url) as odoo:
        received = odoo.events(LinkChanged, MessagePosted)
        await odoo.link.wait_open(10)
        await until(lambda: "odoochat my channels" not in tasks())
        await asyncio.sleep(0.05)
        gc.collect()
        before = (tasks(), len(asyncio.all_tasks()))
        for n in range(100):
            box19.faults.drop(4002)
            while (event := await received.get(10)) and not (isinstance(event, LinkChanged) and event.state == "open"):
                pass
            box19.world.post("bob", "general", f"round {n}")
            while not isinstance(await received.get(10), MessagePosted):
                pass
        await until(lambda: box19.connections == 1)
        await until(lambda: len(asyncio.all_tasks()) <= before[1])  # the server's own end with their requests
        await until(lambda: tasks() <= before[0])


async def test_the_example_of_the_design(odoo_sandbox):
    async with odoo_sandbox.login("ann") as ann, odoo_sandbox.login("bob") as bob:
        received = ann.events(MessagePosted)
        odoo_sandbox.faults.drop(code=1006)
        await bob.channel("general").send("still there?")
        assert (await anext(received)).message.text == "still there?"


async def test_a_sandbox_that_restarts_is_found_again():
    async with Sandbox(19) as box:
        port = box.port
        odoo = await connect(box.url)
        await odoo.link.wait_open(10)
    try:
        async with Sandbox(19, port):
            await odoo.link.wait_open(20)
            assert odoo.via == "websocket"
    finally:
        await odoo.close()


async def test_a_wait_for_a_link_that_ended_for_good_ends_with_the_reason(box19):
    async with connect(box19.url) as odoo:
        await odoo.link.wait_open(10)
        waiting = odoo.events(LinkChanged)
        box19.faults.change_password("alice", "other")
        box19.faults.drop(4001)
        while (await waiting.get(10)).state == "open":
            pass
        with pytest.raises(BadCredentials, match="could not be renewed"):
            await asyncio.wait_for(odoo.link.wait_open(), 20)
        with pytest.raises(BadCredentials):
            await odoo.link.wait_open(0.1)


async def test_a_wait_for_the_link_ends_with_the_client(box19):
    odoo = await connect(box19.url)
    await odoo.link.wait_open(10)
    received = odoo.events(LinkChanged)
    await box19.close()
    while (await received.get(10)).state != "waiting":
        pass
    waiting = asyncio.create_task(odoo.link.wait_open())
    await asyncio.sleep(0.05)
    await odoo.close()
    with pytest.raises(UsageError, match="closed"):
        await asyncio.wait_for(waiting, 5)


PARTS = ["background", "outbox_runner", "live_link", "publisher.posts", "membership", "session.http", "subscribers"]


@pytest.mark.parametrize("part", PARTS)
async def test_every_part_is_closed_when_one_cannot_be(box19, part, monkeypatch, tmp_path):
    odoo = await connect(box19.url, state=tmp_path / "state.json")
    await odoo.link.wait_open(10)
    called: list[str] = []
    for name in PARTS:
        thing = odoo._connection
        for step in name.split("."):
            thing = getattr(thing, step)
        method = "close" if name == "session.http" else "end" if name == "subscribers" else "stop"
        whole = getattr(thing, method)

        async def wrapped(*args, _whole=whole, _name=name, **more):
            called.append(_name)
            ended = _whole(*args, **more)
            if ended is not None:
                await ended
            if _name == part:
                raise RuntimeError(f"{_name} cannot be closed")

        monkeypatch.setattr(thing, method, wrapped)
    with pytest.raises(RuntimeError, match="cannot be closed"):
        await odoo.close()
    assert set(called) == set(PARTS)
    assert (tmp_path / "state.json").exists()
    assert tasks() == set()
    await odoo.close()


async def test_the_error_of_the_block_is_the_one_to_be_seen(box19, tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    with pytest.raises(ValueError, match="mine"):
        async with connect(box19.url, state=folder / "state.json"):
            shutil.rmtree(folder)
            folder.write_text("no folder any more")
            raise ValueError("mine")
    assert tasks() == set()
