"""Odd answers to each transport: the link recovers, and later messages arrive."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web

import odoochat
from odoochat import MessagePosted
from odoochat.sandbox import Sandbox
from tests.net.front import ODD_VALUES, Answer, Front, front, mutated
from tests.timings import QUICK, quick_connect

SEED = 20
PATHS = {
    "websocket": ("/websocket",),
    "peek": ("/websocket/peek_notifications",),
    "longpoll": ("/longpolling/poll",),
    "rpc": ("/web/dataset/call_kw", "/jsonrpc", "/xmlrpc", "/json/2"),
}


TIMING = msgspec.structs.replace(QUICK, restart=0.02, verify=(0.0, 0.05), echo=0.5)
"""Nothing that is tried again waits long before."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log nothing: errors are provoked."""
    logging.getLogger("odoochat").setLevel(logging.CRITICAL)
    yield
    logging.getLogger("odoochat").setLevel(logging.NOTSET)


class Trial:
    """A client behind a proxy, and messages to it."""

    def __init__(self, box: Sandbox, proxy: Front, odoo: odoochat.Client) -> None:
        self.box, self.proxy, self.odoo = box, proxy, odoo
        self.received = odoo.events(MessagePosted)
        self._numbers = itertools.count()

    def post(self) -> str:
        text = f"message {next(self._numbers)}"
        self.box.world.post("bob", "general", text)
        return text

    async def arrives(self, after: object) -> None:
        """What is posted now arrives."""
        text = self.post()
        try:
            async with asyncio.timeout(20.0):
                while (await self.received.get()).message.text != text:
                    pass
        except (TimeoutError, odoochat.OdooChatError) as error:
            pytest.fail(f"after {after!r:.300} nothing came any more ({error!r}); the link: {self.odoo.link}")

    async def odd(self, answer: Answer, path: tuple[str, ...], what: object, provoke: Callable[[], Any]) -> None:
        """An odd answer is given, and then a message arrives."""
        self.proxy.odd(answer, *path)
        for _ in range(20):
            provoke()  # the link may just have been opening: then there was nothing to cut
            try:
                async with asyncio.timeout(0.7):
                    while self.proxy.times:
                        await asyncio.sleep(0.005)
            except TimeoutError:
                continue
            break
        else:
            lines, sockets = self.box.connections, len(self.proxy.sockets)
            pytest.fail(
                f"{path} was not asked for; {lines} connections, {sockets} sockets at the proxy, the last requests "
                f"{self.proxy.seen[-8:]}; the link: {self.odoo.link}"
            )
        await self.arrives(what)


@asynccontextmanager
async def trial(version: int, **how: Any) -> AsyncIterator[Trial]:
    async with (
        Sandbox(version) as box,
        front(box.url) as proxy,
        quick_connect(proxy.url, login="alice", password="alice", timing=TIMING, **how) as odoo,
    ):
        await odoo.link.wait_open(20)
        yield Trial(box, proxy, odoo)


def body(page: bytes, status: int = 200, kind: str = "application/json") -> Answer:
    async def answer(request: web.Request, _: bytes) -> web.StreamResponse:
        return web.Response(status=status, body=page, content_type=kind)

    return answer


def result(value: Any) -> Answer:
    return body(json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode())


def redirect(location: str, status: int = 302) -> Answer:
    async def answer(request: web.Request, _: bytes) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": location})

    return answer


async def cut(request: web.Request, _: bytes) -> None:
    """No answer at all."""


LOCATIONS = [
    "http://[::1",
    "http://x:999999/",
    "http://x:-1/",
    "//",
    "",
    "javascript:1",
    "ftp://x/",
    "ws://[",
    "http://é\u2028/",
]
ODD_ERRORS: list[Any] = [
    5,
    "x",
    [],
    {},
    {"code": "x"},
    {"data": 5},
    {"code": 100},
    {"data": {"name": 5, "message": []}},
    {"code": 200, "data": {"name": "odoo.exceptions.AccessDenied", "message": "Access Denied"}},
    {"code": 200, "data": {"name": "odoo.http.SessionExpiredException", "message": "gone"}},
]
PAGES: list[Answer] = [
    cut,
    *(body(page) for page in (b"", b"null", b"5", b"[]", b"{}", b'"x"', b"\xff\xfe", b"{" * 5000, b"[" * 100_000)),
    *(body(b"<html>", status, "text/html") for status in (200, 204, 302, 400, 401, 403, 404, 407, 413, 418, 500, 502, 504)),
    *(redirect(location) for location in LOCATIONS),
    *(
        body(json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode())
        for error in ODD_ERRORS
    ),
]  # fmt: skip
POLLED: list[Any] = [
    *ODD_VALUES,
    *({"channels": odd, "notifications": []} for odd in ODD_VALUES),
    *({"channels": [["sandbox", "res.partner", 3]], "notifications": odd} for odd in ODD_VALUES),
]


