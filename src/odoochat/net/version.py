"""Version: fetches a server's version and databases, neither of which requires a login."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from yarl import URL

from odoochat.errors import (
    Blocked,
    ConfigError,
    LoginError,
    NotOdoo,
    OdooChatError,
    ProtocolError,
    ServerFault,
    names,
)
from odoochat.model import Version
from odoochat.net.answer import Answer, Redirected
from odoochat.net.failures import GATEWAY, is_closed, page_words, unavailable
from odoochat.net.http import Http
from odoochat.net.rpc import call_common, post_route, read_route
from odoochat.wire.values import is_array, is_object, parse_version

__all__ = ["ask_version", "choose_database", "databases", "follow_move", "follow_web_moves", "no_database", "not_odoo"]

log = logging.getLogger("odoochat")

T = TypeVar("T")

MOVES = 4
SIGN_ON = (
    "login.microsoftonline.com", "accounts.google.com", "okta", "auth0.com", "onelogin", "cloudflareaccess.com",
    "adfs", "keycloak", "oauth2", "openid", "saml", "/sso", "sso.", "idp", "authelia", "authentik", "shibboleth",
    "/cas/",
)  # fmt: skip
"""Substrings that identify the address of a sign-on page."""

_PASSWORD_FIELD = re.compile(rb"""type\s*=\s*["']?password\b""", re.IGNORECASE)

_MAINTENANCE = (
    "maintenance",
    "wartung",
    "mantenimiento",
    "be right back",
    "temporarily unavailable",
    "under construction",
)


async def ask_version(http: Http) -> Version:
    """Fetch the server's version. Redirects on the same server are followed, and later requests use the new address.

    Raises:
        ProtocolError: the server is not Odoo.
        Blocked: a proxy in front of Odoo refuses requests or requires a sign-on.
        LinkError: the network failed.
    """
    return await _at_new_address(http, lambda: _version(http))


async def follow_web_moves(http: Http) -> None:
    """Follow the redirects of the web client's routes, which a proxy may redirect although it serves XML-RPC.

    Args:
        http: client for the server. Later requests use the new address.

    Raises:
        Blocked, NotOdoo: see `follow_move`.
        LinkError: the network failed.
    """
    await _at_new_address(http, lambda: post_route(http, "/web/webclient/version_info", {}))


async def _at_new_address(http: Http, ask: Callable[[], Awaitable[T]]) -> T:
    """Send a request again at the address to which the server redirects it."""
    for _ in range(MOVES):
        try:
            return await ask()
        except Redirected as error:
            follow_move(http, error)
    raise NotOdoo(f"{http.what} redirects in a loop")


def follow_move(http: Http, error: Redirected) -> None:
    """Switch to a redirect's target address: a different path on the same origin, or https instead of http.

    A different scheme, host or port means a different server, which must not receive the password, key or cookie. The
    only exception, as in browsers, is a redirect from http to https on the standard ports of the same host.

    Raises:
        Blocked: the redirect target is a sign-on page.
        NotOdoo: the redirect target is any other address.
    """
    target = error.location
    where = target.with_user(None)
    if target.host != http.base.host or target.scheme not in ("http", "https"):
        if any(word in str(where).lower() for word in SIGN_ON):
            raise Blocked(
                f"{http.what} redirects to a sign-on page at {where.origin()}: a proxy in front of Odoo requires its "
                "own login, which only a browser can complete; use an address that reaches Odoo directly (VPN, "
                "internal host name), or ask for one",
                status=error.status,
            ) from None
        raise _elsewhere(http, error)
    if (http.base.scheme, target.scheme) == ("https", "http"):
        raise NotOdoo(f"{http.what} redirects to unencrypted http", status=error.status, cause="unencrypted") from None
    if any(word in where.path_qs.lower() for word in SIGN_ON):
        raise Blocked(
            f"{http.what} redirects to a sign-on page ({where.raw_path[:200]}): a proxy in front of Odoo requires its "
            "own login, which only a browser can complete; use an address that reaches Odoo directly",
            status=error.status,
        ) from None
    secured = (http.base.scheme, target.scheme) == ("http", "https")
    if target.origin() != http.base.origin() and not (
        secured and http.base.is_default_port() and target.is_default_port()
    ):
        raise _elsewhere(http, error)
    moved = _base_of(target)
    if URL(str(moved).rstrip("/")) == URL(str(http.base).rstrip("/")):
        text = f"{http.what} redirects in a loop, to {where.raw_path[:200]}"
        raise NotOdoo(text, status=error.status) from None
    log.info("redirected to %s", moved.origin(), extra={"event": "server.redirected", "origin": str(moved.origin())})
    http.rebase(moved)


def _base_of(target: URL) -> URL:
    """Return the server's address from the URL of one of its routes."""
    prefix = target.path
    for mark in ("/xmlrpc/", "/web/", "/jsonrpc", "/json/"):
        prefix = prefix.split(mark, 1)[0]
    return target.origin().with_path(prefix if prefix != target.path else "/")


