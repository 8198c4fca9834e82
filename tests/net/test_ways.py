"""Ways to the server: proxies, certificates, dead connections, second factors, and secrets that stay hidden."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

import pytest
import trustme
from aiohttp import web
from yarl import URL

import odoochat
from odoochat import Blocked, ConfigError, TotpRequired, Unreachable
from odoochat.net.network import Network
from odoochat.net.pages import form_token
from odoochat.sandbox import Sandbox
from tests.net.intermediary import front, page

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def connect(url: str, **more: Any) -> odoochat.connect:
    options: dict[str, Any] = {"login": "ann", "password": "ann", "timeout": 20.0, "live": False}
    return odoochat.connect(url, **(options | more))


async def raised(url: str, **more: Any) -> Exception:
    with pytest.raises(odoochat.OdooChatError) as caught:
        async with connect(url, **more):
            pass
    return caught.value


# ------------------------------------------------------------------- proxies


@asynccontextmanager
async def proxy(port: int, login: str = "") -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that leads every name to a port of this machine; its address, and what it was asked for."""
    seen: list[str] = []
    wanted = f"basic {base64.b64encode(login.encode()).decode()}".lower()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, _, rest = head.decode().partition("\r\n")
            seen.append(line)
            if login and f"proxy-authorization: {wanted}" not in rest.lower():
                writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
                return
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
            method, target, version = line.split()
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                up_writer.write(f"{method} /{target.split('/', 3)[3]} {version}\r\n{rest}".encode())

            async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
                while data := await source.read(65536):
                    sink.write(data)
                sink.close()

            await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer), return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", seen


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_the_environments_proxy_is_used_for_the_link_too(variable, monkeypatch):
    async with Sandbox(19) as box, proxy(box.port) as (address, seen):
        monkeypatch.setenv(variable, f"http://{address}")
        async with connect("http://odoo.intranet.test", live=True) as ann:
            await ann.link.wait_open(20)
            assert ann.via == "websocket"
        assert seen


async def test_a_proxy_that_is_named_may_hold_a_login(monkeypatch):
    async with Sandbox(19) as box, proxy(box.port, "us:p%w") as (address, _):
        async with connect("http://odoo.intranet.test", proxy=f"http://us:p%25w@{address}") as ann:
            assert ann.me.name == "Ann"
        error = await raised("http://odoo.intranet.test", proxy=f"http://{address}")
        assert isinstance(error, Blocked)
        assert "user:password@proxy" in str(error)


