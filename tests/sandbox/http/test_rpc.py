"""Model methods called from outside: results, faults and limits of each RPC protocol."""

from __future__ import annotations

import xmlrpc.client
from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from odoochat.sandbox.http.site import Options
from tests.sandbox.raw import Raw

every_version = pytest.mark.parametrize("sandbox", [14, 15, 16, 17, 18, 19, 20], indirect=True)
NONE = "TypeError: cannot marshal None unless allow_none is enabled"


def channel_model(sandbox: Sandbox) -> str:
    return "discuss.channel" if sandbox.version >= 17 else "mail.channel"


@every_version
async def test_version_and_authentication(sandbox: Sandbox, alice: Raw) -> None:
    info = await alice.xml("common", "version")
    assert info["server_version_info"][0] == int(sandbox.version)
    uid = sandbox.users["alice"][0]
    for secret in ("alice", "sandbox-key-alice"):
        assert await alice.xml("common", "authenticate", sandbox.db, "alice", secret, {}) == uid
    for login, secret in (("alice", "wrong"), ("nobody", "x"), ("bob", "sandbox-key-alice")):
        assert await alice.xml("common", "authenticate", sandbox.db, login, secret, {}) is False
    with pytest.raises(xmlrpc.client.Fault) as caught:
        await alice.xml("common", "authenticate", "nodb", "alice", "alice", {})
    assert caught.value.faultCode == 1
    assert caught.value.faultString.strip().endswith('FATAL:  database "nodb" does not exist')


@every_version
async def test_post_answers_an_id_and_19_a_list(sandbox: Sandbox, alice: Raw) -> None:
    model = channel_model(sandbox)
    made: Any = await alice.x(model, "message_post", [1], body="x", subtype_xmlid="mail.mt_comment",
                         message_type="comment", message_id="<one@test>")  # fmt: skip
    row = made
    if sandbox.version >= 19:
        (row,) = made
    assert isinstance(row, int)
    found = await alice.x("mail.message", "search_read", [["message_id", "=", "<one@test>"]], ["id", "author_id"])
    assert found == [{"id": row, "author_id": [sandbox.users["alice"][1], "Alice"]}]


@every_version
async def test_none_is_a_fault_after_the_commit(sandbox: Sandbox, alice: Raw) -> None:
    model = channel_model(sandbox)
    method, args = ("channel_pin", [4]) if sandbox.version >= 16 else ("channel_fetched", [4])
    if sandbox.version >= 20:
        method = "action_unfollow"  # which only hides a direct chat there
    code, text = await alice.fault(model, method, args)
    assert (code, text.strip().splitlines()[-1]) == (1, NONE)
    if sandbox.version >= 16:  # it was carried out nevertheless
        member = sandbox.world.state.members.find(4, sandbox.users["alice"][1])
        assert member is not None
        assert not member["is_pinned"]
    answer = await alice.answer("/web/dataset/call_kw", model=model, method=method, args=[args], kwargs={})
    assert answer == {"jsonrpc": "2.0", "id": 7}
    body = {"service": "object", "method": "execute_kw",
            "args": [sandbox.db, alice.uid, "sandbox-key-alice", model, method, [args], {}]}  # fmt: skip
    assert await alice.answer("/jsonrpc", **body) == {"jsonrpc": "2.0", "id": 7}


@every_version
async def test_faults_have_the_codes_of_odoo(sandbox: Sandbox, alice: Raw) -> None:
    model = channel_model(sandbox)
    assert await alice.fault("no.such", "read", [1]) == (2, "Object no.such doesn't exist")
    code, text = await alice.fault(model, "_broadcast", [1])
    assert code == 4
    assert text.startswith("Private methods (such as ")
    code, text = await alice.fault(model, "nope", [1])
    assert code == 1
    assert "AttributeError" in text
    code, text = await alice.fault("mail.message", "search_read", [], ["nofield"])
    assert code == 1
    assert "Invalid field 'nofield'" in text
    code, text = await alice.fault(model, "message_post", [999], body="x")
    assert (code, text.splitlines()[0]) == (2, "Record does not exist or has been deleted.")
    code, _ = await alice.fault("ir.config_parameter", "search", [])
    assert code == 4
    bad = Raw(sandbox.url, sandbox.db, "alice", password="wrong")
    bad.uid = sandbox.users["alice"][0]
    async with bad:
        assert await bad.fault("res.users", "read", [1]) == (3, "Access Denied")


