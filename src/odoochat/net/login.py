"""Logs in with a password, API key or session cookie, and determines the features available with each."""

from __future__ import annotations

import logging
from ipaddress import ip_address
from typing import Any, Literal

from msgspec import Struct

from odoochat.errors import (
    AccessDenied,
    BadCredentials,
    Blocked,
    ConfigError,
    LinkError,
    NotFound,
    NotOdoo,
    ProtocolError,
    ServerFault,
    SessionExpired,
    SessionNotKept,
    TotpRequired,
)
from odoochat.model import Me, Version
from odoochat.net.answer import Redirected
from odoochat.net.cookies import why_not_kept
from odoochat.net.credentials import Credentials, check_text
from odoochat.net.failures import gateway_errors, is_busy, is_closed
from odoochat.net.http import Http
from odoochat.net.rpc import Envelope, Rpc, call_route, post_route, read_route
from odoochat.net.rpc_login import uid_over_rpc
from odoochat.net.second_factor import TRUSTED_DEVICE, answer_second_factor
from odoochat.net.version import ask_version, choose_database, databases, follow_move, follow_web_moves, no_database
from odoochat.secret import Secret
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.requests.call import Call
from odoochat.wire.session_info import worker_of
from odoochat.wire.values import integer, is_array, is_object, pair, parse_version
from odoochat.wire.versions.registry import table_for

__all__ = [
    "Credential",
    "Identity",
    "ask_session",
    "ask_version",
    "databases",
    "log_in",
]

log = logging.getLogger("odoochat")

Credential = Literal["password", "password+totp", "api key", "session cookie", "invitation"]
"""How a user logged in."""


class Identity(Struct, frozen=True):
    """The result of a login: the user, the server and the credential.

    Attributes:
        way: how the user logged in.
        best: one sentence describing the best live link available for this login, with the reason.
        worker: the version that a browser's WebSocket must send (Odoo 17 and later); an empty string if unknown.
        channel: the id of the channel that a guest was invited to; 0 for a user.
        form_token: the token for forms on a guest's page; an empty string for a user.
        max_upload: maximum size of one upload in bytes, or None if the server did not send it.
        settings: the id of the user's ``res.users.settings`` record, or 0 if unknown.
        internal: whether the user is an employee; False for portal users and guests.
        bus_id: the newest bus id at login, or 0 if the server did not send one; only Odoo 20 does.
    """

    me: Me
    version: Version
    db: str
    way: Credential
    best: str
    session: bool
    rpc: Rpc
    worker: str = ""
    max_upload: int | None = None
    channel: int = 0
    form_token: str = ""
    settings: int = 0
    internal: bool = True
    bus_id: int = 0


async def ask_session(http: Http) -> dict[str, Any]:
    """Fetch information about the session from the server. The server may rotate the cookie.

    Raises:
        SessionExpired: the session has ended.
    """
    info = await call_route(http, "/web/session/get_session_info", {})
    if not _knows(info):
        raise SessionExpired("the session has expired on the server")
    return dict(info)


def _knows(info: object) -> bool:
    uid = info.get("uid") if is_object(info) else None
    return isinstance(uid, int) and not isinstance(uid, bool) and uid > 0


async def log_in(http: Http, credentials: Credentials, *, db: str | None, rpc: Envelope | Literal["auto"]) -> Identity:
    """Log in with the best available credential: a session cookie, a password or an API key.

    Raises:
        ConfigError: a required setting is missing.
        BadCredentials, TotpRequired, SessionExpired, SessionNotKept: the login failed.
        NotFound: the database does not exist.
        LinkError, ProtocolError: the network failed, or the server is not Odoo.
    """
    check_text("db", db)
    with gateway_errors(http.what):
        return await _by_any(http, credentials, db=db, rpc=rpc)


async def _by_any(http: Http, credentials: Credentials, *, db: str | None, rpc: Envelope | Literal["auto"]) -> Identity:
    if credentials.session_id is not None:
        try:
            return await _by_cookie(http, credentials, rpc)
        except SessionExpired as error:
            if credentials.password is None and credentials.api_key is None:
                raise BadCredentials(_dead_cookie(error)) from None
            log.info("session cookie expired; trying the other credentials", extra={"event": "session.expired"})
            http.session_id = None
    if credentials.password is None and credentials.api_key is None:
        raise ConfigError("no credentials; pass a password, an API key or a session cookie")
    if credentials.password is not None:
        if credentials.login is None:
            raise ConfigError(NO_LOGIN)
        await _find_https(http)
        try:
            return await _by_password(http, credentials, db or await choose_database(http), rpc)
        except TotpRequired:
            if credentials.api_key is None:
                raise
            log.info("no second factor given; continuing with the API key", extra={"event": "login.api_key_instead"})
    assert credentials.api_key is not None
    version = await ask_version(http)
    if credentials.login is None and not table_for(version).json2:
        raise ConfigError(NO_LOGIN)
    db = db or await choose_database(http)
    return await _by_key(
        http, credentials.login, credentials.api_key, db, rpc, version, "an API key cannot open a session"
    )


