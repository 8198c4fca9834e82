"""A scenario for real servers and the sandbox, whose answers and notifications are compared.

`python -m tests.sandbox.versions.scenario URL DB tests/sandbox/recorded/odoo19.json` records a real server. It posts into
the channel general, and removes the channel and files it made.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.sandbox.raw import Raw

INSERT = "mail.record/insert"
LONG = ("avatar", "token", "signature", "view_info", "currencies", "debug", "registry_hash", "bundle_params")


async def play19(url: str, db: str) -> dict[str, Any]:
    """Run the scenario on 19; return answers and notifications by name."""
    seen: dict[str, Any] = {}
    async with Raw(url, db, "alice") as alice, Raw(url, db, "bob") as bob, Raw(url, db, "admin") as admin:
        await alice.log_in()
        await bob.log_in()
        seen["version"] = await alice.xml("common", "version")
        seen["authenticate"] = alice.session
        seen["session_info"] = await alice.route("/web/session/get_session_info")
        me, him = alice.session["partner_id"], bob.session["partner_id"]
        async with alice.http.get(url + "/web/version") as response:
            seen["web_version"] = await response.json()
        listener = await alice.socket(2**40)
        echo = await bob.socket(2**40)

        message = await bob.post(1, "recorded", message_id="<recorded.1@sandbox>")
        await _messages19(seen, alice, bob, listener, echo, message)
        await _routes19(seen, alice, message)

        mention = await bob.post(1, "@Alice", partner_ids=[me])
        seen["inbox"] = await listener.until("mail.message/inbox")
        await alice.kw("mail.message", "set_message_done", [mention])
        seen["done"] = await listener.until("mail.message/mark_as_read")
        seen["star"] = await alice.kw("mail.message", "toggle_message_starred", [mention])
        seen["starred"] = await listener.until("mail.message/toggle_star")
        await alice.kw("mail.message", "toggle_message_starred", [mention])

        settings = alice.session["user_settings"]["id"]
        seen["settings"] = await alice.kw("res.users.settings", "set_res_users_settings", [settings], {})
        seen["settings_echo"] = await listener.until("res.users.settings")
        await _channel19(seen, alice, bob, admin, listener, him)
    return seen


async def _messages19(seen: dict[str, Any], alice: Raw, bob: Raw, listener: Any, echo: Any, message: int) -> None:
    seen["posted"] = await listener.until("discuss.channel/new_message")
    seen["posted_own_counter"] = await echo.until(INSERT, holding="discuss.channel.member")
    reply = await bob.post(1, "a reply", parent_id=message)
    seen["replied"] = await listener.until("discuss.channel/new_message")
    await bob.route("/discuss/channel/notify_typing", channel_id=1, is_typing=True)
    seen["typing"] = await listener.until(INSERT, holding="discuss.channel.member")
    post = {"body": "by <b>route</b>", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    seen["route_post"] = await bob.route(
        "/mail/message/post", thread_model="discuss.channel", thread_id=1, post_data=post,
        context={"temporary_id": 12.5},
    )  # fmt: skip
    seen["route_posted"] = await listener.until("discuss.channel/new_message")
    update = {"body": "edited <i>text</i>", "attachment_ids": []}
    seen["edit"] = await bob.route("/mail/message/update_content", message_id=reply, update_data=update)
    seen["edited"] = await listener.until(INSERT, holding="mail.message")
    react = {"message_id": message, "content": "👍"}
    seen["react"] = await alice.route("/mail/message/reaction", action="add", **react)
    seen["reacted"] = await listener.until(INSERT, holding="MessageReactions")
    seen["history_reacted"] = await alice.route("/discuss/channel/messages", channel_id=1, fetch_params={"limit": 3})
    seen["unreact"] = await alice.route("/mail/message/reaction", action="remove", **react)
    seen["unreacted"] = await listener.until(INSERT, holding="mail.message")
    empty = {"body": "", "attachment_ids": []}
    await bob.route("/mail/message/update_content", message_id=reply, update_data=empty)
    seen["emptied"] = await listener.until(INSERT, holding="mail.message")
    file = await bob.x(
        "ir.attachment", "create",
        {"name": "a.txt", "datas": "aGVsbG8=", "res_model": "mail.compose.message", "res_id": 0},
    )  # fmt: skip
    await bob.post(1, "with a file", attachment_ids=[file])
    seen["file_posted"] = await listener.until("discuss.channel/new_message")
    seen["file_read"] = await bob.x(
        "ir.attachment", "read", [file], ["name", "mimetype", "file_size", "res_model", "datas", "checksum"]
    )
    await alice.route("/discuss/channel/mark_as_read", channel_id=1, last_message_id=message)
    seen["read"] = await listener.until(INSERT, holding="discuss.channel.member")


async def _routes19(seen: dict[str, Any], alice: Raw, message: int) -> None:
    for name in ("init_messaging", "channels_as_member"):
        seen[name] = await alice.route("/mail/data", fetch_params=[name])
    seen["one_channel"] = await alice.route("/mail/data", fetch_params=[["discuss.channel", [1]]])
    seen["members"] = await alice.route("/discuss/channel/members", channel_id=1, known_member_ids=[])
    seen["found"] = await alice.route(
        "/discuss/channel/messages", channel_id=1, fetch_params={"limit": 2, "search_term": "recorded"}
    )
    fields = ["id", "body", "date", "author_id", "message_type", "subtype_id", "model", "res_id",
              "record_name", "attachment_ids", "parent_id", "partner_ids", "starred", "needaction",
              "message_id", "email_from", "write_date", "pinned_at"]  # fmt: skip
    domain = [["model", "=", "discuss.channel"], ["message_id", "=", "<recorded.1@sandbox>"]]
    seen["search_read"] = await alice.x("mail.message", "search_read", domain, fields, limit=1, order="id desc")
    own = [["is_member", "=", True], ["id", "=", 1]]
    fields = ["name", "channel_type", "description", "uuid", "member_count", "channel_member_ids",
              "channel_partner_ids", "is_member", "self_member_id", "parent_channel_id"]  # fmt: skip
    seen["channels"] = await alice.x("discuss.channel", "search_read", own, fields)
    fields = ["channel_id", "partner_id", "seen_message_id", "message_unread_counter",
              "new_message_separator", "mute_until_dt", "is_pinned", "is_self"]  # fmt: skip
    seen["member_records"] = await alice.x(
        "discuss.channel.member", "search_read", [["is_self", "=", True], ["channel_id", "=", 1]], fields
    )
    fields = ["name", "email", "im_status", "user_ids", "main_user_id"]
    seen["partners"] = await alice.x("res.partner", "read", [alice.session["partner_id"]], fields)
    seen["context"] = await alice.x("res.users", "context_get")
    seen["peek"] = await alice.route("/websocket/peek_notifications", channels=[], last=2**40, is_first_poll=True)
    seen["peek"]["notifications"] = []
    del message


async def _channel19(seen: dict[str, Any], alice: Raw, bob: Raw, admin: Raw, listener: Any, him: int) -> None:
    seen["create_channel"] = await alice.route(
        "/mail/action", fetch_params=[["/discuss/create_channel", {"name": "recorded", "group_id": None}, 5]]
    )
    seen["opened"] = await listener.until(INSERT, holding="discuss.channel")
    channel = seen["create_channel"]["DataResponse"][0]["channel"]["id"]
    echo = await bob.socket(2**40)
    seen["add_members"] = await alice.x("discuss.channel", "add_members", [channel], partner_ids=[him])
    seen["joined"] = await echo.until("discuss.channel/joined")
    await listener.subscribe()
    await listener.ready()
    await alice.kw("discuss.channel", "channel_rename", [channel], "renamed")
    while (await listener.until(INSERT, holding="discuss.channel"))["discuss.channel"][0].get("name") != "renamed":
        pass
    post = await alice.post(channel, "to be pinned")
    await alice.kw("discuss.channel", "set_message_pin", [channel], post, True)
    seen["message_pinned"] = await listener.until(INSERT, holding="mail.message")
    await bob.kw("discuss.channel", "action_unfollow", [channel])
    while "isLocallyPinned" not in (seen_left := await echo.until(INSERT))["discuss.channel"][0]:
        pass
    seen["left"] = seen_left
    while (
        "member_count" not in (others := await listener.until(INSERT, holding="discuss.channel"))["discuss.channel"][0]
    ):
        pass
    seen["member_gone"] = others
    seen["join"] = await bob.route("/discuss/channel/join", channel_id=channel)
    await admin.x("discuss.channel", "unlink", [channel])
    seen["deleted"] = await listener.until("discuss.channel/delete")


async def play14(url: str, db: str) -> dict[str, Any]:
    """Run the scenario on 14; return answers and notifications by name."""
    seen: dict[str, Any] = {}
    model = "mail.channel"
    async with Raw(url, db, "alice") as alice, Raw(url, db, "bob") as bob:
        await alice.log_in()
        await bob.log_in()
        me = alice.session["partner_id"]
        seen["version"] = await alice.xml("common", "version")
        seen["authenticate"] = alice.session
        seen["init_messaging"] = await alice.route("/mail/init_messaging")
        peeked = await alice.poll(0, peek=True)
        seen["peek_channels"] = peeked["channels"]
        last = max([one["id"] for one in peeked["notifications"]], default=0)

        async def received(wanted: str = "") -> Any:
            nonlocal last
            while True:
                for one in await alice.poll(last):
                    last = max(last, one["id"])
                    if wanted in (one["message"].get("info"), one["message"].get("type"), ""):
                        return one

        message = await bob.post(1, "recorded", model=model)
        seen["posted"] = await received()
        await bob.kw(model, "notify_typing", [1], is_typing=True)
        seen["typing"] = await received("typing_status")
        seen["seen_answer"] = await alice.kw(model, "channel_seen", [1], message)
        seen["seen"] = await received("channel_seen")
        seen["star"] = await alice.answer(
            "/web/dataset/call_kw", model="mail.message", method="toggle_message_starred", args=[[message]],
            kwargs={},
        )  # fmt: skip
        seen["starred"] = await received("toggle_star")
        await alice.kw("mail.message", "toggle_message_starred", [message])
        mention = await bob.post(1, "@Alice", model=model, partner_ids=[me])
        seen["needaction"] = await received()
        await alice.kw("mail.message", "set_message_done", [mention])
        seen["done"] = await received("mark_as_read")
        file = await bob.x(
            "ir.attachment", "create",
            {"name": "a.txt", "datas": "aGVsbG8=", "res_model": "mail.compose.message", "res_id": 0},
        )  # fmt: skip
        await bob.post(1, "with a file", model=model, attachment_ids=[file])
        seen["file_posted"] = await received()
        seen["fetch"] = await alice.kw(model, "channel_fetch_message", [1], None, 2)
        seen["message_fetch"] = await alice.kw("mail.message", "message_fetch", [["id", "=", message]])
        await _reads14(seen, alice, me)
        seen["created"] = await bob.kw(model, "channel_create", "recorded", "private")
        channel = seen["created"]["id"]
        await bob.kw(model, "channel_invite", [channel], [me])
        while (header := await received())["message"].get("name") != "recorded":
            pass
        seen["invited"] = header
        seen["left_answer"] = await alice.kw(model, "action_unfollow", [channel])
        seen["left"] = await received("unsubscribe")
        await bob.x(model, "unlink", [channel])
    return seen


async def _reads14(seen: dict[str, Any], alice: Raw, me: int) -> None:
    fields = ["id", "body", "date", "author_id", "message_type", "subtype_id", "model", "res_id",
              "channel_ids", "attachment_ids", "parent_id", "record_name", "email_from", "partner_ids",
              "starred", "needaction", "message_id", "write_date"]  # fmt: skip
    domain: list[Any] = [["channel_ids", "in", [1]]]
    seen["search_read"] = await alice.x("mail.message", "search_read", domain, fields, limit=2, order="id desc")
    fields = ["name", "channel_type", "public", "uuid", "message_unread_counter", "channel_partner_ids"]
    domain = [["channel_partner_ids", "in", [me]], ["id", "=", 1]]
    seen["channels"] = await alice.x("mail.channel", "search_read", domain, fields)
    fields = ["partner_id", "channel_id", "seen_message_id", "fetched_message_id", "is_pinned"]
    domain = [["partner_id", "=", me], ["channel_id", "=", 1]]
    seen["member_records"] = await alice.x("mail.channel.partner", "search_read", domain, fields)
    seen["im_status"] = await alice.route("/longpolling/im_status", partner_ids=[me])
    seen["none"] = await alice.answer(
        "/web/dataset/call_kw", model="mail.channel", method="notify_typing", args=[[1]],
        kwargs={"is_typing": False},
    )  # fmt: skip


def trimmed(value: Any) -> Any:
    """Return a recording without its long, irrelevant parts."""
    if isinstance(value, dict):
        return {
            key: "…" if isinstance(one, str) and any(word in key for word in LONG) else trimmed(one)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [trimmed(one) for one in value[:4]]
    return value


if __name__ == "__main__":
    play = play14 if "14" in sys.argv[2] else play19
    with Path(sys.argv[3]).open("w", encoding="utf-8") as target:
        found = asyncio.run(play(sys.argv[1], sys.argv[2]))
        json.dump(trimmed(found), target, indent=1, ensure_ascii=False, sort_keys=True)
        target.write("\n")
