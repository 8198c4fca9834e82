"""The doctor: each bad day is named, with what to change, and the right exit code."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import get_args

import pytest
from aiohttp import web

from odoochat.cli import checks
from odoochat.cli.network_mends import BLOCKED_MENDS, NOT_ODOO_MENDS, UNREACHABLE_MENDS, network_mend
from odoochat.errors import (
    Blocked,
    BlockedCause,
    NotOdooCause,
    RateLimited,
    Unreachable,
    UnreachableCause,
)
from odoochat.net.transports.websocket import WebSocket
from odoochat.sandbox import Sandbox

from .conftest import Ran, be, serving
from .test_exits import page

Run = Callable[..., Awaitable[Ran]]


async def test_all_is_well(run: Run, alice: Sandbox) -> None:
    ran = await run("doctor", "--json")
    assert ran.code == 0, ran
    assert [(printed["check"], printed["result"]) for printed in ran.objects] == [
        ("address", "ok"),
        ("version", "ok"),
        ("login", "ok"),
        ("session", "ok"),
        ("WebSocket", "ok"),
        ("subscription", "ok"),
        ("bus polling", "ok"),
        ("channels", "ok"),
    ]
    assert all(set(printed) == {"check", "result", "found", "mend"} for printed in ran.objects)
    lines = (await run("doctor")).out.splitlines()
    assert all(re.match(r"ok    \S.*: \S", line) for line in lines)


@pytest.mark.parametrize("version", [14, 15, 16, 17, 18, 20])
async def test_all_is_well_on_other_versions(run: Run, monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    async with Sandbox(version) as box:
        be(monkeypatch, box.url, "alice")
        ran = await run("doctor", "--json", "--post", "general")
        assert ran.code == 0, ran
        assert f"Odoo {version}" in ran.check("version")["found"]
        if version < 16:
            assert ran.check("long polling")["result"] == "ok"
        assert ran.check("message")["result"] == "ok"
        assert len([m for m in box.world.history("general") if "doctor" in m["body"]]) == 1


# ------------------------------------------------------------------------ address


def test_each_cause_has_its_own_mend_whatever_the_message_says() -> None:
    assert list(UNREACHABLE_MENDS) == list(get_args(UnreachableCause))
    assert list(BLOCKED_MENDS) == list(get_args(BlockedCause))
    assert list(NOT_ODOO_MENDS) == list(get_args(NotOdooCause))
    hostile = "https://ca_file.example.com/proxy: plain HTTP maintenance client_cert"
    assert "firewall" in network_mend(Unreachable(hostile))
    assert "--ca-file" in network_mend(Unreachable("x", cause="authority"))
    assert "reaches Odoo directly" in network_mend(Blocked(hostile))
    assert "ODOOCHAT_PROXY" in network_mend(Blocked("x", cause="proxy login"))
    assert "higher limit" in network_mend(RateLimited(hostile, status=429))


async def test_no_server_listens(run: Run, monkeypatch: pytest.MonkeyPatch, closed_port: int) -> None:
    be(monkeypatch, f"http://127.0.0.1:{closed_port}", "alice")
    ran = await run("doctor")
    assert ran.code == 3
    assert "FAIL  address: " in ran.out
    assert "firewall" in ran.out


async def test_no_odoo(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(page) as url:
        be(monkeypatch, url, "alice")
        ran = await run("doctor", "--json")
        assert ran.code == 3
        assert "not like Odoo" in ran.check("address")["found"]
        assert "<" not in ran.check("address")["found"], "no HTML of the page"
        assert ran.out.count("check the address") == 0, "the mend says it once"
        assert "the Odoo server's address" in ran.check("address")["mend"]


@pytest.mark.parametrize("status", [502, 504])
async def test_a_proxy_without_odoo_behind_it(run: Run, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    async def gateway(request: web.Request) -> web.Response:
        return web.Response(status=status, text="<h1>Bad Gateway</h1><hr>nginx", content_type="text/html")

    async with serving(gateway) as url:
        be(monkeypatch, url, "alice")
        ran = await run("doctor", "--json")
        assert ran.code == 3
        assert f"HTTP {status}" in ran.check("address")["found"]
        assert "Odoo is running" in ran.check("address")["mend"]


async def test_a_certificate_without_a_trusted_signature(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(page, tls=True) as url:
        be(monkeypatch, url, "alice")
        ran = await run("doctor", "--json")
        assert ran.code == 3
        assert "the certificate was rejected: self-signed certificate; pass" in ran.check("address")["found"]
        assert "_ssl.c" not in ran.out + ran.err
        assert "certificate" in ran.check("address")["mend"]


async def test_https_where_http_is_spoken(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOOCHAT_URL", alice.url.replace("http:", "https:"))
    ran = await run("doctor", "--json")
    assert ran.code == 3
    assert "http://" in ran.check("address")["mend"]


async def test_a_server_that_does_not_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async with serving(silent) as url:
        be(monkeypatch, url, "alice")
        ran = await run("doctor", "--json", "--request-timeout", "0.3")
        assert ran.code == 3
        assert "timed out waiting for a response" in ran.check("address")["found"]
        assert ran.check("address")["mend"]


async def test_a_redirect_to_another_server(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(alice.url + request.path_qs)

    async with serving(moved) as url:
        monkeypatch.setenv("ODOOCHAT_URL", url)
        ran = await run("doctor", "--json")
        assert ran.code == 3, ran
        printed = ran.check("address")
        assert alice.url in printed["found"]
        assert printed["mend"].startswith("use that address if you trust it")


async def test_a_redirect_to_another_path(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def moved(request: web.Request) -> web.Response:
        if not request.path.startswith("/erp/"):
            raise web.HTTPTemporaryRedirect("/erp" + request.path_qs)
        return web.json_response({"jsonrpc": "2.0", "id": 1, "result": {"server_version_info": [19, 0, 0, "final", 0]}})

    async with serving(moved) as url:
        monkeypatch.setenv("ODOOCHAT_URL", url)
        ran = await run("doctor", "--json")
        printed = ran.check("redirect")
        assert (printed["result"], f"{url}/erp" in printed["mend"]) == ("note", True)


# -------------------------------------------------------------------------- login


async def test_a_wrong_password(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOOCHAT_PASSWORD", "not-hers")
    ran = await run("doctor", "--json")
    assert ran.code == 4
    assert [printed["check"] for printed in ran.objects] == ["address", "version", "login"]
    assert "'alice'" in ran.check("login")["found"]
    assert "not-hers" not in ran.out + ran.err


@pytest.mark.parametrize(
    ("name", "secret", "word"), [("API_KEY", "x" * 40, "API key"), ("SESSION_ID", "0" * 40, "browser")]
)
async def test_the_advice_names_what_was_refused(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str, secret: str, word: str
) -> None:
    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    monkeypatch.setenv(f"ODOOCHAT_{name}", secret)
    ran = await run("doctor", "--json")
    assert ran.code == 4
    assert word in ran.check("login")["mend"]
    assert "password" not in ran.check("login")["mend"]
    assert secret not in ran.out + ran.err


async def test_nothing_to_log_in_with(run: Run, box: Sandbox) -> None:
    ran = await run("doctor", "--json", "--url", box.url)
    assert ran.code == 2
    assert ran.check("version")["result"] == "ok"
    assert "no credentials" in ran.check("login")["found"]
    assert "ODOOCHAT_PASSWORD" in ran.check("login")["mend"]


async def test_a_second_factor(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = alice.world.state.accounts
    accounts.enable_totp("alice")
    ran = await run("doctor", "--json")
    assert ran.code == 4
    assert "ODOOCHAT_TOTP" in ran.check("login")["mend"]
    monkeypatch.setenv("ODOOCHAT_TOTP", accounts.totp_code("alice"))
    ran = await run("doctor", "--json", "--post", "general")
    assert ran.code == 0, ran
    assert "password+totp" in ran.check("login")["found"]


async def test_the_databases_are_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sandbox(19, databases=["other"]) as box:
        be(monkeypatch, box.url, "alice")
        ran = await run("doctor", "--json", "--db", "nodb")
        assert ran.code == 4
        printed = ran.check("login")
        assert "other" in printed["found"] + printed["mend"]


async def test_a_key_alone_is_fine_but_polls(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODOOCHAT_PASSWORD")
    monkeypatch.setenv("ODOOCHAT_API_KEY", alice.api_key("alice"))
    ran = await run("doctor", "--json", "--post", "general")
    assert ran.code == 0, ran
    assert ran.check("session")["result"] == "note"
    assert "password" in ran.check("session")["mend"]
    assert "polled" in ran.check("live link")["found"]
    assert "back by rpc" in ran.check("message")["found"]
    assert alice.api_key("alice") not in ran.out + ran.err


async def test_a_key_where_a_password_is_needed(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOOCHAT_PASSWORD", alice.api_key("alice"))
    ran = await run("doctor", "--json")
    assert ran.code == 4
    assert "is an API key" in ran.check("session")["found"]


# ---------------------------------------------------------------------- WebSocket


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "Upgrade header"),
        (404, "does not forward this path to Odoo"),
        (500, "gevent port"),
        (502, "gevent process"),
        (200, "a web page"),
    ],
)
async def test_a_proxy_that_lets_no_websocket_through(run: Run, alice: Sandbox, status: int, word: str) -> None:
    alice.faults.refuse_websocket(status=status)
    ran = await run("doctor", "--json")
    assert ran.code == 1, ran
    printed = ran.check("WebSocket")
    assert printed["result"] == "fail"
    assert f"/websocket: HTTP {status}" in printed["found"]
    assert word in printed["mend"]
    assert "location /websocket" in printed["mend"]
    assert ran.check("bus polling")["result"] == "ok"
    assert ran.check("channels")["result"] == "ok"


async def test_a_socket_that_stays_silent(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "WebSocket", partial(WebSocket, echo_seconds=0.3))
    alice.faults.silent()
    ran = await run("doctor", "--json")
    assert ran.code == 1
    assert ran.check("WebSocket")["result"] == "ok"
    assert ran.check("subscription")["result"] == "fail"
    assert "public user" in ran.check("subscription")["mend"]
    assert "X-Forwarded-Proto" in ran.check("subscription")["mend"]


# ------------------------------------------------------------------------ message


async def test_a_message_there_and_back(run: Run, alice: Sandbox) -> None:
    ran = await run("doctor", "--json", "--post", "support")
    assert ran.code == 0
    assert "posted to support, delivered back by websocket" in ran.check("message")["found"]


async def test_a_message_although_polling_is_all(run: Run, alice: Sandbox) -> None:
    alice.faults.refuse_websocket(status=502)
    ran = await run("doctor", "--json", "--post", "support")
    assert ran.code == 1
    assert "back by peek" in ran.check("message")["found"]


async def test_a_message_to_nowhere(run: Run, alice: Sandbox) -> None:
    ran = await run("doctor", "--json", "--post", "nowhere")
    assert ran.code == 5
    assert "nowhere" in ran.check("message")["found"]


async def test_a_user_in_no_channel(run: Run, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.world.state.db.run("DELETE FROM member WHERE partner_id = ?", box.world.partner("ann"))
    be(monkeypatch, box.url, "ann")
    ran = await run("doctor", "--json")
    assert ran.code == 0
    assert ran.check("channels")["result"] == "note"
