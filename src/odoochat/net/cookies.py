"""Cookies: stores one client's cookies, and provides a cookie jar for an HTTP session shared by multiple clients."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from http.cookies import BaseCookie, Morsel, SimpleCookie
from typing import Any, cast

from aiohttp import CookieJar, DummyCookieJar
from aiohttp.abc import AbstractCookieJar
from yarl import URL

__all__ = ["Cookies", "SharedJar", "why_not_kept"]

LONGEST_AGE = "999999999"
"""Maximum lifetime of a cookie in seconds, about 32 years."""


class Cookies:
    """Stores one client's cookies.

    Attributes:
        jar: the cookie jar, which follows RFC 6265.
    """

    __slots__ = ("__weakref__", "jar")

    def __init__(self) -> None:
        # The jar also keeps cookies from IP addresses, and returns values as the server sent them.
        self.jar = CookieJar(unsafe=True, quote_cookie=False)

    def get(self, name: str, url: URL) -> str | None:
        """Return a cookie's value, or None if the address has no such cookie.

        Args:
            name: name of the cookie.
            url: the address.
        """
        found = self.jar.filter_cookies(url).get(name)
        return found.value if found else None

    def put(self, name: str, value: str | None, url: URL) -> None:
        """Set a cookie for all paths of an address, replacing any cookies with the same name.

        Args:
            name: name of the cookie.
            value: the cookie's value, or None to remove all cookies with this name.
            url: the address.
        """
        self.jar.clear(lambda morsel: morsel.key == name)
        if value:
            made: SimpleCookie = SimpleCookie()
            made[name] = value
            made[name]["path"] = "/"
            self.jar.update_cookies(made, url)


class SharedJar(DummyCookieJar):
    """Cookie jar of an HTTP session shared by multiple clients. Each request uses its own client's cookies.

    Args:
        client: context variable holding the cookies of the client that is making the current request; aiohttp does not
            pass the client to the jar.
    """

    def __init__(self, client: ContextVar[Cookies]) -> None:
        super().__init__()
        self._client = client

    def filter_cookies(self, request_url: URL) -> BaseCookie[str]:
        """Return the cookies for a request. Called by aiohttp.

        Args:
            request_url: the request's address.
        """
        return self._client.get().jar.filter_cookies(request_url)

    def update_cookies(self, cookies: Any, response_url: URL | None = None) -> None:
        """Store the cookies set by a response. Called by aiohttp.

        Args:
            cookies: cookie names and morsels.
            response_url: the response's address.
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
        """Store the cookies set by a response. Called by aiohttp 3.12 and later.

        Args:
            headers: the ``Set-Cookie`` headers.
            response_url: the response's address.
        """
        AbstractCookieJar.update_cookies_from_headers(self, headers, response_url)


def why_not_kept(what: str, base: URL, cookies: Sequence[str]) -> str:
    """Return the reason why no session cookie was stored after a login.

    Args:
        what: the server, for the message.
        base: the server's address.
        cookies: the response's ``Set-Cookie`` headers.
    """
    given = next((c for c in cookies if c.startswith("session_id=")), None)
    mend = "so no session is possible"
    if given is None:
        return f"{what} accepts the login but sends no session cookie: a proxy removes Set-Cookie, {mend}"
    facts: dict[str, str] = {"secure": "", "domain": "", "path": ""}
    for part in given.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        facts[name.lower()] = value or name
    if facts["secure"] and base.scheme == "http":
        return (
            f"{what} sends its session cookie for https only (Secure), but the address is http://; "
            f"use https:// in it, {mend}"
        )
    if facts["domain"] and not f".{base.host}".endswith(f".{facts['domain'].lstrip('.')}"):
        return (
            f"{what} sends its session cookie for the domain {facts['domain'][:100]}, not for {base.host}; "
            f"use an address in that domain, {mend}"
        )
    return f"{what} sends a session cookie that cannot be stored (expired, or for another path), {mend}"
