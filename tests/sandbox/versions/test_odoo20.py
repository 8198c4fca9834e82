"""The protocol of 20, from its sources: the store route, subscriptions, users' presence, bookmarks."""

from __future__ import annotations

import base64
import json
from typing import Any

import aiohttp
import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Listener, Raw

twenty = pytest.mark.parametrize("sandbox", [20], indirect=True)


async def store(raw: Raw, *wanted: Any) -> dict[str, Any]:
    """The answer of ``/mail/store``."""
    answer: dict[str, Any] = await raw.route("/mail/store", fetch_params=list(wanted))
    version = answer.pop("__store_version__")
    assert set(version) == {"snapshot", "written_fields_by_record"}
    return answer


async def listener(raw: Raw, last: int, *channels: str, check: bool = False) -> Listener:
    """Open a WebSocket, and subscribe it as 20 requires."""
    made = await raw.socket(subscribe=False)
    await again(made, last, *channels, check=check)
    return made


async def again(made: Listener, last: int, *channels: str, check: bool = False) -> None:
    data = {"channels": list(channels), "last": last, "check_outdated": check}
    await made.ws.send_json({"event_name": "subscribe", "data": data})
    await made.ready()


def now(sandbox: Sandbox) -> int:
    return sandbox.world.state.bus.skip()


