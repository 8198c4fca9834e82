"""A second scenario: inbox, members, threads, records, canned responses, files and guests.

`python -m tests.sandbox.versions.scenario_verbs URL DB tests/sandbox/recorded/verbs19.json` records a real server. It makes channels and a
contact of its own, and removes them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.sandbox.raw import Raw

from .scenario import INSERT, trimmed

MODEL = "discuss.channel"


async def verbs19(url: str, db: str) -> dict[str, Any]:
    """Run the scenario on 19; return answers and notifications by name."""
    seen: dict[str, Any] = {}
    async with Raw(url, db, "alice") as alice, Raw(url, db, "bob") as bob, Raw(url, db, "admin") as admin:
        for one in (alice, bob, admin):
            await one.log_in()
        (channel,) = await bob.kw(MODEL, "create", [{"name": "recorded verbs"}])
        await alice.route("/discuss/channel/join", channel_id=channel)
        boxes = await alice.route("/mail/data", fetch_params=["init_messaging"])
        listener = await alice.socket(boxes["Store"]["inbox"]["counter_bus_id"])
        first = await bob.post(channel, "a first line")
        await _boxes19(seen, alice, bob, channel, listener)
        await _members19(seen, alice, channel, first, listener)
        await _threads19(seen, alice, bob, channel, first)
        await _records19(seen, alice, admin, listener)
        await _answers19(seen, alice, listener)
        await admin.kw(MODEL, "unlink", [channel])
        await _guests19(seen, url, db, admin)
    return seen


async def _boxes19(seen: dict[str, Any], alice: Raw, bob: Raw, channel: int, listener: Any) -> None:
    me = alice.session["partner_id"]
    mention = await bob.post(channel, "@Alice look", partner_ids=[me])
    seen["box_inbox"] = await alice.route("/mail/inbox/messages", fetch_params={"limit": 1})
    seen["mark_all"] = await alice.kw("mail.message", "mark_all_as_read", [["id", "=", mention]])
    seen["marked_all"] = await listener.until("mail.message/mark_as_read")
    seen["box_history"] = await alice.route("/mail/history/messages", fetch_params={"limit": 1})
    await alice.kw("mail.message", "toggle_message_starred", [mention])
    seen["box_starred"] = await alice.route("/mail/starred/messages", fetch_params={"limit": 1, "search_term": "look"})
    await alice.kw("mail.message", "unstar_all")
    await listener.until("mail.message/toggle_star")
    seen["unstarred_all"] = await listener.until("mail.message/toggle_star")
    await bob.kw("mail.message", "unlink", [mention])
    seen["unlinked"] = await listener.until("mail.message/delete")


async def _members19(seen: dict[str, Any], alice: Raw, channel: int, first: int, listener: Any) -> None:
    me = alice.session["partner_id"]
    domain = [["channel_id", "=", channel], ["partner_id", "=", me]]
    fields = ["partner_id", "guest_id", "seen_message_id", "last_interest_dt", "create_date", "fetched_message_id",
              "is_pinned", "unpin_dt", "custom_channel_name", "message_unread_counter", "new_message_separator",
              "display_name", "is_self", "last_seen_dt", "mute_until_dt", "custom_notifications"]  # fmt: skip
    rows = await alice.x(f"{MODEL}.member", "search_read", domain, fields)
    seen["member_rows"] = rows
    for name, value in (("new_message_separator", first + 1), ("mute_until_dt", "2030-01-01 00:00:00"),
                        ("custom_notifications", "no_notif"), ("custom_channel_name", "mine")):  # fmt: skip
        await alice.kw(f"{MODEL}.member", "write", [rows[0]["id"]], {name: value})
        seen[f"wrote_{name}"] = await listener.until(INSERT, holding=f"{MODEL}.member")
    await alice.route("/discuss/settings/mute", minutes=15, channel_id=channel)
    seen["muted"] = await listener.until(INSERT, holding=f"{MODEL}.member")
    await alice.kw(MODEL, "channel_pin", [channel], pinned=False)
    seen["hidden"] = await listener.until(INSERT, holding=f"{MODEL}.member")
    seen["window_closed"] = await listener.until(INSERT, holding=MODEL)
    fields = ["name", "description", "member_count", "uuid", "invitation_url", "group_public_id", "parent_channel_id"]
    seen["joinable"] = await alice.x(MODEL, "search_read", [["id", "=", channel]], fields)


async def _threads19(seen: dict[str, Any], alice: Raw, bob: Raw, channel: int, first: int) -> None:
    made = await alice.route("/discuss/channel/sub_channel/create", parent_channel_id=channel, from_message_id=first)
    seen["thread"] = made
    seen["threads"] = await bob.route("/discuss/channel/sub_channel/fetch", parent_channel_id=channel)
    seen["thread_of_others"] = await bob.error(
        "/discuss/channel/sub_channel/delete", sub_channel_id=made["sub_channel"]
    )  # fmt: skip


async def _records19(seen: dict[str, Any], alice: Raw, admin: Raw, listener: Any) -> None:
    me, model = alice.session["partner_id"], "res.partner"
    record = await admin.kw(model, "create", {"name": "Recorded Contact"})
    seen["refused"] = await alice.answer("/web/dataset/call_kw", model=model, method="message_post",
                                         args=[[record]], kwargs={"body": "x", "message_type": "comment"})  # fmt: skip
    seen["refused"]["error"]["data"] = {"name": seen["refused"]["error"]["data"]["name"]}
    seen["subscribe"] = await alice.kw(model, "message_subscribe", [record], [me])
    domain = [["res_model", "=", model], ["res_id", "=", record]]
    seen["followers"] = await alice.x("mail.followers", "search_read", domain)
    await admin.kw(
        model, "message_post", [record], body="notified", message_type="comment", subtype_xmlid="mail.mt_comment"
    )
    seen["record_inbox"] = await listener.until("mail.message/inbox")
    thread = {"thread_model": model, "thread_id": record}
    seen["record_page"] = await alice.route("/mail/thread/messages", **thread, fetch_params={"limit": 1})
    wanted = ["followers", "attachments", "suggestedRecipients", "scheduledMessages", "activities"]
    seen["record_thread"] = await alice.route(
        "/mail/data", fetch_params=[["mail.thread", {**thread, "request_list": wanted}]]
    )
    data = {"body": "by <b>route</b>", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    seen["record_post"] = await admin.route("/mail/message/post", **thread, post_data=data)
    await admin.kw(model, "write", [record], {"email": "recorded@example.com"})
    seen["trace"] = await admin.route("/mail/thread/messages", **thread, fetch_params={"limit": 1})
    later = {"model": model, "res_id": record, "body": "later", "scheduled_date": "2030-01-01 10:00:00"}
    seen["scheduled"] = await admin.kw(
        "mail.scheduled.message", "create", [{**later, "author_id": admin.session["partner_id"]}]
    )
    seen["scheduled_rows"] = await admin.kw("mail.scheduled.message", "read", seen["scheduled"],
                                            ["model", "res_id", "body", "scheduled_date", "author_id", "is_note"])  # fmt: skip
    await admin.kw("mail.scheduled.message", "unlink", seen["scheduled"])
    await admin.kw(model, "unlink", [record])


async def _answers19(seen: dict[str, Any], alice: Raw, listener: Any) -> None:
    made = await alice.kw("mail.canned.response", "create", [{"source": "recorded", "substitution": "An answer"}])
    seen["canned_told"] = await listener.until(INSERT, holding="mail.canned.response")
    seen["canned"] = await alice.route("/mail/data", fetch_params=["mail.canned.response"])
    fields = ["source", "substitution", "is_shared", "is_editable", "last_used", "group_ids"]
    seen["canned_rows"] = await alice.x("mail.canned.response", "search_read", [["id", "in", made]], fields)
    await alice.kw("mail.canned.response", "unlink", made)
    seen["canned_gone"] = await listener.until(INSERT, holding="mail.canned.response")


async def _guests19(seen: dict[str, Any], url: str, db: str, admin: Raw) -> None:
    (channel,) = await admin.kw(MODEL, "create", [{"name": "recorded guests", "group_public_id": False}])
    (row,) = await admin.kw(MODEL, "read", [channel], ["invitation_url", "uuid", "group_public_id"])
    seen["invitation"] = row
    boxes = await admin.route("/mail/data", fetch_params=["init_messaging"])
    listener = await admin.socket(boxes["Store"]["inbox"]["counter_bus_id"])
    async with Raw(url, db, "guest") as guest:
        async with guest.http.get(url + row["invitation_url"]) as response:
            assert response.status == 200
        seen["guest_joined"] = await listener.until(INSERT, holding="mail.guest")
        seen["guest_boot"] = await guest.route("/mail/data", fetch_params=["init_messaging", "channels_as_member"])
        data = {"body": "hi", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        post = {"thread_model": MODEL, "thread_id": channel, "post_data": data}
        seen["guest_post"] = await guest.route("/mail/message/post", **post)
        seen["guest_posted"] = await listener.until(f"{MODEL}/new_message")
        await guest.route("/discuss/channel/notify_typing", channel_id=channel, is_typing=True)
        seen["guest_typing"] = await listener.until(INSERT, holding=f"{MODEL}.member")
        message = seen["guest_post"]["message_id"]
        seen["guest_react"] = await guest.route(
            "/mail/message/reaction", message_id=message, content="👍", action="add"
        )
        number = seen["guest_joined"]["mail.guest"][0]["id"]
        await guest.route("/mail/guest/update_name", guest_id=number, name="Recorded")
        seen["guest_named"] = await listener.until(INSERT, holding="mail.guest")
        while "MessageReactions" in seen["guest_named"]:
            seen["guest_named"] = await listener.until(INSERT, holding="mail.guest")
        fields = ["author_id", "author_guest_id", "email_from"]
        seen["guest_row"] = await admin.x("mail.message", "read", [message], fields)
        seen["guest_rows"] = await admin.x("mail.guest", "read", [number], ["name", "im_status", "channel_ids"])
        seen["guest_members"] = await admin.route("/discuss/channel/members", channel_id=channel, known_member_ids=[])
    await admin.kw(MODEL, "unlink", [channel])


async def verbs14(url: str, db: str) -> dict[str, Any]:
    """Run the scenario on 14; return the answers by name."""
    seen: dict[str, Any] = {}
    model = "mail.channel"
    async with Raw(url, db, "alice") as alice, Raw(url, db, "bob") as bob, Raw(url, db, "admin") as admin:
        for one in (alice, bob, admin):
            await one.log_in()
        me = alice.session["partner_id"]
        made = await bob.kw(model, "channel_create", "recorded verbs", "public")
        seen["joinable"] = await alice.kw(model, "channel_search_to_join", "recorded verbs")
        seen["join"] = await alice.kw(model, "channel_join_and_get_info", [made["id"]])
        mention = await bob.post(made["id"], "@Alice", model=model, partner_ids=[me])
        seen["mark_all"] = await alice.kw("mail.message", "mark_all_as_read", [["id", "=", mention]])
        await alice.kw(model, "channel_set_custom_name", made["id"], "mine")
        await alice.kw(model, "channel_pin", made["uuid"], pinned=False)
        notes = (await alice.poll(0, peek=True))["notifications"]
        seen["unpinned"] = [one["message"] for one in notes if one["message"].get("info") == "unsubscribe"][-1]
        seen["read_all"] = [one["message"] for one in notes if one["message"].get("type") == "mark_as_read"][-1]
        record = await admin.kw("res.partner", "create", {"name": "Recorded Contact"})
        seen["subscribe"] = await alice.kw("res.partner", "message_subscribe", [record], [me])
        post = {"body": "<p>notified</p>", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        seen["record_post"] = await admin.kw("res.partner", "message_post", [record], **post)
        notes = (await alice.poll(0, peek=True))["notifications"]
        seen["record_inbox"] = [one["message"] for one in notes if one["message"].get("model") == "res.partner"][-1]
        await admin.kw("res.partner", "write", [record], {"email": "recorded@example.com"})
        domain = [["model", "=", "res.partner"], ["res_id", "=", record]]
        seen["trace"] = (await alice.kw("mail.message", "message_fetch", domain))[:1]
        seen["unsubscribe"] = await alice.kw("res.partner", "message_unsubscribe", [record], [me])
        short = await alice.kw("mail.shortcode", "create", {"source": "recorded", "substitution": "An answer"})
        seen["shortcodes"] = (await alice.route("/mail/init_messaging"))["shortcodes"]
        await alice.kw("mail.shortcode", "unlink", [short])
        await admin.kw("res.partner", "unlink", [record])
        await bob.x(model, "unlink", [made["id"]])
    return seen


if __name__ == "__main__":
    play = verbs14 if "14" in sys.argv[2] else verbs19
    with Path(sys.argv[3]).open("w", encoding="utf-8") as target:
        found = asyncio.run(play(sys.argv[1], sys.argv[2]))
        json.dump(trimmed(found), target, indent=1, ensure_ascii=False, sort_keys=True)
        target.write("\n")
