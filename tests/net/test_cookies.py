"""The cookies of a client: kept and sent as aiohttp's own jar does, and bounded."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from odoochat.net.cookies import LONGEST, MOST, Cookies, SharedJar

HOME = URL("http://odoo.example.com/web/login")
ADDRESSES = [
    "http://odoo.example.com/",
    "https://odoo.example.com/web",
    "http://odoo.example.com/web/session/authenticate",
    "http://odoo.example.com/website",
    "http://www.odoo.example.com/web/",
    "http://example.com/web",
    "http://127.0.0.1:8069/web",
    "http://badodoo.example.com/",
]
VALUES = ["a1", '"quoted 1"', "", "x=y", "ä", '"12|token"']
ATTRIBUTES = [
    "",
    "; Path=/",
    "; Path=/web",
    "; Path=/web/",
    "; Path=web",
    "; Domain=example.com",
    "; Domain=.odoo.example.com",
    "; Domain=other.com",
    "; Domain=example.com.",
    "; Domain=0.0.1",
    "; Secure; HttpOnly",
    "; Max-Age=0",
    "; Max-Age=-5",
    "; Max-Age=1000",
    "; Max-Age=soon",
    "; Expires=Fri, 01 Jan 1971 00:00:00 GMT",
    "; Expires=Fri, 01-Jan-2100 00:00:00 GMT",
    "; Expires=whenever",
]
headers = st.builds(
    "{}={}{}{}".format,
    st.sampled_from(["session_id", "tz", "cids", "{odd}"]),
    st.sampled_from(VALUES),
    st.sampled_from(ATTRIBUTES),
    st.sampled_from(ATTRIBUTES),
)


def shared(cookies: Cookies) -> SharedJar:
    client: ContextVar[Cookies] = ContextVar("client")
    client.set(cookies)
    return SharedJar(client)


@settings(max_examples=150)
@given(st.lists(st.tuples(headers, st.sampled_from(ADDRESSES)), max_size=8))
def test_it_sends_what_the_jar_of_aiohttp_sends(answers):
    async def compare() -> None:
        theirs, ours = aiohttp.CookieJar(unsafe=True), shared(Cookies())
        for header, address in answers:
            for jar in (theirs, ours):
                jar.update_cookies_from_headers([header], URL(address))
        for address in ADDRESSES:
            # aiohttp puts values with "=" in quotes; ours go out as they came, as from a browser.
            found = [{name: m.value for name, m in jar.filter_cookies(URL(address)).items()} for jar in (ours, theirs)]
            assert found[0] == found[1], address

    asyncio.run(compare())


async def test_a_cookie_is_set_and_removed():
    cookies = Cookies()
    assert cookies.get("session_id", HOME) is None
    cookies.put("session_id", "one", HOME)
    assert cookies.get("session_id", HOME) == "one"
    cookies.put("session_id", "two", HOME)
    assert [cookie.value for cookie in cookies.fitting(HOME)] == ["two"]
    assert cookies.get("session_id", URL("http://elsewhere.example.com/")) is None
    cookies.put("session_id", None, HOME)
    assert cookies.get("session_id", HOME) is None


async def test_a_cookie_expires():
    now = 1000.0
    cookies = Cookies(clock=lambda: now)
    shared(cookies).update_cookies_from_headers(["session_id=one; Max-Age=60"], HOME)
    now = 1059.0
    assert cookies.get("session_id", HOME) == "one"
    now = 1060.0
    assert cookies.get("session_id", HOME) is None


async def test_a_server_cannot_fill_the_memory_or_the_requests():
    cookies = Cookies()
    jar = shared(cookies)
    for number in range(10 * MOST):
        jar.update_cookies_from_headers([f"c{number}={'x' * 1000}"], HOME)
    assert len(cookies._kept) == MOST
    assert sum(len(morsel.coded_value) for morsel in jar.filter_cookies(HOME).values()) <= 2 * LONGEST
    jar.update_cookies_from_headers([f"long={'x' * 2 * LONGEST}"], HOME)
    assert cookies.get("long", HOME) is None


@pytest.mark.parametrize(
    "value", ["Max-Age=" + "9" * 400, "Max-Age=" + "9" * 5000, "Expires=Fri, 01 Jan 99999 00:00 GMT"]
)
async def test_an_absurd_time_is_survived(value):
    cookies = Cookies()
    shared(cookies).update_cookies_from_headers([f"session_id=one; {value}"], HOME)
    assert cookies.get("session_id", HOME) == "one"


async def test_a_value_goes_out_as_it_came():
    jar = shared(Cookies())
    jar.update_cookies_from_headers(["sticky=c2Vydmlj==; Path=/", 'dgid="12|token"; Path=/'], HOME)
    assert {n: m.coded_value for n, m in jar.filter_cookies(HOME).items()} == {
        "sticky": "c2Vydmlj==",
        "dgid": '"12|token"',
    }
