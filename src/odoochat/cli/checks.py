"""The doctor's checks, each with what was found and what to change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit

from odoochat.cli.connection import CREDENTIALS_MEND, Server, ask_totp, connected, settings_of
from odoochat.cli.exit_codes import DONE, FAILED, LOGIN, UNREACHABLE, USAGE, code_of, words_of
from odoochat.cli.streams import json_line, out
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
    OdooChatError,
    ProtocolError,
    RateLimited,
    SessionNotKept,
    TimedOut,
    TotpRequired,
    Unreachable,
)
from odoochat.events import MessagePosted
from odoochat.net.http import Http
from odoochat.net.login import Credentials, ask_version, databases
from odoochat.net.network import Network
from odoochat.net.transports.longpoll import LongPoll
from odoochat.net.transports.peek import Peek
from odoochat.net.transports.websocket import PATHS, WebSocket
from odoochat.wire.content.body import safe_line
from odoochat.wire.versions.registry import dialect_for

__all__ = ["examine"]

Grade = Literal["ok", "note", "fail"]

_NGINX = (
    "nginx: `location /websocket { proxy_pass http://127.0.0.1:8072; proxy_http_version 1.1; "
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; "
    "proxy_set_header Host $host; proxy_set_header X-Forwarded-Host $host; "
    "proxy_set_header X-Forwarded-Proto $scheme; }` and proxy_mode = True"
)
_BY_STATUS = {
    400: "the proxy does not pass the Upgrade header on; " + _NGINX,
    401: "the proxy wants a login for this path: take it out of what it protects",
    403: "the proxy forbids it; " + _NGINX,
    404: "the proxy does not send it to Odoo, or no database is chosen for this host name (dbfilter); " + _NGINX,
    407: "the proxy wants a login: set ODOOCHAT_PROXY=http://user:password@proxy:port",
    426: "the proxy changed the WebSocket's version",
    429: "the proxy limits how often this path is asked: raise the limit for it",
    500: "it reached an Odoo process that serves no WebSockets: send it to the gevent port (8072); " + _NGINX,
    502: "the gevent process does not run, or the proxy has its wrong port (8072); " + _NGINX,
    503: "the server is stopping or overloaded: look again in a minute",
    504: "the gevent process does not answer: is it running, and its port (8072) right? " + _NGINX,
    200: "something answered with a page: the proxy does not send it to Odoo; " + _NGINX,
    303: "no database is chosen for this host name: set dbfilter, or log in first",
}


class Report:
    """Prints each check at once, and keeps the exit code: that of the first failure."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self.code = DONE

    def line(self, check: str, grade: Grade, found: str, mend: str = "", *, code: int = FAILED) -> None:
        """One check.

        Args:
            check: what was looked at.
            grade: ``ok``, ``note`` (works, but you should know) or ``fail``.
            found: what was seen.
            mend: what to change.
            code: the exit code, when it failed and is the first that did.
        """
        if grade == "fail" and self.code == DONE:
            self.code = code
        found, mend = safe_line(found, 500), safe_line(mend, 800)
        if self._json:
            out(json_line({"check": check, "result": grade, "found": found, "mend": mend or None}))
            return
        out(f"{grade.upper() if grade == 'fail' else grade:4}  {check}: {found}")
        if mend:
            out(f"      -> {mend}")


async def examine(server: Server, *, post: str | None, json: bool) -> int:
    """Makes all checks that can be made; gives the exit code."""
    report = Report(json=json)
    settings = settings_of(server, required=False)
    network = Network.of(**settings.network())
    http = Http(base_url(settings.url or ""), timeout=server.request_timeout, network=network)
    try:
        _way(report, http, network, settings)
        account = await _reach(report, http, settings)
        if account is None or not await _log_in(report, account, settings):
            return report.code
        await _links(report, account)
        await _channels(report, account)
        if account.identity.session:  # no second login, no second code
            settings = replace(settings, session_id=http.session_id)
    finally:
        await http.close()
    if post is not None:
        await _there_and_back(report, server, settings, post)
    return report.code


def _way(report: Report, http: Http, network: Network, settings: Settings) -> None:
    """How the server is reached, before anything is sent."""
    url = settings.url or ""
    given = urlsplit(url if "://" in url else f"//{url}")
    if given.path.rstrip("/") != http.base.path.rstrip("/"):
        report.line("address", "note", f"{given.path} is a page of Odoo, not its address", f"use {http.base}")
    proxy = network.proxy_for(http.base)
    if proxy is not None:
        source = settings.sources.get("proxy", f"environment {http.base.scheme.upper()}_PROXY")
        report.line("proxy", "ok", f"{proxy.with_user(None)} is used ({source})")
    if not settings.verify:
        source = settings.sources.get("verify", "option").replace("option", "--insecure")
        mend = "give --ca-file with the authority of the server's certificate instead"
        report.line("certificate", "note", f"it is not verified ({source}): anybody in between can read all", mend)


