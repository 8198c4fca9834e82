"""Notifications that arrive while the client reads rows: the answer is older than what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from odoochat import ChannelLeft, Client, InboxRead, InboxReceived, MessageDeleted, MessagePosted, MessageSeen
from odoochat.client.session import Session
from odoochat.client.timing import Timing
from odoochat.sandbox import Sandbox
from odoochat.wire.requests.call import Call
from tests.contract.features import until
from tests.timings import UNSWEPT, quick_connect

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


@pytest.mark.parametrize("version", [14, 19])
@pytest.mark.parametrize("posts", [4, 12])
async def test_posts_beside_a_refresh_are_counted_once(
    version: int, posts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer of the server is followed by a post, which the link delivers before the next question."""
    async with (
        Sandbox(version) as box,
        quick_connect(box.url, login="alice", password="alice", timing=UNSWEPT) as alice,
    ):
        await alice.link.wait_open(SECONDS)
        general = alice.channel("general")
        await general.mark_read()
        await alice.refresh()
        assert general.unread == 0
        sent: list[int] = []
        whole = Session.do
        async with alice.events(MessagePosted) as events:

            async def do(self: Session, action: object, **more: Any) -> object:
                answer = await whole(self, action, **more)  # type: ignore[arg-type]
                if isinstance(action, Call) and reads_channels(action) and len(sent) < posts:
                    sent.append(box.world.post("bob", "general", f"post {len(sent)}"))
                    await until(events, MessagePosted, where=lambda e: e.message.id == sent[-1])
                return answer

            monkeypatch.setattr(Session, "do", do)
            await alice.refresh()
            if posts == 4:
                assert general.unread == posts
            async with asyncio.timeout(SECONDS):
                while len(sent) < posts or general.unread != posts:
                    await asyncio.sleep(0.01)
            await alice.refresh()
            assert general.unread == posts


@pytest.mark.parametrize("posts", [2, 6])
async def test_a_removal_from_a_channel_beside_a_catch_up(
    posts: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The messages of the channel are missing from the answer, but neither deleted nor lost in a restore."""
    caplog.set_level("INFO", "odoochat")
    asked, left = asyncio.Event(), asyncio.Event()
    whole = Session.do

    async def do(self: Session, action: object, **more: Any) -> object:
        if isinstance(action, Call) and action.kwargs.get("limit") == 2_000 and not asked.is_set():
            asked.set()
            await left.wait()
        return await whole(self, action, **more)  # type: ignore[arg-type]

    async with (
        Sandbox(19) as box,
        quick_connect(box.url, login="alice", password="alice", timing=UNSWEPT) as alice,
    ):
        await alice.link.wait_open(SECONDS)
        async with alice.events(MessagePosted, MessageDeleted) as events:
            box.world.post("bob", "general", "stays")
            team = box.world.channels.create(
                box.world.uid("bob"), "team", "group", partners=[box.world.partner("alice")]
            )
            await alice.refresh()
            for number in range(posts):
                box.world.post("bob", "team", f"post {number}")
            await until(events, MessagePosted, where=lambda e: e.message.text == f"post {posts - 1}")
            monkeypatch.setattr(Session, "do", do)
            check = asyncio.create_task(alice._connection.catchup_runner.catch_up(reopened=True))
            await asyncio.wait_for(asked.wait(), SECONDS)
            member = box.world.state.members.find(team, box.world.partner("alice"))
            assert member is not None
            box.world.channels.remove(box.world.state.channel(team), member)
            await alice.refresh()
            left.set()
            assert await check == 0
            assert not events.pending
    assert not [r for r in caplog.records if getattr(r, "event", "") == "server.restored"]


@pytest.mark.parametrize("version", [14, 19])
async def test_a_removal_from_a_channel_before_a_poll(version: int, caplog: pytest.LogCaptureFixture) -> None:
    """A client that polls learns from the missing messages that it must fetch its channels."""
    caplog.set_level("INFO", "odoochat")
    timing = Timing(rpc_poll=1000.0)
    async with (
        Sandbox(version) as box,
        quick_connect(box.url, login="alice", password="alice", transport="rpc", timing=timing) as alice,
    ):
        await alice.link.wait_open(SECONDS)
        async with alice.events(ChannelLeft, MessagePosted, MessageDeleted) as events:
            box.world.post("bob", "general", "stays")
            team = box.world.channels.create(
                box.world.uid("bob"), "team", "group", partners=[box.world.partner("alice")]
            )
            await alice.refresh()
            runner = alice._connection.catchup_runner
            for number in range(6):
                box.world.post("bob", "team", f"post {number}")
            await runner.catch_up(full=True)
            await until(events, MessagePosted, where=lambda e: e.message.text == "post 5")
            member = box.world.state.members.find(team, box.world.partner("alice"))
            assert member is not None
            box.world.channels.remove(box.world.state.channel(team), member)
            assert await runner.catch_up(full=True) == 0
            left = await events.get(SECONDS)
            assert isinstance(left, ChannelLeft)
            assert left.channel.id == team
            assert not events.pending
    assert not [r for r in caplog.records if getattr(r, "event", "") == "server.restored"]
