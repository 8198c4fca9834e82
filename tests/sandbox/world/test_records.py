"""Discussions of business records: posts, notes, followers, tracked values, scheduled messages."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

NOW = 2**40
MODEL = "res.partner"
every = pytest.mark.parametrize("sandbox", [14, 16, 17, 18, 19], indirect=True)
routed = pytest.mark.parametrize("sandbox", [16, 17, 18, 19], indirect=True)


async def contact(raw: Raw) -> int:
    """Create a contact."""
    made: int = await raw.kw(MODEL, "create", {"name": "Somebody"})
    return made


async def post(raw: Raw, record: int, body: str, **options: Any) -> int:
    return await raw.post(record, body, model=MODEL, **options)


@every
async def test_followers_and_mentioned_get_it_into_their_inbox(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me, him = sandbox.users["alice"][1], sandbox.users["bob"][1]
    record = await contact(bob)
    (row,) = await alice.x(MODEL, "read", [record], ["message_is_follower", "message_partner_ids", "message_ids"])
    assert (row["message_is_follower"], row["message_partner_ids"], len(row["message_ids"])) == (False, [him], 1)
    assert await alice.kw(MODEL, "message_subscribe", [record], [me]) is True
    message = await post(bob, record, "to the followers")
    note = await post(bob, record, "to nobody", subtype_xmlid="mail.mt_note")
    other = await post(bob, record, "to @Alice", subtype_xmlid="mail.mt_note", partner_ids=[me])
    domain = [["needaction", "=", True], ["model", "=", MODEL]]
    fields = ["model", "res_id", "record_name", "subtype_id", "needaction", "partner_ids", "notified_partner_ids"]
    rows = await alice.x("mail.message", "search_read", domain, fields)
    assert [row["id"] for row in rows] == [other, message]
    assert rows[0] == {"id": other, "model": MODEL, "res_id": record, "record_name": "Somebody",
                       "subtype_id": [2, "Note"], "needaction": True, "partner_ids": [me],
                       "notified_partner_ids": [me]}  # fmt: skip
    assert note not in [row["id"] for row in rows]
    domain = [["res_model", "=", MODEL], ["res_id", "=", record]]
    rows = await alice.x("mail.followers", "search_read", domain, ["partner_id", "name", "is_active"])
    assert [(row["partner_id"][0], row["name"], row["is_active"]) for row in rows] == [
        (him, "Bob", True),
        (me, "Alice", True),
    ]
    answer = await alice.kw(MODEL, "message_unsubscribe", [record], [me])
    assert answer is (True if sandbox.version < 15 else None)
    await post(bob, record, "after")
    assert await alice.x("mail.message", "search_count", [["needaction", "=", True], ["model", "=", MODEL]]) == 2


@routed
async def test_the_inbox_receives_a_record(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    record = await contact(bob)
    listener = await alice.socket(NOW)
    message = await post(bob, record, "@Alice", partner_ids=[me])
    payload = await listener.until("mail.message/inbox")
    if sandbox.version >= 18:
        store = payload["store_data"] if sandbox.version >= 19 else payload
        found = store["mail.message"][0]
        assert found["thread"] == {"id": record, "model": MODEL}
        assert store["mail.thread"][0]["selfFollower"] is False
    else:
        found = payload
    assert (found["id"], found["model"], found["res_id"], found["record_name"]) == (message, MODEL, record, "Somebody")


@pytest.mark.parametrize("sandbox", [19], indirect=True)
async def test_the_inbox_of_19_as_recorded(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    record = await contact(bob)
    await alice.kw(MODEL, "message_subscribe", [record], [me])
    listener = await alice.socket(NOW)
    await post(bob, record, "hello")
    store = (await listener.until("mail.message/inbox"))["store_data"]
    assert set(store) == {"mail.followers", "mail.message", "mail.message.subtype", "mail.notification", "mail.thread",
                          "res.partner", "res.users"}  # fmt: skip
    assert set(store["mail.message"][0]) == {
        "attachment_ids", "author_guest_id", "author_id", "body", "create_date", "date", "default_subject",
        "email_from", "id", "incoming_email_cc", "incoming_email_to", "message_link_preview_ids", "message_type",
        "model", "needaction", "notification_ids", "partner_ids", "pinned_at", "reactions", "record_name", "res_id",
        "scheduledDatetime", "starred", "subject", "subtype_id", "thread", "trackingValues", "write_date",
    }  # fmt: skip
    follower = store["mail.followers"][0]
    assert follower == {"id": follower["id"], "is_active": True, "partner_id": me}
    assert store["mail.thread"] == [{"display_name": "Somebody", "id": record, "model": MODEL, "module_icon":
                                     "/base/static/description/icon.png", "selfFollower": follower["id"]}]  # fmt: skip


@routed
async def test_a_page_of_a_record(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    me = sandbox.users["alice"][1]
    record = await contact(bob)
    ids = [await post(bob, record, f"@Alice {i}", partner_ids=[me]) for i in range(3)]
    page: dict[str, Any] = {"limit": 2}
    if sandbox.version >= 19:
        page = {"fetch_params": page}
    found = await alice.route("/mail/thread/messages", thread_model=MODEL, thread_id=record, **page)
    shown = found if sandbox.version < 17 else found["messages"]
    assert [one if isinstance(one, int) else one["id"] for one in shown] == [ids[2], ids[1]]
    assert await alice.x("mail.message", "search", [["needaction", "=", True]]) == [
        ids[0]
    ]  # the others were shown before
    # a channel of the same id is another thread
    sandbox.world.state.db.run("UPDATE message SET res_id = 1 WHERE model = ?", MODEL)
    assert all(row["model"] != MODEL for row in sandbox.world.history(1))


@routed
async def test_posting_by_route_editing_and_reacting(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    record = await contact(bob)
    data = {"body": "by <b>route</b>", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
    answer = await bob.route("/mail/message/post", thread_model=MODEL, thread_id=record, post_data=data)
    if sandbox.version >= 19:
        message = answer["message_id"]
    else:
        message = answer["mail.message"][0]["id"] if sandbox.version >= 18 else answer["id"]
    (row,) = await alice.x("mail.message", "read", [message], ["model", "res_id", "body"])
    assert (row["model"], row["res_id"]) == (MODEL, record)
    assert "by <b>route</b>" in row["body"]
    listener = await bob.socket(sandbox.world.state.bus.last_id())
    values: dict[str, Any] = {"body": "edited", "attachment_ids": []}
    values = {"update_data": values} if sandbox.version >= 19 else values
    await bob.route("/mail/message/update_content", message_id=message, **values)
    await listener.until(
        "mail.message/insert" if sandbox.version < 17 else "mail.record/insert"
    )  # sent only to the user who acts
    error = await alice.error("/mail/message/update_content", message_id=message, **values)
    assert error["code"] == 404
    error = await bob.error("/mail/message/post", thread_model=MODEL, thread_id=99999, post_data=data)
    assert error["code"] == 404
    if sandbox.version >= 17:
        await alice.route("/mail/message/reaction", message_id=message, content="👍", action="add")
        assert sandbox.world.state.marks.reactions(message) == {"👍": [sandbox.users["alice"][1]]}


@every
async def test_who_may_write_on_contacts(sandbox: Sandbox, alice: Raw) -> None:
    record = await contact(alice)
    async with Raw(sandbox.url, sandbox.db, "dave") as dave:
        await dave.log_in()
        code, text = await dave.fault(MODEL, "message_post", [record], body="x", message_type="comment")
        assert (code, "'Contact' (res.partner)" in text) == (4, True)
        assert (await dave.fault(MODEL, "create", {"name": "x"}))[0] == 4
        await dave.kw(MODEL, "message_subscribe", [record], [sandbox.users["dave"][1]])  # reading is enough for that
        assert (await dave.fault(MODEL, "message_subscribe", [record], [sandbox.users["bob"][1]]))[0] == 4


@every
async def test_changes_leave_a_trace(sandbox: Sandbox, alice: Raw) -> None:
    record = await contact(alice)
    await alice.kw(MODEL, "write", [record], {"email": "some@example.com"})
    (row,) = await alice.x("mail.message", "search_read", [["model", "=", MODEL], ["res_id", "=", record]],
                           ["body", "message_type"], limit=1, order="id desc")  # fmt: skip
    assert (row["body"], row["message_type"]) in (("", "notification"), (False, "notification"))
    message = sandbox.world.state.messages.get(row["id"])
    assert message is not None
    shown = sandbox.world.payloads.format([message], alice.uid)
    if sandbox.version >= 19:
        assert shown["data"]["mail.message"][0]["trackingValues"] == [
            {"fieldInfo": {"changedField": "Email", "currencyId": False, "fieldType": "char", "floatPrecision": None,
                           "isPropertyField": False}, "id": 1, "newValue": "some@example.com", "oldValue": False}
        ]  # fmt: skip
    elif sandbox.version < 15:
        assert shown[0]["tracking_value_ids"] == [
            {"changed_field": "Email", "field_type": "char", "id": 1, "new_value": "some@example.com", "old_value": False}
        ]  # fmt: skip


@pytest.mark.parametrize("sandbox", [17, 18, 19], indirect=True)
async def test_a_threads_facts(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    record = await contact(bob)
    await alice.kw(MODEL, "message_subscribe", [record], [sandbox.users["alice"][1]])
    wanted = {"thread_model": MODEL, "thread_id": record, "request_list": ["followers", "attachments"]}
    if sandbox.version >= 19:
        found = await alice.route("/mail/data", fetch_params=[["mail.thread", wanted]])
    else:
        found = await alice.route("/mail/thread/data", **wanted)
    if sandbox.version < 18:
        assert [one["name"] for one in found["followers"]] == ["Bob", "Alice"]
        assert found["selfFollower"]["name"] == "Alice"
        return
    (thread,) = found["mail.thread"]
    assert (thread["followersCount"], thread["hasReadAccess"], thread["attachments"]) == (2, True, [])
    assert thread["selfFollower"] == next(one["id"] for one in found["mail.followers"] if one["name"] == "Alice")


@pytest.mark.parametrize("sandbox", [18, 19], indirect=True)
async def test_messages_for_later(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    record = await contact(alice)
    model = "mail.scheduled.message"
    values = {"model": MODEL, "res_id": record, "body": "later", "scheduled_date": "2030-01-01 10:00:00"}
    (one,) = await alice.kw(model, "create", [values])
    assert await bob.x(model, "search", []) == []
    (row,) = await alice.x(model, "search_read", [], ["model", "res_id", "scheduled_date", "author_id"])
    assert row == {"id": one, "model": MODEL, "res_id": record, "scheduled_date": "2030-01-01 10:00:00",
                   "author_id": [sandbox.users["alice"][1], "Alice"]}  # fmt: skip
    await alice.kw(model, "post_message", [one])
    assert await alice.x(model, "search", []) == []
    assert "later" in sandbox.world.state.messages.page(record, model=MODEL)[0]["body"]
    assert (await alice.fault(model, "unlink", [one]))[0] == 2


@every
async def test_a_contact_goes_with_its_discussion(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    record = await contact(bob)
    message = await post(bob, record, "@Alice", partner_ids=[sandbox.users["alice"][1]])
    await bob.kw(MODEL, "unlink", [record])
    assert sandbox.world.state.messages.get(message) is None
    assert await alice.x("mail.message", "search", [["needaction", "=", True]]) == []
    assert (await bob.fault("discuss.channel" if sandbox.version >= 17 else "mail.channel", "message_subscribe", [1],
                            [bob.uid]))[0] == 2 if sandbox.version >= 15 else True  # fmt: skip
