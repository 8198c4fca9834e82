"""Each injected fault does what its description says, and nothing else."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from odoochat.sandbox import Sandbox

from .raw import Listener, Raw

NEW = "discuss.channel/new_message"
NOW = 2**40


def text(payload: dict[str, Any]) -> str:
    body = payload["data"]["mail.message"][0]["body"][1]
    return str(body.removeprefix("<span>").removesuffix("</span>"))


async def texts(listener: Listener, count: int) -> list[str]:
    return [text(await listener.until(NEW)) for _ in range(count)]


@pytest.mark.parametrize("code", [1001, 1011, 4002, 4001])
async def test_drop_closes_with_a_code(sandbox: Sandbox, alice: Raw, code: int) -> None:
    listener = await alice.socket()
    assert sandbox.faults.drop(code, "because") == 1
    assert await listener.closed() == (code, "because")
    assert sandbox.connections == 0


async def test_drop_1006_cuts_without_a_word(sandbox: Sandbox, alice: Raw) -> None:
    listener = await alice.socket()
    sandbox.faults.drop()
    message = await listener.ws.receive(timeout=5)
    assert message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR, aiohttp.WSMsgType.CLOSING)
    assert listener.ws.close_code == 1006
    await (await alice.socket()).ws.close()  # a new session is accepted


async def test_drop_ends_long_polls() -> None:
    async with Sandbox(14) as sandbox, Raw(sandbox.url, sandbox.db, "alice") as alice:
        await alice.log_in()
        waiting = asyncio.ensure_future(alice.poll(0))
        while not sandbox.connections:
            await asyncio.sleep(0)
        sandbox.faults.drop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await waiting


@pytest.mark.parametrize("status", [502, 404, 503])
async def test_refused_websockets_get_a_page(sandbox: Sandbox, alice: Raw, status: int) -> None:
    sandbox.faults.refuse_websocket(status)
    for _ in range(2):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await alice.socket()
        assert caught.value.status == status
        assert caught.value.headers is not None
        assert caught.value.headers["Content-Type"].startswith("text/html")
    sandbox.faults.accept_websocket()
    await alice.socket()
    sandbox.faults.refuse_websocket(status, times=1)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await alice.socket()
    await alice.socket()


async def test_delay_and_fail(sandbox: Sandbox, alice: Raw) -> None:
    sandbox.faults.delay(0.1)
    started = time.monotonic()
    await alice.route("/web/session/check")
    assert time.monotonic() - started >= 0.1
    sandbox.faults.delay(0)
    sandbox.faults.fail(2, 503)
    for wanted in (503, 503, 200):
        async with alice.http.post(sandbox.url + "/web/session/check", json={}) as response:
            assert response.status == wanted


@pytest.mark.parametrize("road", ["xml", "jsonrpc", "call_kw", "json2", "route"])
async def test_cut_answers_are_committed(sandbox: Sandbox, alice: Raw, road: str) -> None:
    values = {"body": f"by {road}", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    calls = {
        "xml": lambda: alice.x("discuss.channel", "message_post", [1], **values),
        "jsonrpc": lambda: alice.answer(
            "/jsonrpc", service="object", method="execute_kw",
            args=[sandbox.db, alice.uid, "alice", "discuss.channel", "message_post", [[1]], values],
        ),
        "call_kw": lambda: alice.kw("discuss.channel", "message_post", [1], **values),
        "route": lambda: alice.route(
            "/mail/message/post", thread_model="discuss.channel", thread_id=1, post_data=values
        ),
        "json2": lambda: json2(sandbox, {"ids": [1], **values}),
    }  # fmt: skip
    before = len(sandbox.world.history(1))
    sandbox.faults.cut_answer(1, "message_post")
    await alice.x("discuss.channel", "search", [])  # another method passes
    with pytest.raises(aiohttp.ClientConnectionError):
        await calls[road]()
    assert [row["body"] for row in sandbox.world.history(1)[before:]] == [f"<span>by {road}</span>"]
    await calls[road]()
    assert len(sandbox.world.history(1)) == before + 2


async def json2(sandbox: Sandbox, body: dict[str, Any]) -> None:
    headers = {"Authorization": "bearer sandbox-key-alice"}
    url = f"{sandbox.url}/json/2/discuss.channel/message_post"
    async with aiohttp.ClientSession() as http, http.post(url, json=body, headers=headers) as response:
        await response.read()


async def test_lost_notifications_are_stored(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(NOW)
    await bob.post(1, "one")
    first = await listener.until(NEW)
    last = sandbox.world.state.bus.last_id()
    sandbox.faults.lose(3)  # a post of 19 is three notifications
    await bob.post(1, "lost")
    await bob.post(1, "two")
    assert [text(first), *await texts(listener, 1)] == ["one", "two"]
    assert await texts(await alice.socket(last), 2) == ["lost", "two"]


async def test_duplicated_notifications_come_twice(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(NOW)
    sandbox.faults.duplicate(3)
    await bob.post(1, "twice")
    await bob.post(1, "once")
    assert await texts(listener, 3) == ["twice", "twice", "once"]
    assert await listener.silent(0.05)


async def test_reordered_notifications_come_backwards(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(NOW)
    sandbox.faults.reorder(6)
    await bob.post(1, "one")
    assert await listener.silent()
    await bob.post(1, "two")
    await bob.post(1, "three")
    assert await texts(listener, 3) == ["two", "one", "three"]
    sandbox.faults.reorder(5)
    await bob.post(1, "held")
    assert await listener.silent()
    sandbox.faults.clear()
    await bob.post(1, "let go")
    assert sorted(await texts(listener, 2)) == ["held", "let go"]


async def test_half_open_lines_are_dead_without_a_sign(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(NOW)
    sandbox.faults.half_open()
    await bob.post(1, "into the void")
    await listener.ws.ping(b"anyone?")
    assert await listener.silent()
    assert not listener.ws.closed
    fresh = await alice.socket(NOW)
    assert await texts(fresh, 1) == ["into the void"]


async def test_silent_treats_everyone_as_a_visitor(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    before = await alice.socket(NOW)
    sandbox.faults.silent()
    after = await alice.socket(NOW)
    await bob.post(1, "unheard")
    assert await before.silent()
    assert await after.silent()
    sandbox.faults.silent(False)
    assert await texts(await alice.socket(NOW), 1) == ["unheard"]


@pytest.mark.parametrize("sandbox", [14, 19], indirect=True)
async def test_late_commits_have_low_ids_and_come_late(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    model = sandbox.world.state.channel_model
    with sandbox.faults.late_commit("bob"):
        early = await bob.post(1, "late", model=model)
        later = await alice.post(1, "quick", model=model)
        assert early < later
        found = await alice.x("mail.message", "search", [["id", "in", [early, later]]])
        assert found == [later]
        seen = sandbox.world.state.bus.last_id()
    assert await alice.x("mail.message", "search", [["id", "in", [early, later]]]) == [later, early]
    rows = sandbox.world.state.db.rows("SELECT id FROM bus WHERE message LIKE '%late%'")
    assert rows
    assert all(row["id"] < seen for row in rows)


async def test_lower_bus_ids(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    for number in range(5):
        await bob.post(1, f"{number}")
    high = sandbox.world.state.bus.last_id()
    sandbox.faults.lower_bus_ids()
    assert sandbox.world.state.bus.last_id() == 0
    await bob.post(1, "after the restore")
    assert sandbox.world.state.bus.last_id() < high
    assert await texts(await alice.socket(high), 1) == ["after the restore"]


async def test_the_rate_limit_can_be_lowered(sandbox: Sandbox, alice: Raw) -> None:
    sandbox.faults.rate_limit(3)
    listener = await alice.socket()
    await listener.subscribe(0)
    await listener.subscribe(0)
    assert await listener.closed() == (1013, "")


async def test_another_version_after_an_upgrade(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    message = await bob.post(1, "before")
    listener = await alice.socket()
    sandbox.faults.change_version(16)
    assert await listener.closed() == (1001, "")
    assert (await alice.xml("common", "version"))["server_serie"] == "16.0"
    assert await alice.x("mail.message", "search", [["model", "=", "mail.channel"], ["id", "=", message]])
    listener = await alice.socket(NOW)
    await bob.post(1, "after", model="mail.channel")
    assert (await listener.until("mail.channel/new_message"))["message"]["body"] == "<p>after</p>"
    with pytest.raises(ValueError, match="supports Odoo 14"):
        sandbox.faults.change_version(13)
    assert sandbox.version == 16


async def test_faults_during_a_block(sandbox: Sandbox, alice: Raw) -> None:
    with sandbox.faults.during() as faults:
        faults.refuse_websocket()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await alice.socket()
    await alice.socket()


@pytest.mark.parametrize("sandbox", [17, 18], indirect=True)
async def test_a_presence_by_rpc_may_meet_the_websockets(sandbox: Sandbox, alice: Raw) -> None:
    sandbox.faults.presence_race("alice")
    notified = {"inactivity_period": 0, "im_status_ids_by_model": {}}
    code, text = await alice.fault("bus.presence", "update_presence", **notified)
    assert (code, 'unique constraint "bus_presence_user_unique"' in text) == (2, True)
    assert "cannot marshal None" in (await alice.fault("bus.presence", "update_presence", **notified))[1]  # it worked