def _road_mend(error: Unreachable | Blocked) -> str:
    """What to do when something on the way is in the way; the library's error says what it is."""
    text = str(error)
    if isinstance(error, RateLimited):
        return "wait as long as it wants, and ask who runs the proxy for a higher limit for this address"
    if "plain HTTP" in text or "speaks https" in text:
        return "change http:// and https:// in the address, or its port"
    if text.startswith("http://") and "without an answer" in text:
        return "if this port speaks https, write https:// in the address; else look whether the server runs"
    if "ca_file" in text:
        return "give its certificate authority by --ca-file (ODOOCHAT_CA_FILE); --insecure only to find the cause"
    if "client_cert" in text:
        return "give your certificate by --client-cert and --client-key (ODOOCHAT_CLIENT_CERT, ODOOCHAT_CLIENT_KEY)"
    if "secure connection" in text:
        return "check the certificate (name, date, chain), or whether the server speaks http:// there"
    if "HTTP 407" in text:
        return "set ODOOCHAT_PROXY=http://user:password@proxy:port; an option would show the password"
    if "proxy" in text and isinstance(error, Unreachable):
        return "check --proxy, ODOOCHAT_PROXY, HTTP_PROXY and HTTPS_PROXY; NO_PROXY names hosts that need none"
    if "maintenance" in text:
        return "wait until the maintenance is over"
    if isinstance(error, Blocked):
        return "use an address that leads to Odoo itself, or ask who runs the proxy to let you through"
    return "check the address, that the server runs, and that no firewall stands between"


async def _reach(report: Report, http: Http, settings: Settings) -> Session | None:
    asked = http.base
    try:
        version = await ask_version(http)
        dialect_for(version)
    except (Unreachable, Blocked) as error:
        report.line("address", "fail", words_of(error), _road_mend(error), code=UNREACHABLE)
        return None
    except TimedOut as error:
        mend = "something takes connections but does not answer: is Odoo overloaded, or is it no Odoo?"
        report.line("address", "fail", str(error), mend, code=UNREACHABLE)
        return None
    except OdooChatError as error:
        mend = (
            "give the address of the Odoo server itself, as in the browser before /web or /odoo; "
            "a proxy must let /xmlrpc/2 or /web through"
        )
        found = str(error.args[0] if isinstance(error, ProtocolError) else error)  # not the page that came instead
        if "speaks https" in found:
            mend = "write https:// in the address"
        elif "unencrypted http" in found:
            mend = "set proxy_mode = True in Odoo, and let the proxy pass X-Forwarded-Proto"
        report.line("address", "fail", found.partition(": check the address")[0], mend, code=UNREACHABLE)
        return None
    report.line("address", "ok", f"{http.base} answers")
    if http.base != asked:
        report.line("redirect", "note", f"{asked} redirects to {http.base}", f"use {http.base} at once")
    if http.base.scheme == "http" and http.base.host not in ("127.0.0.1", "localhost", "::1"):
        report.line("encryption", "note", "the connection is not encrypted", "serve Odoo by https://")
    report.line("version", "ok", f"Odoo {version}")
    credentials = Credentials(
        settings.login,
        settings.password,
        settings.api_key,
        settings.session_id,
        settings.totp or ask_totp,
        settings.trusted_device,
    )
    return Session(http, credentials, db=settings.db, rpc="auto", transport="auto")


async def _log_in(report: Report, account: Session, settings: Settings) -> bool:
    try:
        await account.log_in()
    except TotpRequired as error:
        mend = "set ODOOCHAT_TOTP to the present code, or use an API key (polling) or a session cookie"
        report.line("login", "fail", str(error), mend, code=LOGIN)
        return False
    except ConfigError as error:
        found, _, mend = words_of(error).partition(": ")
        report.line("login", "fail", found, mend if settings.has_credential else CREDENTIALS_MEND, code=USAGE)
        return False
    except SessionNotKept as error:
        mend = "a browser has the same trouble: change the address, or how the proxy passes Set-Cookie"
        report.line("session", "fail", str(error), mend, code=LOGIN)
        return False
    except Blocked as error:
        report.line("login", "fail", words_of(error), _road_mend(error), code=UNREACHABLE)
        return False
    except (LoginError, NotFound) as error:
        listed = await databases(account.http)
        mend = "check login, password and database"
        if listed is not None and len(listed) > 1 and not any(name in str(error) for name in listed):
            mend += f"; databases here: {', '.join(listed[:10])}"
        report.line("login", "fail", str(error), mend, code=LOGIN)
        return False
    except OdooChatError as error:
        report.line("login", "fail", str(error), "look into the server's log", code=code_of(error))
        return False
    identity = account.identity
    report.line("login", "ok", f"{identity.me.name} ({identity.me.login}) on database {identity.db} by {identity.way}")
    if identity.session:
        report.line("session", "ok", identity.best)
    else:
        mend = "log in with the password for live updates, typing and reactions; posting and reading work"
        as_password = "given as a password" in identity.best
        report.line("session", "fail" if as_password else "note", identity.best, mend, code=LOGIN)
    return True