async def test_a_private_channel_is_closed_to_others(sandbox: Sandbox, alice: Raw) -> None:
    secret = sandbox.world.channels.create(sandbox.world.uid("bob"), "secret", public="private")
    code, text = await alice.fault("discuss.channel", "message_post", [secret], body="x")
    assert code == 4
    assert "security restrictions" in text
    assert secret not in await alice.x("discuss.channel", "search", [])
    posted = sandbox.world.post("bob", secret, "hidden")
    assert await alice.x("mail.message", "search", [["id", "=", posted]]) == []
    code, _ = await alice.fault("mail.message", "read", [posted], ["body"])
    assert code == 4
    assert (await alice.error("/discuss/channel/messages", channel_id=secret))["code"] == 404


async def test_integers_beyond_31_bits_fault_over_xmlrpc_only(sandbox: Sandbox, alice: Raw) -> None:
    sandbox.world.state.db.run("UPDATE member SET seen_message_id = ? WHERE channel_id = 1", 2**40)
    sandbox.world.state.db.run("UPDATE member SET new_message_separator = ? WHERE channel_id = 1", 2**40)
    query: list[Any] = [[["channel_id", "=", 1], ["is_self", "=", True]], ["new_message_separator"]]
    code, text = await alice.fault("discuss.channel.member", "search_read", *query)
    assert code == 1
    assert text.strip().endswith("OverflowError: int exceeds XML-RPC limits")
    found = await alice.kw("discuss.channel.member", "search_read", *query)
    assert found[0]["new_message_separator"] == 2**40


@pytest.mark.parametrize("body", [b"<!DOCTYPE x [<!ENTITY a 'b'>]><methodCall/>", b"<?xml version='1.0'?><!ENTITY a>"])
async def test_doctype_and_entities_are_refused(sandbox: Sandbox, alice: Raw, body: bytes) -> None:
    async with alice.http.post(sandbox.url + "/xmlrpc/2/common", data=body) as response:
        assert response.status == 400


async def test_a_body_that_is_too_large_is_refused() -> None:
    async with (
        Sandbox(options=Options(body_limit=1000)) as sandbox,
        Raw(sandbox.url, sandbox.db, "alice") as alice,
        alice.http.post(sandbox.url + "/xmlrpc/2/common", data=b"x" * 2000) as response,
    ):
        assert response.status == 413


async def test_control_characters_are_stripped_from_answers(sandbox: Sandbox, alice: Raw) -> None:
    sandbox.world.post("bob", "general", "bell \x07 rings")
    found = await alice.x("mail.message", "search_read", [["body", "like", "bell"]], ["body"])
    assert found[0]["body"] == "<span>bell  rings</span>"


