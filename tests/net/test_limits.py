"""Refusals before Odoo is reached, rate limits, and how many requests a connection takes."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from aiohttp import web

import odoochat
from odoochat import Blocked, ConfigError, RateLimited, Rejected, SessionNotKept, Unreachable
from odoochat.client.timing import Timing
from odoochat.core.retry import outcome
from odoochat.net.failures import retry_after
from odoochat.net.http import Http
from odoochat.sandbox import Sandbox
from tests.client.test_company import employ
from tests.net.intermediary import Front, front, page


def connect(url: str, **more: Any) -> odoochat.connect:
    options: dict[str, Any] = {"login": "ann", "password": "ann", "timeout": 20.0}
    return odoochat.connect(url, **(options | more))


async def raised(url: str, **more: Any) -> Exception:
    with pytest.raises(odoochat.OdooChatError) as caught:
        async with connect(url, **more):
            pass
    return caught.value


def refuse(made: Front, answer: Any, *, times: int = 10**6) -> list[int]:
    """Posts are refused so many times; the list grows with each."""
    met: list[int] = []

    async def instead(request: web.Request) -> web.Response | None:
        if b"message_post" in await request.read() and len(met) < times:
            met.append(1)
            refused: web.Response = answer()
            return refused
        return None

    made.instead = instead
    return met


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    "answer",
    [
        lambda: page(401, "Authorization Required"),
        lambda: page(403, "Forbidden by the firewall"),
        lambda: page(407, "Proxy Authentication Required"),
        lambda: page(429, "Too Many Requests"),
        lambda: page(503, "Maintenance", Retry_After="1"),
        lambda: web.Response(status=302, headers={"Location": "https://login.example.com/"}),
    ],
    ids=["401", "403", "407", "429", "503", "302"],
)
async def test_a_refused_message_is_posted_as_soon_as_it_is_let_through(answer):
    async with Sandbox(19) as box, front(box.url) as made, connect(made.url, live=False, patience=60) as ann:
        met = refuse(made, answer, times=2)
        message = await ann.channel("general").send("once")
        assert len(met) == 2
        assert [m["body"] for m in box.world.history("general")].count(message.html) == 1


async def test_a_firewall_is_named_with_its_own_words_long_before_the_patience_ends():
    async with Sandbox(19) as box, front(box.url) as made, connect(made.url, live=False, patience=86_400) as ann:
        met = refuse(made, lambda: page(403, "Blocked by rule 942100"))
        async with asyncio.timeout(120):  # far less than the patience
            with pytest.raises(Blocked, match="Blocked by rule 942100") as caught:
                await ann.channel("general").send("1 OR 1=1")
        assert len(met) < 20
        assert caught.value.status == 403
        assert not any("OR 1" in m["body"] for m in box.world.history("general"))


async def test_a_request_that_is_too_large_is_refused_at_once():
    async with Sandbox(19) as box, front(box.url) as made, connect(made.url, live=False, patience=60) as ann:
        refuse(made, lambda: page(413, "Request Entity Too Large"))
        with pytest.raises(Rejected, match="larger than the server accepts"):
            await ann.channel("general").send("x")


async def test_odoos_own_403_is_odoos():
    async with Sandbox(19) as box, front(box.url) as made:
        made.instead = lambda request: (
            web.json_response({"name": "odoo.exceptions.AccessError", "message": "no right", "debug": ""}, status=403)
            if request.path.startswith("/json/2/") and "message_post" in request.path
            else None
        )
        async with connect(made.url, password=None, api_key="sandbox-key-ann", live=False) as ann:
            with pytest.raises(odoochat.AccessDenied, match="no right"):
                await ann.channel("general").send("x")


@pytest.mark.parametrize("status", [502, 504])
async def test_a_gateway_that_gives_up_leaves_it_unclear(status):
    timing = Timing(looks=(0.0, 0.05))
    async with (
        Sandbox(19) as box,
        front(box.url) as made,
        connect(made.url, live=False, patience=30, timing=timing) as ann,
    ):

        async def committed(request: web.Request) -> web.Response | None:
            if b"message_post" in (body := await request.read()):
                made.instead = lambda request: None
                async with odoochat.connect(box.url, login="ann", password="ann", live=False) as other:
                    await other._connection.session.http.post("/web/dataset/call_kw", body, "application/json")
                return page(status, "Bad Gateway")
            return None

        made.instead = committed
        message = await ann.channel("general").send("once")
        assert [m["body"] for m in box.world.history("general")].count(message.html) == 1


# --------------------------------------------------------------- rate limits


def limit(made: Front, times: int, wait: Callable[[], str]) -> list[float]:
    """So many requests are refused, with a ``Retry-After``; gives the times of all requests, in seconds."""

    def instead(request: web.Request) -> web.Response | None:
        return page(429, "429 Too Many Requests", Retry_After=wait()) if len(made.times) <= times else None

    made.instead = instead
    made.times.clear()
    return made.times


@pytest.mark.parametrize("live", [True, False])
async def test_a_limit_at_connect_is_waited_for(live):
    async with Sandbox(19) as box, front(box.url) as made:
        times = limit(made, 1, lambda: "1")
        async with connect(made.url, live=live) as ann:
            assert ann.me.name == "Ann"
        assert times[1] - times[0] > 0.95
        assert len([s for s in made.seen if "database/list" in s]) == 2


async def test_a_limit_as_a_date_is_obeyed():
    async with Sandbox(19) as box, front(box.url) as made:
        # A date has whole seconds: the client waits between one and two of them.
        times = limit(made, 1, lambda: formatdate(time.time() + 2, usegmt=True))
        async with connect(made.url, live=False):
            pass
        assert times[1] - times[0] > 0.95
        assert len([s for s in made.seen if "database/list" in s]) == 2


async def test_a_limit_beyond_the_patience_is_reported_at_once():
    async with Sandbox(19) as box, front(box.url) as made:
        limit(made, 10**6, lambda: "3600")
        async with asyncio.timeout(120):
            error = await raised(made.url)
        assert isinstance(error, RateLimited)
        assert "too many requests" in str(error)
        assert error.retry_after == pytest.approx(3600, abs=5)
        limit(made, 10**6, lambda: "5")
        error = await raised(made.url, patience=0)
        assert isinstance(error, RateLimited)


async def test_what_waits_for_a_limit_in_vain_names_the_same_cause():
    async with Sandbox(19) as box, front(box.url) as made:
        made.instead = lambda _: page(503, "Maintenance", Retry_After="3600")
        http = Http(made.url, patience=0)
        try:
            errors = []
            for _ in range(2):
                with pytest.raises(Blocked) as caught:
                    await http.get("/web/database/list")
                errors.append(caught.value)
        finally:
            await http.close()
        assert len(made.seen) == 1, "the second request was not sent"
        assert [error.cause for error in errors] == ["unavailable", "unavailable"]
        assert [error.status for error in errors] == [503, 503]
        assert errors[0].retry_after == 3600
        assert 0 < (errors[1].retry_after or 0) <= 60
        assert errors[0].__traceback__ is not errors[1].__traceback__


@pytest.mark.parametrize("wait", ["0", "-1", "0.001"])
async def test_a_server_that_refuses_without_a_wait_is_not_asked_at_once_again_and_again(wait):
    async with Sandbox(19) as box, front(box.url) as made:
        limit(made, 10**6, lambda: wait)
        http = Http(made.url, patience=2)
        try:
            with pytest.raises(RateLimited):
                await http.get("/web/database/list")
        finally:
            await http.close()
        assert 2 <= len(made.seen) <= 4  # after 0.05, 0.5 and 1 seconds


async def test_two_requests_a_second_are_enough_to_get_in():
    async with Sandbox(19) as box, front(box.url) as made:
        passed: list[float] = []

        def two_a_second(request: web.Request) -> web.Response | None:
            now = asyncio.get_running_loop().time()
            if len([t for t in passed if now - t < 1.0]) >= 2:
                return page(429, "Too Many Requests", Retry_After="1")
            passed.append(now)
            return None

        made.instead = two_a_second
        async with connect(made.url) as ann:
            await ann.link.wait_open(20)
            assert ann.me.name == "Ann"


def test_retry_after_in_all_its_forms():
    assert retry_after({"Retry-After": "4"}) == 4
    assert retry_after({"Retry-After": "0.5"}) == 0.5
    assert retry_after({"Retry-After": "-3"}) == 0
    date = formatdate(1_000_000_060, usegmt=True)
    assert retry_after({"Retry-After": date, "Date": formatdate(1_000_000_000, usegmt=True)}) == 60
    for odd in ("", "soon", "nan", "inf", "Fri, 99 Foo 2026"):
        assert retry_after({"Retry-After": odd}) is None
    assert retry_after({"Retry-After": "9" * 400}) is None
    assert retry_after({"Retry-After": "99999999"}) == 86400


def test_what_was_refused_was_not_done():
    for error in (Blocked("x", status=403), RateLimited("x", status=429), Unreachable("x")):
        assert outcome(error) == "not done"
    assert outcome(Unreachable("x", sent=True)) == "unclear"


# ---------------------------------------------------------------- connecting


@pytest.mark.parametrize("live", [True, False], ids=["live", "not-live"])
@pytest.mark.parametrize("by", ["password", "key", "cookie"])
@pytest.mark.parametrize("version", [14, 15, 16, 17, 18, 19, 20])
async def test_connecting_asks_eight_requests_at_most(version, by, live):
    async with Sandbox(version) as box, front(box.url) as made:
        world = box.world
        for person, company in (("ann", "Initech"), ("bob", "Acme, Ltd")):
            employ(box, person, company)
        chats = [world.chat("ann", "bob"), world.chat("dave", "ann")]
        ann_bob = [world.partner("ann"), world.partner("bob")]
        group = world.channels.create(world.uid("carol"), "", "group", partners=ann_bob)
        world.channels.create(world.uid("carol"), "", "group", partners=[world.partner("dave")])  # ann is not in it
        login: dict[str, Any] = {"password": "ann"}
        if by == "key":
            login = {"password": None, "api_key": "sandbox-key-ann"}
        elif by == "cookie":
            async with connect(box.url, live=False) as first:
                login = {"login": None, "password": None, "session_id": first._connection.session.http.session_id}
        async with connect(made.url, db=box.db, live=live, **login) as ann:
            entered = len(made.seen)
            if live:
                await ann.link.wait_open(20)
            shown = {channel.id: channel for channel in ann.channels()}
            assert [shown[chat].name for chat in chats] == ["Bob", "Dave"]
            assert (shown[group].name, len(shown[group].info.partners)) == ("Carol, Bob", 3)
            assert shown[world.channel("general")].info.partners == ()
            assert entered <= 8, made.seen
            assert len(made.seen) <= 8, made.seen
            assert live or not any("websocket" in s or "polling" in s for s in made.seen)


@pytest.mark.parametrize("version", [14, 15, 16, 17, 18, 19, 20])
async def test_the_name_of_an_employee_in_a_channel_without_a_name_takes_one_request_more(version):
    async with Sandbox(version) as box, front(box.url) as made:
        world = box.world
        employ(box, "carol", "Initech")
        world.chat("ann", "bob")
        group = world.channels.create(world.uid("carol"), "", "group", partners=[world.partner("ann")])
        async with connect(made.url, db=box.db) as ann:
            await ann.link.wait_open(20)
            assert ann.channel(group).info.name == "Carol"
            # 16 does not say the id of the user's settings in its answer to the login, which takes a request.
            assert len(made.seen) <= (9 if version == 16 else 8), made.seen


async def test_a_client_without_a_link_reads_no_messages():
    async with Sandbox(19) as box, front(box.url) as made:
        bodies: list[bytes] = []

        async def note(request: web.Request) -> None:
            bodies.append(await request.read())

        made.instead = note
        async with connect(made.url, live=False) as ann:
            assert not any(b"mail.message" in body for body in bodies)
            await ann.channel("general").send("x")


async def test_messages_between_the_first_fetch_and_the_link_are_delivered_once():
    async with Sandbox(19) as box, front(box.url) as made:

        def late(request: web.Request) -> None:
            if request.headers.get("Upgrade"):
                box.world.post("bob", "general", "in the gap")

        made.instead = late
        async with connect(made.url) as ann:
            received = ann.events(odoochat.MessagePosted)
            await ann.link.wait_open(20)
            box.world.post("bob", "general", "after it")
            texts = [(await received.get(20)).message.text]
            while texts[-1] != "after it":
                texts.append((await received.get(20)).message.text)
            assert texts in (["in the gap", "after it"], ["after it"])
            assert ann.channel("general").info.unread >= 2


# -------------------------------------------------------------- other answers


@pytest.mark.parametrize(
    ("cookie", "words"),
    [
        ("session_id=abc; Secure; Path=/; HttpOnly", "Secure"),
        ("session_id=abc; Domain=erp.example.com; Path=/", "erp.example.com"),
        (None, "removes Set-Cookie"),
    ],
)
async def test_a_cookie_that_cannot_be_kept_is_named(cookie, words):
    async with Sandbox(19) as box, front(box.url) as made:

        def spoil(request: web.Request, answer: web.Response) -> None:
            answer.headers.popall("Set-Cookie", None)
            if cookie:
                answer.headers["Set-Cookie"] = cookie

        made.change = spoil
        error = await raised(made.url)
        assert isinstance(error, SessionNotKept)
        assert words in str(error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            lambda: web.Response(status=302, headers={"Location": "https://login.microsoftonline.com/x/oauth2"}),
            "sign-on",
        ),
        (lambda: web.Response(status=302, headers={"Location": "/adfs/ls?wa=1"}), "sign-on"),
        (lambda: page(503, "We are in maintenance mode"), "maintenance"),
        (lambda: page(200, "<input TYPE='password'>Hotel WiFi"), "its own login"),
        (lambda: page(400, "The plain HTTP request was sent to HTTPS port"), "use https://"),
        (lambda: page(403, "Just a moment"), "Just a moment"),
        (lambda: web.Response(status=302, headers={"Location": "http://[::1"}), "invalid address"),
        (lambda: web.Response(status=302, headers={"Location": "http://x:999999/"}), "invalid address"),
    ],
)
async def test_a_server_in_front_of_odoo_is_named(answer, words):
    async with Sandbox(19) as box, front(box.url) as made:
        made.instead = lambda request: answer()
        assert words in str(await raised(made.url))


@pytest.mark.parametrize("path", ["/web/session/authenticate", "/web/database/list", "/web/dataset/call_kw"])
async def test_a_bomb_is_not_unpacked(path):
    bomb = gzip.compress(b" " * (200 * 2**20), 9)

    def throw(request: web.Request) -> web.Response | None:
        if request.path == path:
            return web.Response(body=bomb, headers={"Content-Encoding": "gzip"}, content_type="application/json")
        return None

    async with Sandbox(19) as box, front(box.url) as made:
        made.instead = throw
        error = await raised(made.url, db=None if path.endswith("list") else box.db, live=False)
        # A list of databases that cannot be read is as one that is switched off.
        assert isinstance(error, ConfigError) or "larger than" in str(error)


async def test_packed_answers_are_read():
    async with front("http://127.0.0.1:9") as made:
        body = b'{"jsonrpc": "2.0", "result": ' + b'"' + b"x" * 10**6 + b'"}'
        made.instead = lambda request: web.Response(
            body=gzip.compress(body), headers={"Content-Encoding": "gzip"}, content_type="application/json"
        )
        http = Http(made.url)
        try:
            assert (await http.post("/x", b"", "text/plain")).body == body
        finally:
            await http.close()


async def test_a_page_is_followed_within_its_server_alone():
    async with (
        Sandbox(19) as box,
        front(box.url) as made,
        front(box.url) as other,
        connect(made.url, live=False) as ann,
    ):
        made.instead = lambda request: (
            web.Response(status=303, headers={"Location": "/fr/web/login"}) if request.path == "/web/login"
            else web.Response(status=303, headers={"Location": other.url + "/web/login"})
        )  # fmt: skip
        other.seen.clear()
        with pytest.raises(Blocked, match="redirected"):
            await ann._connection.session.http.get("/web/login")
        assert other.seen == []


async def test_a_login_does_not_follow_to_another_host():
    async with Sandbox(19) as box, front(box.url) as made, front(box.url) as other:
        target = other.url.replace("127.0.0.1", "localhost")
        made.instead = lambda request: web.Response(status=307, headers={"Location": target + request.path})
        error = await raised(made.url)
        assert "redirects to" in str(error)
        assert other.seen == []


# ------------------------------------------------------ the reason of a status


async def test_an_upload_that_is_refused_says_the_servers_own_sentence():
    sentence = "You are not allowed to upload attachments on this channel."
    async with Sandbox(19) as box, front(box.url) as made:
        made.instead = lambda request: page(403, sentence) if "upload" in request.path else None
        async with connect(made.url, live=False) as ann:
            with pytest.raises(odoochat.AccessDenied, match="not allowed to upload"):
                await ann.channel("general").upload(("a.txt", b"abc"), "x")


async def test_one_answer_does_not_keep_requests_back_for_a_day():
    async with Sandbox(19) as box, front(box.url) as made:
        limit(made, 10**6, lambda: "1e9")
        http = Http(made.url, patience=5, longest_hold=0.5)
        try:
            with pytest.raises(RateLimited) as caught:
                await http.get("/web/database/list")
            assert caught.value.retry_after == 86400
            made.instead = lambda request: None
            async with asyncio.timeout(120):
                assert (await http.get("/web/login")).status == 200
        finally:
            await http.close()