@twenty
async def test_a_subscription_without_the_key_receives_nothing(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    deaf = await alice.socket(now(sandbox))
    received = await listener(alice, now(sandbox))
    await bob.post(1, "hello", context={"temporary_id": "x"})
    payload = await received.until("discuss.channel/new_message")
    assert (payload["id"], payload["temporary_id"]) == (1, "x")
    message = payload["store_data"]["mail.message"][0]
    assert message["body"] == ["markup", "<span>hello</span>"]
    assert "__store_version__" in payload["store_data"]
    assert await deaf.silent(0.1)


@twenty
async def test_what_a_client_learns_about_its_last(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    bus = sandbox.world.state.bus
    kept = now(sandbox)
    silent = await listener(alice, kept, check=True)
    assert await silent.silent(0.1)
    made = await alice.socket(subscribe=False)
    data = {"channels": [], "last": kept + 50, "check_outdated": True}
    await made.ws.send_json({"event_name": "subscribe", "data": data})
    frames = [json.loads((await made.ws.receive(timeout=5)).data) for _ in range(2)]
    assert frames == [
        [{"type": "bus/subscription_outdated", "internal": True, "payload": None}],
        [{"type": "bus/last_id_reset", "internal": True, "payload": bus.last_id()}],
    ]


@twenty
async def test_each_channel_catches_up_for_itself(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    room = sandbox.world.channels.create(bob.uid, "open", public="groups")
    before = now(sandbox)
    sandbox.world.post("bob", room, "in the room")
    sandbox.world.post("bob", 1, "in general")
    received = await listener(alice, now(sandbox))
    assert await received.silent(0.1)
    await again(received, before, f"discuss.channel_{room}")
    payload = await received.until("discuss.channel/new_message")
    assert payload["id"] == room
    assert await received.silent(0.1)  # general was subscribed already: no earlier notifications are sent again
    sandbox.world.post("bob", room, "once more")
    frames = len(received.frames)
    await received.until("discuss.channel/new_message")
    assert frames <= len(received.frames)


@twenty
async def test_presence_is_the_users(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    since = now(sandbox)
    received = await listener(alice, since, f"odoo-presence-res.users_{bob.uid}")
    other = await listener(bob, since)
    await other.ws.send_json({"event_name": "update_presence", "data": {"inactivity_period": 0}})
    notified = await received.until("mail.record/insert", holding="res.users")
    assert notified["res.users"] == [{"id": bob.uid, "im_status": "online"}]
    await other.until("mail.record/insert", holding="res.users")
    mine = await other.until("mail.record/insert", holding="res.users")
    assert mine["res.users"] == [{"id": bob.uid, "presence_status": "online"}]


@twenty
async def test_bookmarks_instead_of_stars(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    message = await bob.post(1, "keep this")
    received = await listener(alice, now(sandbox))
    answer = await store(alice, ["add_bookmark", {"message_id": message}])
    assert answer["mail.message"] == [{"id": message, "is_bookmarked": True}]
    notified = await received.until("mail.record/insert", holding="mail.message")
    assert notified["mail.message"] == [{"id": message, "is_bookmarked": True}]
    menu = ["/mail/messaging_menu/mail.message/load_more", {"tab_id": "bookmark", "limit": 30}, 7]
    (response,) = (await store(alice, menu))["DataResponse"]
    assert response == {"id": 7, "_resolve": True, "messages": [message], "is_fully_loaded": True}
    assert (await store(alice, "remove_all_bookmarks"))["mail.message"] == [{"id": message, "is_bookmarked": False}]
    code, text = await alice.fault("mail.message", "toggle_message_starred", [message])
    assert (code, "does not exist" in text) == (1, True)


@twenty
async def test_the_inbox_and_back(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    message = await bob.post(1, "you", partner_ids=[sandbox.users["alice"][1]])
    received = await listener(alice, now(sandbox))
    await alice.kw("mail.message", "set_message_done", [message])
    assert (await received.until("mail.message/mark_as_read"))["message_ids"] == [message]
    await alice.kw("mail.message", "mark_as_unread", [message])
    notified = await received.until("mail.message/mark_as_unread")
    assert notified["message_ids"] == [message]
    assert notified["store_data"]["mail.message"][0]["needaction"] is True


@twenty
async def test_conversations_by_the_store(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    carol = sandbox.users["carol"]
    answer = await store(alice, ["/discuss/get_or_create_chat", {"partners_to": [carol[1]]}, 1])
    (response,) = answer["DataResponse"]
    chat = response["channel"]
    assert sandbox.world.state.channels.get(chat)["channel_type"] == "chat"  # type: ignore[index]
    params = {"name": "new", "group_id": None, "is_readonly": False}
    made = (await store(alice, ["/discuss/create_channel", params, 1]))["DataResponse"][0]["channel"]
    received = await listener(bob, now(sandbox))
    await store(alice, ["/discuss/channel/add_members", {"channel_id": made, "user_ids": [bob.uid]}])
    joined = await received.until("discuss.channel/joined")
    assert (joined["channel_id"], joined["invited_by_user_id"]) == (made, alice.uid)
    assert joined["store_data"]["discuss.channel"][0]["name"] == "new"
    group = await store(alice, ["/discuss/create_group", {"users_to": [bob.uid, carol[0]]}, 1])
    room = group["DataResponse"][0]["channel"]
    assert len(sandbox.world.state.members.of_channel(room)) == 3
    found = await store(alice, ["/discuss/channel/members", {"channel_id": room, "search_term": "bob"}])
    (member,) = found["discuss.channel.member"]
    assert (member["partner_id"], member["channel_id"]) == (sandbox.users["bob"][1], room)
    everything = await store(alice, "init_messaging", "channels_as_member")
    assert {channel["id"] for channel in everything["discuss.channel"]} >= {1, chat, made, room}
    hidden = await store(alice, ["/discuss/channel/pin", {"channel_id": made, "pinned": False}])
    assert hidden["Store"]["has_hidden_channels"] is True
    assert made not in {c["id"] for c in (await store(alice, "channels_as_member"))["discuss.channel"]}


@twenty
async def test_favourites_and_members_who_are_removed(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    room = sandbox.world.channels.create(alice.uid, "ours", "group", partners=[sandbox.users["bob"][1]])
    received = await listener(bob, now(sandbox))
    await store(bob, ["/discuss/channel/favorite", {"channel_id": room, "is_favorite": True}])
    notified = await received.until("mail.record/insert", holding="discuss.channel.member")
    assert notified["discuss.channel.member"][0]["is_favorite"] is True
    members = {m["partner_id"]: m["id"] for m in sandbox.world.state.members.of_channel(room)}
    refused = await bob.answer("/discuss/channel/remove_member", member_id=members[sandbox.users["alice"][1]])
    assert refused["error"]["data"]["name"] == "odoo.exceptions.AccessError"
    mine = members[sandbox.users["bob"][1]]
    await alice.route("/discuss/channel/remove_member", member_id=mine)
    notified = await received.until("mail.record/insert", holding="discuss.channel")
    assert notified["discuss.channel"] == [{"id": room, "member_count": 1}]
    assert notified["discuss.channel.member"] == [{"_DELETE": True, "id": mine}]


@twenty
async def test_files_are_raw_and_history_comes_by_the_store(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    values = {"name": "a.txt", "raw": "aGVsbG8=", "res_model": "mail.compose.message", "res_id": 0}
    (file,) = await alice.x("ir.attachment", "create", [values])
    message = await alice.post(1, "with a file", attachment_ids=[file])
    (row,) = await bob.x("ir.attachment", "read", [file], ["raw"])
    checksum = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
    assert row["raw"] == {"content": "aGVsbG8=", "size": 5, "filename": "a.txt", "checksum": checksum}
    assert (await alice.fault("ir.attachment", "read", [file], ["datas"]))[0] == 1
    (empty,) = await alice.x("ir.attachment", "create", [{"name": "b", "datas": "aGVsbG8="}])
    assert (await alice.x("ir.attachment", "read", [empty], ["file_size"]))[0]["file_size"] == 0
    page = {"channel_id": 1, "fetch_params": {"limit": 1, "search_term": "with a"}}
    answer = await store(bob, ["/discuss/channel/messages", page, 3])
    assert answer["DataResponse"] == [{"id": 3, "_resolve": True, "messages": [message], "count": 1}]
    assert answer["ir.attachment"][0]["name"] == "a.txt"


@twenty
async def test_a_post_by_json_2_answers_a_list(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"bearer {sandbox.api_key('alice')}"}
    body = {"ids": [1], "body": "hi", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.post(f"{sandbox.url}/json/2/discuss.channel/message_post", json=body) as response:
            (made,) = await response.json()
        assert sandbox.world.state.messages.get(made) is not None
        async with http.post(f"{sandbox.url}/json/2/discuss.channel/add_members", json={"ids": [1]}) as response:
            assert response.status == 404


@twenty
async def test_a_large_content_is_left_out_unless_asked_for(sandbox: Sandbox, alice: Raw) -> None:
    state = sandbox.world.state
    uid = sandbox.users["alice"][0]
    small, large = (state.files.add("f", b"x" * size, uid=uid, model="discuss.channel", res_id=1) for size in (9, 5000))
    for file, size in ((small, 9), (large, 5000)):
        (row,) = await alice.x("ir.attachment", "read", [file], ["raw"])
        assert ("content" in row["raw"], row["raw"]["size"]) == (size == 9, size)
        whole = {"include_binary_content": True}
        (row,) = await alice.x("ir.attachment", "read", [file], ["raw"], context=whole)
        assert len(base64.b64decode(row["raw"]["content"])) == size


@twenty
async def test_files_are_deleted_by_their_tokens(sandbox: Sandbox, alice: Raw) -> None:
    state = sandbox.world.state
    uid = sandbox.users["alice"][0]
    first, second = (state.files.add("f", b"x", uid=uid, model="discuss.channel", res_id=1) for _ in range(2))
    sandbox.world.post("alice", 1, "with one", attachments=[second])
    wanted = {str(first): None, str(second): None}
    answer = await alice.route("/mail/attachment/delete", access_token_by_attachment_id=wanted, keep_on_messages=True)
    assert answer == {"kept_attachment_ids": [second]}
    assert (state.files.get(first), state.files.get(second) is None) == (None, False)
    await alice.route("/mail/attachment/delete", access_token_by_attachment_id={str(second): None})
    assert state.files.get(second) is None


@twenty
async def test_there_is_one_direct_chat_of_two(sandbox: Sandbox, alice: Raw) -> None:
    bob = sandbox.users["bob"][1]
    values = {"channel_type": "chat", "name": "x", "channel_member_ids": [[0, 0, {"partner_id": bob}]]}
    code, text = await alice.fault("discuss.channel", "create", [values])
    assert (code, "duplicate key value violates unique constraint" in text) == (2, True)


@twenty
async def test_logging_out_is_a_form(sandbox: Sandbox, alice: Raw) -> None:
    async with alice.http.get(f"{sandbox.url}/web/session/logout") as response:
        assert response.status == 405
    async with alice.http.get(f"{sandbox.url}/web") as response:
        token = (await response.text()).partition('csrf_token: "')[2].partition('"')[0]
    form = {"csrf_token": token}
    async with alice.http.post(f"{sandbox.url}/web/session/logout", data=form, allow_redirects=False) as response:
        assert response.status == 303
    assert (await alice.error("/web/session/check"))["code"] == 100


@twenty
async def test_the_server_may_ask_who_one_is(sandbox: Sandbox, alice: Raw) -> None:
    sandbox.faults.ask_identity("alice")
    error = await alice.error("/web/session/check")
    assert (error["code"], error["data"]["name"].endswith("CheckIdentityException")) == (100, True)
    await alice.log_in()
    assert "error" not in await alice.answer("/web/session/check")


@twenty
async def test_a_peek_names_the_channel_of_each_row(sandbox: Sandbox, alice: Raw) -> None:
    sandbox.world.post("bob", 1, "hello")
    peeked = await alice.route("/websocket/peek_notifications", channels=[], last=0, is_first_poll=True)
    assert [sandbox.db, "discuss.channel", 1] in [one["channel"] for one in peeked["notifications"]]
