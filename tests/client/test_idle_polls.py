"""Polls by model calls: what they cost at rest, and that they find every change of the channels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web

import odoochat
from odoochat import ChannelChanged, ChannelJoined, ChannelLeft, MessageEdited, MessagePosted
from odoochat.client.timing import Timing
from odoochat.sandbox import Sandbox
from tests.net.front import Front, front
from tests.timings import QUICK_POLLS, quick_connect

ONLY_QUESTIONS = msgspec.structs.replace(QUICK_POLLS, polls_per_refresh=1_000_000)
SECONDS = 30


class Noting(Front):
    """Notes the bodies of the requests."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.bodies: list[bytes] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        return await super().handle(request)


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


@pytest.mark.parametrize("version", [14, 17, 19])
async def test_in_a_quiet_time_polls_list_no_channels_and_find_messages_and_edits(version: int) -> None:
    timing = msgspec.structs.replace(ONLY_QUESTIONS, polls_per_full_sweep=9_000_000)
    async with Sandbox(version) as box, front(box.url, Noting) as made:
        assert isinstance(made, Noting)
        old = box.world.post("bob", "general", "yesterday")
        for column in ("date", "create_date", "write_date"):
            box.world.state.db.run(f"UPDATE message SET {column} = datetime('now', '-1 day')")
        async with quick_connect(
            made.url, db=box.db, login="alice", password="alice", transport="rpc", timing=timing
        ) as odoo:
            await odoo.link.wait_open(10)
            await settled(odoo)
            made.bodies.clear()
            await polls(odoo, 12)
            assert any(b"message_ids.write_date" in body for body in made.bodies)
            # A refresh of the channels, which the questions may begin at any time, asks for the newest message instead.
            catch_ups = [b for b in made.bodies if b'"mail.message"' in b and b'"order":"id"' in b]
            assert not catch_ups
            received = odoo.events(MessagePosted, MessageEdited)
            new = box.world.post("bob", "general", "today")
            assert (await received.get(SECONDS)).message.id == new
            box.world.messages.edit(box.world.uid("bob"), old, "<p>edited</p>")
            event = await received.get(SECONDS)
            assert isinstance(event, MessageEdited)
            assert (event.message.id, event.message.text) == (old, "edited")


@pytest.mark.parametrize("version", [14, 19])
async def test_in_a_quiet_time_a_refresh_asks_once_for_the_newest_message(version: int) -> None:
    timing = msgspec.structs.replace(ONLY_QUESTIONS, polls_per_full_sweep=9_000_000)
    async with Sandbox(version) as box, front(box.url, Noting) as made:
        assert isinstance(made, Noting)
        box.world.post("bob", "general", "yesterday")
        for column in ("date", "create_date", "write_date"):
            box.world.state.db.run(f"UPDATE message SET {column} = datetime('now', '-1 day')")
        async with quick_connect(
            made.url, db=box.db, login="alice", password="alice", transport="rpc", timing=timing
        ) as odoo:
            await odoo.link.wait_open(10)
            await settled(odoo)
            connection = odoo._connection
            while connection.catchup_runner._catchup.quiet_since() is None:
                await polls(odoo, 1)
            general = odoo.channel("general")
            unread = general.info.unread
            made.bodies.clear()
            await connection.membership.refresh()
            assert sum(b'"id desc"' in body and b'"limit":1}' in body for body in made.bodies) == 1
            received = odoo.events(MessagePosted)
            box.world.post("bob", "general", "today")  # the count of the refresh includes it
            await connection.membership.refresh()
            await received.get(SECONDS)
            assert general.info.unread == unread + 1
