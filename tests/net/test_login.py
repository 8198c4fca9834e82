"""Logging in while the server fails: a failure that says nothing about the login is not called a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

import odoochat
from odoochat import BadCredentials, Blocked, OdooChatError, ProtocolError, RateLimited
from odoochat.net.http import Http
from odoochat.net.login import _is_this_machine
from odoochat.sandbox import Sandbox
from tests.net.front import Front, front

COMMON = "/xmlrpc/2/common"


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox(19) as sandbox:
        yield sandbox


@pytest.fixture
async def proxy(box: Sandbox) -> AsyncIterator[Front]:
    async with front(box.url) as made:
        yield made


def answering(proxy: Front, status: int, *where: str) -> None:
    """Makes requests fail: XML-RPC logins, or those whose path begins with `where`."""

    async def fail(_request: web.Request, _page: bytes) -> web.Response:
        return web.Response(status=status, text="no", headers={"Retry-After": "9999"} if status == 429 else {})

    proxy.odd(fail, *(where or (COMMON,)), times=99)


async def refusal(proxy: Front, **credential: Any) -> OdooChatError:
    with pytest.raises(OdooChatError) as caught:
        async with odoochat.connect(proxy.url, login="alice", live=False, rpc="jsonrpc", **credential):
            pass
    return caught.value


async def test_a_key_that_a_failing_server_could_not_check_is_not_called_refused(box: Sandbox, proxy: Front) -> None:
    key = box.api_key("alice")
    answering(proxy, 500)
    error = await refusal(proxy, api_key=key)
    assert isinstance(error, ProtocolError)
    assert error.status == 500
    proxy.times = 0
    async with odoochat.connect(proxy.url, login="alice", live=False, rpc="jsonrpc", api_key=key) as odoo:
        assert odoo.me.login == "alice"


async def test_a_key_logs_in_by_json2_although_xmlrpc_fails(box: Sandbox, proxy: Front) -> None:
    answering(proxy, 502)
    key = box.api_key("alice")
    async with odoochat.connect(proxy.url, login="alice", live=False, rpc="json2", api_key=key) as odoo:
        assert odoo.me.login == "alice"


async def test_a_refused_password_is_called_so_although_xmlrpc_fails(proxy: Front) -> None:
    answering(proxy, 500)
    error = await refusal(proxy, password="wrong")
    assert isinstance(error, BadCredentials)
    assert "check both; cannot check whether it is an API key: " in str(error)
    assert "500" in str(error)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_key_logs_in_although_a_proxy_refuses_xmlrpc(box: Sandbox, proxy: Front, status: int) -> None:
    answering(proxy, status, "/xmlrpc")
    async with odoochat.connect(proxy.url, login="alice", live=False, api_key=box.api_key("alice")) as odoo:
        assert odoo.me.login == "alice"
    assert isinstance(await refusal(proxy, api_key="wrong"), BadCredentials)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_key_that_no_rpc_can_check_is_not_called_refused(box: Sandbox, proxy: Front, status: int) -> None:
    answering(proxy, status, "/xmlrpc", "/jsonrpc")
    error = await refusal(proxy, api_key=box.api_key("alice"))
    assert isinstance(error, ProtocolError)
    assert error.status == status
    assert "a proxy must forward /jsonrpc" in str(error)


@pytest.mark.parametrize("status", [403, 404])
async def test_a_key_logs_in_by_json2_although_a_proxy_refuses_rpc(box: Sandbox, proxy: Front, status: int) -> None:
    answering(proxy, status, "/xmlrpc", "/jsonrpc")
    key = box.api_key("alice")
    async with odoochat.connect(proxy.url, login="alice", live=False, rpc="json2", api_key=key) as odoo:
        assert odoo.me.login == "alice"


@pytest.mark.parametrize("status", [403, 404])
async def test_a_refused_password_is_called_so_although_a_proxy_refuses_rpc(proxy: Front, status: int) -> None:
    answering(proxy, status, "/xmlrpc", "/jsonrpc")
    error = await refusal(proxy, password="wrong")
    assert isinstance(error, BadCredentials)
    assert "check both; cannot check whether it is an API key: " in str(error)


@pytest.mark.parametrize("status", [404, 403])
@pytest.mark.parametrize("how", ["api_key", "password"])
async def test_a_failure_of_jsonrpc_is_not_hidden_by_that_of_xmlrpc(
    box: Sandbox, proxy: Front, status: int, how: str
) -> None:
    async def refuse(request: web.Request, _page: bytes) -> web.Response:
        if request.path == "/jsonrpc":
            return web.Response(status=429, headers={"Retry-After": "9999"})
        return web.Response(status=status)

    proxy.odd(refuse, "/xmlrpc", "/jsonrpc", times=99)
    assert isinstance(await refusal(proxy, **{how: box.api_key("alice")}), RateLimited)


@pytest.mark.parametrize("status", [404, 403])
async def test_a_proxy_that_cuts_jsonrpc_refuses_it(box: Sandbox, proxy: Front, status: int) -> None:
    async def cut(request: web.Request, _page: bytes) -> web.Response | None:
        return None if request.path == "/jsonrpc" else web.Response(status=status)

    proxy.odd(cut, "/xmlrpc", "/jsonrpc", times=99)
    assert isinstance(await refusal(proxy, password="wrong"), BadCredentials)
    assert "must forward /jsonrpc" in str(await refusal(proxy, api_key=box.api_key("alice")))
    async with odoochat.connect(proxy.url, login="alice", live=False, api_key=box.api_key("alice")) as odoo:
        assert odoo.me.login == "alice"


@pytest.mark.parametrize("status", [404, 403])
async def test_a_password_waits_for_the_redirect_to_https_although_a_proxy_refuses_xmlrpc(
    proxy: Front, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    async def move(request: web.Request, _page: bytes) -> web.Response:
        if request.path.startswith("/xmlrpc"):
            return web.Response(status=status)
        return web.Response(status=301, headers={"Location": f"https://127.0.0.1:1{request.path}"})

    proxy.odd(move, "/xmlrpc", "/web", times=99)
    monkeypatch.setattr("odoochat.net.login._is_this_machine", lambda _http: False)
    await refusal(proxy, password="secret", db="sandbox")
    assert set(proxy.seen) == {"/xmlrpc/2/common", "/web/webclient/version_info"}


async def test_a_firewall_that_refuses_rpc_is_not_called_another_server(proxy: Front) -> None:
    async def refuse(request: web.Request, _page: bytes) -> web.Response:
        return web.Response(status=403 if request.path.startswith("/xmlrpc") else 404)

    proxy.odd(refuse, "/", times=99)
    error = await refusal(proxy, api_key="x")
    assert isinstance(error, Blocked)
    assert error.status == 403


async def test_a_login_that_a_proxy_limits_is_not_called_refused(proxy: Front) -> None:
    answering(proxy, 429, "/xmlrpc")
    assert isinstance(await refusal(proxy, password="wrong"), RateLimited)


@pytest.mark.parametrize("status", [301, None])
async def test_a_refused_password_is_called_so_although_xmlrpc_redirects_or_ends(
    proxy: Front, status: int | None
) -> None:
    async def fail(request: web.Request, _page: bytes) -> web.Response | None:
        if status is None:
            return None
        return web.Response(status=status, headers={"Location": "https://elsewhere.example.com/"})

    proxy.odd(fail, "/xmlrpc", "/jsonrpc", times=99)
    assert isinstance(await refusal(proxy, password="wrong"), BadCredentials)


async def test_a_password_is_not_called_refused_while_odoo_restarts(box: Sandbox, proxy: Front) -> None:
    answering(proxy, 502, "/xmlrpc", "/jsonrpc")
    error = await refusal(proxy, password=box.api_key("alice"))
    assert isinstance(error, Blocked)
    assert error.cause == "unavailable"


@pytest.mark.parametrize("where", [("/xmlrpc", "/web"), ("/web",)])
async def test_no_secret_is_sent_before_the_redirect_to_https(
    proxy: Front, monkeypatch: pytest.MonkeyPatch, where: tuple[str, ...]
) -> None:
    async def move(request: web.Request, _page: bytes) -> web.Response:
        return web.Response(status=301, headers={"Location": f"https://127.0.0.1:1{request.path}"})

    monkeypatch.setattr("odoochat.net.login._is_this_machine", lambda _http: False)
    for credential in ({"password": "secret"}, {"session_id": "0" * 40}):
        proxy.odd(move, *where, times=99)
        await refusal(proxy, **credential, db="sandbox")
        assert set(proxy.seen) <= {"/xmlrpc/2/common", "/web/webclient/version_info"}


async def test_no_secret_is_sent_to_a_server_that_redirects_in_a_loop(
    proxy: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def move(request: web.Request, _page: bytes) -> web.Response:
        return web.Response(status=301, headers={"Location": f"{proxy.url}/x{len(proxy.seen)}{request.path}"})

    proxy.odd(move, "/web", *(f"/x{number}/" for number in range(30)), times=99)
    monkeypatch.setattr("odoochat.net.login._is_this_machine", lambda _http: False)
    error = await refusal(proxy, password="secret", db="sandbox")
    assert "redirects in a loop" in str(error)
    assert not [path for path in proxy.seen if path.endswith("/authenticate")]


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("[::1]", True), ("127.example.com", False), ("10.0.0.1", False)],
)
async def test_which_hosts_are_this_machine(host: str, expected: bool) -> None:
    http = Http(f"http://{host}:8069")
    assert _is_this_machine(http) == expected
    await http.close()


async def test_a_refused_password_is_called_so(proxy: Front) -> None:
    error = await refusal(proxy, password="wrong")
    assert isinstance(error, BadCredentials)
    assert str(error).endswith("check both")