async def every(made: Trial, path: tuple[str, ...], answers: list[Answer], provoke: Callable[[], Any]) -> None:
    for number, answer in enumerate(answers):
        await made.odd(answer, path, (number, getattr(answer, "__qualname__", "")), provoke)


def fuzzed(seed: int, rounds: int) -> list[Answer]:
    """The server's own answers with something odd in each."""

    def one(rng: random.Random) -> Answer:
        async def answer(request: web.Request, page: bytes) -> web.StreamResponse:
            try:
                value = mutated(json.loads(page), rng)
            except ValueError:
                return web.Response(body=page[: rng.randrange(len(page) + 1)])
            return web.json_response(value)

        return answer

    return [one(random.Random(f"{seed} {number}")) for number in range(rounds)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("transport", "version"), [("peek", 19), ("longpoll", 14), ("rpc", 19)])
@pytest.mark.parametrize("rounds", [pytest.param(8, id="some"), pytest.param(40, id="all", marks=pytest.mark.heavy)])
async def test_odd_answers_to_a_poll_do_not_silence_the_client(transport: str, version: int, rounds: int) -> None:
    how = {"transport": transport}
    async with trial(version, **how) as made:
        polled = [result(value) for value in POLLED]
        step = 1 if rounds > 10 else 9
        await every(made, PATHS[transport], [*PAGES, *polled][::step], made.post)
        await every(made, PATHS[transport], fuzzed(SEED, rounds), made.post)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("step", [pytest.param(6, id="some"), pytest.param(1, id="all", marks=pytest.mark.heavy)])
@pytest.mark.parametrize("transport", [pytest.param("auto", marks=pytest.mark.heavy), "websocket"])
async def test_odd_answers_to_the_handshake_do_not_silence_the_client(transport: str, step: int) -> None:
    async with trial(19, transport=transport) as made:
        for answer in PAGES[::step]:
            await made.odd(answer, ("/websocket",), answer, made.proxy.cut)


