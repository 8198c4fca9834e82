"""The ways to a session, and what each of them can have."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct

from odoochat.errors import (
    AccessDenied,
    BadCredentials,
    ConfigError,
    LoginError,
    NotFound,
    OdooChatError,
    ProtocolError,
    ServerFault,
    SessionExpired,
    TotpRequired,
    names,
)
from odoochat.model import Me, Version
from odoochat.net.http import Http, Redirected
from odoochat.net.pages import form_token
from odoochat.net.rpc import Envelope, Rpc, Secret, call_common, call_route
from odoochat.wire.requests.call import Call
from odoochat.wire.values import integer, pair, parse_version

__all__ = [
    "Credentials",
    "Identity",
    "Totp",
    "ask_session",
    "ask_version",
    "databases",
    "log_in",
]

log = logging.getLogger("odoochat")

Totp = str | Callable[[], Awaitable[str] | str] | None
Way = Literal["password", "password+totp", "api key", "session cookie", "invitation"]


class Credentials:
    """What the user gave to log in with. Shows none of its secrets.

    Args:
        login: the user's login name.
        password: with it a session is opened.
        api_key: for model calls; it opens no session in any version.
        session_id: the cookie of a session that is open already.
        totp: the code of the second factor, or a function that is asked for it when it is wanted.
    """

    def __init__(
        self,
        login: str | None = None,
        password: str | None = None,
        api_key: str | None = None,
        session_id: str | None = None,
        totp: Totp = None,
    ) -> None:
        self.login = login
        self.password = Secret(password) if password else None
        self.api_key = Secret(api_key) if api_key else None
        self.session_id = Secret(session_id) if session_id else None
        self._totp = totp

    def __repr__(self) -> str:
        given = [n for n in ("password", "api_key", "session_id") if getattr(self, n) is not None]
        return f"<Credentials {self.login or ''} {', '.join(given)}>"

    async def totp(self) -> str:
        """The code of the second factor.

        Raises:
            TotpRequired: none was given, or the one given was used already.
        """
        given, self._totp = self._totp, (None if isinstance(self._totp, str) else self._totp)
        if callable(given):
            code = given()
            given = await code if inspect.isawaitable(code) else code
        if not isinstance(given, str) or not given.strip():
            raise TotpRequired(
                "the account has two-factor authentication: give its six digits (ODOOCHAT_TOTP), "
                "an API key for polling, or a session cookie"
            )
        return given.replace(" ", "")


class Identity(Struct, frozen=True):
    """Who we are on which server, and by what.

    Attributes:
        way: which credential was taken.
        best: one sentence: which live link it can have, and why.
        worker: the version that a browser's WebSocket must name (17 and later), empty when unknown.
        channel: that a guest was invited to, 0 for a user.
        form_token: that the forms of a guest's page bear; empty for a user.
        max_upload: the most bytes that the server takes in one upload, None when it did not say.
    """

    me: Me
    version: Version
    db: str
    way: Way
    best: str
    session: bool
    rpc: Rpc
    worker: str = ""
    max_upload: int | None = None
    channel: int = 0
    form_token: str = ""


async def ask_version(http: Http) -> Version:
    """The server's version, without a login. Follows a redirect to the same host.

    Raises:
        ProtocolError: what answers is no Odoo.
        LinkError: the road.
    """
    for _ in range(4):
        try:
            return await _version(http)
        except Redirected as error:
            target = error.location
            if target.host != http.base.host or target.scheme not in ("http", "https"):
                raise ProtocolError(
                    f"{http.what} redirects to {target.origin()}: give that address", status=error.status
                ) from None
            if (http.base.scheme, target.scheme) == ("https", "http"):
                raise ProtocolError(f"{http.what} redirects to unencrypted http", status=error.status) from None
            prefix = target.path.split("/xmlrpc/", 1)[0].split("/web/", 1)[0]
            moved = target.origin().with_path(prefix if prefix != target.path else "/")
            if moved == http.base:
                raise
            log.info("redirected to %s", moved.origin())
            http.rebase(moved)
    raise ProtocolError(f"{http.what} redirects in a circle")


async def _version(http: Http) -> Version:
    try:
        told = await call_common(http, "version")
    except Redirected:
        raise
    except (ProtocolError, ServerFault) as error:
        return await _version_by_web(http, error)
    if not isinstance(told, dict):
        raise ProtocolError(f"{http.what} is no Odoo", repr(told))
    return parse_version(told.get("server_version_info"), told.get("server_version"))


async def _version_by_web(http: Http, first: OdooChatError) -> Version:
    """Servers that close XML-RPC to the outside still tell their version here."""
    try:
        told = await call_route(http, "/web/webclient/version_info", {})
    except (ProtocolError, ServerFault):
        told = None
    if isinstance(told, dict):
        return parse_version(told.get("server_version_info"), told.get("server_version"))
    excerpt = first.excerpt if isinstance(first, ProtocolError) else str(first)
    status = first.status if isinstance(first, ProtocolError) else None
    raise ProtocolError(
        f"{http.what} answers, but not as an Odoo"
        + (f" (HTTP {status})" if status else "")
        + ": check the address, and that the proxy lets /xmlrpc/2 or /web through",
        excerpt,
        status=status,
    )


async def databases(http: Http) -> list[str] | None:
    """The server's databases, None when it does not list them."""
    try:
        listed = await call_route(http, "/web/database/list", {})
    except OdooChatError:
        return None
    return [d for d in listed if isinstance(d, str)] if isinstance(listed, list) else None


