"""Login: the JSON session routes, and the login and two-factor forms."""

from __future__ import annotations

from html import escape
from typing import Any

from aiohttp import web

from odoochat.sandbox import errors
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.http.site import SITE, Visitor, html
from odoochat.sandbox.versions.session_info import session_info, version_info
from odoochat.sandbox.world.world import World

BLOCK_AFTER, BLOCK_SECONDS = 10, 60.0  # failed logins allowed per address


class LoginLimiter:
    """Counts failed logins, and blocks an address for one minute after ten."""

    def __init__(self) -> None:
        self._failed: dict[str, tuple[int, float]] = {}

    def check(self, address: str, now: float) -> None:
        """Raise an error if an address has had too many failed logins."""
        count, when = self._failed.get(address, (0, 0.0))
        if count >= BLOCK_AFTER and now - when < BLOCK_SECONDS:
            raise OdooError("denied", "Too many login failures, please wait a bit before trying again.")

    def note(self, address: str, now: float, *, right: bool) -> None:
        """Record an attempt."""
        if right:
            self._failed.pop(address, None)
        else:
            self._failed[address] = (self._failed.get(address, (0, 0.0))[0] + 1, now)


LOGIN_LIMITER = web.AppKey("limiter", LoginLimiter)


def _log_in(visitor: Visitor, world: World, login: str, password: str) -> int | None:
    """Check a password, set the cookie, and return the user, or None while a second factor is required."""
    limiter, address = visitor.request.app[LOGIN_LIMITER], visitor.request.remote or ""
    limiter.check(address, world.state.clock())
    user = world.state.accounts.by_password(login, password)
    limiter.note(address, world.state.clock(), right=user is not None)
    if user is None:
        raise errors.denied()
    waits = bool(user["totp_secret"])
    uid = int(user["id"])
    visitor.cookie = world.state.sessions.open(uid=None if waits else uid, pre_uid=uid if waits else None)
    return None if waits else uid


async def authenticate(visitor: Visitor, db: str = "", login: str = "", password: str = "", **_: Any) -> dict[str, Any]:
    """POST /web/session/authenticate; accepts only passwords, not API keys."""
    world = visitor.site.world_of(db)
    if world is None:
        if visitor.capabilities.names_database:
            raise errors.no_database(db)
        raise OdooError("access", "Database not found.")
    uid = _log_in(visitor, world, str(login), str(password))
    return session_info(world.notifier.sender, uid)


async def get_session_info(visitor: Visitor) -> dict[str, Any]:
    """POST /web/session/get_session_info."""
    return session_info(visitor.world.notifier.sender, visitor.uid)


async def check(visitor: Visitor) -> None:
    """POST /web/session/check: returns nothing, or an error if the session has expired."""


async def destroy(visitor: Visitor) -> None:
    """POST /web/session/destroy."""
    assert visitor.sid is not None
    visitor.world.state.sessions.close(visitor.sid)
    visitor.cookie = visitor.world.state.sessions.open()


async def modules(visitor: Visitor) -> list[str]:
    """POST /web/session/modules."""
    return ["base", "bus", "mail", "web"]


async def webclient_version(visitor: Visitor) -> dict[str, Any]:
    """POST /web/webclient/version_info."""
    return version_info(visitor.site.main.state)


async def database_list(visitor: Visitor) -> list[str]:
    """POST /web/database/list."""
    if not visitor.site.options.list_db:
        raise errors.denied()
    return list(visitor.site.worlds)


# pages


async def web_version(request: web.Request) -> web.StreamResponse:
    """GET /web/version, Odoo 19 and later."""
    info = version_info(request.app[SITE].main.state)
    return web.json_response({"version_info": info["server_version_info"], "version": info["server_version"]})


async def logout_page(request: web.Request) -> web.StreamResponse:
    """GET /web/session/logout; in Odoo 20, a form submitted with POST and a CSRF token."""
    visitor = Visitor(request)
    if (request.method == "POST") != (visitor.capabilities.logout_by_form):
        return html(405, "Method Not Allowed")
    if request.method == "POST" and not csrf_right(visitor, (await request.post()).get("csrf_token")):
        return html(400, "Session expired (invalid CSRF token)")
    if visitor.sid is not None:
        visitor.world.state.sessions.close(visitor.sid)
    visitor.cookie = visitor.world.state.sessions.open()
    return _redirect(visitor, "/web/login")


