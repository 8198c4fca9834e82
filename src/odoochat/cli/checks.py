"""The checks that ``odoochat doctor`` runs, and the fix that it suggests for each failure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from odoochat.cli.connection import CREDENTIALS_HINT, connected, resolve_settings
from odoochat.cli.error_report import error_text
from odoochat.cli.exit_codes import DONE, FAILED, LOGIN, UNREACHABLE, USAGE, exit_code
from odoochat.cli.log import without_log_line
from odoochat.cli.network_mends import NOT_ODOO_MENDS, network_mend
from odoochat.cli.options import ServerOptions
from odoochat.cli.prompts import prompt_totp
from odoochat.cli.streams import json_line, print_result
from odoochat.client.address import base_url
from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.config import Settings
from odoochat.core.state import ClientState
from odoochat.errors import (
    Blocked,
    ConfigError,
    LinkError,
    LoginError,
    NotFound,
    NotOdoo,
    OdooChatError,
    ProtocolError,
    SessionNotKept,
    TimedOut,
    TotpRequired,
    Unreachable,
    names,
)
from odoochat.events import MessagePosted
from odoochat.net.credentials import Credentials
from odoochat.net.http import Http
from odoochat.net.login import ask_version, databases
from odoochat.net.network import Network
from odoochat.net.transports.longpoll import LongPoll
from odoochat.net.transports.peek import Peek
from odoochat.net.transports.websocket import PATHS, WebSocket
from odoochat.wire.content.body import safe_line
from odoochat.wire.versions.registry import dialect_for

__all__ = ["check_server"]

Grade = Literal["ok", "note", "fail"]

_NGINX = (
    "nginx: `location /websocket { proxy_pass http://127.0.0.1:8072; proxy_http_version 1.1; "
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; "
    "proxy_set_header Host $host; proxy_set_header X-Forwarded-Host $host; "
    "proxy_set_header X-Forwarded-Proto $scheme; }` and proxy_mode = True"
)
_BY_STATUS = {
    400: "the proxy does not forward the Upgrade header; " + _NGINX,
    401: "the proxy requires a login for this path; exempt the path",
    403: "the proxy forbids this path; " + _NGINX,
    404: "the proxy does not forward this path to Odoo, or no database matches this hostname (dbfilter); " + _NGINX,
    407: "the proxy requires a login; set ODOOCHAT_PROXY=http://user:password@proxy:port",
    426: "the proxy changed the WebSocket version header; forward it unchanged",
    429: "the proxy limits requests to this path; raise the limit",
    500: "the request reached an Odoo process without WebSockets; forward it to the gevent port (8072); " + _NGINX,
    502: "the gevent process is not running, or the proxy uses the wrong port for it (8072); " + _NGINX,
    503: "the server is stopping or overloaded; try again in a minute",
    504: "the gevent process does not respond; check that it is running, and check its port (8072); " + _NGINX,
    200: "the response is a web page; forward this path to Odoo; " + _NGINX,
    303: "no database matches this hostname; set dbfilter, or log in first",
}


class CheckReport:
    """Prints the result of each check as it finishes.

    Args:
        json: whether to print JSON.

    Attributes:
        code: the exit code of the first failed check; 0 if none failed.
    """

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self.code = DONE

    def line(self, check: str, grade: Grade, found: str, mend: str = "", *, code: int = FAILED) -> None:
        """Print the result of a check.

        Args:
            check: name of the check.
            grade: ``ok``, ``note`` (works with the limitation described in `found`) or ``fail``.
            found: the check's finding.
            mend: the suggested fix; "" if no change is needed.
            code: the exit code if the check failed.
        """
        if grade == "fail" and self.code == DONE:
            self.code = code
        found, mend = safe_line(found, 500), safe_line(mend, 800)
        if self._json:
            print_result(json_line({"check": check, "result": grade, "found": found, "mend": mend or None}))
            return
        print_result(f"{grade.upper() if grade == 'fail' else grade:4}  {check}: {found}")
        if mend:
            print_result(f"      -> {mend}")


async def check_server(server: ServerOptions, *, post: str | None, json: bool) -> int:
    """Run all applicable checks and print their results.

    Args:
        server: the command-line options.
        post: the channel in which to post a test message and check its delivery; None to post nothing.
        json: whether to print one JSON object per check.

    Returns:
        The exit code.
    """
    report = CheckReport(json=json)
    settings = resolve_settings(server, required=False)
    network = Network.of(**settings.network())
    with without_log_line("tls.unverified"):  # reported as a check
        http = Http(base_url(settings.url or ""), timeout=server.request_timeout, network=network)
    try:
        _network(report, http, network, settings)
        session = await _reach(report, http, settings)
        if session is None or not await _log_in(report, session, settings):
            return report.code
        await _links(report, session)
        await _channels(report, session)
        if session.identity.session:  # avoids a second login and its two-factor code
            settings = replace(settings, session_id=http.session_id)
    finally:
        await http.close()
    if post is not None:
        await _round_trip(report, server, settings, post)
    return report.code


def _network(report: CheckReport, http: Http, network: Network, settings: Settings) -> None:
    """Check the address, the proxy and the certificate settings before sending any request."""
    url = settings.url or ""
    given = urlsplit(url if "://" in url else f"//{url}")
    if given.path.rstrip("/") != http.base.path.rstrip("/"):
        report.line("address", "note", f"{given.path} is a page in Odoo, not the server's address", f"use {http.base}")
    proxy = network.proxy_for(http.base)
    if proxy is not None:
        source = settings.sources.get("proxy", f"environment {http.base.scheme.upper()}_PROXY")
        report.line("proxy", "ok", f"using {proxy.with_user(None)} ({source})")
    if not settings.verify:
        source = settings.sources.get("verify", "option").replace("option", "--insecure")
        mend = "use --ca-file with the server's certificate authority instead"
        report.line("certificate", "note", f"not verified ({source}): anyone on the network path can read it", mend)


async def _reach(report: CheckReport, http: Http, settings: Settings) -> Session | None:
    asked = http.base
    try:
        version = await ask_version(http)
        dialect_for(version)
    except (Unreachable, Blocked) as error:
        report.line("address", "fail", error_text(error), network_mend(error), code=UNREACHABLE)
        return None
    except TimedOut as error:
        mend = "the port accepts connections but sends no response; check that Odoo uses it and is not overloaded"
        report.line("address", "fail", str(error), mend, code=UNREACHABLE)
        return None
    except NotOdoo as error:
        report.line("address", "fail", error.found, NOT_ODOO_MENDS[error.cause], code=UNREACHABLE)
        return None
    except OdooChatError as error:
        found = str(error.args[0] if isinstance(error, ProtocolError) else error)  # without an excerpt of the page
        report.line("address", "fail", found, NOT_ODOO_MENDS["other"], code=UNREACHABLE)
        return None
    report.line("address", "ok", f"{http.base} answers")
    if http.base != asked:
        report.line("redirect", "note", f"{asked} redirects to {http.base}", f"use {http.base} directly")
    if http.base.scheme == "http" and http.base.host not in ("127.0.0.1", "localhost", "::1"):
        report.line("encryption", "note", "the connection is not encrypted", "serve Odoo over https://")
    report.line("version", "ok", f"Odoo {version}")
    credentials = Credentials(
        settings.login,
        settings.password,
        settings.api_key,
        settings.session_id,
        settings.totp or prompt_totp,
        settings.trusted_device,
    )
    return Session(http, credentials, db=settings.db, rpc="auto", transport="auto")


async def _log_in(report: CheckReport, session: Session, settings: Settings) -> bool:
    try:
        await session.log_in()
    except TotpRequired as error:
        mend = "set ODOOCHAT_TOTP to the current code, or use an API key (polling) or a session cookie"
        report.line("login", "fail", str(error), mend, code=LOGIN)
        return False
    except ConfigError as error:
        found, _, mend = error_text(error).partition("; ")
        report.line("login", "fail", found, mend if settings.has_credential else CREDENTIALS_HINT, code=USAGE)
        return False
    except SessionNotKept as error:
        mend = "browsers fail the same way; change the address, or fix how the proxy forwards Set-Cookie"
        report.line("session", "fail", str(error), mend, code=LOGIN)
        return False
    except Blocked as error:
        report.line("login", "fail", error_text(error), network_mend(error), code=UNREACHABLE)
        return False
    except (LoginError, NotFound) as error:
        listed = await databases(session.http)
        mend = "check the login, password and database"
        if settings.session_id:
            mend = "copy the cookie session_id from a browser that is logged in"
        elif settings.api_key and not settings.password:
            mend = "check the login, API key and database; the key may have expired"
        named = isinstance(error, NotFound) and error.name == "database"  # the error lists them itself
        if listed is not None and len(listed) > 1 and settings.db not in listed and not named:
            mend += f"; databases on this server: {', '.join(listed[:10])}"
        report.line("login", "fail", str(error), mend, code=LOGIN)
        return False
    except OdooChatError as error:
        report.line("login", "fail", str(error), "check the server's log", code=exit_code(error))
        return False
    identity = session.identity
    report.line("login", "ok", f"{identity.me.name} ({identity.me.login}) on database {identity.db} by {identity.way}")
    if identity.session:
        report.line("session", "ok", identity.best)
    else:
        mend = "log in with the password for live updates, typing and reactions; reading and posting work without it"
        as_password = identity.way == "api key" and not settings.api_key
        report.line("session", "fail" if as_password else "note", identity.best, mend, code=LOGIN)
    return True


async def _links(report: CheckReport, session: Session) -> None:
    if not session.identity.session:
        report.line("live link", "note", "not available without a session; new messages are polled every 2 seconds")
        return
    try:
        await session.check()
    except OdooChatError as error:
        report.line("session", "fail", str(error), "log in again", code=exit_code(error))
        return
    if "websocket" in session.dialect.table.transports:
        path = await _paths(report, session)
        if path is not None:
            await _subscription(report, session, path)
        await _peek(report, session)
    else:
        await _longpoll(report, session)


async def _paths(report: CheckReport, session: Session) -> str | None:
    tried: list[tuple[str, OdooChatError]] = []
    for path in PATHS:
        try:
            socket = await session.http.websocket(path, {"version": session.worker} if session.worker else {})
        except OdooChatError as error:
            tried.append((path, error))
            if isinstance(error, LinkError):  # the network failed, so the next path would fail too
                break
            continue
        await socket.close()
        found = f"{path} responds with status 101"
        if not tried:
            report.line("WebSocket", "ok", found)
        else:
            mend = "odoochat finds this path automatically"
            report.line("WebSocket", "note", f"{found}, after {_seen(tried)}", mend)
        return path
    first = tried[0][1]
    status = first.status if isinstance(first, ProtocolError | Blocked) else None
    mend = _BY_STATUS.get(status or 0, _NGINX) + "; until then new messages are polled"
    report.line("WebSocket", "fail", _seen(tried), mend)
    return None


def _seen(tried: Sequence[tuple[str, OdooChatError]]) -> str:
    """Describe the error for each path that was tried."""

    def short(error: OdooChatError) -> str:
        return f"HTTP {error.status}" if isinstance(error, ProtocolError | Blocked) and error.status else str(error)

    return ", ".join(f"{path}: {short(error)}" for path, error in tried)


async def _subscription(report: CheckReport, session: Session, path: str) -> None:
    source = WebSocket(
        session.http,
        session.dialect,
        paths=[path],
        worker=session.worker,
        echo=session.echo,
        is_echo=session.is_echo,
        works=lambda _: None,
    )
    try:
        await source.open(0)
        report.line("subscription", "ok", "the server sent the requested notification")
    except OdooChatError as error:
        mend = (
            "the WebSocket opens as the public user; configure the proxy to forward Cookie, Host, Origin and "
            "X-Forwarded-Proto, set proxy_mode = True, and check whether ODOO_BUS_PUBLIC_SAMESITE_WS is set; "
            "until then new messages are polled"
        )
        report.line("subscription", "fail", str(error), mend)
    finally:
        await source.close()


async def _peek(report: CheckReport, session: Session) -> None:
    source = Peek(session.http, session.dialect.decoder.polled, partner=session.partner_channel, last=lambda: 0)
    try:
        await source.open(0)
        report.line("bus polling", "ok", "/websocket/peek_notifications accepts your session")
    except OdooChatError as error:
        mend = "configure the proxy to forward /websocket/peek_notifications; until then model calls are polled"
        report.line("bus polling", "note", str(error), mend)


async def _longpoll(report: CheckReport, session: Session) -> None:
    source = LongPoll(
        session.http,
        session.dialect.decoder.polled,
        partner=session.partner_channel,
        last=lambda: 0,
        overlapped=lambda _seconds: 0,
    )
    try:
        await source.open(0)
        report.line("long polling", "ok", "/longpolling/poll accepts your session")
    except OdooChatError as error:
        mend = "forward /longpolling to the longpolling port (8072): nginx `location /longpolling { proxy_pass … }`"
        report.line("long polling", "fail", str(error), mend)


async def _channels(report: CheckReport, session: Session) -> None:
    try:
        infos, _ = await ServerQueries(session, ClientState()).channels.mine()
    except OdooChatError as error:
        mend = "check that the user has access to Discuss; internal users have it"
        report.line("channels", "fail", str(error), mend, code=exit_code(error))
        return
    if infos:
        report.line("channels", "ok", f"{len(infos)}: {names([i.name for i in infos])}")
    else:
        report.line("channels", "note", "you are not a member of any channel", "join one in Odoo's Discuss")


async def _round_trip(report: CheckReport, server: ServerOptions, settings: Settings, ref: str) -> None:
    posted = ""
    try:
        async with connected(server, settings) as odoo:
            await odoo.link.wait_open(server.request_timeout)
            channel = await odoo.resolve(ref)
            posts = odoo.events(MessagePosted, channel=channel)
            message = await channel.send("odoochat doctor: test message")
            posted = f"{message.id} posted to {channel.name}"
            async with asyncio.timeout(server.request_timeout):
                while not (isinstance(event := await posts.get(), MessagePosted) and event.message.id == message.id):
                    pass
            report.line("message", "ok", f"{posted}, delivered back by {odoo.via}")
    except TimeoutError as error:
        if posted:
            report.line("message", "fail", f"{posted}, but not delivered back", "see the checks above")
        else:
            report.line("message", "fail", str(error), "see the checks above", code=exit_code(error))
    except OdooChatError as error:
        mend = "check the channel's name and your permission to post"
        report.line("message", "fail", str(error), mend, code=exit_code(error))
