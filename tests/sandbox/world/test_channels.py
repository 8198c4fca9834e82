"""Channels: searching, muting, hiding, threads, member records and statuses."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

NOW = 2**40
INSERT = "mail.record/insert"
every = pytest.mark.parametrize("sandbox", [14, 16, 17, 18, 19], indirect=True)


def record(sandbox: Sandbox, payload: dict[str, Any]) -> dict[str, Any]:
    """The record of a channel or member in a notification."""
    if sandbox.version < 17:
        return payload
    if sandbox.version < 18:
        found: dict[str, Any] = payload["Thread"]
        return found
    later: dict[str, Any] = payload["discuss.channel.member" if sandbox.version >= 19 else "discuss.channel"][0]
    return later


async def own_member(raw: Raw, sandbox: Sandbox, channel: int) -> dict[str, Any]:
    me = sandbox.users[raw.login][1]
    domain = [["channel_id", "=", channel], ["partner_id", "=", me]]
    (row,) = await raw.x(sandbox.world.state.member_model, "search_read", domain)
    found: dict[str, Any] = row
    return found


@every
async def test_channels_one_may_join(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    model = sandbox.world.state.channel_model
    open_id = sandbox.world.channels.create(bob.uid, "open air")
    sandbox.world.channels.create(bob.uid, "open secret", "group")
    domain = [["channel_type", "=", "channel"], ["is_member", "=", False], ["name", "ilike", "open"]]
    fields = ["name", "uuid", "description"] + (["invitation_url", "member_count"] if sandbox.version >= 16 else [])
    (found,) = await alice.x(model, "search_read", domain, fields)
    assert (found["id"], found["name"]) == (open_id, "open air")
    if sandbox.version >= 16:
        assert found["invitation_url"] == f"/chat/{open_id}/{found['uuid']}"
    else:
        (found,) = await alice.x(model, "channel_search_to_join", "open")
        assert found == {"id": open_id, "name": "open air", "public": "groups", "uuid": found["uuid"],
                         "channel_type": "channel"}  # fmt: skip
        assert await alice.x(model, "channel_search_to_join", "nothing") == []


@pytest.mark.parametrize("sandbox", [17, 18, 19], indirect=True)
async def test_muting_and_own_notifications(sandbox: Sandbox, alice: Raw) -> None:
    early = sandbox.version < 18
    listener = await alice.socket(NOW)
    path = "/discuss/channel/mute" if early else "/discuss/settings/mute"
    key = "Thread" if early else "discuss.channel.member" if sandbox.version >= 19 else "discuss.channel"
    await alice.route(path, channel_id=1, minutes=-1)
    assert record(sandbox, await listener.until(INSERT, holding=key))["mute_until_dt"] == "9999-12-31 23:59:59"
    await alice.route(path, channel_id=1, minutes=15)
    assert str(record(sandbox, await listener.until(INSERT, holding=key))["mute_until_dt"]).startswith("20")
    await alice.route(path, channel_id=1, minutes=0)
    assert record(sandbox, await listener.until(INSERT, holding=key))["mute_until_dt"] is False
    path = "/discuss/channel/update_custom_notifications" if early else "/discuss/settings/custom_notifications"
    for wanted in ("mentions", False):
        await alice.route(path, channel_id=1, custom_notifications=wanted)
        assert record(sandbox, await listener.until(INSERT, holding=key))["custom_notifications"] == wanted
    await alice.kw("discuss.channel", "channel_set_custom_name", [1], name="mine")
    assert record(sandbox, await listener.until(INSERT, holding=key))["custom_channel_name"] == "mine"
    assert (await own_member(alice, sandbox, 1))["custom_channel_name"] == "mine"


@every
async def test_the_own_member_record_is_writable(sandbox: Sandbox, alice: Raw) -> None:
    model = sandbox.world.state.member_model
    first, last = (sandbox.world.post("bob", 1, text) for text in ("one", "two"))
    mine = (await own_member(alice, sandbox, 1))["id"]
    listener = await alice.socket(sandbox.world.state.bus.last_id()) if sandbox.version >= 16 else None
    values: dict[str, Any] = {"seen_message_id": last}
    if sandbox.version >= 18:
        values["new_message_separator"] = last
    assert await alice.x(model, "write", [mine], values) is True
    row = await own_member(alice, sandbox, 1)
    assert row["seen_message_id"][0] == last
    if sandbox.version >= 16:
        assert row["message_unread_counter"] == (1 if sandbox.version >= 18 else 0)
    if listener is None:
        return
    if sandbox.version < 19:
        assert await listener.silent(0.05)
        return
    notified = (await listener.until(INSERT))["discuss.channel.member"][0]
    assert set(notified) == {"id", "channel_id", "partner_id", "new_message_separator", "message_unread_counter",
                         "message_unread_counter_bus_id"}  # fmt: skip
    for name, value in (("mute_until_dt", "2030-01-01 00:00:00"), ("custom_notifications", "no_notif"),
                        ("unpin_dt", "2026-01-01 00:00:00"), ("unpin_dt", False)):  # fmt: skip
        await alice.x(model, "write", [mine], {name: value})
        notified = (await listener.until(INSERT))["discuss.channel.member"][0]
        assert notified == {"id": mine, "channel_id": {"id": 1, "model": "discuss.channel"}, name: value,
                        "partner_id": sandbox.users["alice"][1]}  # fmt: skip
    code, text = await alice.fault(model, "write", [mine], {"partner_id": sandbox.users["bob"][1]})
    assert (code, text) == (4, "You can not write on partner_id.")
    assert first < last


@every
async def test_who_may_end_a_membership(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    model = sandbox.world.state.member_model
    his = (await own_member(bob, sandbox, 2))["id"]
    if sandbox.version < 17:
        assert await alice.x(model, "unlink", [his]) is True  # seen on live 14, 15 and 16: no rule hinders it
        return
    assert (await alice.fault(model, "unlink", [his]))[0] == 4
    assert (await alice.fault(model, "write", [his], {"custom_channel_name": "x"}))[0] == 4
    async with Raw(sandbox.url, sandbox.db, "admin") as admin:
        await admin.log_in()
        now = sandbox.world.state.bus.last_id()
        assert await admin.x(model, "unlink", [his]) is True
    assert sandbox.world.state.bus.last_id() == now  # without a notification
    assert sandbox.world.state.members.find(2, sandbox.users["bob"][1]) is None


@pytest.mark.parametrize("sandbox", [18, 19], indirect=True)
async def test_threads(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    source = sandbox.world.post("bob", 2, "What about <the> release party next week, shall we?")
    now = sandbox.world.state.bus.last_id()
    listener, other = await alice.socket(now), await bob.socket(now)
    made = await alice.route("/discuss/channel/sub_channel/create", parent_channel_id=2, from_message_id=source)
    thread = made["sub_channel"] if sandbox.version >= 19 else made["sub_channel"]["id"]
    store = made["store_data" if sandbox.version >= 19 else "data"]
    headers = {one["id"]: one for one in store["discuss.channel"]}
    assert headers[thread]["name"] == "What about <the> release party"
    assert headers[thread]["from_message_id"] == source
    assert headers[thread]["parent_channel_id"] == {"id": 2, "model": "discuss.channel"}
    assert 2 in headers
    joined = await other.until("discuss.channel/joined")
    assert joined.get("channel_id", joined.get("channel", {}).get("id")) == thread
    line = await listener.until("discuss.channel/new_message")
    assert "started a thread" in str(line["data"]["mail.message"][0]["body"])
    named = await bob.route("/discuss/channel/sub_channel/create", parent_channel_id=2, name="second")
    second = named["sub_channel"] if sandbox.version >= 19 else named["sub_channel"]["id"]
    found = await alice.route("/discuss/channel/sub_channel/fetch", parent_channel_id=2)
    if sandbox.version >= 19:
        assert found["sub_channel_ids"] == [second, thread]
        found = found["store_data"]
    assert next(one["id"] for one in found["discuss.channel"]) == second
    rows = await alice.x("discuss.channel", "search_read", [["parent_channel_id", "=", 2]], ["parent_channel_id"])
    assert [(row["id"], row["parent_channel_id"]) for row in rows] == [
        (thread, [2, "support"]),
        (second, [2, "support"]),
    ]
    if sandbox.version >= 19:
        error = await alice.error("/discuss/channel/sub_channel/delete", sub_channel_id=second)
        assert error["code"] == 404
        await listener.subscribe(now)  # threads created since are part of a new subscription only
        await listener.ready()
        await alice.route("/discuss/channel/sub_channel/delete", sub_channel_id=thread)
        assert await listener.until("discuss.channel/delete") == {"id": thread}


@pytest.mark.parametrize("sandbox", [19], indirect=True)
async def test_a_status_of_ones_own_choice(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    listener = await bob.socket(subscribe=False)
    await listener.subscribe(NOW, f"odoo-presence-res.partner_{me}")
    await listener.ready()
    await alice.route("/mail/set_manual_im_status", status="busy")
    kind = "bus.bus/im_status_updated"
    assert await listener.until(kind) == {"debounce": False, "im_status": "offline", "partner_id": me}
    own = await alice.socket()
    await own.ws.send_json({"event_name": "update_presence", "data": {"inactivity_period": 0}})
    assert await listener.until(kind) == {"guest_id": False, "im_status": "busy", "partner_id": me,
                                     "presence_status": "online"}  # fmt: skip
    (row,) = await bob.x("res.partner", "read", [me], ["im_status"])
    assert row["im_status"] == "busy"
    (row,) = await bob.x("res.users", "read", [alice.uid], ["im_status", "manual_im_status"])
    assert (row["im_status"], row["manual_im_status"]) == ("busy", "busy")
    await alice.route("/mail/set_manual_im_status", status="online")
    assert (await listener.until(kind))["im_status"] == "online"
    error = await alice.error("/mail/set_manual_im_status", status="asleep")
    assert error["data"]["message"] == "Unexpected IM status asleep"


@pytest.mark.parametrize("sandbox", [19], indirect=True)
async def test_hiding_and_showing_a_conversation(sandbox: Sandbox, alice: Raw) -> None:
    listener = await alice.socket(NOW)
    await alice.kw("discuss.channel", "channel_pin", [2], pinned=False)
    notified = await listener.until(INSERT, holding="discuss.channel.member")
    assert notified["discuss.channel.member"][0]["unpin_dt"]
    assert (await listener.until(INSERT))["discuss.channel"] == [{"close_chat_window": True, "id": 2}]
    await alice.kw("discuss.channel", "channel_pin", [2], pinned=True)
    notified = await listener.until(INSERT, holding="discuss.channel.member")
    assert notified["discuss.channel.member"][0]["unpin_dt"] is False
    assert (await listener.until(INSERT, holding="discuss.channel"))["discuss.channel"][0]["name"] == "support"


@pytest.mark.parametrize("sandbox", [19], indirect=True)
async def test_only_who_may_read_is_mentioned(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    private = sandbox.world.channels.create(bob.uid, "private", "group")
    message = await bob.post(private, "@Alice", partner_ids=[me])
    (row,) = await bob.x("mail.message", "read", [message], ["partner_ids"])
    assert row["partner_ids"] == []


@pytest.mark.parametrize("sandbox", [18, 19], indirect=True)
async def test_everyone_may_be_mentioned(sandbox: Sandbox, alice: Raw) -> None:
    message = await alice.post(2, "@everyone", special_mentions=["everyone"], partner_ids=[])
    (row,) = await alice.x("mail.message", "read", [message], ["partner_ids"])
    everyone = {*sandbox.world.state.members.partners(2)} - {sandbox.users["alice"][1]}
    assert {*row["partner_ids"]} == everyone
    data = {"body": "@everyone", "message_type": "comment", "special_mentions": ["everyone"]}
    await alice.route("/mail/message/post", thread_model="discuss.channel", thread_id=2, post_data=data)
    newest = sandbox.world.history(2)[-1]["id"]
    assert {*sandbox.world.state.marks.partners(newest)} == everyone


@every
async def test_presence_by_rpc(sandbox: Sandbox, alice: Raw) -> None:
    if sandbox.version >= 19:
        assert (await alice.fault("bus.presence", "update_presence", 0))[0] == 2
        return
    name = "update" if sandbox.version < 17 else "update_presence"
    rest = {} if sandbox.version < 15 else {"identity_field": "user_id", "identity_value": alice.uid}
    await alice.kw("bus.presence", name, 0, **rest)
    (row,) = await alice.x("res.partner", "read", [sandbox.users["alice"][1]], ["im_status"])
    assert row["im_status"] == "online"


@pytest.mark.parametrize("sandbox", [14, 15, 16], indirect=True)
async def test_membership_can_be_searched_for_since_16(sandbox: Sandbox, alice: Raw) -> None:
    """As on real 14 and 15, which ignore the term."""
    model = sandbox.world.state.channel_model
    found = await alice.x(model, "search", [["channel_type", "=", "channel"], ["is_member", "=", False]])
    assert bool(found) == (sandbox.version < 16)
