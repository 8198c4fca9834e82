"""The WebSocket from the outside: handshake, authentication, the meaning of `last`, and close codes."""

from __future__ import annotations

import aiohttp
import pytest

from odoochat.sandbox import Sandbox
from odoochat.sandbox.http.site import Options
from odoochat.sandbox.http.websocket import Socket
from tests.sandbox.raw import Listener, Raw

NEW = "discuss.channel/new_message"
NOW = 2**40  # a `last` beyond every id counts as 0: the last 50 seconds


def bodies(listener: Listener) -> list[str]:
    """The texts of the messages that were received so far."""
    found = [one["message"]["payload"] for one in listener.received if one["message"]["type"] == NEW]
    return [payload["data"]["mail.message"][0]["body"][1] for payload in found]


def ids(listener: Listener) -> list[int]:
    return [one["id"] for one in listener.received]


async def handshake(raw: Raw, path: str = "/websocket", **headers: str) -> int:
    """The HTTP status of a handshake."""
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers}  # fmt: skip
    async with raw.http.get(raw.url + path, headers=upgrade) as response:
        return response.status


async def test_the_origin_is_required(sandbox: Sandbox, alice: Raw) -> None:
    assert await handshake(alice) == 400
    assert await handshake(alice, Origin=sandbox.url, Upgrade="h2c") == 400
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await alice.http.ws_connect(sandbox.url + "/websocket")
    assert caught.value.status == 400


