"""The notifications of 15 in its long poll: their types and characteristic keys."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

fifteen = pytest.mark.parametrize("sandbox", [15], indirect=True)
MODEL, MEMBER = "mail.channel", "mail.channel.partner"


async def notified(sandbox: Sandbox, raw: Raw, since: int) -> list[tuple[str, Any]]:
    """The notifications of a user since an id, as type and payload."""
    answer = await raw.poll(since, peek=True)
    return [(one["message"]["type"], one["message"]["payload"]) for one in answer["notifications"]]


def now(sandbox: Sandbox) -> int:
    return sandbox.world.state.bus.skip()


@fifteen
async def test_a_message_a_reply_and_its_reactions(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    since, him = now(sandbox), sandbox.users["bob"][1]
    first = await bob.post(1, "<p>a &lt; b</p>", model=MODEL)
    ((kind, payload),) = await notified(sandbox, alice, since)
    assert (kind, payload["id"]) == (f"{MODEL}/new_message", 1)
    assert payload["message"]["author_id"] == [him, "Bob"]
    assert payload["message"]["messageReactionGroups"] == [["insert-and-replace", []]]
    since = now(sandbox)
    await alice.route("/mail/message/add_reaction", message_id=first, content="👍")
    ((kind, payload),) = await notified(sandbox, bob, since)
    group = {
        "messageId": first, "content": "👍", "count": 1, "guests": [],
        "partners": [["insert", {"id": sandbox.users["alice"][1]}]],
    }  # fmt: skip
    assert (kind, payload) == ("mail.message/insert", {"id": first, "messageReactionGroups": [["insert", group]]})
    since = now(sandbox)
    await bob.post(1, "reply", model=MODEL, parent_id=first)
    ((_, payload),) = await notified(sandbox, alice, since)
    ((command, (group,)),) = payload["message"]["parentMessage"]["messageReactionGroups"]
    assert (command, group["content"], group["count"]) == ("insert-and-replace", "👍", 1)


@fifteen
async def test_typing_reading_and_edits(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    him, since = sandbox.users["bob"][1], now(sandbox)
    await bob.kw(MODEL, "notify_typing", [1], is_typing=True)
    status = {"channel_id": 1, "is_typing": True, "partner_id": him, "partner_name": "Bob"}
    assert await notified(sandbox, alice, since) == [(f"{MEMBER}/typing_status", status)]
    message, since = await bob.post(4, "before", model=MODEL), now(sandbox)
    assert await alice.route("/mail/channel/set_last_seen_message", channel_id=4, last_message_id=message) == message
    seen = {"channel_id": 4, "last_message_id": message, "partner_id": sandbox.users["alice"][1]}
    assert await notified(sandbox, bob, since) == [(f"{MEMBER}/seen", seen)]
    since = now(sandbox)
    await bob.route("/mail/message/update_content", message_id=message, body="after", attachment_ids=[])
    changed = {"id": message, "body": "<p>after</p>", "attachments": [["insert-and-replace", []]]}
    assert await notified(sandbox, alice, since) == [("mail.message/insert", changed)]


@fifteen
async def test_joining_leaving_and_renaming(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me, since = sandbox.users["alice"][1], now(sandbox)
    room = sandbox.world.channels.create(bob.uid, "new")
    await bob.kw(MODEL, "add_members", [room], partner_ids=[me])
    (joined,) = [payload for kind, payload in await notified(sandbox, alice, since) if kind == f"{MODEL}/joined"]
    assert (joined["channel"]["id"], joined["invited_by_user_id"]) == (room, bob.uid)
    inserts = [payload for kind, payload in await notified(sandbox, bob, since) if kind == f"{MODEL}/insert"]
    assert (inserts[-1]["memberCount"], inserts[-1]["members"][0][0]) == (2, "insert")
    since = now(sandbox)
    assert await alice.kw(MODEL, "action_unfollow", [room]) is True
    left = dict(await notified(sandbox, alice, since))[f"{MODEL}/leave"]
    assert (left["id"], left["is_pinned"]) == (room, False)
    since = now(sandbox)
    await bob.kw(MODEL, "channel_rename", [room], "old")
    assert (f"{MODEL}/insert", {"id": room, "name": "old"}) in await notified(sandbox, bob, since)


@fifteen
async def test_boot_counts_and_health(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    boot = await alice.route("/mail/init_messaging")
    assert [channel["id"] for channel in boot["channels"]] == [1, 2, 3, 4]
    assert [person["name"] for person in boot["channels"][3]["members"]] == ["Alice", "Bob"]
    await bob.post(1, "unread", model=MODEL)
    (row,) = await alice.x(MODEL, "read", [1], ["message_unread_counter", "channel_last_seen_partner_ids"])
    assert row["message_unread_counter"] > 0
    assert row["channel_last_seen_partner_ids"]
    assert await alice.x(MEMBER, "search_count", [["channel_id", "=", 1]]) == len(
        sandbox.world.state.members.of_channel(1)
    )
    async with alice.http.get(sandbox.url + "/longpolling/health") as response:
        assert await response.json() == {"status": "pass"}
    group = await alice.kw(MODEL, "create_group", [sandbox.users["carol"][1]])
    assert group["channel_type"] == "group"
