"""Cookies: those of one client, and the jar through which aiohttp reads and stores those of many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.cookies import BaseCookie, Morsel, SimpleCookie
from ipaddress import ip_address
from itertools import accumulate
from typing import Any

from aiohttp import DummyCookieJar
from aiohttp.abc import AbstractCookieJar
from msgspec import Struct
from yarl import URL

__all__ = ["Cookies", "SharedJar"]

MOST = 50
"""Number of cookies that a client keeps; servers set a handful."""

LONGEST = 4096
"""Characters of a cookie's name and value (RFC 6265, 6.1), and half of those that one request carries."""

FOREVER = 2**40
NOWHERE = URL()


class KeptCookie(Struct, gc=False):
    """One cookie.

    Attributes:
        coded: its value as the server wrote it, e.g. in quotes.
        host: the host that it is sent to.
        wide: whether it is sent to the host's subdomains as well.
        secure: whether it is sent over TLS only.
        ends: when it expires, as a Unix time; None for the end of the client.
    """

    name: str
    value: str
    coded: str
    host: str
    wide: bool
    path: str
    secure: bool
    ends: float | None

    def fits(self, url: URL, now: float) -> bool:
        """Return whether a request carries the cookie (RFC 6265, 5.4).

        Args:
            url: the address of the request.
            now: the Unix time.
        """
        host = url.raw_host or ""
        if host != self.host and not (self.wide and _is_below(host, self.host)):
            return False
        if self.secure and url.scheme not in ("https", "wss"):
            return False
        if self.ends is not None and self.ends <= now:
            return False
        if len(self.path) > len(url.path):
            return False
        whole = self.path.rstrip("/")
        return not whole or url.path == whole or url.path.startswith(f"{whole}/")


class Cookies:
    """The cookies of one client. They take a tenth of the memory of aiohttp's own jar.

    Args:
        clock: returns the Unix time; for tests.
    """

    __slots__ = ("_clock", "_kept")

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str, str], KeptCookie] = {}

    def get(self, name: str, url: URL) -> str | None:
        """Return the value of a cookie, None when there is none for an address.

        Args:
            name: of the cookie.
            url: the address.
        """
        return next((cookie.value for cookie in self.fitting(url) if cookie.name == name), None)

    def put(self, name: str, value: str | None, url: URL) -> None:
        """Set a cookie for all paths of an address in place of all of its name; None removes them.

        Args:
            name: of the cookie.
            value: its value.
            url: the address.
        """
        self._kept = {key: cookie for key, cookie in self._kept.items() if cookie.name != name}
        if value:
            made: SimpleCookie = SimpleCookie()
            made[name] = value
            made[name]["path"] = "/"
            self.store(made.items(), url)

    def fitting(self, url: URL) -> list[KeptCookie]:
        """Return the cookies that a request carries, those with the longest host and path first.

        Args:
            url: the address of the request.
        """
        now = self._clock()
        found = [cookie for cookie in self._kept.values() if cookie.fits(url, now)]
        if len(found) > 1:
            found.sort(key=lambda cookie: (len(cookie.host), len(cookie.path)), reverse=True)
            lengths = accumulate(len(cookie.name) + len(cookie.coded) + 3 for cookie in found)
            found = [cookie for cookie, length in zip(found, lengths, strict=True) if length <= 2 * LONGEST]
        return found

    def store(self, cookies: Iterable[tuple[str, Morsel[str]]], url: URL) -> None:
        """Store what an answer sets (RFC 6265, 5.3).

        Args:
            cookies: names and what `http.cookies` makes of the headers.
            url: the address that answered.
        """
        now, answering = self._clock(), url.raw_host or ""
        for name, morsel in cookies:
            value, coded = str(morsel.value), str(morsel.coded_value)
            if len(name) + len(coded) > LONGEST or not f"{name}{coded}".isprintable():
                continue
            host = str(morsel["domain"]).lower().removeprefix(".")
            wide = bool(host) and not host.endswith(".")
            if not wide:
                host = answering
            elif host != answering and not _is_below(answering, host):
                continue
            path = morsel["path"] if morsel["path"].startswith("/") else (url.path.rpartition("/")[0] or "/")
            key, ends = (host, path.rstrip("/"), name), _ends(morsel, now)
            self._kept.pop(key, None)
            if ends is not None and ends <= now:
                continue
            self._kept[key] = KeptCookie(name, value, coded, host, wide, path, bool(morsel["secure"]), ends)
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]


class SharedJar(DummyCookieJar):
    """The jar of an HTTP session that several clients share: each request has the cookies of its client.

    Args:
        client: the cookies of the client whose request is being made; aiohttp passes nothing to its jar.
    """

    def __init__(self, client: ContextVar[Cookies]) -> None:
        super().__init__()
        self._client = client

    def filter_cookies(self, request_url: URL) -> BaseCookie[str]:
        """Return the cookies of a request; called by aiohttp.

        Args:
            request_url: the address of the request.
        """
        found: BaseCookie[str] = SimpleCookie()
        for cookie in reversed(self._client.get().fitting(request_url)):
            morsel: Morsel[str] = Morsel()
            # `Morsel.set` refuses names that servers use all the same.
            restored: Any = morsel
            restored.__setstate__({"key": cookie.name, "value": cookie.value, "coded_value": cookie.coded})
            dict[str, Any].__setitem__(found, cookie.name, morsel)
        return found

    def update_cookies(self, cookies: Any, response_url: URL = NOWHERE) -> None:
        """Store what an answer sets; called by aiohttp.

        Args:
            cookies: names and morsels.
            response_url: the address that answered.
        """
        pairs: Iterable[tuple[str, Any]] = cookies.items() if hasattr(cookies, "items") else cookies
        self._client.get().store(pairs, response_url)

    def update_cookies_from_headers(self, headers: Sequence[str], response_url: URL) -> None:
        """Store what an answer sets; called by aiohttp 3.12 and later.

        Args:
            headers: the ``Set-Cookie`` headers.
            response_url: the address that answered.
        """
        AbstractCookieJar.update_cookies_from_headers(self, headers, response_url)


def _is_below(host: str, domain: str) -> bool:
    if not host.endswith(f".{domain}"):
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return False


def _ends(morsel: Morsel[str], now: float) -> float | None:
    if morsel["max-age"]:
        try:
            return now + min(int(morsel["max-age"]), FOREVER)
        except ValueError:
            return None
    try:
        if not morsel["expires"]:
            return None
        date = parsedate_to_datetime(morsel["expires"])
        return (date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
