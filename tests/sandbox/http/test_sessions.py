"""Sessions: which requests open one, which do not, and what ends one."""

from __future__ import annotations

import re

import aiohttp
import pytest

from odoochat.sandbox import Sandbox
from tests.sandbox.raw import Raw

every_version = pytest.mark.parametrize("sandbox", [14, 15, 16, 17, 18, 19, 20], indirect=True)


@every_version
async def test_a_password_opens_a_session(sandbox: Sandbox, alice: Raw) -> None:
    assert alice.session["uid"] == sandbox.users["alice"][0]
    assert alice.session["db"] == sandbox.db
    assert len(alice.sid) == (84 if sandbox.version >= 18 else 40)
    info = await alice.route("/web/session/get_session_info")
    assert info["username"] == "alice"
    if sandbox.version >= 17:
        bus = info if sandbox.version < 20 else info["bus_info"]
        name = "websocket_worker_version" if sandbox.version < 20 else "worker_version"
        assert bus[name].startswith(f"{int(sandbox.version)}.0-")
        assert ("websocket_worker_version" in info) == (sandbox.version < 20)
    assert await alice.answer("/web/session/check") == {"jsonrpc": "2.0", "id": 7}


@every_version
async def test_a_key_or_a_wrong_password_opens_none(sandbox: Sandbox) -> None:
    async with Raw(sandbox.url, sandbox.db, "alice") as raw:
        for secret in ("sandbox-key-alice", "wrong"):
            error = await raw.error("/web/session/authenticate", db=sandbox.db, login="alice", password=secret)
            assert error["data"]["name"] == "odoo.exceptions.AccessDenied"
            assert error["code"] == (0 if sandbox.version >= 19 else 200)
        error = await raw.error("/web/session/get_session_info")
        assert (error["code"], error["message"]) == (100, "Odoo Session Expired")
        headers = {"Authorization": "Bearer sandbox-key-alice"}
        async with raw.http.post(sandbox.url + "/web/session/check", json={}, headers=headers) as response:
            assert (await response.json())["error"]["code"] == 100