async def test_this_machine_is_reached_directly(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with Sandbox(19) as box, connect(box.url) as ann:
        assert ann.me.name == "Ann"


@pytest.mark.parametrize(
    ("no_proxy", "host", "direct"),
    [
        ("intranet.test", "odoo.intranet.test", True),
        (".intranet.test", "odoo.intranet.test", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("*", "odoo.example.com", True),
        ("other.test", "odoo.intranet.test", False),
        ("", "127.0.0.2", True),
        ("", "localhost", True),
        ("", "odoo.example.com", False),
    ],
)
def test_no_proxy(no_proxy, host, direct, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    found = Network().proxy_for(URL(f"https://{host}/"))
    assert found == (None if direct else URL("http://proxy.test:3128"))
    assert Network.of("").proxy_for(URL(f"https://{host}/")) is None


@pytest.mark.parametrize("proxy", ["socks5://x:1", "http://", "http://x:99999", "ftp://x"])
def test_a_proxy_that_is_none_is_refused(proxy):
    with pytest.raises(ConfigError, match="proxy"):
        connect("https://odoo.example.com", proxy=proxy)


async def test_a_proxy_that_is_away_is_named():
    error = await raised("http://odoo.intranet.test", proxy="http://127.0.0.1:9")
    assert isinstance(error, Unreachable)
    assert "proxy 127.0.0.1:9" in str(error)


# --------------------------------------------------------------- certificates


def server_tls(authority: trustme.CA, *, clients: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    if clients:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def test_an_authority_of_ones_own(tmp_path, caplog):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    async with Sandbox(19) as box, front(box.url, tls=server_tls(authority)) as made:
        error = await raised(made.url)
        assert isinstance(error, Unreachable)
        assert "ca_file" in str(error)
        async with connect(made.url, ca_file=tmp_path / "ca.pem", live=True) as ann:
            await ann.link.wait_open(20)
            assert ann.via == "websocket"
        async with connect(made.url, verify=False) as ann:
            assert ann.me.name == "Ann"
        assert "NOT verified" in caplog.text


async def test_a_client_certificate(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    mine = authority.issue_cert("ann@example.com")
    mine.private_key_pem.write_to_path(tmp_path / "key.pem")
    for blob in mine.cert_chain_pems:
        blob.write_to_path(tmp_path / "cert.pem", append=True)
    async with Sandbox(19) as box, front(box.url, tls=server_tls(authority, clients=True)) as made:
        files = {"ca_file": tmp_path / "ca.pem"}
        assert isinstance(await raised(made.url, **files), odoochat.LinkError)
        files |= {"client_cert": tmp_path / "cert.pem", "client_key": tmp_path / "key.pem"}
        async with connect(made.url, **files) as ann:
            assert ann.me.name == "Ann"


def test_files_that_hold_no_certificate_are_named(tmp_path):
    (tmp_path / "no.pem").write_text("hello")
    for more in ({"ca_file": tmp_path / "no.pem"}, {"ca_file": tmp_path / "none.pem"}, {"client_key": "k.pem"},
                 {"client_cert": tmp_path / "no.pem"}):  # fmt: skip
        with pytest.raises(ConfigError, match="ca_file|client_cert"):
            connect("https://odoo.example.com", **more)


async def test_http_spoken_to_https_and_the_reverse():
    async with Sandbox(19) as box, front(box.url, tls=server_tls(trustme.CA())) as made:
        assert "use http://" in str(await raised(box.url.replace("http:", "https:")))
        assert "https" in str(await raised(made.url.replace("https:", "http:")))


# ----------------------------------------------------------- dead connections


@asynccontextmanager
async def dying(port: int) -> AsyncIterator[tuple[str, Callable[[bytes], None], list[str]]]:
    """A server that ends a used connection when a request with certain bytes comes on it, once each time."""
    wanted: list[bytes] = []
    met: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count = 0
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode().split("\r\n")
                length = next((int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length:")), 0)
                body = await reader.readexactly(length)
                count += 1
                if count > 1 and wanted and wanted[0] in head + body:
                    wanted.clear()
                    met.append(lines[0])
                    return
                up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
                up_writer.write(head + body)
                answer = await up_reader.readuntil(b"\r\n\r\n")
                sizes = [x for x in answer.decode().split("\r\n") if x.lower().startswith("content-length:")]
                writer.write(answer + await up_reader.readexactly(int(sizes[0].split(":")[1]) if sizes else 0))
                await writer.drain()
                up_writer.close()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", wanted.append, met


async def test_a_dead_connection_is_replaced_at_once():
    async with Sandbox(19) as box, dying(box.port) as (url, die_at, met), connect(url) as ann:
        general = ann.channel("general")
        message = await general.send("first")

        async def history() -> int:
            return len([m async for m in general.history(limit=5)])

        async def download() -> bytes:
            return await ann.files.read(attached.attachments[0])

        attached = await general.upload(("a.txt", b"abc"), "file")
        for verb, mark in (
            (history, b"search_read"),
            (general.members, b"search_read"),
            (download, b"/web/content/"),
            (lambda: general.react(message, "👍"), b"/mail/message/reaction"),
            (lambda: general.upload(("b.txt", b"abc"), "file"), b"upload_attachment"),
        ):
            await general.members()
            met.clear()
            die_at(mark)
            async with asyncio.timeout(10):
                await verb()
            assert len(met) == 1, mark


async def test_a_message_on_a_dead_connection_is_looked_for_and_posted_once():
    async with Sandbox(19) as box, dying(box.port) as (url, die_at, met), connect(url) as ann:
        general = ann.channel("general")
        await general.members()
        die_at(b"message_post")
        async with asyncio.timeout(15):  # and not half a minute
            message = await general.send("once")
        assert len(met) == 1
        assert [m["body"] for m in box.world.history("general")].count(message.html) == 1


async def test_a_fresh_connection_that_dies_is_not_tried_for_ever():
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count.append(1)
        await reader.read(100)
        writer.close()

    count: list[int] = []
    server = await asyncio.start_server(slam, "127.0.0.1", 0)
    async with server:
        error = await raised(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", db="x")
    assert isinstance(error, Unreachable)
    assert len(count) <= 3


# -------------------------------------------------------------- second factors


async def test_the_code_is_asked_for_after_its_page_was_fetched():
    async with Sandbox(19) as box, front(box.url) as made:
        box.world.state.accounts.enable_totp("ann")

        async def code() -> str:
            assert "GET /web/login/totp" in made.seen  # where codes go by mail, this sends it
            return box.world.state.accounts.totp_code("ann")

        async with connect(made.url, totp=code) as ann:
            assert ann.credential == "password+totp"


async def test_what_the_page_says_is_reported():
    async with Sandbox(19) as box:
        box.world.state.accounts.enable_totp("ann")
        error = await raised(box.url, totp="000000")
        assert isinstance(error, TotpRequired)
        assert "double-check the 6-digit code" in str(error)


async def test_a_trusted_device_is_not_asked_again():
    """The server's part is played here: 19 sets ``td_id`` for who asks to be remembered, and then lets it in."""
    async with Sandbox(19) as box, front(box.url) as made:
        box.world.state.accounts.enable_totp("ann")
        asked: list[int] = []

        def code() -> str:
            asked.append(1)
            return box.world.state.accounts.totp_code("ann")

        def remember(request: web.Request, answer: web.Response) -> None:
            if request.method == "POST" and request.path == "/web/login/totp" and answer.status == 303:
                assert "Firefox" in request.headers["User-Agent"]  # 19 answers 500 without a browser's name (seen)
                answer.headers.add("Set-Cookie", "td_id=trusted; Max-Age=7776000; HttpOnly; Path=/")

        async def trust(request: web.Request) -> web.Response | None:
            if request.method == "GET" and request.path == "/web/login/totp" and "td_id" in request.cookies:
                sid = request.cookies["session_id"]
                fresh = box.world.state.sessions.login(sid)
                answer = web.Response(status=303, headers={"Location": "/odoo"})
                answer.headers.add("Set-Cookie", f"session_id={fresh}; HttpOnly; Path=/")
                return answer
            return None

        made.change, made.instead = remember, trust
        async with connect(made.url, totp=code) as ann:
            assert asked == [1]
            device = ann.server.trusted_device
            assert device == "trusted"
            box.faults.expire_session("ann")
            await ann.channel("general").send("after the session died")
            assert asked == [1]
        async with connect(made.url, totp=code, trusted_device=device) as ann:
            assert ann.credential == "password"
        assert asked == [1]


# -------------------------------------------------------------------- secrets


@pytest.mark.parametrize("name", ["db", "login", "password", "api_key", "session_id", "trusted_device"])
@pytest.mark.parametrize("bad", ["a\r\nb", "a\nb", "a\0b"])
def test_line_breaks_are_refused_at_the_entry(name, bad):
    with pytest.raises(ConfigError, match=name):
        connect("https://odoo.example.com", **{name: bad})


@pytest.mark.parametrize("url", ["https://odoo.example.com/\r\nX: y", "https://odoo\0.example.com", "http://a\nb"])
def test_line_breaks_in_the_address(url):
    with pytest.raises(ConfigError, match="control character"):
        connect(url)


def test_a_cookie_with_a_semicolon_is_refused():
    with pytest.raises(ConfigError, match="session_id"):
        connect("https://odoo.example.com", session_id="abc; Domain=evil.example")


def shown(error: BaseException | None, skip: str) -> str:
    """All that a tool would record: every frame's variables of an error and of all that led to it."""
    found: list[str] = []
    while error is not None:
        found.append(repr(error))
        trace: TracebackType | None = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != skip:
                found += [f"{k}={v!r}" for k, v in trace.tb_frame.f_locals.items()]
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    return "\n".join(found)


@pytest.mark.parametrize("credential", ["password", "api_key", "session_id"])
@pytest.mark.parametrize("trouble", ["page", "fault", "cut", "timeout", "refused", "odd"])
async def test_no_variable_of_a_traceback_holds_a_secret(credential, trouble):
    secret = "correct-horse-battery-staple"
    made_up: dict[str, Any] = {"password": None, credential: secret}

    async def answer(request: web.Request) -> web.StreamResponse:
        if "version" in request.path or b"version" in await request.read():
            return web.json_response({"jsonrpc": "2.0", "result": {"server_version_info": [19, 0]}})
        match trouble:
            case "page":
                return page(200, "hello")
            case "fault":
                data = {"name": "builtins.ValueError", "message": "no"}
                return web.json_response({"jsonrpc": "2.0", "error": {"code": 200, "data": data}})
            case "cut":
                assert request.transport is not None
                request.transport.close()
            case "timeout":
                await asyncio.sleep(30)
            case "odd":
                return web.Response(status=302, headers={"Location": "http://[::1"})
        return page(403, "no")

    async with front("http://127.0.0.1:9") as made:
        made.instead = answer
        error = await raised(made.url, db="x", timeout=1.0, **made_up)
    assert secret not in shown(error, __file__)


async def test_no_variable_of_a_failing_call_holds_a_secret():
    secret = "sandbox-key-ann"
    async with Sandbox(19) as box, front(box.url) as made:
        for rpc in ("jsonrpc", "xmlrpc", "json2"):
            made.instead = lambda request: None
            async with connect(made.url, password=None, api_key=secret, rpc=rpc) as ann:
                made.instead = lambda request: page(200, "hello")
                with pytest.raises(odoochat.OdooChatError) as caught:
                    await ann.execute("res.users", "search_read", domain=[])
                assert secret not in shown(caught.value, __file__)
                with pytest.raises(odoochat.OdooChatError) as caught:
                    await ann.execute("res.users", "search_read", domain=[object()])
                assert secret not in shown(caught.value, __file__)


def test_the_forms_token_is_found_in_linear_time():
    assert form_token('<input type="hidden" name="csrf_token" value="abc"/>') == "abc"
    assert form_token('<input value="abc" name="csrf_token"/>') == "abc"
    assert form_token("var odoo = {csrf_token: 'xyz'}") == "xyz"
    assert form_token('"csrf_token": "xyz"') == "xyz"
    assert form_token('name="csrf_token' * 60_000 + '<input name="csrf_token" value="end">') == "end"
