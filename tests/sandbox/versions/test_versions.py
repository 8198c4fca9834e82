"""The notifications of 16, 17 and 18: their types and characteristic keys."""

from __future__ import annotations

import re
from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

NOW = 2**40
between = pytest.mark.parametrize("sandbox", [16, 17, 18], indirect=True)


def names(sandbox: Sandbox) -> tuple[str, str]:
    return sandbox.world.state.channel_model, sandbox.world.state.member_model


def holds(version: float, early: Any, seventeen: Any, later: Any) -> Any:
    return early if version < 17 else seventeen if version < 18 else later


@between
async def test_a_message_and_its_reply(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    model, _ = names(sandbox)
    him = sandbox.users["bob"][1]
    listener = await alice.socket(NOW)
    first = await bob.x(model, "message_post", [1], body="a < b", message_type="comment",
                        subtype_xmlid="mail.mt_comment", context={"temporary_id": 7})  # fmt: skip
    payload = await listener.until(f"{model}/new_message")
    assert payload["id"] == 1
    message = payload["data"]["mail.message"][0] if sandbox.version >= 18 else payload["message"]
    assert message["id"] == first
    assert message["body"] == holds(sandbox.version, "<p>a &lt; b</p>", "<p>a &lt; b</p>", "<p>a &lt; b</p>")
    author = {"id": him, "name": "Bob"}
    if sandbox.version >= 17:
        author = {"id": him, "type": "partner"}
    assert {key: message["author"][key] for key in author} == author
    temporary = payload.get("temporary_id", message.get("temporary_id"))
    assert temporary == (7 if sandbox.version >= 17 else None)
    await bob.post(1, "reply", model=model, parent_id=first)
    payload = await listener.until(f"{model}/new_message")
    if sandbox.version >= 18:
        assert payload["data"]["mail.message"][0]["parentMessage"] == first
        assert payload["data"]["mail.message"][1]["id"] == first
    else:
        assert payload["message"]["parentMessage"]["id"] == first


@between
async def test_typing(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    _, member = names(sandbox)
    path = "/mail/channel/notify_typing" if sandbox.version < 17 else "/discuss/channel/notify_typing"
    listener = await alice.socket(NOW)
    await bob.route(path, channel_id=1, is_typing=True)
    him = sandbox.users["bob"][1]
    if sandbox.version >= 18:
        record = (await listener.until("mail.record/insert", holding="discuss.channel.member"))[
            "discuss.channel.member"
        ][0]
        assert (record["isTyping"], record["persona"]) == (True, {"id": him, "type": "partner"})
        assert record["thread"] == {"id": 1, "model": "discuss.channel"}
        return
    notified = await listener.until(f"{member}/typing_status")
    assert notified["isTyping"] is True
    if sandbox.version >= 17:
        assert notified["thread"] == {"id": 1, "model": "discuss.channel"}
        assert notified["persona"]["name"] == "Bob"
    else:
        assert notified["channel"] == {"id": 1}
        assert notified["persona"]["partner"]["id"] == him


@between
async def test_reactions(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    model, _ = names(sandbox)
    message = await bob.post(1, "react!", model=model)
    listener = await bob.socket(NOW)
    me = sandbox.users["alice"][1]

    async def react(add: bool) -> None:
        if sandbox.version < 17:
            path = f"/mail/message/{'add' if add else 'remove'}_reaction"
            await alice.route(path, message_id=message, content="👍")
        else:
            action = "add" if add else "remove"
            await alice.route("/mail/message/reaction", message_id=message, content="👍", action=action)

    await react(True)
    if sandbox.version < 17:
        payload = await listener.until("mail.message/insert")
        assert payload["messageReactionGroups"] == [["insert", {
            "content": "👍", "count": 1, "guests": [], "message": {"id": message},
            "partners": [["insert", {"id": me}]],
        }]]  # fmt: skip
        await react(False)
        payload = await listener.until("mail.message/insert")
        command, group = payload["messageReactionGroups"][0]
        assert (command, group["count"]) == ("insert-and-unlink", 0)
        assert group["partners"] == [["insert-and-unlink", {"id": me}]]
    elif sandbox.version < 18:
        payload = (await listener.until("mail.record/insert", holding="Message"))["Message"]
        command, group = payload["reactions"][0]
        assert (command, group["count"], group["personas"]) == (
            "ADD",
            1,
            [["ADD", {"id": me, "type": "partner"}]],
        )
        await react(False)
        payload = (await listener.until("mail.record/insert", holding="Message"))["Message"]
        assert payload["reactions"][0][0] == "DELETE"
    else:
        payload = await listener.until("mail.record/insert", holding="MessageReactions")
        assert payload["MessageReactions"][0]["personas"] == [{"id": me, "type": "partner"}]
        await react(False)
        payload = await listener.until("mail.record/insert", holding="mail.message")
        assert payload["mail.message"][0]["reactions"] == [["DELETE", {"message": message, "content": "👍"}]]


@between
async def test_edits_and_deleted_contents(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    model, _ = names(sandbox)
    message = await bob.post(1, "before", model=model)
    listener = await alice.socket(NOW)
    for body, wanted in (("after", "<p>after</p>"), ("", "")):
        await bob.route("/mail/message/update_content", message_id=message, body=body, attachment_ids=[])
        kind, key = holds(sandbox.version, ("mail.message/insert", None), ("mail.record/insert", "Message"),
                          ("mail.record/insert", "mail.message"))  # fmt: skip
        payload = await listener.until(kind, holding=key)
        record = payload[key] if key else payload
        record = record[0] if isinstance(record, list) else record
        assert (record["id"], record["body"]) == (message, wanted)


@between
async def test_read_marks_go_to_everyone_in_a_chat_only(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    _, member = names(sandbox)
    path = holds(sandbox.version, "/mail/channel/set_last_seen_message",
                 "/discuss/channel/set_last_seen_message", "/discuss/channel/mark_as_read")  # fmt: skip
    listener = await bob.socket(NOW)
    for room in (1, 4):
        last = sandbox.world.state.channels.last_message_id(room)
        await alice.route(path, channel_id=room, last_message_id=last)
        if room == 1:
            assert await listener.silent(0.1)
    me = sandbox.users["alice"][1]
    if sandbox.version < 17:
        assert await listener.until(f"{member}/seen") == {
            "channel_id": 4,
            "last_message_id": last,
            "partner_id": me,
        }
    elif sandbox.version < 18:
        notified = (await listener.until("mail.record/insert", holding="ChannelMember"))["ChannelMember"]
        assert (notified["lastSeenMessage"], notified["persona"]["id"]) == ({"id": last}, me)
    else:
        notified = await listener.until("mail.record/insert", holding="discuss.channel.member")
        assert notified["discuss.channel.member"][0]["seen_message_id"] == last


@between
async def test_joining_and_leaving(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    model, _ = names(sandbox)
    room = sandbox.world.channels.create(bob.uid, "new")
    me = sandbox.users["alice"][1]
    now = sandbox.world.state.bus.last_id()
    listener, other = await alice.socket(now), await bob.socket(now)
    await bob.kw(model, "add_members", [room], partner_ids=[me])
    joined = await listener.until(f"{model}/joined")
    assert (joined["channel"]["id"], joined["channel"]["name"]) == (room, "new")
    assert joined["invited_by_user_id"] == bob.uid
    kind, key, count = holds(
        sandbox.version, ("mail.channel/insert", "channelMembers", "memberCount"),
        ("mail.record/insert", "Thread", "memberCount"),
        ("mail.record/insert", "discuss.channel", "memberCount"),
    )  # fmt: skip
    payload = await other.until(kind, holding=key)
    record = payload if sandbox.version < 17 else payload[key]
    record = record[0] if isinstance(record, list) else record
    assert (record["id"], record[count]) == (room, 2)
    await alice.kw(model, "action_unfollow", [room])
    left = await listener.until(f"{model}/leave")
    assert (left["discuss.channel"][0] if sandbox.version >= 18 else left)["id"] == room


@between
async def test_direct_chats_and_groups(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    model, _ = names(sandbox)
    carol = sandbox.users["carol"][1]
    made = await alice.kw(model, "channel_get", [carol])
    again = await alice.kw(model, "channel_get", [carol])
    record = made["discuss.channel"][0] if sandbox.version >= 18 else made
    other = again["discuss.channel"][0] if sandbox.version >= 18 else again
    assert record["id"] == other["id"]
    info = record["channel"] if sandbox.version < 17 else record
    assert info["channel_type"] == "chat"
    assert sorted(sandbox.world.state.members.partners(record["id"])) == sorted([carol, sandbox.users["alice"][1]])
    group = await alice.kw(model, "create_group", [carol], name="three")
    record = group["discuss.channel"][0] if sandbox.version >= 18 else group
    assert record["name"] == "three"


@between
async def test_boot_and_history(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    if sandbox.version < 18:
        boot = await alice.route("/mail/init_messaging")
        assert [channel["id"] for channel in boot["channels"]] == [1, 2, 3, 4]
        assert boot["current_user_id"] == alice.uid
        assert ("initBusId" in boot) == (sandbox.version == 17)
    else:
        boot = await alice.route("/mail/data", init_messaging={}, channels_as_member=True)
        assert [channel["id"] for channel in boot["discuss.channel"]] == [1, 2, 3, 4]
        assert boot["Store"]["inbox"]["counter_bus_id"] == sandbox.world.state.bus.last_id()
    every = [row["id"] for row in sandbox.world.history(1)][::-1]
    path = "/mail/channel/messages" if sandbox.version < 17 else "/discuss/channel/messages"
    before = "max_id" if sandbox.version < 17 else "before"
    page = await alice.route(path, channel_id=1, limit=2, **{before: every[1]})
    found = page if sandbox.version < 17 else page["messages"]
    assert [one if isinstance(one, int) else one["id"] for one in found] == every[2:4]
    if sandbox.version >= 17:
        page = await alice.route(path, channel_id=1, search_term="coffee")
        assert page["count"] == 1


@pytest.mark.parametrize("sandbox", [16, 17, 18, 19], indirect=True)
async def test_settings_are_a_private_echo(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    (settings,) = await alice.x("res.users.settings", "search", [])
    listener, other = await alice.socket(NOW), await bob.socket(NOW)
    await alice.kw("res.users.settings", "set_res_users_settings", [settings], {})
    kind = "res.users.settings" if sandbox.version >= 17 else "res.users.settings/insert"
    assert await listener.until(kind) == {"id": settings}
    assert await other.silent(0.05)


@pytest.mark.parametrize("sandbox", [14, 15, 16, 17, 18, 19, 20], indirect=True)
async def test_routes_of_other_versions_are_not_there(sandbox: Sandbox, alice: Raw) -> None:
    from odoochat.sandbox.http.routing import JSON_ROUTES, PAGES

    for route in JSON_ROUTES:
        body = {"jsonrpc": "2.0", "method": "call", "id": 7, "params": {}}
        if route.versions.has(sandbox.version):
            continue
        async with alice.http.post(sandbox.url + route.path, json=body) as response:
            assert response.status == 404, route.path
    for page in PAGES:
        for path in () if page.versions.has(sandbox.version) else page.paths:
            sample = re.sub(r"\{\w+(:[^}]*)?\}", "1", path)
            async with alice.http.request(page.methods[0], sandbox.url + sample) as response:
                assert response.status == 404, path


@between
async def test_presence_as_16_to_18_require(sandbox: Sandbox, alice: Raw) -> None:
    me, him = sandbox.users["alice"][1], sandbox.users["bob"][1]
    listener = await alice.socket(NOW)
    data = {"inactivity_period": 0, "im_status_ids_by_model": {"res.partner": [him]}}
    await listener.ws.send_json({"event_name": "update_presence", "data": data})
    await listener.ready()
    assert (await alice.x("res.partner", "read", [me], ["im_status"]))[0]["im_status"] == "online"
    if sandbox.version < 17:
        payload = await listener.until("bus/im_status")
        assert payload == {"partners": [{"id": him, "im_status": "offline"}], "guests": []}