def _redirect(visitor: Visitor, where: str) -> web.Response:
    response = web.Response(status=303, headers={"Location": where})
    visitor.set_cookie(response)
    return response


def csrf_of(visitor: Visitor) -> str:
    """Return the CSRF token for the session's forms; a visitor without a session gets a new one."""
    sessions = visitor.world.state.sessions
    row = sessions.get(visitor.sid)
    if row is None:
        visitor.cookie = sessions.open()
        row = sessions.get(visitor.cookie)
    assert row is not None
    return str(row["csrf"])


def csrf_right(visitor: Visitor, token: object) -> bool:
    """Return whether a form's CSRF token belongs to the request's session."""
    row = visitor.world.state.sessions.get(visitor.sid)
    return row is not None and token == row["csrf"]


def _page(visitor: Visitor, body: str, csrf: str, status: int = 200) -> web.Response:
    text = (
        "<!DOCTYPE html>\n<html><head><title>Odoo</title><script>\nvar odoo = {\n"
        f'    csrf_token: "{escape(csrf)}",\n    debug: "",\n}};\n</script></head>\n'
        f"<body>{body}</body></html>\n"
    )
    response = web.Response(text=text, content_type="text/html", status=status)
    visitor.set_cookie(response)
    return response


async def web_page(request: web.Request) -> web.StreamResponse:
    """GET /web, /odoo: the web client's page, reduced to its csrf_token."""
    visitor = Visitor(request)
    if visitor.uid is None:
        return _redirect(visitor, "/web/login")
    if visitor.is_user and not visitor.world.state.accounts.is_internal(visitor.uid):
        # Observed on live Odoo 14 and 19 servers: the web client is only for employees.
        return _redirect(visitor, visitor.capabilities.portal_home)
    return _page(visitor, '<div class="o_web_client"></div>', csrf_of(visitor))


async def login_successful_page(request: web.Request) -> web.StreamResponse:
    """GET /web/login_successful, Odoo 15 and later: the page that portal users see if no portal is installed."""
    visitor = Visitor(request)
    if visitor.uid is None:
        return _redirect(visitor, "/web/login")
    return _page(visitor, "<p>You are logged in</p>", csrf_of(visitor))


async def login_page(request: web.Request) -> web.StreamResponse:
    """GET and POST /web/login."""
    visitor = Visitor(request)
    if request.method == "POST":
        form = await request.post()
        if not csrf_right(visitor, form.get("csrf_token")):
            return html(400, "Session expired (invalid CSRF token)")
        try:
            uid = _log_in(visitor, visitor.world, str(form.get("login")), str(form.get("password")))
        except OdooError:
            return _login_form(visitor, "Wrong login/password")
        return _redirect(visitor, "/web/login/totp" if uid is None else visitor.capabilities.home)
    return _login_form(visitor, "")


def _login_form(visitor: Visitor, error: str) -> web.Response:
    csrf = csrf_of(visitor)
    body = (
        f'<p class="alert">{error}</p><form method="post" action="/web/login">'
        f'<input type="hidden" name="csrf_token" value="{escape(csrf)}"/>'
        '<input name="login"/><input name="password" type="password"/><button>Log in</button></form>'
    )
    return _page(visitor, body, csrf)


async def totp_page(request: web.Request) -> web.StreamResponse:
    """GET and POST /web/login/totp: the second factor."""
    visitor = Visitor(request)
    sessions = visitor.world.state.sessions
    row = sessions.get(visitor.sid)
    if row is None or visitor.sid is None or row["pre_uid"] is None:
        return _redirect(visitor, "/web/login")
    error = ""
    if request.method == "POST":
        form = await request.post()
        if not csrf_right(visitor, form.get("csrf_token")):
            return html(400, "Session expired (invalid CSRF token)")
        code = str(form.get("totp_token", "")).replace(" ", "")
        if visitor.world.state.accounts.totp_matches(row["pre_uid"], code):
            visitor.cookie = sessions.login(visitor.sid)
            return _redirect(visitor, visitor.capabilities.home)
        error = "Verification failed, please double-check the 6-digit code"
    body = (
        f'<p class="alert">{error}</p><form method="POST" action="" class="o_login_form">'
        f'<input type="hidden" name="csrf_token" value="{escape(row["csrf"])}"/>'
        '<input type="hidden" name="redirect"/><input name="totp_token" autocomplete="off"/>'
        '<input type="checkbox" name="remember"/><button>Verify</button></form>'
    )
    return _page(visitor, body, str(row["csrf"]))
