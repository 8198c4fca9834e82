"""Network failures: each gives a clear error, or does no harm."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

import odoochat
from odoochat import Blocked, ConfigError, MessagePosted, NotOdoo, ProtocolError, TimedOut, Unreachable
from odoochat.client.timing import Timing
from odoochat.core.link import Policy
from odoochat.net.answer import Redirected
from odoochat.net.http import Http
from odoochat.net.version import follow_move
from odoochat.sandbox import Sandbox
from odoochat.wire.envelopes import jsonrpc, xmlrpc


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def connect(url: str, **more: Any) -> odoochat.connect:
    options: dict[str, Any] = {"login": "alice", "password": "alice", "timeout": 5.0}
    return odoochat.connect(url, **(options | more))


async def raised(url: str, **more: Any) -> Exception:
    with pytest.raises(odoochat.OdooChatError) as caught:
        async with connect(url, **more):
            pass
    return caught.value


async def test_no_server_listens(closed_port):
    error = await raised(f"http://127.0.0.1:{closed_port}")
    assert isinstance(error, Unreachable)
    assert not error.sent


async def test_a_host_that_is_not_there():
    error = await raised("http://no-such-host.invalid")
    assert isinstance(error, Unreachable)
    assert "no-such-host.invalid" in str(error)


async def test_a_host_that_does_not_answer():
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        error = await raised(f"http://127.0.0.1:{mute.getsockname()[1]}", timeout=0.3)
    assert isinstance(error, TimedOut)


@pytest.mark.parametrize("status", [502, 503, 504])
@pytest.mark.parametrize("times", [1, 2, 1000])
@pytest.mark.parametrize("db", [None, "sandbox"])
async def test_a_gateway_without_odoo_behind_it_is_unavailable(status, times, db):
    async with Sandbox(19) as box:
        box.faults.fail(times, status)
        error = await raised(box.url, db=db)
    assert isinstance(error, Blocked)
    assert (error.status, error.cause) == (status, "unavailable")
    assert f"is unavailable (HTTP {status})" in str(error)


@pytest.mark.parametrize("status", [200, 404, 500])
async def test_some_web_page_is_no_odoo(status):
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<html><title>Welcome</title>", content_type="text/html", status=status)

    async with serving(page) as url:
        error = await raised(url)
    assert isinstance(error, NotOdoo)
    assert "not like Odoo" in str(error)
    assert "Welcome" in str(error)


async def test_something_that_is_no_http():
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        error = await raised(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert isinstance(error, ProtocolError | Unreachable)


async def test_https_where_http_is_spoken():
    async with Sandbox(19) as box:
        error = await raised(box.url.replace("http:", "https:"))
    assert isinstance(error, Unreachable)
    assert "secure connection" in str(error)


async def test_a_redirect_to_another_path_of_the_server_is_followed():
    async with Sandbox(19) as box:

        async def passed_on(request: web.Request) -> web.Response:
            if not request.path.startswith("/erp/"):
                raise web.HTTPTemporaryRedirect("/erp" + request.path_qs)
            headers = {k: v for k, v in request.headers.items() if k in ("Content-Type", "Cookie")}
            where = box.url + request.path_qs.removeprefix("/erp")
            async with (
                aiohttp.ClientSession() as session,
                session.request(request.method, where, headers=headers, data=await request.read()) as back,
            ):
                out = web.Response(status=back.status, body=await back.read(), content_type=back.content_type)
                out.headers.extend(("Set-Cookie", cookie) for cookie in back.headers.getall("Set-Cookie", ()))
                return out

        async with serving(passed_on) as url, connect(url, live=False) as odoo:
            assert odoo.server.url == f"{url}/erp"
            assert odoo.me.name == "Alice"


LOGINS: list[dict[str, Any]] = [
    {}, {"api_key": "sandbox-key", "password": None}, {"session_id": "a-cookie", "login": None, "password": None},
]  # fmt: skip


@pytest.mark.parametrize("login", LOGINS, ids=["password", "key", "cookie"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_another_port_or_host_gets_no_request(status: int, host: str, login: dict[str, Any]) -> None:
    seen: list[str] = []

    async def other(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.Response()

    async with serving(other) as there:
        target = there.replace("127.0.0.1", host)

        async def moved(request: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": f"{target}/erp{request.path_qs}"})

        async with serving(moved) as url:
            error = await raised(url, **login)
    assert isinstance(error, ProtocolError)
    assert f"redirects to another server, {target}/erp," in str(error)
    assert seen == []


MOVES = [
    ("http://odoo.example.com", "https://odoo.example.com/xmlrpc/2/common", "https://odoo.example.com"),
    ("http://odoo.example.com:80", "https://odoo.example.com:443/web/login", "https://odoo.example.com"),
    ("http://odoo.example.com", "https://odoo.example.com/erp/jsonrpc", "https://odoo.example.com/erp"),
    ("https://odoo.example.com:8443", "https://odoo.example.com:8443/erp/jsonrpc", "https://odoo.example.com:8443/erp"),
    ("http://odoo.example.com:8069", "https://odoo.example.com/", None),
    ("http://odoo.example.com", "https://odoo.example.com:8443/", None),
    ("http://odoo.example.com", "http://odoo.example.com:8069/", None),
    ("https://odoo.example.com", "https://odoo.example.com:8443/", None),
    ("https://odoo.example.com", "http://odoo.example.com/", None),
    ("http://odoo.example.com", "https://www.odoo.example.com/", None),
    ("http://odoo.example.com", "https://odoo.example.com.evil.example/", None),
    ("http://odoo.example.com", "ftp://odoo.example.com/", None),
]


@pytest.mark.parametrize(("base", "location", "after"), MOVES)
async def test_which_moves_are_followed(base: str, location: str, after: str | None) -> None:
    http = Http(base)
    try:
        if after is None:
            with pytest.raises(ProtocolError, match=r"redirects to (another server, |unencrypted http)"):
                follow_move(http, Redirected(URL(location), 301))
            assert str(http.base).rstrip("/") == str(URL(base)).rstrip("/")
        else:
            follow_move(http, Redirected(URL(location), 301))
            assert str(http.base) == after
    finally:
        await http.close()


async def test_an_address_in_a_redirect_is_shown_without_its_password() -> None:
    async def moved(request: web.Request) -> web.Response:
        raise web.HTTPFound("http://eve:trap@elsewhere.invalid/")

    async with serving(moved) as url:
        error = await raised(url)
    assert "http://elsewhere.invalid" in str(error)
    assert "trap" not in str(error)


async def test_redirects_in_a_circle_end():
    async def around(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/again{request.path}")

    async with serving(around) as url:
        assert isinstance(await raised(url), ProtocolError)


@pytest.mark.parametrize("status", [400, 403, 404, 500, 502, 503])
async def test_a_proxy_that_lets_no_websocket_through(status):
    async with Sandbox(19) as box:
        box.faults.refuse_websocket(status)
        async with connect(box.url, timing=Timing(link=Policy(base=0.01, cap=0.02))) as odoo:
            arrived = odoo.events(MessagePosted)
            await odoo.link.wait_open(10)
            assert odoo.via == "peek"
            message = await odoo.channel("general").send("by polling")
            assert (await arrived.get(10)).message == message


async def test_several_databases_are_listed():
    async with Sandbox(19, databases=["other"]) as box:
        error = await raised(box.url)
        assert isinstance(error, ConfigError)
        assert "other" in str(error)
        assert "sandbox" in str(error)
        async with connect(box.url, db="sandbox", live=False) as odoo:
            assert odoo.server.db == "sandbox"


async def test_cookies_go_to_their_own_host_only():
    seen: list[str] = []

    async def curious(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie", ""))
        return web.Response(text="x")

    async with Sandbox(19) as box, connect(box.url, live=False) as odoo, serving(curious) as url:
        http = odoo._connection.session.http
        assert http.session_id
        from yarl import URL

        own = http.base
        http.rebase(URL(url.replace("127.0.0.1", "localhost")))
        await http.get("/")
        http.rebase(own)
    assert seen == [""]


@pytest.mark.parametrize(
    "answer",
    [
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><methodResponse>&a;</methodResponse>",
        b"<methodResponse><params></params></methodResponse>",
        b"\x00\xff",
        b"{}",
        b"",
    ],
)
async def test_an_answer_that_is_no_xml_rpc(answer):
    async def odd(request: web.Request) -> web.Response:
        return web.Response(body=answer, content_type="text/xml")

    async with serving(odd) as url:
        assert isinstance(await raised(url), ProtocolError)


async def test_an_answer_without_an_end_is_cut_off(monkeypatch):
    for module in (xmlrpc, jsonrpc):
        monkeypatch.setattr(module, "MAX_BYTES", 2**20)
    monkeypatch.setattr("odoochat.net.http.MAX_BYTES", 2**20)

    async def flood(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"<value>" * 10_000)

    async with serving(flood) as url:
        error = await raised(url)
    assert isinstance(error, ProtocolError)
    assert "larger than" in str(error) or "not like Odoo" in str(error)


@pytest.mark.parametrize(
    "unasked", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"]
)
async def test_unrequested_answers_are_not_kept(unasked):
    sent = 0
    idle, cut = asyncio.Event(), asyncio.Event()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await idle.wait()
            while sent < 2**25:
                writer.write(unasked * 1_000)
                await writer.drain()
                sent += len(unasked) * 1_000
        except OSError:
            cut.set()
        finally:
            writer.close()

    async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
        http = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout=20)
        try:
            assert (await http.get("/")).body == b"ok"
            idle.set()
            async with asyncio.timeout(20):
                await cut.wait()
        finally:
            await http.close()
    assert sent < 2**25


async def test_no_secret_shows_anywhere(caplog):
    caplog.set_level(logging.DEBUG)
    secret = "correct horse battery staple"
    async with Sandbox(19) as box:
        box.faults.change_password("alice", secret)
        async with connect(box.url, password=secret) as odoo:
            await odoo.link.wait_open(10)
            cookie = odoo._connection.session.http.session_id
            assert cookie
            await odoo.channel("general").send("x")
            shown = [
                repr(odoo),
                repr(odoo._connection.session._credentials),
                repr(odoo._connection.session.identity),
                repr(odoo._connection.session.http),
            ]
            box.faults.expire_session("alice")
            box.faults.drop(4001)
            await odoo.channel("general").send("y")
        wrong = await raised(box.url, password=secret + "!")
    key = await raised("http://127.0.0.1:9", api_key=secret, password=None)
    received = "\n".join([*shown, caplog.text, str(wrong), repr(wrong), str(key), repr(key)])
    assert secret not in received
    assert cookie not in received
