"""Cookies: those of one client, and the jar through which one HTTP session uses those of many clients."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from http.cookies import BaseCookie, Morsel, SimpleCookie
from typing import Any, cast

from aiohttp import CookieJar, DummyCookieJar
from aiohttp.abc import AbstractCookieJar
from yarl import URL

__all__ = ["Cookies", "SharedJar"]

LONGEST_AGE = "999999999"
"""Seconds after which a cookie expires at the latest, about 32 years."""


class Cookies:
    """The cookies of one client.

    Attributes:
        jar: keeps them by the rules of RFC 6265.
    """

    __slots__ = ("__weakref__", "jar")

    def __init__(self) -> None:
        # Cookies of a host that is an IP address are kept too, and values are sent as the server wrote them.
        self.jar = CookieJar(unsafe=True, quote_cookie=False)

    def get(self, name: str, url: URL) -> str | None:
        """Return the value of a cookie, or None if there is none for an address.

        Args:
            name: name of the cookie.
            url: the address.
        """
        found = self.jar.filter_cookies(url).get(name)
        return found.value if found else None

    def put(self, name: str, value: str | None, url: URL) -> None:
        """Set a cookie for all paths of an address in place of all of its name; None removes them.

        Args:
            name: name of the cookie.
            value: its value.
            url: the address.
        """
        self.jar.clear(lambda morsel: morsel.key == name)
        if value:
            made: SimpleCookie = SimpleCookie()
            made[name] = value
            made[name]["path"] = "/"
            self.jar.update_cookies(made, url)


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
        return self._client.get().jar.filter_cookies(request_url)

    def update_cookies(self, cookies: Any, response_url: URL | None = None) -> None:
        """Store what a response sets; called by aiohttp.

        Args:
            cookies: names and morsels.
            response_url: the address that answered.
        """
        given = cast("list[tuple[str, object]]", list(cookies.items() if hasattr(cookies, "items") else cookies))
        for _, morsel in given:
            # aiohttp before 3.14.5 raises OverflowError for more seconds than a float can hold.
            if isinstance(morsel, Morsel):
                fields = cast("Morsel[str]", morsel)
                if len(fields["max-age"]) > len(LONGEST_AGE):
                    fields["max-age"] = LONGEST_AGE
        self._client.get().jar.update_cookies(cast("Any", given), URL() if response_url is None else response_url)

    def update_cookies_from_headers(self, headers: Sequence[str], response_url: URL) -> None:
        """Store what a response sets; called by aiohttp 3.12 and later.

        Args:
            headers: the ``Set-Cookie`` headers.
            response_url: the address that answered.
        """
        AbstractCookieJar.update_cookies_from_headers(self, headers, response_url)
