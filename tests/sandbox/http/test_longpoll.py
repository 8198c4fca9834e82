"""The long poll of 14, from the outside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from odoochat.sandbox.http.site import Options
from tests.sandbox.raw import Raw

MODEL = "mail.channel"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(14, options=Options(poll_timeout=0.3)) as running:
        yield running


async def begun(sandbox: Sandbox, raw: Raw, last: int = 0, count: int = 1) -> asyncio.Task[Any]:
    """A poll that is waiting at the server."""
    task: asyncio.Task[Any] = asyncio.ensure_future(raw.poll(last))
    while sandbox.connections < count:
        await asyncio.sleep(0)
    return task


async def test_a_poll_waits_for_news(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    waiting = await begun(sandbox, alice)
    message = await bob.post(1, "hi", model=MODEL)
    (row,) = await waiting
    assert set(row) == {"id", "channel", "message"}
    assert row["channel"] == [sandbox.db, MODEL, 1]
    assert (row["message"]["id"], row["message"]["body"]) == (message, "<p>hi</p>")
    assert await alice.poll(row["id"]) == []  # it has expired
    assert sandbox.connections == 0


async def test_a_note_is_sent_to_no_one(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    await bob.x(MODEL, "message_post", [1], body="a note", message_type="comment")
    assert await alice.poll(0) == []


async def test_a_mention_comes_twice_the_inbox_first(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    await bob.post(1, "@Alice", model=MODEL, partner_ids=[me])
    rows = await alice.poll(0)
    assert [row["channel"] for row in rows] == [[sandbox.db, "ir.needaction", me], [sandbox.db, MODEL, 1]]
    assert rows[0]["message"] == rows[1]["message"]
    assert rows[0]["message"]["needaction_partner_ids"] == [me]


async def test_the_channels_of_a_poll_are_those_of_its_start(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    room = (await bob.kw(MODEL, "channel_create", "team", "private"))["id"]
    waiting = await begun(sandbox, alice, sandbox.world.state.bus.last_id())
    await bob.kw(MODEL, "channel_invite", [room], [me])
    (header,) = await waiting
    assert header["channel"] == [sandbox.db, "res.partner", me]
    assert (header["message"]["id"], header["message"]["name"], "info" in header["message"]) == (
        room,
        "team",
        False,
    )
    # the invitation's message has a lower id: the next poll never gets it
    invitation = sandbox.world.history(room)[-1]
    assert "invited Alice" in invitation["body"]
    assert invitation["author_id"] == me
    waiting = await begun(sandbox, alice, header["id"])
    await bob.post(room, "hello team", model=MODEL)
    assert [row["message"]["body"] for row in await waiting] == ["<p>hello team</p>"]


async def test_a_dead_session_receives_nothing_and_no_error(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    listened = [[sandbox.db, MODEL, room] for room in (1, 2, 3, 4)]
    listened += [[sandbox.db, "res.partner", me], [sandbox.db, "ir.needaction", me]]
    assert await alice.poll(0, peek=True) == {"notifications": [], "channels": listened}
    sandbox.faults.expire_session("alice")
    await bob.post(1, "unheard", model=MODEL)
    assert await alice.poll(0) == []
    assert await alice.poll(0, peek=True) == {"notifications": [], "channels": []}


async def test_channels_must_be_strings(sandbox: Sandbox, alice: Raw) -> None:
    error = await alice.error("/longpolling/poll", channels=[["x", 1]], last=0)
    assert error["data"] | {"debug": ""} == {
        "name": "builtins.Exception", "message": "bus.Bus only string channels are allowed.",
        "arguments": ["bus.Bus only string channels are allowed."], "context": {}, "debug": "",
    }  # fmt: skip


async def test_a_last_that_is_too_high_receives_nothing(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    await bob.post(1, "one", model=MODEL)
    assert await alice.poll(1_000_000) == []


async def test_the_bus_by_rpc_with_a_key(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    await bob.kw(MODEL, "notify_typing", [1], is_typing=True)
    alice.password = "sandbox-key-alice"
    rows = await alice.x("bus.bus", "poll", [[sandbox.db, MODEL, 1]], 0)
    him = sandbox.users["bob"][1]
    notified = {"info": "typing_status", "is_typing": True, "partner_id": him, "partner_name": "Bob"}
    assert [row["message"] for row in rows] == [notified]
    code, text = await alice.fault("res.users", "context_get")
    assert code == 1
    assert "cannot marshal" in text


async def test_seen_in_a_channel_and_in_a_chat(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    last = sandbox.world.state.channels.last_message_id
    assert await alice.x(MODEL, "channel_seen", [1], last(1)) == last(1)
    assert await alice.x(MODEL, "channel_seen", [4], last(4)) == last(4)
    notified = [(row["channel"], row["message"]) for row in await alice.poll(0)]
    assert notified == [
        ([sandbox.db, "res.partner", me],
         {"info": "channel_seen", "last_message_id": last(1), "partner_id": me, "channel_id": 1}),
        ([sandbox.db, MODEL, 4], {"info": "channel_seen", "last_message_id": last(4), "partner_id": me}),
    ]  # fmt: skip
    assert [row["channel"] for row in await bob.poll(0)] == [[sandbox.db, MODEL, 4]]


async def test_presence_fades_without_polls(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    assert await bob.route("/longpolling/im_status", partner_ids=[me, 2]) == [
        {"id": me, "im_status": "offline"}, {"id": 2, "im_status": "bot"},
    ]  # fmt: skip
    await alice.poll(0, bus_inactivity=0, peek=True)
    assert (await bob.route("/longpolling/im_status", partner_ids=[me]))[0]["im_status"] == "online"
    sandbox.world.state.db.run("UPDATE partner SET im_seen = im_seen - 70")
    assert (await bob.x("res.partner", "read", [me], ["im_status"]))[0]["im_status"] == "offline"


async def test_leaving_and_joining(sandbox: Sandbox, alice: Raw) -> None:
    assert await alice.x(MODEL, "action_unfollow", [1]) is True
    (header,) = (row["message"] for row in await alice.poll(0))
    assert (header["info"], header["is_pinned"]) == ("unsubscribe", False)
    info = await alice.kw(MODEL, "channel_join_and_get_info", [1])
    assert (info["id"], info["is_pinned"]) == (1, True)
    assert "joined" in sandbox.world.history(1)[-1]["body"]


async def test_fault_lost_and_half_open_polls(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    waiting = await begun(sandbox, alice)
    sandbox.faults.lose(1)
    await bob.post(1, "lost", model=MODEL)
    assert await waiting == []
    assert [row["message"]["body"] for row in await alice.poll(0)] == ["<p>lost</p>"]
    waiting = await begun(sandbox, alice, sandbox.world.state.bus.last_id())
    sandbox.faults.half_open()
    await bob.post(1, "void", model=MODEL)
    done, _ = await asyncio.wait({waiting}, timeout=0.5)
    assert not done
    waiting.cancel()
