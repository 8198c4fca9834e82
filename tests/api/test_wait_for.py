"""Waiting for one event, and answering a message that an event brought."""

from __future__ import annotations

import asyncio

import pytest

import odoochat
from odoochat import MessagePosted, TimedOut, UsageError
from odoochat.sandbox import Sandbox


async def test_wait_for_returns_the_first_event_that_fits() -> None:
    async with (
        Sandbox(19) as box,
        odoochat.connect(box.url, db=box.db, login="ann", password="ann") as ann,
        odoochat.connect(box.url, db=box.db, login="bob", password="bob", live=False) as bob,
    ):
        await ann.link.wait_open(20)
        waiting = asyncio.create_task(
            ann.wait_for(MessagePosted, where=lambda e: e.message.text == "second", timeout=20)
        )
        await asyncio.sleep(0)
        for text in ("first", "second", "third"):
            await bob.channel("general").send(text)
        event = await waiting
        assert (event.message.text, event.message.mine) == ("second", False)

        answer = await ann.reply(event.message, "an answer")
        assert answer.reply_to == event.message.id
        await ann.react(event.message, "👍")
        assert [r.content for r in (await bob.fetch_message(event.message.id)).reactions] == ["👍"]


async def test_wait_for_ends_in_time_and_with_the_client() -> None:
    async with Sandbox(19) as box:
        async with odoochat.connect(box.url, db=box.db, login="ann", password="ann") as ann:
            with pytest.raises(TimedOut, match="no MessagePosted within 0.05 s"):
                await ann.wait_for(MessagePosted, timeout=0.05)
            waiting = asyncio.create_task(ann.wait_for(MessagePosted))
            await asyncio.sleep(0)
        with pytest.raises(UsageError, match="closed before"):
            await waiting
