"""Messages that are committed late arrive soon, without a request more while nothing happens."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest

import odoochat
from odoochat import Client, MessagePosted
from odoochat.client.timing import Timing
from odoochat.sandbox import Sandbox
from tests.timings import QUICK, UNSWEPT


def connect(box: Sandbox, timing: Timing = UNSWEPT) -> odoochat.connect:
    return odoochat.connect(box.url, login="alice", password="alice", timing=timing)


SOON = 10.0
"""Seconds: about three on an idle machine; a poll that is held takes up to 57 s, and nothing else asks here."""


async def lag_of_a_late_commit(box: Sandbox, odoo: Client, open_for: float) -> float:
    """Seconds from the commit of a message until it arrives, after one that was committed earlier."""
    received = odoo.events(MessagePosted)
    box.world.post("bob", "general", "before")
    assert (await received.get(10)).message.text == "before"
    with box.faults.late_commit("carol"):
        box.world.post("carol", "support", "late")
        box.world.post("bob", "general", "early")
        assert (await received.get(10)).message.text == "early"
        await asyncio.sleep(open_for)
    committed = time.monotonic()
    assert (await received.get(20)).message.text == "late"
    return time.monotonic() - committed


@pytest.mark.parametrize("version", [14, 15, 16, 17, 18, 19, 20])
@pytest.mark.parametrize("open_for", [0.3, 4.0])
async def test_a_late_commit_arrives_soon(version: int, open_for: float) -> None:
    async with Sandbox(version) as box, connect(box) as odoo:
        await odoo.link.wait_open(10)
        assert odoo.via in ("websocket", "longpoll")
        assert await lag_of_a_late_commit(box, odoo, open_for) < SOON


@pytest.mark.parametrize("version", [14, 15, 16, 17, 18, 19, 20])
async def test_a_commit_just_after_an_own_post_with_a_higher_id_arrives_soon(version: int) -> None:
    async with Sandbox(version) as box, connect(box) as odoo:
        await odoo.link.wait_open(10)
        general = odoo.channel("general")
        received = odoo.events(MessagePosted, channel=general)
        with box.faults.late_commit("bob"):
            box.world.post("bob", "general", "late")
            await general.send("own")
            assert (await received.get(10)).message.text == "own"
        # On 14 and 15, the next poll is on its way now.
        assert (await received.get(SOON)).message.text == "late"


@pytest.mark.parametrize("version", [14, 15, 16, 17, 18, 19, 20])
async def test_a_late_commit_below_an_own_post_is_not_unread(version: int) -> None:
    timing = msgspec.structs.replace(QUICK, sweeps_per_refresh=1000)  # a refresh would correct the count
    async with Sandbox(version) as box, connect(box, timing) as odoo, connect(box) as server:
        await odoo.link.wait_open(10)
        general = odoo.channel("general")
        received = odoo.events(MessagePosted, channel=general)
        box.world.post("bob", "general", "before")
        assert (await received.get(10)).message.text == "before"
        with box.faults.late_commit("bob"):
            box.world.post("bob", "general", "late")
            await general.send("own")
            assert (await received.get(10)).message.text == "own"
        assert (await received.get(20)).message.text == "late"
        await server.refresh()
        assert general.unread == server.channel("general").unread == 0
        box.world.post("bob", "general", "new")
        assert (await received.get(20)).message.text == "new"
        assert general.unread == 1


async def test_a_transaction_that_stays_open_longer_than_a_poll_looks_back_arrives_on_14() -> None:
    async with Sandbox(14) as box, connect(box) as odoo:
        await odoo.link.wait_open(10)
        assert await lag_of_a_late_commit(box, odoo, 6.0) < SOON


async def test_nothing_is_asked_when_nothing_happens() -> None:
    timing = msgspec.structs.replace(UNSWEPT, holes=(0.05, 0.05, 0.5))
    async with Sandbox(16) as box, connect(box, timing) as odoo:
        await odoo.link.wait_open(10)
        assert await lag_of_a_late_commit(box, odoo, 0.1) < SOON
        await asyncio.sleep(1.5)  # the hole is old now
        before = odoo._connection.session.http.request_count
        await asyncio.sleep(1.5)
        assert odoo._connection.session.http.request_count == before


async def test_ids_without_a_hole_ask_for_nothing() -> None:
    async with Sandbox(16) as box, connect(box) as odoo:
        await odoo.link.wait_open(10)
        received = odoo.events(MessagePosted)
        await asyncio.sleep(2.5)
        before = odoo._connection.session.http.request_count
        for n in range(5):
            box.world.post("bob", "general", f"text {n}")
            await received.get(10)
        await asyncio.sleep(2.5)
        assert odoo._connection.session.http.request_count == before


async def test_a_sweep_asks_one_question() -> None:
    timing = msgspec.structs.replace(UNSWEPT, sweeps_per_hint=1000, sweeps_per_refresh=1000)
    async with Sandbox(19) as box, connect(box, timing) as odoo:
        await odoo.link.wait_open(10)
        received = odoo.events(MessagePosted)
        box.world.post("bob", "general", "known")
        await received.get(10)
        http, work = odoo._connection.session.http, odoo._connection._work
        asked: list[int] = []
        for _ in range(8):
            before = http.request_count
            await work.look("sweep")
            asked.append(http.request_count - before)
        assert min(asked) == 1, "more only while channels are read in the background"


async def test_a_link_that_showed_no_loss_is_swept_less_often() -> None:
    timing = msgspec.structs.replace(UNSWEPT, sweep=0.1, calm_sweep=1000.0)
    async with Sandbox(19) as box, connect(box, timing) as odoo:
        await odoo.link.wait_open(10)
        link = odoo._connection.live_link
        async with asyncio.timeout(20):
            while not link._is_calm:  # the first sweep after the link was opened comes soon
                await asyncio.sleep(0.02)
        link._mistrust(odoochat.LinkError("for the test"))
        async with asyncio.timeout(20):
            while link._is_calm:
                await asyncio.sleep(0.02)
            while not link._is_calm:
                await asyncio.sleep(0.02)