async def _links(report: Report, account: Session) -> None:
    if not account.identity.session:
        report.line("live link", "note", "none without a session: new messages come by polling, every 2 seconds")
        return
    try:
        await account.check()
    except OdooChatError as error:
        report.line("session", "fail", str(error), "log in again", code=code_of(error))
        return
    if "websocket" in account.dialect.live:
        path = await _paths(report, account)
        if path is not None:
            await _subscription(report, account, path)
        await _peek(report, account)
    else:
        await _longpoll(report, account)


async def _paths(report: Report, account: Session) -> str | None:
    tried: list[tuple[str, OdooChatError]] = []
    for path in PATHS:
        try:
            socket = await account.http.websocket(path, {"version": account.worker} if account.worker else {})
        except OdooChatError as error:
            tried.append((path, error))
            if isinstance(error, LinkError):  # the road itself: it leads to no other path either
                break
            continue
        await socket.close()
        found = f"{path} answers with 101"
        if not tried:
            report.line("WebSocket", "ok", found)
        else:
            mend = "odoochat finds it by itself"
            report.line("WebSocket", "note", f"{found}; before it {_seen(tried)}", mend)
        return path
    first = tried[0][1]
    status = first.status if isinstance(first, ProtocolError | Blocked) else None
    mend = _BY_STATUS.get(status or 0, _NGINX) + "; until then new messages come by polling"
    report.line("WebSocket", "fail", _seen(tried), mend)
    return None


def _seen(tried: Sequence[tuple[str, OdooChatError]]) -> str:
    """What each path answered."""

    def short(error: OdooChatError) -> str:
        return f"HTTP {error.status}" if isinstance(error, ProtocolError | Blocked) and error.status else str(error)

    return ", ".join(f"{path}: {short(error)}" for path, error in tried)


async def _subscription(report: Report, account: Session, path: str) -> None:
    source = WebSocket(
        account.http,
        account.dialect,
        paths=[path],
        worker=account.worker,
        echo=account.echo,
        is_echo=account.is_echo,
        works=lambda _: None,
    )
    try:
        await source.open(0)
        report.line("subscription", "ok", "the server sent what it was asked to send")
    except OdooChatError as error:
        mend = (
            "the socket opens as the public user: let the proxy pass Cookie, Host, Origin and "
            "X-Forwarded-Proto, set proxy_mode = True, and look whether ODOO_BUS_PUBLIC_SAMESITE_WS is set; "
            "until then polling is used"
        )
        report.line("subscription", "fail", str(error), mend)
    finally:
        await source.close()


async def _peek(report: Report, account: Session) -> None:
    source = Peek(account.http, partner=account.partner_channel, last=lambda: 0)
    try:
        await source.open(0)
        report.line("polling of the bus", "ok", "/websocket/peek_notifications answers and knows you")
    except OdooChatError as error:
        mend = "let the proxy pass /websocket/peek_notifications to Odoo; model calls are polled meanwhile"
        report.line("polling of the bus", "note", str(error), mend)


async def _longpoll(report: Report, account: Session) -> None:
    source = LongPoll(account.http, partner=account.partner_channel, last=lambda: 0, overlapped=lambda _seconds: 0)
    try:
        await source.open(0)
        report.line("long polling", "ok", "/longpolling/poll answers and knows you")
    except OdooChatError as error:
        mend = "send /longpolling to the longpolling port (8072): nginx `location /longpolling { proxy_pass … }`"
        report.line("long polling", "fail", str(error), mend)


async def _channels(report: Report, account: Session) -> None:
    try:
        infos, _ = await ServerQueries(account, ClientState()).my_channels()
    except OdooChatError as error:
        mend = "may this user use Discuss at all? Internal users may"
        report.line("channels", "fail", str(error), mend, code=code_of(error))
        return
    if infos:
        report.line("channels", "ok", f"{len(infos)}: {', '.join(i.name for i in infos[:10])}")
    else:
        report.line("channels", "note", "you are a member of no channel", "join one in Odoo's Discuss")


async def _there_and_back(report: Report, server: Server, settings: Settings, ref: str) -> None:
    posted = ""
    try:
        async with connected(server, settings) as odoo:
            await odoo.open_link(server.request_timeout)
            channel = await odoo.resolve(ref)
            heard = odoo.events(MessagePosted, channel=channel)
            message = await channel.send("odoochat doctor: a message there and back")
            posted = f"{message.id} posted to {channel.name}"
            async with asyncio.timeout(server.request_timeout):
                while (await heard.get()).message.id != message.id:
                    pass
            report.line("message", "ok", f"{posted}, and back by {odoo.via}")
    except TimeoutError as error:
        if posted:
            report.line("message", "fail", f"{posted}, but it did not come back", "see the checks above")
        else:
            report.line("message", "fail", str(error), "see the checks above", code=code_of(error))
    except OdooChatError as error:
        mend = "check the channel's name and your right to post"
        report.line("message", "fail", str(error), mend, code=code_of(error))
