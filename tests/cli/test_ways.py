"""Proxies, certificates and servers in front of Odoo, by options, variables, profiles, and in the doctor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp import web

import odoochat
from odoochat.sandbox import Sandbox

from .conftest import Ran, be, serving
from .test_exits import page, said

Run = Callable[..., Awaitable[Ran]]


class Proxy(NamedTuple):
    """A forward proxy of HTTP, and the hosts that it was asked for."""

    url: str
    asked: list[str]


@asynccontextmanager
async def forwarding() -> AsyncIterator[Proxy]:
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, _, headers = head.partition("\r\n")
            method, target, version = line.split(" ")
            where = urlsplit(target)
            asked.append(where.netloc)
            path = where.path + (f"?{where.query}" if where.query else "")
            kept = [h for h in headers.split("\r\n") if h and not h.lower().startswith(("connection:", "proxy-"))]
            upgrade = "upgrade:" in headers.lower()
            kept.append("Connection: Upgrade" if upgrade else "Connection: close")
            there, out = await asyncio.open_connection(where.hostname, where.port)
            out.write("\r\n".join([f"{method} {path} {version}", *kept, "", ""]).encode("latin-1"))

            async def pipe(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
                with suppress(OSError):
                    while data := await source.read(65536):
                        to.write(data)
                        await to.drain()

            back = asyncio.create_task(pipe(there, writer))
            forth = asyncio.create_task(pipe(reader, out))
            await back
            forth.cancel()
            out.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield Proxy(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked)


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    async with forwarding() as running:
        yield running


@pytest.mark.parametrize("source", ["option", "before the command", "variable", "profile"])
async def test_a_proxy(run: Run, alice: Sandbox, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    words: tuple[object, ...] = ()
    if source == "option":
        words = ("channels", "--proxy", proxy.url)
    elif source == "before the command":
        words = ("--proxy", proxy.url, "channels")
    elif source == "variable":
        monkeypatch.setenv("ODOOCHAT_PROXY", proxy.url)
        words = ("channels",)
    else:
        assert (await run("login", "work", "--proxy", proxy.url)).code == 0
        monkeypatch.delenv("ODOOCHAT_URL")
        proxy.asked.clear()
        words = ("channels", "--profile", "work")
    ran = await run(*words)
    assert ran.code == 0, ran
    assert "general" in ran.out
    assert set(proxy.asked) == {f"127.0.0.1:{alice.port}"}


async def test_the_doctor_names_the_proxy(run: Run, alice: Sandbox, proxy: Proxy) -> None:
    ran = await run("doctor", "--json", "--proxy", proxy.url)
    assert ran.code == 0, ran
    assert ran.check("proxy")["found"] == f"{proxy.url}/ is used (option)" or proxy.url in ran.check("proxy")["found"]
    assert ran.check("subscription")["result"] == "ok"


async def test_a_proxy_that_is_not_there(run: Run, alice: Sandbox, closed_port: int) -> None:
    gone = f"http://127.0.0.1:{closed_port}"
    said(await run("channels", "--proxy", gone), 3, "proxy")
    ran = await run("doctor", "--json", "--proxy", gone)
    assert ran.code == 3
    assert "NO_PROXY" in next(o for o in ran.objects if o["result"] == "fail")["mend"]


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("--proxy", "socks5://x:1"), "socks5"),
        (("--proxy", "http://me:pw-secret@proxy:1"), "process list"),
        (("--ca-file", "/nowhere/ca.pem"), "--ca-file '/nowhere/ca.pem'"),
        (("--client-key", "/nowhere/key.pem"), "--client-cert"),
    ],
)
async def test_what_cannot_be_right(run: Run, alice: Sandbox, words: tuple[str, ...], printed: str) -> None:
    for command in ("channels", "doctor"):
        ran = await run(command, *words)
        said(ran, 2, printed)
        assert "pw-secret" not in ran.err


async def test_a_certificate_without_a_trusted_issuer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(page, tls=True) as url:
        be(monkeypatch, url, "alice")
        ran = await run("doctor", "--json")
        assert ran.code == 3
        assert "--ca-file" in next(o for o in ran.objects if o["result"] == "fail")["mend"]
        ran = await run("doctor", "--json", "--insecure")
        assert "not verified" in ran.check("certificate")["found"]
        assert ran.err == ""
        assert "not like Odoo" in next(o for o in ran.objects if o["result"] == "fail")["found"]
        monkeypatch.setenv("ODOOCHAT_VERIFY", "false")
        assert (
            "not verified (environment ODOOCHAT_VERIFY)"
            in (await run("doctor", "--json")).check("certificate")["found"]
        )
        monkeypatch.setenv("ODOOCHAT_VERIFY", "maybe")
        said(await run("channels"), 2, "ODOOCHAT_VERIFY", "true or false")


async def test_an_unverified_certificate_is_warned_about_once(run: Run, alice: Sandbox, caplog) -> None:
    for words in (["channels"], ["send", "general", "hi"], ["history", "general"], ["search", "hi"]):
        ran = await run(*words, "--insecure")
        assert ran.err.count("not verified") == 1, (words, ran.err)
    ran = await run("doctor", "--insecure", "--post", "general")
    assert (ran.code, ran.out.count("not verified"), ran.err) == (0, 1, "")
    assert "NOT verified" not in caplog.text
    async with odoochat.connect(alice.url, login="alice", password="alice", verify=False):
        assert caplog.text.count("NOT verified") == 1


async def test_https_spoken_to_an_http_port_and_the_reverse(
    run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = await run("doctor", "--json", "--url", alice.url.replace("http:", "https:"))
    assert ran.code == 3
    assert "http://" in ran.objects[-1]["mend"]
    async with serving(page, tls=True) as url:
        ran = await run("doctor", "--json", "--url", url.replace("https:", "http:"))
        assert ran.code == 3
        assert "https" in f"{ran.objects[-1]['found']} {ran.objects[-1]['mend']}"


@pytest.mark.parametrize("path", ["/my", "/mail/message/5", "/discuss/channel/1", "/web#action=1"])
async def test_an_address_out_of_a_browser(run: Run, alice: Sandbox, path: str) -> None:
    ran = await run("doctor", "--json", "--url", alice.url + path)
    assert ran.code == 0, ran
    note = ran.objects[0]
    assert (note["check"], note["result"]) == ("address", "note")
    assert alice.url in note["mend"]


@pytest.mark.parametrize(
    ("status", "text", "headers", "words"),
    [
        (429, "slow down", {"Retry-After": "3600"}, "higher limit"),
        (503, "<h1>Maintenance</h1>We are back at noon", {}, "maintenance"),
        (403, "<h1>Forbidden</h1>", {}, "reaches Odoo directly"),
        (407, "", {}, "ODOOCHAT_PROXY"),
        (302, "", {"Location": "https://login.microsoftonline.com/x"}, "reaches Odoo directly"),
    ],
)
async def test_a_server_in_front_of_odoo_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, status: int, text: str, headers: dict[str, str], words: str
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)

    async with serving(answer) as url:
        be(monkeypatch, url, "alice")
        ran = await run("doctor", "--json")
        assert ran.code == 3, ran
        assert words in ran.objects[-1]["mend"], ran.objects[-1]


async def test_a_cookie_that_does_not_arrive(run: Run, alice: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def without_cookies(request: web.Request) -> web.Response:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
        data = await request.read()
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(request.method, alice.url + request.path_qs, data=data, headers=headers) as got,
        ):
            return web.Response(status=got.status, body=await got.read(), content_type=got.content_type)

    async with serving(without_cookies) as url:
        ran = await run("doctor", "--json", "--url", url)
        assert ran.code == 4, ran
        assert "Set-Cookie" in ran.check("session")["mend"]
        assert "cookie" in ran.check("session")["found"]