async def _database(http: Http) -> str:
    listed = await databases(http)
    if listed is None:
        raise ConfigError(
            f"{http.what} does not list its databases: name yours (db=…, --db or ODOOCHAT_DB); "
            "the list is switched off there"
        )
    if len(listed) == 1:
        return listed[0]
    if not listed:
        raise ConfigError(f"{http.what} has no database, or its dbfilter lets none through under this host name")
    raise ConfigError(f"{http.what} has several databases: name one of {names(listed)} (db=…, --db or ODOOCHAT_DB)")


async def ask_session(http: Http) -> dict[str, Any]:
    """What the server knows of our session; it may rotate the cookie on the way.

    Raises:
        SessionExpired: the session is dead.
    """
    info = await call_route(http, "/web/session/get_session_info", {})
    if not isinstance(info, dict) or not isinstance(info.get("uid"), int) or isinstance(info.get("uid"), bool):
        raise SessionExpired("the server does not know our session any more")
    return info


async def log_in(
    http: Http, credentials: Credentials, *, db: str | None, rpc: Envelope | Literal["auto"], version: Version
) -> Identity:
    """Logs in by the best credential given: a session cookie, a password, an API key.

    Raises:
        ConfigError: something is missing.
        BadCredentials, TotpRequired, SessionExpired: the server says no.
        NotFound: there is no such database.
        LinkError, ProtocolError: the road.
    """
    if credentials.session_id is not None:
        try:
            return await _by_cookie(http, credentials, rpc, version)
        except SessionExpired:
            if credentials.password is None and credentials.api_key is None:
                raise BadCredentials(
                    "the session cookie is not valid (any more): copy it anew from the browser, or use a password"
                ) from None
            log.info("the session cookie is dead, trying the other credentials")
            http.session_id = None
    if credentials.password is None and credentials.api_key is None:
        raise ConfigError("nothing to log in with: give a password, an API key or a session cookie")
    if credentials.login is None and (credentials.password is not None or version.major < 19):
        raise ConfigError("no login name: give login=…, --login or ODOOCHAT_LOGIN")
    db = db or await _database(http)
    if credentials.password is not None:
        try:
            return await _by_password(http, credentials, db, rpc, version)
        except TotpRequired:
            if credentials.api_key is None:
                raise
            log.info("no second factor at hand, going on with the API key")
    assert credentials.api_key is not None
    return await _by_key(http, credentials.login, credentials.api_key, db, rpc, version, "an API key opens no session")


async def _by_cookie(
    http: Http, credentials: Credentials, rpc: Envelope | Literal["auto"], version: Version
) -> Identity:
    assert credentials.session_id is not None
    http.session_id = credentials.session_id.reveal()
    info = await ask_session(http)
    log.info("session of %s (uid %s) taken over from the cookie", info.get("username"), info["uid"])
    return _session_identity(http, info, "session cookie", rpc, None, version)


async def _by_password(
    http: Http, credentials: Credentials, db: str, rpc: Envelope | Literal["auto"], version: Version
) -> Identity:
    assert credentials.password is not None
    assert credentials.login is not None
    login, password = credentials.login, credentials.password
    uid = await _authenticate(http, db, login, password)
    if uid:
        log.info("logged in over XML-RPC as %s (uid %s)", login, uid)
    way: Way = "password"
    params = {"db": db, "login": login, "password": password.reveal()}
    try:
        info = await call_route(http, "/web/session/authenticate", params)
    except (BadCredentials, AccessDenied) as error:
        if "database not found" in str(error).lower():
            raise NotFound("database", await _no_database(http, db)) from None
        if "too many" in str(error).lower():
            raise BadCredentials(str(error)) from None
        if uid:
            reason = "what was given as a password is an API key, and a key opens no session"
            return await _by_key(http, login, password, db, rpc, version, reason, uid=uid)
        raise BadCredentials(
            f"the server refuses login {login!r} with this password on database {db!r}: check both"
        ) from None
    except NotFound as error:
        raise NotFound("database", await _no_database(http, db)) from error
    if isinstance(info, dict) and not info.get("uid"):
        await _second_factor(http, credentials)
        way = "password+totp"
    info = await ask_session(http)
    log.info("session opened for %s (uid %s) by %s", login, info["uid"], way)
    return _session_identity(http, info, way, rpc, password if uid else None, version, db)


async def _no_database(http: Http, db: str) -> str:
    listed = await databases(http)
    there = f"; there are {names(listed)}" if listed else ""
    return f"there is no database {db!r} on {http.what}{there}"