NO_LOGIN = "no login name; pass login=…, --login or ODOOCHAT_LOGIN"


def _dead_cookie(error: SessionExpired) -> str:
    """Return advice on a rejected session cookie; Odoo 20 may accept one only from the browser that obtained it."""
    if "identity" in str(error).lower():
        return (
            f"the server accepts the session cookie only from the browser that opened it ({error}); use a password or "
            "an API key"
        )
    return "the session cookie is invalid or has expired; copy it again from the browser, or use a password"


async def _find_https(http: Http) -> None:
    """Follow redirects to https before a secret is sent, unless the server runs on this machine."""
    if http.base.scheme == "http" and not _is_this_machine(http):
        await ask_version(http)
        await follow_web_moves(http)


def _is_this_machine(http: Http) -> bool:
    host = http.base.host or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _by_cookie(http: Http, credentials: Credentials, rpc: Envelope | Literal["auto"]) -> Identity:
    assert credentials.session_id is not None
    await _find_https(http)
    for _ in range(3):
        http.session_id = credentials.session_id.reveal()
        try:
            info = await ask_session(http)
            break
        except Redirected as error:
            http.session_id = None
            follow_move(http, error)
        except ProtocolError:
            await ask_version(http)  # raises a clearer error if this is not Odoo
            raise
    else:
        raise NotOdoo(f"{http.what} redirects in a loop")
    log.info(
        "session resumed for %s (uid %s) from the cookie",
        info.get("username"),
        info["uid"],
        extra={"event": "session.resumed", "login": info.get("username"), "uid": info["uid"]},
    )
    return await _session_identity(http, info, "session cookie", rpc, None)


async def _by_password(http: Http, credentials: Credentials, db: str, rpc: Envelope | Literal["auto"]) -> Identity:
    login, password = credentials.login, credentials.password
    assert login is not None
    assert password is not None
    if credentials.trusted_device is not None:
        http.set_cookie(TRUSTED_DEVICE, credentials.trusted_device.reveal())
    way: Credential = "password"
    try:
        info = await _authenticate(http, db, login, password)
    except (BadCredentials, AccessDenied) as error:
        if "database not found" in str(error).lower():
            raise NotFound("database", await no_database(http, db)) from None
        if "too many" in str(error).lower():
            raise BadCredentials(str(error)) from None
        rejected = f"the server rejected login {login!r} with this password on database {db!r}; check both"
        try:
            uid = await uid_over_rpc(http, db, login, password)
        except (LinkError, ProtocolError, ServerFault) as failure:
            if isinstance(failure, NotFound) or is_busy(failure):
                raise
            raise BadCredentials(f"{rejected}; cannot check whether it is an API key: {failure}") from None
        if uid:
            reason = "the value passed as a password is an API key, which cannot open a session"
            return await _by_key(http, login, password, db, rpc, await ask_version(http), reason, uid=uid)
        raise BadCredentials(rejected) from None
    except NotFound as error:
        raise NotFound("database", await no_database(http, db)) from error
    if not _knows(info):
        if await answer_second_factor(http, credentials.totp, remember=True):
            way = "password+totp"
        info = await ask_session(http)
    device = http.cookie(TRUSTED_DEVICE)
    credentials.trusted_device = Secret(device) if device else None
    log.info(
        "session opened for %s (uid %s) by %s",
        login,
        info["uid"],
        way,
        extra={"event": "session.opened", "login": login, "uid": info["uid"], "credential": way},
    )
    return await _session_identity(http, info, way, rpc, password if way == "password" else None, db)


