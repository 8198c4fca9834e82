"""Polls by model calls: what they cost at rest, and that they find every change of the channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

import odoochat
from odoochat import ChannelChanged, ChannelJoined, ChannelLeft
from odoochat.client.timing import Timing
from odoochat.sandbox import Sandbox
from tests.timings import QUICK_POLLS, quick_connect

ONLY_QUESTIONS = msgspec.structs.replace(QUICK_POLLS, polls_per_refresh=1_000_000)
SECONDS = 30


@asynccontextmanager
async def polling(box: Sandbox, timing: Timing = ONLY_QUESTIONS) -> AsyncIterator[odoochat.Client]:
    async with quick_connect(
        box.url, db=box.db, login="alice", password="alice", transport="rpc", timing=timing
    ) as odoo:
        await odoo.link.wait_open(10)
        yield odoo


async def polls(odoo: odoochat.Client, number: int) -> None:
    """Wait until some more polls were carried out."""
    live = odoo._connection.live_link
    assert live is not None
    wanted = live._polls + number
    async with asyncio.timeout(SECONDS):
        while live._polls < wanted:
            await asyncio.sleep(0.01)


async def settled(odoo: odoochat.Client) -> None:
    """Wait until the questions have something to compare with: nothing was changed within the last two seconds."""
    while len(odoo._connection.membership._changes) < 2:
        await polls(odoo, 1)


@pytest.mark.parametrize("version", [14, 19])
async def test_a_poll_at_rest_is_one_request(version: int) -> None:
    async with Sandbox(version) as box, polling(box) as odoo:
        await settled(odoo)
        live, http = odoo._connection.live_link, odoo._connection.session.http
        assert live is not None
        number, requests = live._polls, http.request_count
        await polls(odoo, 18)
        assert http.request_count - requests <= live._polls - number + 1


@pytest.mark.parametrize("version", [14, 19])
async def test_questions_find_every_change_of_the_channels(version: int) -> None:
    async with Sandbox(version) as box, polling(box) as odoo:
        world, uid = box.world, box.world.uid("bob")
        await settled(odoo)
        received = odoo.events(ChannelJoined, ChannelLeft, ChannelChanged)
        me = odoo.me.partner_id
        room = world.state.channels.create(
            "room", "channel", creator=uid, partners=[world.state.accounts.partner_of(uid), me], public="private"
        )
        joined = await received.get(SECONDS)
        assert isinstance(joined, ChannelJoined)
        assert joined.channel.id == room
        world.state.channels.change(room, name="another name")
        while not (isinstance(event := await received.get(SECONDS), ChannelChanged) and event.channel.name != "room"):
            pass
        world.state.members.change(world.state.members.find(room, me)["id"], is_pinned=0)  # type: ignore[index]
        while not (isinstance(event := await received.get(SECONDS), ChannelChanged) and not event.channel.pinned):
            pass
        world.state.members.remove(world.state.members.find(room, me)["id"])  # type: ignore[index]
        while not isinstance(event := await received.get(SECONDS), ChannelLeft):
            pass
        assert event.channel.id == room
