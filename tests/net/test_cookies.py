"""The cookies of a client, and the jar that several clients share."""

from __future__ import annotations

from contextvars import ContextVar

import pytest
from yarl import URL

from odoochat.net.cookies import Cookies, SharedJar

HOME = URL("http://odoo.example.com/web/login")


def shared(cookies: Cookies) -> SharedJar:
    client: ContextVar[Cookies] = ContextVar("client")
    client.set(cookies)
    return SharedJar(client)


async def test_a_cookie_is_set_and_removed():
    cookies = Cookies()
    assert cookies.get("session_id", HOME) is None
    cookies.put("session_id", "one", HOME)
    assert cookies.get("session_id", HOME) == "one"
    cookies.put("session_id", "two", HOME)
    assert [morsel.value for morsel in shared(cookies).filter_cookies(HOME).values()] == ["two"]
    assert cookies.get("session_id", URL("http://elsewhere.example.com/")) is None
    cookies.put("session_id", None, HOME)
    assert cookies.get("session_id", HOME) is None


async def test_a_cookie_of_an_address_without_a_name_is_kept():
    cookies, home = Cookies(), URL("http://127.0.0.1:8069/web/login")
    shared(cookies).update_cookies_from_headers(["session_id=one; Path=/"], home)
    assert cookies.get("session_id", home) == "one"


async def test_each_client_has_its_own_cookies():
    client: ContextVar[Cookies] = ContextVar("client")
    jar, ann, bob = SharedJar(client), Cookies(), Cookies()
    for cookies, value in ((ann, "of-ann"), (bob, "of-bob")):
        client.set(cookies)
        jar.update_cookies_from_headers([f"session_id={value}"], HOME)
    for cookies, value in ((ann, "of-ann"), (bob, "of-bob")):
        client.set(cookies)
        assert [morsel.value for morsel in jar.filter_cookies(HOME).values()] == [value]
        assert cookies.get("session_id", HOME) == value


@pytest.mark.parametrize(
    "value", ["Max-Age=" + "9" * 400, "Max-Age=" + "9" * 5000, "Expires=Fri, 01 Jan 99999 00:00 GMT"]
)
async def test_an_absurd_time_is_survived(value):
    cookies = Cookies()
    shared(cookies).update_cookies_from_headers([f"session_id=one; {value}"], HOME)
    assert cookies.get("session_id", HOME) == "one"


async def test_a_value_is_not_put_in_quotes():
    jar = shared(Cookies())
    jar.update_cookies_from_headers(["sticky=c2Vydmlj==; Path=/", 'dgid="12|token"; Path=/'], HOME)
    values = {name: morsel.coded_value for name, morsel in jar.filter_cookies(HOME).items()}
    assert values["sticky"] == "c2Vydmlj=="
    assert values["dgid"].strip('"') == "12|token"
