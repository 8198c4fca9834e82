"""Notifications that arrive while the client reads rows: the answer is older than what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from odoochat import Client, InboxRead, InboxReceived, MessagePosted, MessageSeen
from odoochat.client.session import Session
from odoochat.sandbox import Sandbox
from odoochat.wire.requests.call import Call
from tests.contract.features import until
from tests.timings import quick_connect

SECONDS = 20.0


@asynccontextmanager
async def held_back(
    monkeypatch: pytest.MonkeyPatch, odoo: Client, wanted: Callable[[Call], bool]
) -> AsyncIterator[asyncio.Event]:
    """Hold the answers to some calls of one client back until the block ends.

    Yields:
        Set when there is such an answer.
    """
    answered, released = asyncio.Event(), asyncio.Event()
    whole = Session.do

    async def do(self: Session, action: object, **more: Any) -> object:
        answer = await whole(self, action, **more)  # type: ignore[arg-type]
        if self is odoo._connection.session and isinstance(action, Call) and wanted(action):
            answered.set()
            await released.wait()
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Session, "do", do)
        yield answered
        released.set()


def fields(call: Call) -> list[str]:
    given: Any = call.kwargs
    return list(given.get("fields", []))


def reads_channels(call: Call) -> bool:
    return call.method == "search_read" and "message_needaction_counter" in fields(call)


def reads_inbox(call: Call) -> bool:
    return call.model == "mail.message" and fields(call)[:1] == ["needaction"]


@pytest.mark.parametrize("version", [15, 19])
@pytest.mark.parametrize("wanted", [reads_channels, reads_inbox], ids=lambda wanted: wanted.__name__)
async def test_reading_a_mention_beside_a_refresh(
    version: int, wanted: Callable[[Call], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        Sandbox(version) as box,
        quick_connect(box.url, login="alice", password="alice", live=False) as alice,
        quick_connect(box.url, login="bob", password="bob", live=False) as script,
        quick_connect(box.url, login="bob", password="bob") as bob,
    ):
        await bob.link.wait_open(SECONDS)
        async with bob.events() as events:
            message = await alice.channel("general").send("hello @Bob", mentions=["bob"])
            await until(events, InboxReceived)
            assert bob.channel("general").info.needaction == 1
            async with held_back(monkeypatch, bob, wanted) as answered:
                refresh = asyncio.create_task(bob.refresh())
                await asyncio.wait_for(answered.wait(), SECONDS)
                await script.inbox.mark_read(message)
                await until(events, InboxRead)
            await refresh
            assert bob.inbox.counters.inbox == 0
            assert bob.channel("general").info.needaction == 0


@pytest.mark.parametrize("version", [15, 19])
async def test_reading_a_channel_beside_a_refresh(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        Sandbox(version) as box,
        quick_connect(box.url, login="alice", password="alice", live=False) as alice,
        quick_connect(box.url, login="bob", password="bob", live=False) as script,
        quick_connect(box.url, login="bob", password="bob") as bob,
    ):
        await bob.link.wait_open(SECONDS)
        async with bob.events() as events:
            message = await alice.channel("general").send("hello")
            await until(events, MessagePosted)
            assert bob.channel("general").info.unread
            async with held_back(monkeypatch, bob, reads_channels) as answered:
                refresh = asyncio.create_task(bob.refresh())
                await asyncio.wait_for(answered.wait(), SECONDS)
                await script.channel("general").mark_read(message)
                await until(events, MessageSeen, where=lambda e: e.author == bob.me.author)
            await refresh
            assert bob.channel("general").info.unread == 0
