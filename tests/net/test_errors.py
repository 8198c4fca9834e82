"""Foreign errors become ours at one border."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import inspect
import socket
import ssl

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from odoochat import errors
from odoochat.net.answer import Answer, Redirected
from odoochat.net.failures import refusal
from odoochat.net.http import Http, translate
from odoochat.net.version import follow_move, not_odoo


def foreign() -> list[type[BaseException]]:
    """All error classes that aiohttp's client shows to the world."""
    return [
        c
        for _, c in inspect.getmembers(aiohttp, inspect.isclass)
        if issubclass(c, Exception) and c.__module__.startswith("aiohttp.client")
    ]


@pytest.mark.parametrize("kind", foreign(), ids=lambda k: k.__name__)
def test_every_error_of_the_http_library_has_a_place(kind, monkeypatch):
    error = kind.__new__(kind)
    error.args = ("text",)
    for name, value in {"status": 502, "message": "", "headers": None, "request_info": None, "_os_error": OSError(1, "x"),
                        "_conn_key": None, "_certificate_error": ssl.SSLError("x")}.items():  # fmt: skip
        with contextlib.suppress(AttributeError):
            setattr(error, name, value)
    try:
        str(error)
    except Exception:
        monkeypatch.setattr(kind, "__str__", lambda self: "text")
    ours = translate(error, "https://x")
    assert isinstance(ours, errors.OdooChatError)
    assert type(ours) is not errors.LinkError, f"{kind.__name__} is not mapped"


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (TimeoutError(), errors.TimedOut),
        (ConnectionResetError("x"), errors.Unreachable),
        (ssl.SSLError("x"), errors.Unreachable),
        (EOFError(), errors.Unreachable),
        (aiohttp.ServerDisconnectedError(), errors.Unreachable),
    ],
)
def test_errors_of_the_system(error, ours):
    assert type(translate(error, "http://x")) is ours


def test_our_own_pass_through():
    error = errors.ConfigError("x")
    assert translate(error, "x") is error


def test_whether_something_was_sent_is_known():
    reset = translate(ConnectionResetError(), "x")
    assert isinstance(reset, errors.Unreachable)
    assert reset.sent


class Certificate(aiohttp.ClientConnectorCertificateError):
    """A certificate that is refused for a reason."""

    def __init__(self, reason: str) -> None:
        self._certificate_error = ssl.SSLError(reason)

    def __str__(self) -> str:
        return "refused"


class Connector(aiohttp.ClientConnectorError):
    """A connection that the system refuses."""

    def __init__(self, error: OSError) -> None:
        self._os_error = error

    def __str__(self) -> str:
        return "refused"


class Proxy(Connector, aiohttp.ClientProxyConnectionError):
    """A proxy that is away."""


@pytest.mark.parametrize(
    ("error", "what", "cause"),
    [
        (Certificate("certificate verify failed: self-signed certificate"), "https://x", "authority"),
        (Certificate("certificate verify failed: unable to get local issuer certificate"), "https://x", "authority"),
        (Certificate("certificate has expired"), "https://x", "tls"),
        (ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number"), "https://x", "plain http"),
        (ssl.SSLError("tlsv13 alert certificate required"), "https://x", "client certificate"),
        (ssl.SSLError("sslv3 alert handshake failure"), "https://x", "client certificate"),
        (aiohttp.ServerDisconnectedError(), "http://x", "connection"),
        (aiohttp.ServerDisconnectedError(), "https://x", "connection"),
        (Connector(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "http://x", "connection"),
        (Connector(ConnectionResetError(errno.ECONNRESET, "reset")), "https://x", "plain http"),
        (Connector(OSError(errno.EMFILE, "too many open files")), "http://x", "file limit"),
        (Proxy(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "http://x", "proxy"),
        (ConnectionResetError(), "http://x", "connection"),
    ],
)
def test_the_cause_of_what_cannot_be_reached(error, what, cause):
    ours = translate(error, what)
    assert isinstance(ours, errors.Unreachable)
    assert ours.cause == cause


@pytest.mark.parametrize(
    ("url", "host", "cause"),
    [
        ("http://127.0.0.1:8069", "no-such-proxy", "proxy"),
        ("http://odoo.example.com", "no-such-proxy", "proxy"),
        ("http://odoo.example.com", "odoo.example.com", "connection"),
        ("http://odoo.example.com:8069", "odoo.example.com", "connection"),
    ],
)
def test_a_name_that_is_not_found_is_the_proxys_or_the_servers(url, host, cause):
    key = ConnectionKey(host, 3128, False, True, None, None, None)
    error = aiohttp.ClientConnectorDNSError(key, socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    ours = translate(error, url)
    assert isinstance(ours, errors.Unreachable)
    assert ours.cause == cause
    assert ("proxy no-such-proxy:3128: Name or service not known" in str(ours)) == (cause == "proxy")


async def test_a_server_that_has_answered_over_http_does_not_want_https():
    said = b""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        http = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        try:
            with pytest.raises(errors.Unreachable) as before:
                await http.get("/")
            said = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
            await http.get("/")
            said = b""
            with pytest.raises(errors.Unreachable) as after:
                await http.get("/")
        finally:
            await http.close()
    assert (before.value.cause, after.value.cause) == ("maybe https", "connection")


@pytest.mark.parametrize(
    ("status", "headers", "cause"),
    [(401, {}, "refused"), (403, {}, "refused"), (407, {}, "proxy login"), (503, {"Retry-After": "9"}, "unavailable")],
)
def test_the_cause_of_what_is_refused(status, headers, cause):
    ours = refusal("https://x", status, b"<p>the proxy is in maintenance; plain HTTP, ca_file</p>", headers)
    assert isinstance(ours, errors.Blocked)
    assert ours.cause == cause


@pytest.mark.parametrize(
    ("page", "cause"),
    [
        (b"<h1>It works!</h1>", "other"),
        (b"<h1>400 The plain HTTP request was sent to HTTPS port</h1>", "https"),
        (b"<h1>Down for maintenance</h1>", "unavailable"),
        (b'<form><input type="password"></form>', "refused"),
    ],
)
async def test_the_cause_of_what_is_not_odoo(page, cause):
    http = Http("http://x.example.com")
    try:
        answer = Answer(200, "text/html", page)
        ours = not_odoo(http, errors.ProtocolError("no"), answer)
        assert isinstance(ours, errors.NotOdoo | errors.Blocked)
        assert ours.cause == cause
    finally:
        await http.close()


@pytest.mark.parametrize(
    ("asked", "target", "cause"),
    [
        ("http://x.example.com", "https://elsewhere.example.com/web", "elsewhere"),
        ("https://x.example.com", "http://x.example.com/web", "unencrypted"),
    ],
)
async def test_the_cause_of_a_redirect_that_is_not_followed(asked, target, cause):
    http = Http(asked)
    try:
        with pytest.raises(errors.NotOdoo) as raised:
            follow_move(http, Redirected(URL(target), 302))
        assert raised.value.cause == cause
    finally:
        await http.close()