async def test_json2_with_a_bearer_key(sandbox: Sandbox, alice: Raw) -> None:
    async def call(path: str, body: Any, key: str | None = "sandbox-key-alice", **headers: str) -> tuple[int, Any]:
        if key is not None:
            headers["Authorization"] = f"bearer {key}"
        async with alice.http.post(f"{sandbox.url}/json/2/{path}", json=body, headers=headers) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else await response.text()

    alice.http.cookie_jar.clear()
    assert await call("res.users/context_get", {}) == (200, {"lang": "en_US", "tz": False, "uid": alice.uid})
    status, made = await call("discuss.channel/message_post", {"ids": [1], "body": "json2"})
    assert (status, type(made)) == (200, list)
    status, found = await call("mail.message/read", {"ids": made, "fields": ["body"]})
    assert found == [{"id": made[0], "body": "<span>json2</span>"}]
    assert await call("discuss.channel/channel_fetched", {"ids": [4]}) == (200, None)
    for path, body, wanted in (
        ("mail.channel/search", {"domain": []}, 404),
        ("res.users/nope", {}, 404),
        ("res.users/_login", {}, 403),
        ("discuss.channel/message_post", {"ids": [1], "nonsense": 1}, 500),
        ("res.users/context_get", {"nonsense": 1}, 422),
        ("discuss.channel/search", {"ids": [1], "domain": []}, 422),
    ):
        status, error = await call(path, body)
        assert (status, set(error)) == (wanted, {"name", "message", "arguments", "context", "debug"}), path
    assert (await call("res.users/context_get", {}, "wrong"))[0] == 401
    assert (await call("res.users/context_get", {}, None))[0] == 401
    assert (await call("res.users/context_get", {}, **{"X-Odoo-Database": "nodb"}))[0] == 404


@pytest.mark.parametrize("sandbox", [18], indirect=True)
async def test_json2_is_new_in_19(sandbox: Sandbox, alice: Raw) -> None:
    async with alice.http.post(sandbox.url + "/json/2/res.users/context_get", json={}) as response:
        assert response.status == 404


async def test_attachments_move_to_the_channel_they_are_posted_in(sandbox: Sandbox, alice: Raw) -> None:
    values = {"name": "a.txt", "datas": "aGVsbG8=", "res_model": "mail.compose.message", "res_id": 0}
    file = await alice.x("ir.attachment", "create", values)
    assert await alice.x("ir.attachment", "create", [values]) == [file + 1]
    await alice.post(1, "see file", attachment_ids=[file])
    found = await alice.x("ir.attachment", "read", [file], ["res_model", "res_id", "mimetype", "file_size", "datas"])
    assert found == [
        {"id": file, "res_model": "discuss.channel", "res_id": 1, "mimetype": "text/plain", "file_size": 5,
         "datas": "aGVsbG8="}
    ]  # fmt: skip


async def test_search_orders_limits_and_counts(sandbox: Sandbox, alice: Raw) -> None:
    domain = [["model", "=", "discuss.channel"], ["res_id", "=", 1]]
    every = await alice.x("mail.message", "search", domain)
    assert every == sorted(every, reverse=True)
    assert len(every) > 3
    assert await alice.x("mail.message", "search", domain, order="id asc") == every[::-1]
    assert await alice.x("mail.message", "search", domain, limit=2, offset=1) == every[1:3]
    assert await alice.x("mail.message", "search_count", domain) == len(every)
    newer = [
        ["id", ">", every[2]],
        ["res_id", "in", [1, 2]],
        "|",
        ["body", "ilike", "ANNOUNCE"],
        ["id", "=", 0],
    ]
    assert await alice.x("mail.message", "search", newer) == every[:1]
    mine = await alice.x("discuss.channel", "search", [["channel_member_ids.partner_id", "=", sandbox.users["ann"][1]]])
    assert mine == [1, 2]


async def test_rpc_writes_send_no_notification_and_edits_by_route_do(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    listener = await alice.socket(2**40)
    message = await bob.post(1, "before")
    await listener.until("discuss.channel/new_message")
    assert await bob.x("mail.message", "write", [message], {"body": "<p>after</p>"}) is True
    assert await listener.silent()
    assert (await alice.x("mail.message", "read", [message], ["body"]))[0]["body"] == "<p>after</p>"
    await bob.route("/mail/message/update_content", message_id=message, update_data={"body": "notified"})
    payload = await listener.until("mail.record/insert", holding="mail.message")
    assert payload["mail.message"][0]["body"][0] == "markup"
    error = await alice.error("/mail/message/update_content", message_id=message, update_data={"body": "hack"})
    assert error["code"] == 404