async def _authenticate(http: Http, db: str, login: str, password: Secret) -> dict[str, Any]:
    """Open a session. The response contains the user's id unless a second factor is required."""
    params = {"db": db, "login": login, "password": password}
    for _ in range(3):
        http.session_id = None
        try:
            answer = await post_route(http, "/web/session/authenticate", params)
            info = read_route(http, answer)
        except Redirected as error:
            follow_move(http, error)
            continue
        except ProtocolError:
            await ask_version(http)  # raises a clearer error if this is not Odoo
            raise
        if not is_object(info):
            raise ProtocolError("the server's response to the login is not a session", info)
        if http.session_id is None:
            raise SessionNotKept(why_not_kept(http.what, http.base, answer.set_cookies))
        return info
    raise NotOdoo(f"{http.what} redirects in a loop")


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
        raise ConfigError("rpc='session' needs a session, which an API key cannot open; use jsonrpc, xmlrpc or json2")
    chosen: Envelope = envelope if envelope != "auto" else ("json2" if table_for(version).json2 else "jsonrpc")
    if login is not None and not uid:
        try:
            uid = await uid_over_rpc(http, db, login, key)
        except (Blocked, ProtocolError, ServerFault) as failure:
            if chosen != "json2" and isinstance(failure, Blocked | ProtocolError) and is_closed(failure):
                text = f"{http.what} offers no RPC, which an API key needs; a proxy must forward /jsonrpc"
                raise ProtocolError(f"{text} (HTTP {failure.status})", status=failure.status) from None
            if chosen != "json2" or isinstance(failure, NotFound):
                raise  # only JSON-2 logs in without the uid
        if not uid and chosen != "json2":
            raise BadCredentials(
                f"the server rejected this API key; check that it belongs to {login!r} on database {db!r}, and has "
                "not expired"
            )
    rpc = Rpc(http, chosen, db=db, uid=uid, secret=key)
    if not uid:
        try:
            context = await rpc.execute(Call("res.users", "context_get", None, {}))
        except BadCredentials as error:
            raise BadCredentials(
                f"the server rejected this API key: {error}; check that it belongs to database {db!r}"
            ) from None
        uid = integer(context.get("uid")) if is_object(context) else 0
        rpc = Rpc(http, chosen, db=db, uid=uid, secret=key)
    rows = await rpc.execute(Call("res.users", "read", (uid,), {"fields": ["name", "login", "partner_id"]}))
    user = rows[0] if is_array(rows) and rows and is_object(rows[0]) else {}
    partner, name = pair(user.get("partner_id"))
    log.info(
        "logged in over %s as %s (uid %s) with an API key",
        _ENVELOPES[chosen],
        user.get("login"),
        uid,
        extra={"event": "login.api_key", "envelope": _ENVELOPES[chosen], "login": user.get("login"), "uid": uid},
    )
    me = Me(uid, partner, _shown(user.get("name")) or name, _shown(user.get("login") or login))
    best = f"RPC polling, without a live link: {reason}; others' typing, reactions and edits arrive late or not at all"
    return Identity(me, version, db, "api key", best, False, rpc)


def _shown(value: object) -> str:
    """Return a name in a form that is safe to print on a terminal, or "" if there is no name."""
    return safe_name(value) if isinstance(value, str) else ""


_ENVELOPES = {"session": "the session", "jsonrpc": "JSON-RPC", "xmlrpc": "XML-RPC", "json2": "JSON-2"}


async def _session_identity(
    http: Http,
    info: dict[str, Any],
    way: Credential,
    envelope: Envelope | Literal["auto"],
    password: Secret | None,
    db: str = "",
) -> Identity:
    if info.get("server_version_info") or info.get("server_version"):
        version = parse_version(info.get("server_version_info"), info.get("server_version"))
    else:
        version = await ask_version(http)
    uid, db = info["uid"], str(info.get("db") or db)
    partner, name = pair(info.get("partner_id"))
    me = Me(uid, partner, _shown(info.get("name")) or name, _shown(info.get("username")))
    rpc = Rpc(http, "session")
    if envelope in ("jsonrpc", "xmlrpc"):
        if password is None:
            raise ConfigError(f"rpc={envelope!r} needs a password without a second factor, or an API key")
        rpc = Rpc(http, envelope, db=db, uid=uid, secret=password)
        rpc.has_session = True
    elif envelope == "json2":
        raise ConfigError("rpc='json2' needs an API key")
    live = "WebSocket" if "websocket" in table_for(version).transports else "long polling"
    worker, bus_id = worker_of(info)
    settings = info.get("user_settings")
    return Identity(
        me,
        version,
        db,
        way,
        f"{live}, with a session ({way})",
        True,
        rpc,
        worker=worker,
        max_upload=integer(info.get("max_file_upload_size")) or None,
        settings=integer(settings.get("id")) if is_object(settings) else 0,
        internal=bool(info.get("is_internal_user", "user_companies" in info)),
        bus_id=bus_id,
    )