FRAMES: list[Any] = [
    *ODD_VALUES,
    *([odd] for odd in ODD_VALUES),
    *([{"id": odd, "message": {"type": "discuss.channel/new_message", "payload": {}}}] for odd in ODD_VALUES),
    *([{"id": 900_000 + n, "message": odd}] for n, odd in enumerate(ODD_VALUES)),
    *([{"id": 910_000 + n, "message": {"type": odd, "payload": odd}}] for n, odd in enumerate(ODD_VALUES)),
    *(
        [{"id": 920_000 + n, "message": {"type": "mail.record/insert", "payload": odd}}]
        for n, odd in enumerate(ODD_VALUES)
    ),
    *([{"type": kind, "internal": True, "payload": odd}] for odd in ODD_VALUES for kind in ("bus/last_id_reset", "x")),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("step", [pytest.param(12, id="some"), pytest.param(1, id="all", marks=pytest.mark.heavy)])
async def test_odd_frames_do_not_silence_the_client(step: int) -> None:
    async with trial(19) as made:
        for frame in FRAMES[::step]:
            text = json.dumps(frame)
            await send(made, lambda socket, text=text: socket.send_str(text))
            await made.arrives(frame)
        for odd in (b"", b"\x00\xff", b"[]", b"x" * 2**20):
            await send(made, lambda socket, odd=odd: socket.send_bytes(odd))
            await made.arrives(odd)
        for text in (
            "",
            "[",
            "nul",
            "[" * 100_000,
            "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
        ):
            await send(made, lambda socket, text=text: socket.send_str(text))
            await made.arrives(text)
        for code in (1000, 1001, 1007, 1012, 3000, 4000, 4001, 4002, 4999):
            await send(made, lambda socket, code=code: socket.close(code=code, message=b"\xff\xfe"))
            await made.arrives(code)


async def send(made: Trial, do: Callable[[web.WebSocketResponse], Awaitable[Any]]) -> None:
    async with asyncio.timeout(10.0):
        while not made.proxy.sockets:
            await asyncio.sleep(0.005)
    for socket in tuple(made.proxy.sockets):
        await do(socket)


async def without_cookie(request: web.Request, page: bytes) -> web.StreamResponse:
    return web.Response(body=page, content_type="application/json")


@pytest.mark.parametrize(
    "answer",
    [
        body(json.dumps({"error": {"code": 100, "data": {"name": "odoo.http.SessionExpiredException"}}}).encode()),
        without_cookie,
    ],
    ids=["expired", "no cookie"],
)
async def test_one_login_without_a_session_does_not_silence_the_client(answer: Answer) -> None:
    async with trial(19) as made:
        made.proxy.odd(answer, "/web/session/authenticate", times=2)
        made.box.faults.expire_session("alice")
        made.proxy.cut()
        async with asyncio.timeout(20):
            while made.proxy.times:
                await asyncio.sleep(0.005)
        await made.arrives("a login without a session")


@pytest.mark.parametrize(
    "another",
    [
        {"uid": 2, "partner_id": 3, "name": "Administrator", "username": "admin"},
        {"db": "other"},
        {"partner_id": False},
    ],
    ids=["user", "database", "partner"],
)
async def test_the_session_of_another_account_is_not_used(another: dict[str, Any]) -> None:
    async def swapped(request: web.Request, page: bytes) -> web.StreamResponse:
        answer = json.loads(page)
        answer["result"] |= another
        response = web.json_response(answer)
        for cookie in made.proxy.cookies:
            response.headers.add("Set-Cookie", cookie)
        return response

    async with trial(19) as made:
        was = made.odoo.me
        made.proxy.odd(swapped, "/web/session/authenticate")
        made.box.faults.expire_session("alice")
        made.proxy.cut()
        async with asyncio.timeout(20):
            while made.proxy.times:
                await asyncio.sleep(0.005)
        await made.arrives(another)
        assert made.odoo.me == was
        assert made.odoo.server.db == made.box.db


async def test_a_version_without_the_transport_does_not_silence_the_client() -> None:
    """The user asked for peek, and one answer says that the server is a 14, which has none."""

    said: list[str] = []

    async def older(request: web.Request, page: bytes) -> web.StreamResponse:
        if said:
            return web.Response(body=page, content_type="application/json")
        if "peek" in request.path:
            return web.Response(status=502)
        said.append(request.path)
        answer = json.loads(page)
        answer["result"] |= {"server_version": "14.0", "server_version_info": [14, 0, 0, "final", 0, ""]}
        return web.json_response(answer)

    async with trial(19, transport="peek") as made:
        made.proxy.odd(older, "/web/session/get_session_info", *PATHS["peek"], times=1000)
        async with asyncio.timeout(20):
            while not said:
                await asyncio.sleep(0.005)
        await made.arrives("a version without peek")
        assert made.odoo.server.version.major == 19


# ---------------------------------------------------------------------- redirects


async def test_a_handshake_is_redirected_within_the_server_only() -> None:
    elsewhere: list[dict[str, str]] = []

    async def stranger(request: web.Request) -> web.StreamResponse:
        elsewhere.append(dict(request.headers))
        return web.Response(text="x")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", stranger)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    other = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with trial(19, transport="websocket") as made:
            port = made.proxy.url.rpartition(":")[2]
            for location in (
                f"{other}/websocket",
                f"{other.replace('http', 'ws')}/websocket",
                f"{other.replace('http://', 'http://user:secret@')}/websocket",
                f"http://localhost:{port}/websocket",
                f"https://127.0.0.1:{port}/websocket",
            ):
                await made.odd(redirect(location), ("/websocket",), location, made.proxy.cut)
            assert elsewhere == []
            for location in ("/websocket?again=1", f"{made.proxy.url}/websocket", f"ws://127.0.0.1:{port}/websocket"):
                before = made.proxy.seen.count("/websocket")
                await made.odd(redirect(location), ("/websocket",), location, made.proxy.cut)
                assert made.proxy.seen.count("/websocket") == before + 2
    finally:
        await runner.cleanup()


async def test_a_handshake_that_is_redirected_in_a_circle_ends() -> None:
    async with trial(19) as made:
        made.proxy.odd(redirect("/websocket"), "/websocket", times=10**6)
        made.box.faults.drop(1006)
        await made.arrives("a loop")
        assert made.odoo.via == "peek" or made.proxy.seen.count("/websocket") < 100
