"""What a guest receives after an interruption: the routes return pages of messages, without a search."""

from __future__ import annotations

import asyncio
import time

import pytest

import odoochat
from odoochat import Message, MessageDeleted, MessageEdited, MessagePosted
from odoochat.client.guest_queries import GuestQueries
from odoochat.sandbox import Sandbox
from tests.timings import QUICK, UNSWEPT, quick_connect

from .conftest import SECONDS, cut


@pytest.mark.parametrize("known", [2, 6])
async def test_missed_messages_arrive_and_known_ones_are_not_taken_for_removed(known: int) -> None:
    async with Sandbox(19) as box, quick_connect(box.url, login="alice", password="alice") as alice:
        channel = await alice.create("open day", public=True)
        link = f"{box.url}/chat/{channel.id}/{await channel.settings._uuid()}"
        for number in range(known):
            await channel.send(f"before {number}")
        async with odoochat.connect_guest(link, name="Gwen", timing=QUICK) as guest:
            await guest.link.wait_open(SECONDS)
            received = guest.events(MessagePosted, MessageDeleted)
            guest._connection._delivery.catchup.mark(time.monotonic() + 3_600)  # the floor is above what was read
            box.faults.lose(1)
            missed = await channel.send("in the gap")
            await cut(box, guest)
            events = [await received.get(SECONDS)]
            last = await channel.send("after it")
            events.append(await received.get(SECONDS))
            assert [e.message.id if isinstance(e, MessagePosted) else e for e in events] == [missed.id, last.id]


async def test_an_edited_old_message_does_not_make_a_guest_read_back_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[int | None] = []
    whole = GuestQueries._page
    catching_up = asyncio.current_task()

    async def page(self: GuestQueries, before: int | None, size: int) -> list[Message]:
        if asyncio.current_task() is catching_up:  # a refresh of the channels requests pages, too
            pages.append(before)
        return await whole(self, before, size)

    monkeypatch.setattr(GuestQueries, "_page", page)
    async with Sandbox(19) as box, quick_connect(box.url, login="alice", password="alice") as alice:
        channel = await alice.create("open day", public=True)
        link = f"{box.url}/chat/{channel.id}/{await channel.settings._uuid()}"
        old = await channel.send("the oldest")
        for number in range(700):
            box.world.post("alice", channel.id, f"message {number}")
        async with odoochat.connect_guest(link, name="Gwen", timing=UNSWEPT) as guest:
            await guest.link.wait_open(SECONDS)
            events = guest.events(MessageEdited)
            await channel.edit(old, "changed")
            await events.get(SECONDS)
            pages.clear()
            await guest._connection._delivery.catchup_runner.catch_up(full=True)
            assert 0 < len(pages) <= 2  # all messages would take four