async def _authenticate(http: Http, db: str, login: str, secret: Secret) -> int:
    """The uid over XML-RPC; 0 when refused (a wrong password, or one with a second factor) or closed to us."""
    try:
        uid = await call_common(http, "authenticate", db, login, secret.reveal(), {})
    except NotFound as error:
        if "database" in str(error):
            raise NotFound("database", await _no_database(http, db)) from None
        return 0
    except (ServerFault, ProtocolError, LoginError):
        return 0
    return uid if isinstance(uid, int) and not isinstance(uid, bool) else 0


async def _second_factor(http: Http, credentials: Credentials) -> None:
    """Answers the code's form, which is a page and no JSON route (addons/auth_totp/controllers/home.py)."""
    code = await credentials.totp()
    page = (await http.get("/web/login/totp")).body.decode("utf-8", "replace")
    token = form_token(page)
    if not token:
        raise ProtocolError("the page for the second factor has no form", page)
    form = f"csrf_token={token}&totp_token={code}" if code.isdigit() else ""
    if not form:
        raise TotpRequired("the code of the second factor is six digits")
    try:
        await http.post("/web/login/totp", form.encode(), "application/x-www-form-urlencoded")
    except Redirected:
        pass
    try:
        await ask_session(http)
    except SessionExpired:
        raise TotpRequired("the server refuses this code of the second factor: it lives for 30 seconds") from None


async def _by_key(
    http: Http,
    login: str | None,
    key: Secret,
    db: str,
    envelope: Envelope | Literal["auto"],
    version: Version,
    reason: str,
    *,
    uid: int = 0,
) -> Identity:
    if envelope == "session":
        raise ConfigError("rpc='session' needs a session, and an API key opens none: choose jsonrpc, xmlrpc or json2")
    chosen: Envelope = envelope if envelope != "auto" else ("json2" if version >= Version(18, 4) else "jsonrpc")
    if login is not None and not uid:
        uid = await _authenticate(http, db, login, key)
        if not uid and chosen != "json2":
            raise BadCredentials(
                f"the server refuses this API key: is it one of {login!r}, of database {db!r}, and not expired?"
            )
    rpc = Rpc(http, chosen, db=db, uid=uid, secret=key)
    if not uid:
        try:
            context = await rpc.execute(Call("res.users", "context_get", None, {}))
        except BadCredentials as error:
            raise BadCredentials(f"the server refuses this API key: {error}; is it one of database {db!r}?") from None
        uid = integer(context.get("uid")) if isinstance(context, dict) else 0
        rpc = Rpc(http, chosen, db=db, uid=uid, secret=key)
    rows = await rpc.execute(Call("res.users", "read", (uid,), {"fields": ["name", "login", "partner_id"]}))
    user = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    partner, name = pair(user.get("partner_id"))
    log.info("logged in over %s as %s (uid %s) with an API key", _ENVELOPES[chosen], user.get("login"), uid)
    me = Me(uid, partner, str(user.get("name") or name), str(user.get("login") or login or ""))
    best = (
        f"polling by RPC: {reason}, so there is no live link; typing, reactions and edits by others come late or never"
    )
    return Identity(me, version, db, "api key", best, False, rpc)


_ENVELOPES = {"session": "the session", "jsonrpc": "JSON-RPC", "xmlrpc": "XML-RPC", "json2": "JSON-2"}


def _session_identity(
    http: Http,
    info: dict[str, Any],
    way: Way,
    envelope: Envelope | Literal["auto"],
    password: Secret | None,
    version: Version,
    db: str = "",
) -> Identity:
    if info.get("server_version_info"):
        version = parse_version(info["server_version_info"], info.get("server_version"))
    uid, db = info["uid"], str(info.get("db") or db)
    partner, name = pair(info.get("partner_id"))
    me = Me(uid, partner, str(info.get("name") or name), str(info.get("username") or ""))
    rpc = Rpc(http, "session")
    if envelope in ("jsonrpc", "xmlrpc"):
        if password is None:
            raise ConfigError(f"rpc={envelope!r} needs a password without a second factor, or an API key")
        rpc = Rpc(http, envelope, db=db, uid=uid, secret=password)
        rpc.has_session = True
    elif envelope == "json2":
        raise ConfigError("rpc='json2' needs an API key")
    live = "WebSocket" if version.major >= 16 else "long polling"
    best = f"{live}: there is a session ({way})"
    worker = worker_version(info)
    return Identity(me, version, db, way, best, True, rpc, worker, integer(info.get("max_file_upload_size")) or None)


def worker_version(info: dict[str, Any]) -> str:
    """The version of the bus's worker that the WebSocket is opened with, empty where the server names none.

    Source: ``session_info`` of 17 to 19; since 20 in ``bus_info`` (from sources).
    """
    inner = info.get("bus_info")
    found = inner.get("worker_version") if isinstance(inner, dict) else None
    return str(found or info.get("websocket_worker_version") or "")