def _elsewhere(http: Http, error: Redirected) -> NotOdoo:
    shown = str(_base_of(error.location.with_user(None))).rstrip("/")
    return NotOdoo(
        f"{http.what} redirects to another server, {shown[:200]}, which gets no password, key or cookie; if you trust "
        "it, use that address",
        status=error.status,
        cause="elsewhere",
    )


async def _version(http: Http) -> Version:
    try:
        info = await call_common(http, "version")
    except (Blocked, ProtocolError, ServerFault) as error:
        if isinstance(error, Blocked) and not is_closed(error):
            raise
        return await _version_by_web(http, error)
    if not is_object(info):
        raise NotOdoo(f"{http.what} is not an Odoo server", info)
    return parse_version(info.get("server_version_info"), info.get("server_version"))


async def _version_by_web(http: Http, first: OdooChatError) -> Version:
    """Fetch the version from the web client's route, for servers that do not offer XML-RPC."""
    answer: Answer | None = None
    try:
        answer = await post_route(http, "/web/webclient/version_info", {})
        info = read_route(http, answer)
    except (ProtocolError, ServerFault):
        info = None
    if is_object(info):
        return parse_version(info.get("server_version_info"), info.get("server_version"))
    raise first if isinstance(first, Blocked) else not_odoo(http, first, answer)


def not_odoo(http: Http, first: OdooChatError, answer: Answer | None) -> OdooChatError:
    """Return the error for a server that responds but is apparently not Odoo.

    Args:
        http: client for the server, which provides the server's address.
        first: the error for the first response.
        answer: the server's last response, or None if there was none.
    """
    page = answer.body if answer is not None else b""
    said = page_words(page)
    status = answer.status if answer is not None else first.status if isinstance(first, ProtocolError) else None
    shown = f" (HTTP {status})" if status else ""
    if b"plain HTTP request was sent to HTTPS port" in page or "speaking plain http to an ssl" in said.lower():
        secure = http.base.with_scheme("https").with_port(http.base.port)
        text = f"{http.what}: the server speaks https on this port; use {secure}"
        return NotOdoo(text, status=status, cause="https")
    if any(word in said.lower() for word in _MAINTENANCE):
        text = f"{http.what} shows a maintenance page{shown}: {said!r}; try again later"
        return Blocked(text, status=status, cause="unavailable")
    if _PASSWORD_FIELD.search(page) and b"/web/login" not in page:
        return Blocked(
            f"{http.what} shows a login page that is not Odoo's{shown}: {said!r}: a proxy in front of Odoo requires "
            "its own login; use an address that reaches Odoo directly",
            status=status,
        )
    if status in GATEWAY:
        return unavailable(http.what, status, said)
    excerpt = first.excerpt if isinstance(first, ProtocolError) else str(first)
    return NotOdoo(
        f"{http.what} responds, but not like Odoo{shown}",
        excerpt,
        status=status,
        advice="check the address, and that the proxy forwards /xmlrpc/2 or /web",
    )


async def databases(http: Http) -> list[str] | None:
    """Fetch the names of the server's databases, or None if it does not list them."""
    try:
        listed: Any = await _list(http)
    except OdooChatError:
        return None
    return [d for d in listed if isinstance(d, str)] if is_array(listed) else None


async def _list(http: Http) -> Any:
    answer = await _at_new_address(http, lambda: post_route(http, "/web/database/list", {}))
    return read_route(http, answer)


async def choose_database(http: Http) -> str:
    """Return the server's only database.

    Raises:
        ConfigError: the server has no database, has multiple databases, or does not list them.
        ProtocolError: the server is not Odoo, or failed (HTTP 500).
        LinkError: the network failed.
    """
    try:
        listed = await _list(http)
    except (ServerFault, LoginError):  # AccessDenied if the listing is disabled
        listed = None
    except ProtocolError as error:
        await ask_version(http)  # raises a clearer error if this is not Odoo
        if error.status in GATEWAY:
            raise unavailable(http.what, error.status, error.excerpt) from error
        if error.status == 500:  # it may list them the next time
            raise ProtocolError(
                f"{http.what} failed to list its databases (HTTP 500); try again later, or pass the database name "
                "(db=…, --db or ODOOCHAT_DB)",
                status=500,
            ) from error
        listed = None
    if not is_array(listed):
        raise ConfigError(
            f"{http.what} does not list its databases; pass the database name, which Odoo's user menu shows in "
            "developer mode (db=…, --db or ODOOCHAT_DB)"
        )
    found = [d for d in listed if isinstance(d, str)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ConfigError(f"{http.what} has no database, or its dbfilter matches none for this host name")
    raise ConfigError(f"{http.what} has multiple databases; choose one of {names(found)} (db=…, --db or ODOOCHAT_DB)")


async def no_database(http: Http, db: str) -> str:
    """Return the error message for a database that does not exist."""
    listed = await databases(http)
    there = f"; its databases: {names(listed)}" if listed else ""
    return f"no database {db!r} on {http.what}{there}"