async def test_the_origin_of_a_proxy_on_this_machine_will_do(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(NOW, origin="http://localhost:8080")
    await bob.post(1, "received")
    assert (await listener.until(NEW))["id"] == 1


@pytest.mark.parametrize("path", ["/longpolling/websocket", "/bus/websocket", "/web/websocket"])
async def test_other_paths_are_not_there(sandbox: Sandbox, alice: Raw, path: str) -> None:
    assert await handshake(alice, path, Origin=sandbox.url) in (404, 405)


async def test_before_16_there_is_none() -> None:
    async with Sandbox(14) as sandbox, Raw(sandbox.url, sandbox.db, "alice") as alice:
        assert await handshake(alice, Origin=sandbox.url) == 404


@pytest.mark.parametrize("cookie", [None, "made-up", "dead"])
async def test_a_bad_cookie_opens_a_socket_that_stays_silent(sandbox: Sandbox, bob: Raw, cookie: str | None) -> None:
    async with Raw(sandbox.url, sandbox.db, "alice") as raw:
        if cookie == "dead":
            await raw.log_in()
            sandbox.faults.expire_session("alice")
        elif cookie:
            raw.http.cookie_jar.update_cookies({"session_id": cookie})
        listener = await raw.socket(NOW)
        await bob.post(1, "not for you")
        assert await listener.silent()
        assert not listener.ws.closed


async def test_a_key_in_the_header_is_ignored(sandbox: Sandbox, bob: Raw) -> None:
    async with Raw(sandbox.url, sandbox.db, "alice") as raw:
        listener = await raw.socket(NOW, headers={"Authorization": "Bearer sandbox-key-alice"})
        await bob.post(1, "not for you")
        assert await listener.silent()


async def test_the_handshake_brings_a_cookie(sandbox: Sandbox, alice: Raw) -> None:
    sandbox.faults.rotate_session("alice")
    before = alice.sid
    await alice.socket()
    assert alice.sid != before
    await alice.route("/web/session/check")


async def test_only_browsers_are_asked_for_the_version(sandbox: Sandbox, alice: Raw) -> None:
    for agent, query, outdated in (
        ("Mozilla/5.0 Chrome/120", "", True),
        ("Mozilla/5.0 Chrome/120", "?version=18.0-1", True),
        ("myclient version 1", "?version=1", True),
        ("Mozilla/5.0 Chrome/120", "?version=19.0-2", False),
        ("odoochat/1.0 (Python)", "?version=1", False),
    ):
        ws = await alice.http.ws_connect(
            sandbox.url + "/websocket" + query,
            origin=sandbox.url,
            headers={"User-Agent": agent},
            autoping=False,
        )
        if outdated:
            assert await Listener(ws).closed() == (1000, "OUTDATED_VERSION"), (agent, query)
        else:
            await Listener(ws).ready()
            await ws.close()


async def test_nothing_comes_before_the_subscription(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(subscribe=False)
    await bob.post(1, "early")
    assert await listener.silent()
    await listener.subscribe(0)
    assert (await listener.until(NEW))["id"] == 1


async def test_mistakes_are_not_answered(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(NOW)
    for text in (
        "garbage",
        "{}",
        '{"event_name":"nope"}',
        '{"event_name":"subscribe","data":{"channels":[1],"last":0}}',
    ):
        await listener.ws.send_str(text)
    await listener.ws.send_bytes(b"\x00")
    await listener.ready()
    await bob.post(1, "still here")
    assert (await listener.until(NEW))["id"] == 1


async def test_what_last_means(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    for text in ("one", "two", "three"):
        await bob.post(1, text)
    bus = sandbox.world.state.bus
    newest = bus.last_id()
    for last, wanted in ((0, 3), (NOW, 3), (newest, 0), (newest - 1, 1), (-5, 3)):
        listener = await alice.socket(last)
        if wanted:
            while len(bodies(listener)) < wanted:
                listener._take(await listener.ws.receive(timeout=5))
        assert len(bodies(listener)) == wanted, last
        assert await listener.silent(0.05)
        await listener.ws.close()
    sandbox.world.state.db.run("UPDATE bus SET created = created - 60")
    assert await (await alice.socket(0)).silent(0.05)


async def test_only_the_first_last_counts(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(NOW)
    await bob.post(1, "once")
    await listener.until(NEW)
    await listener.subscribe(1)
    await listener.ready()
    assert await listener.silent(0.05)


async def test_a_channel_joined_later_is_silent_until_the_next_subscription(
    sandbox: Sandbox, alice: Raw, bob: Raw
) -> None:
    room = sandbox.world.channels.create(bob.uid, "new")
    listener = await alice.socket(NOW)
    await bob.x("discuss.channel", "add_members", [room], partner_ids=[sandbox.users["alice"][1]])
    joined = await listener.until("discuss.channel/joined")
    assert (joined["channel_id"], joined["invited_by_user_id"]) == (room, bob.uid)
    await bob.post(room, "missed")
    assert await listener.silent()
    await listener.subscribe(0)
    assert (await listener.until(NEW))["id"] == room
    await alice.kw("discuss.channel", "action_unfollow", [room])
    await listener.until("mail.record/insert", holding="discuss.channel")
    await bob.post(room, "still received after leaving")
    assert (await listener.until(NEW))["id"] == room
    await listener.subscribe(0)
    await listener.ready()
    await bob.post(room, "not any more")
    assert await listener.silent()


async def test_channels_may_be_asked_for_by_name(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    open_room = sandbox.world.channels.create(bob.uid, "open")
    secret = sandbox.world.channels.create(bob.uid, "secret", public="private")
    listener = await alice.socket(subscribe=False)
    await listener.subscribe(NOW, f"discuss.channel_{open_room}", f"discuss.channel_{secret}", "foo")
    await listener.ready()
    await bob.post(secret, "hidden")
    await bob.post(open_room, "visible")
    assert (await listener.until(NEW))["id"] == open_room


async def test_a_transaction_comes_in_one_frame_with_ascending_ids(sandbox: Sandbox, alice: Raw) -> None:
    listener = await alice.socket(NOW)
    for number in range(5):
        await alice.post(1, f"text {number}")
    while len(bodies(listener)) < 5:
        listener._take(await listener.ws.receive(timeout=5))
    assert ids(listener) == sorted(set(ids(listener)))
    assert len(listener.frames) >= 5
    assert {one["message"]["type"] for one in listener.frames[0]} == {"mail.record/insert", NEW}


async def test_eleven_frames_at_once_are_too_many(sandbox: Sandbox, alice: Raw) -> None:
    listener = await alice.socket(subscribe=False)
    for _ in range(10):
        await listener.subscribe(0)
    await listener.ws.ping(b"the eleventh")
    assert await listener.closed() == (1013, "")


@pytest.mark.parametrize("how", ["logout", "password", "expired"])
async def test_a_dead_session_is_reported_with_the_next_notification(
    sandbox: Sandbox, alice: Raw, bob: Raw, how: str
) -> None:
    listener = await alice.socket(NOW)
    if how == "logout":
        await alice.route("/web/session/destroy")
    elif how == "password":
        sandbox.faults.change_password("alice", "other")
    else:
        sandbox.faults.expire_session("alice")
    assert await listener.silent()
    await bob.post(1, "the last straw")
    assert await listener.closed() == (4001, "")


async def test_a_dead_session_is_reported_with_the_next_frame(sandbox: Sandbox, alice: Raw) -> None:
    listener = await alice.socket(NOW)
    sandbox.faults.expire_session()
    await listener.subscribe(0)
    assert await listener.closed() == (4001, "")


async def test_an_open_socket_follows_a_rotation(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener, idle = await alice.socket(NOW), await alice.socket(subscribe=False)
    old = alice.sid
    sandbox.faults.rotate_session("alice")
    await bob.post(1, "within the two minutes")
    await listener.until(NEW)
    sandbox.world.state.db.run("UPDATE session SET dies = 1 WHERE sid = ?", old)
    await bob.post(1, "after them")
    assert (await listener.until(NEW))["id"] == 1  # this client received a notification in time
    await idle.subscribe(0)
    assert await idle.closed() == (4001, "")  # this one did not


async def test_a_stopping_server_says_1001() -> None:
    sandbox = await Sandbox().start()
    async with Raw(sandbox.url, sandbox.db, "alice") as alice:
        await alice.log_in()
        listener = await alice.socket()
        await sandbox.close()
        assert await listener.closed() == (1001, "")


async def test_presence_is_reported_on_change_and_on_closing(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    him = sandbox.users["bob"][1]
    listener = await alice.socket(subscribe=False)
    await listener.subscribe(NOW, f"odoo-presence-res.partner_{him}")
    await listener.ready()
    other = await bob.socket(NOW)
    for period, wanted in ((0, "online"), (1_900_000, "away")):
        data = {"inactivity_period": period}
        await other.ws.send_json({"event_name": "update_presence", "data": data})
        payload = await listener.until("bus.bus/im_status_updated")
        assert payload == {
            "presence_status": wanted,
            "im_status": wanted,
            "guest_id": False,
            "partner_id": him,
        }
    assert (await alice.x("res.partner", "read", [him], ["im_status"]))[0]["im_status"] == "away"
    await other.ws.send_json(
        {"event_name": "update_presence", "data": {"inactivity_period": 0, "im_status_ids_by_model": {}}}
    )  # the arguments of 18: ignored by 19
    assert await listener.silent()
    await other.ws.close()
    assert (await listener.until("bus.bus/im_status_updated"))["im_status"] == "offline"


async def test_peeking_by_plain_http(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    path = "/websocket/peek_notifications"
    assert (await alice.error(path, channels=[], last=0))["code"] == 100
    first = await alice.route(path, channels=["foo"], last=0, is_first_poll=True)
    me = sandbox.users["alice"][1]
    assert [sandbox.db, "res.partner", me] in first["channels"]
    assert [sandbox.db, "discuss.channel", 1] in first["channels"]
    await bob.post(1, "peeked")
    rows = (await alice.route(path, channels=[], last=0))["notifications"]
    assert [row["message"]["type"] for row in rows] == ["mail.record/insert", NEW]
    assert (await alice.route(path, channels=[], last=rows[-1]["id"]))["notifications"] == []
    error = await alice.error(path, channels=[["res.partner", 7]], last=0)
    assert error["data"]["name"] == "builtins.ValueError"


async def test_asking_for_missed_notifications(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    await bob.post(1, "x")
    newest = sandbox.world.state.bus.last_id()
    path = "/bus/has_missed_notifications"
    assert await alice.route(path, last_notification_id=newest) is False
    assert await alice.route(path, last_notification_id=0) is True
    assert sandbox.world.state.bus.collect(-1) > 0
    assert await alice.route(path, last_notification_id=newest) is True


@pytest.mark.parametrize(("window", "wanted"), [(10.0, True), (0.0, False)])
async def test_late_commits_are_sent_within_the_window(window: float, wanted: bool) -> None:
    async with (
        Sandbox(options=Options(commit_window=window)) as sandbox,
        Raw(sandbox.url, sandbox.db, "alice") as alice,
        Raw(sandbox.url, sandbox.db, "bob") as bob,
    ):
        await alice.log_in()
        listener = await alice.socket(NOW)
        with sandbox.faults.late_commit("carol"):
            sandbox.world.post("carol", "general", "late")
            for text in ("first", "second"):
                await bob.post(1, text)
                await listener.until(NEW)
        if wanted:
            assert "late" in str(await listener.until(NEW))
        assert await listener.silent(0.05)


async def test_every_path_of_attention(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    chat, me = 4, sandbox.users["alice"][1]
    listener, own = await bob.socket(NOW), await alice.socket(NOW)
    last = sandbox.world.state.channels.last_message_id(chat)
    await alice.route("/discuss/channel/mark_as_read", channel_id=chat, last_message_id=last)
    notified = await listener.until("mail.record/insert", holding="discuss.channel.member")
    assert notified["discuss.channel.member"][0]["seen_message_id"] == last
    assert notified["discuss.channel.member"][0]["partner_id"] == me
    while "message_unread_counter" not in (
        record := (await own.until("mail.record/insert", holding="discuss.channel.member"))["discuss.channel.member"][0]
    ):
        pass
    assert record["message_unread_counter"] == 0
    await bob.post(chat, "unread")
    await alice.answer(
        "/web/dataset/call_kw", model="discuss.channel", method="channel_fetched", args=[[chat]], kwargs={}
    )
    assert (await listener.until("discuss.channel.member/fetched"))["partner_id"] == me
    error = await alice.error("/discuss/channel/notify_typing", channel_id=999, is_typing=True)
    assert error["code"] == 404


@pytest.mark.parametrize("version", [16, 19])
async def test_a_notification_wakes_only_who_listens(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[Socket] = []

    def wake(socket: Socket) -> None:
        woken.append(socket)
        original(socket)

    original = Socket.wake
    async with Sandbox(version) as box, Raw(box.url, box.db, "alice") as alice, Raw(box.url, box.db, "bob") as bob:
        for raw in (alice, bob):
            await raw.log_in()
        quiet, listener = await alice.socket(NOW), await bob.socket(NOW)
        partner = box.world.state.accounts.partner_of(box.world.uid("bob"))
        box.world.notifier.sender.to_partner(partner, "first", {})
        await listener.until("first")
        monkeypatch.setattr(Socket, "wake", wake)
        box.world.notifier.sender.to_partner(partner, "second", {})
        await listener.until("second")
        assert len(woken) == 1
        assert await quiet.silent()