@every_version
async def test_logging_out_and_password_changes_end_sessions(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    before = alice.sid
    await alice.route("/web/session/destroy")
    assert sandbox.world.state.sessions.uid(before) is None
    assert (await alice.error("/web/session/check"))["code"] == 100
    sandbox.faults.change_password("bob", "new")
    assert (await bob.error("/web/session/check"))["code"] == 100
    assert await bob.xml("common", "authenticate", sandbox.db, "bob", "new", {}) == bob.uid
    assert await bob.xml("common", "authenticate", sandbox.db, "bob", "sandbox-key-bob", {}) == bob.uid


async def test_the_second_factor(sandbox: Sandbox) -> None:
    sandbox.world.state.accounts.enable_totp("alice")
    async with Raw(sandbox.url, sandbox.db, "alice") as alice:
        assert (await alice.log_in()).session == {"uid": None}
        assert (await alice.error("/web/session/check"))["code"] == 100
        assert await alice.xml("common", "authenticate", sandbox.db, "alice", "alice", {}) is False
        assert await alice.xml("common", "authenticate", sandbox.db, "alice", "sandbox-key-alice", {})
        async with alice.http.get(sandbox.url + "/web/login/totp") as page:
            csrf = re.search(r'name="csrf_token" value="(\w+)"', await page.text())
        assert csrf is not None
        form = {"csrf_token": csrf[1], "totp_token": "000000"}
        async with alice.http.post(sandbox.url + "/web/login/totp", data=form) as page:
            assert "Verification failed" in await page.text()
        form["totp_token"] = sandbox.world.state.accounts.totp_code("alice")
        async with alice.http.post(sandbox.url + "/web/login/totp", data={**form, "csrf_token": "x"}) as page:
            assert page.status == 400
        async with alice.http.post(sandbox.url + "/web/login/totp", data=form, allow_redirects=False) as page:
            assert (page.status, page.headers["Location"]) == (303, "/odoo")
        assert (await alice.route("/web/session/get_session_info"))["username"] == "alice"


async def test_logging_in_by_the_form(sandbox: Sandbox) -> None:
    async with Raw(sandbox.url, sandbox.db, "alice") as alice:
        async with alice.http.get(sandbox.url + "/web/login") as page:
            csrf = re.search(r'csrf_token: "(\w+)"', await page.text())
        assert csrf is not None
        form = {"csrf_token": csrf[1], "login": "alice", "password": "wrong"}
        async with alice.http.post(sandbox.url + "/web/login", data=form) as page:
            assert "Wrong login/password" in await page.text()
        async with alice.http.post(sandbox.url + "/web/login", data={**form, "password": "alice"}) as page:
            assert page.url.path == "/odoo"
            assert 'csrf_token: "' in await page.text()
        await alice.route("/web/session/check")


async def test_ten_wrong_passwords_block_the_address(sandbox: Sandbox) -> None:
    async with Raw(sandbox.url, sandbox.db, "alice") as raw:
        for _ in range(10):
            await raw.error("/web/session/authenticate", db=sandbox.db, login="alice", password="x")
        error = await raw.error("/web/session/authenticate", db=sandbox.db, login="bob", password="bob")
        assert error["data"]["message"].startswith("Too many login failures")
        assert await raw.x("res.users", "context_get")  # XML-RPC is not limited


async def test_rotation_brings_a_new_cookie_with_the_next_answer(sandbox: Sandbox, alice: Raw) -> None:
    before = alice.sid
    sandbox.faults.rotate_session("alice")
    await alice.route("/web/session/check")
    after = alice.sid
    assert (before[:42], before != after) == (after[:42], True)
    async with (
        aiohttp.ClientSession(cookies={"session_id": before}) as old,
        old.post(sandbox.url + "/web/session/check", json={}) as response,
    ):
        assert "error" not in await response.json()
    sandbox.world.state.db.run("UPDATE session SET dies = 1 WHERE sid = ?", before)  # two minutes later
    assert sandbox.world.state.sessions.uid(before) is None
    assert sandbox.world.state.sessions.uid(after) == alice.uid


async def test_several_databases() -> None:
    async with Sandbox(databases=["other"]) as sandbox, Raw(sandbox.url, "other", "bob") as bob:
        assert await bob.route("/web/database/list") == ["sandbox", "other"]
        await bob.log_in()
        assert bob.session["db"] == "other"
        await bob.post(1, "only there")
        assert sandbox.worlds["other"].history(1)[-1]["body"] == "<span>only there</span>"
        assert "only there" not in sandbox.world.history(1)[-1]["body"]
        error = await bob.error("/web/session/authenticate", db="nodb", login="bob", password="bob")
        assert error["data"]["message"] == "Database not found."


async def test_the_list_of_databases_can_be_hidden() -> None:
    async with Sandbox(list_db=False) as sandbox, Raw(sandbox.url, sandbox.db, "bob") as bob:
        error = await bob.error("/web/database/list")
        assert error["data"]["name"] == "odoo.exceptions.AccessDenied"


@every_version
async def test_pages_that_need_no_login(sandbox: Sandbox, alice: Raw) -> None:
    info = await alice.route("/web/webclient/version_info")
    assert info["server_serie"] == f"{int(sandbox.version)}.0"
    for path, since in (("/web/version", 19), ("/web/health", 16), ("/websocket/health", 16)):
        async with alice.http.get(sandbox.url + path) as response:
            assert response.status == (200 if sandbox.version >= since else 404), path


async def test_upload_and_download(sandbox: Sandbox, alice: Raw, bob: Raw) -> None:
    async with alice.http.get(sandbox.url + "/odoo") as page:
        csrf = re.search(r'csrf_token: "(\w+)"', await page.text())
    assert csrf is not None

    def form(token: str) -> aiohttp.FormData:
        fields = {"csrf_token": token, "thread_id": "1", "thread_model": "discuss.channel", "is_pending": "1"}
        data = aiohttp.FormData(fields, quote_fields=False)  # names in UTF-8, as browsers send them
        data.add_field("ufile", b"hello", filename="h\u00e9llo.txt", content_type="text/plain")
        return data

    async with alice.http.post(sandbox.url + "/mail/attachment/upload", data=form("wrong")) as response:
        assert response.status == 400
    async with alice.http.post(sandbox.url + "/mail/attachment/upload", data=form(csrf[1])) as response:
        made = (await response.json())["data"]
    file = made["attachment_id"]
    assert made["store_data"]["ir.attachment"][0]["name"] == "h\u00e9llo.txt"
    await alice.post(1, "", attachment_ids=[file])
    async with bob.http.get(f"{sandbox.url}/web/content/{file}?download=true") as response:
        assert (response.status, await response.read()) == (200, b"hello")
        assert response.headers["Content-Disposition"].startswith("attachment")
    async with aiohttp.ClientSession() as nobody:
        async with nobody.get(f"{sandbox.url}/web/content/{file}") as response:
            assert response.status == 404
        token = (await alice.x("ir.attachment", "generate_access_token", [file]))[0]
        async with nobody.get(f"{sandbox.url}/web/content/{file}?access_token={token}") as response:
            assert await response.read() == b"hello"
    listener = await bob.socket(2**40)
    await alice.route("/mail/attachment/delete", attachment_id=file)
    assert (await listener.until("ir.attachment/delete"))["id"] == file
