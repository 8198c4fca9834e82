"""Remote calls to model methods: XML-RPC, /jsonrpc, JSON-2 and call_kw with a session."""

from __future__ import annotations

import json
import re
import xmlrpc.client
from typing import Any
from xml.parsers.expat import ExpatError

from aiohttp import web

from odoochat.sandbox import errors
from odoochat.sandbox.errors import APPLICATION, NoModel, OdooError
from odoochat.sandbox.http.jsonrpc import dumps, envelope, error_of, parse
from odoochat.sandbox.http.site import SITE, Site, Visitor, cut, html
from odoochat.sandbox.orm.methods import METHODS, ON_RECORDS, call, find_method
from odoochat.sandbox.versions.session_info import session_info, version_info
from odoochat.sandbox.world.world import World

_DECLARATIONS = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


# services


def _common(site: Site, method: str, params: list[Any]) -> Any:
    if method == "version":
        return version_info(site.main.state)
    if method == "about":
        return "See http://openerp.com"
    if method in ("authenticate", "login"):
        if len(params) < 3:
            raise OdooError("argument", f"{method}() missing required positional arguments")
        world = site.world_of(params[0])
        if world is None:
            raise errors.no_database(str(params[0]))
        return world.state.accounts.authenticate(str(params[1]), str(params[2])) or False
    raise OdooError("exception", f"Method not found: {method}")


def _object(site: Site, method: str, params: list[Any]) -> Any:
    if method not in ("execute", "execute_kw"):
        raise OdooError("key", method)
    if len(params) < 5:
        raise OdooError("argument", "execute_kw() missing required positional arguments")
    name, uid, secret, model, action, *rest = params
    world = site.world_of(name)
    if world is None:
        raise errors.no_database(str(name))
    user = world.state.accounts.check(uid, str(secret))
    if method == "execute":
        return call_as_rpc(world, user, model, action, rest, {})
    args = rest[0] if rest else []
    kwargs = rest[1] if len(rest) > 1 else {}
    return call_as_rpc(world, user, model, action, args or [], kwargs or {})


def call_as_rpc(world: World, uid: int, model: str, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Call a method over RPC; an unknown model raises the error that RPC clients receive."""
    if model == "ir.http" and method == "session_info":
        if not args:
            raise OdooError("exception", "list index out of range")
        raise OdooError("exception", "object is not bound")
    try:
        return call(world, uid, model, method, args, kwargs)
    except OdooError as error:
        if error.kind == "model":
            raise OdooError("model", f"Object {model} doesn't exist") from None
        raise


def _serve(site: Site, service: str, method: str, params: list[Any]) -> Any:
    if service == "common":
        return _common(site, method, params)
    if service == "object":
        return _object(site, method, params)
    if service == "db" and method == "list" and site.main.state.capabilities.lists_databases:
        if not site.options.list_db:
            raise errors.denied()
        return list(site.worlds)
    raise OdooError("exception", f"unknown service {service}")


def _called_method(service: str, params: list[Any]) -> str:
    return str(params[4]) if service == "object" and len(params) > 4 else ""


# XML-RPC


async def xmlrpc_route(request: web.Request) -> web.StreamResponse:
    """POST /xmlrpc/2/<service>, and /xmlrpc/<service> with string fault codes."""
    site, service = request.app[SITE], request.match_info["service"]
    body = await _limited(request, site.options.body_limit)
    if body is None:
        return html(413, "Request Entity Too Large")
    if request.content_type in _FORMS:
        body = b""  # Werkzeug has consumed the body as a form (observed on live Odoo 14 and 19 servers)
    if site.main.state.capabilities.splits_json and request.content_type in (
        "application/json",
        "application/json-rpc",
    ):
        return html(400, "Bad Request")
    if _DECLARATIONS.search(body):
        return html(400, "Bad Request")
    params: list[Any] = []
    try:
        values, method = xmlrpc.client.loads(body, use_builtin_types=False)
        params = list(values)
        answer = _marshalled(site, _serve(site, service, str(method), params))
    except (ExpatError, xmlrpc.client.ResponseError, ValueError) as error:
        answer = _fault(APPLICATION, OdooError("exception", str(error)).traceback())
    except OdooError as error:
        early = not request.path.startswith("/xmlrpc/2")
        code = error.name.rpartition(".")[2] if early and error.fault > APPLICATION else error.fault
        answer = _fault(code, error.fault_text())
    called = _called_method(service, params)
    if called and site.ledger.take_cut(called):
        return cut(request)
    kind = "text/xml; charset=utf-8" if site.main.state.capabilities.charsets else "text/xml"
    return web.Response(body=answer.encode(), headers={"Content-Type": kind})


async def _limited(request: web.Request, limit: int) -> bytes | None:
    parts, size = list[bytes](), 0
    async for part in request.content.iter_chunked(2**16):
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


def _marshalled(site: Site, result: Any) -> str:
    try:
        text = xmlrpc.client.dumps((result,), methodresponse=True, allow_none=False)
    except (TypeError, OverflowError) as error:
        # The change persists, because the error occurs after the commit.
        lines = f"Traceback (most recent call last):\n{type(error).__name__}: {error}\n"
        return _fault(APPLICATION, lines)
    return _CONTROL.sub("", text) if site.main.state.capabilities.strips_controls else text


def _fault(code: int | str, text: str) -> str:
    fault: Any = xmlrpc.client.Fault(code, _CONTROL.sub("", text))  # type: ignore[arg-type]
    return xmlrpc.client.dumps(fault, methodresponse=True)


# /jsonrpc


async def jsonrpc_route(request: web.Request) -> web.StreamResponse:
    """POST /jsonrpc: the same services, without XML's limits."""
    site = request.app[SITE]
    body = await parse(request)
    if body is None:
        return html(*site.main.state.capabilities.unsupported)
    asked = body.get("params") or {}
    service, params = str(asked.get("service")), list(asked.get("args") or [])
    try:
        result = _serve(site, service, str(asked.get("method")), params)
        answer = envelope(body.get("id"), result=result)
    except OdooError as error:
        answer = envelope(body.get("id"), error=error_of(site.main.state.capabilities, error))
    called = _called_method(service, params)
    if called and site.ledger.take_cut(called):
        return cut(request)
    return web.Response(text=dumps(answer), content_type="application/json")


# with a session


def method_of(params: Any) -> str:
    """Return the name of the method that a `call_kw` request calls.

    Args:
        params: request parameters.
    """
    return str(params.get("method"))


async def call_kw(
    visitor: Visitor, model: str, method: str, args: list[Any], kwargs: dict[str, Any] | None = None, **_: Any
) -> Any:
    """POST /web/dataset/call_kw, with or without a trailing path."""
    assert visitor.uid is not None
    if model == "ir.http" and method == "session_info":
        return session_info(visitor.world.notifier.sender, visitor.uid)
    try:
        return call(visitor.world, visitor.uid, model, method, args or [], kwargs or {})
    except OdooError as error:
        if error.kind == "model" and visitor.capabilities.hides_model:
            raise NoModel(model) from None
        raise


# JSON-2


async def json2_route(request: web.Request) -> web.StreamResponse:
    """POST /json/2/<model>/<method>, Odoo 19 and later; authenticated with an API key as the bearer token."""
    site = request.app[SITE]
    if request.content_type != "application/json":
        return html(415, "Unsupported Media Type")
    world = site.main
    if "X-Odoo-Database" in request.headers:
        named = site.world_of(request.headers["X-Odoo-Database"])
        if named is None:
            return html(404, "Not Found")
        world = named
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    user = world.state.accounts.by_key(secret.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        return _unauthorized(request, bool(secret))
    method = request.match_info["method"]
    try:
        body = json.loads(await request.read() or b"{}")
        result = _json2_call(world, int(user["id"]), request.match_info["model"], method, dict(body))
    except OdooError as error:
        return _json2_error(error)
    except ValueError as error:
        return _json2_error(OdooError("value", str(error)))
    if site.ledger.take_cut(method):
        return cut(request)
    return web.Response(text=dumps(result), content_type="application/json")


def _json2_call(world: World, uid: int, model: str, method: str, body: dict[str, Any]) -> Any:
    ids, context = body.pop("ids", None), body.pop("context", None) or {}
    kwargs = {**body, "context": context} if context else body
    takes_ids = method in ON_RECORDS or not any(
        found.on_model for kind in METHODS if (found := find_method(world.version, kind, method)) is not None
    )
    if method in ("search", "search_read", "search_count", "create"):
        takes_ids = False
    if ids is not None and not takes_ids:
        raise OdooError("argument", f"cannot call {model}.{method} with ids")
    try:
        return call(world, uid, model, method, [ids or []] if takes_ids else [], kwargs)
    except OdooError as error:
        if error.kind == "model":
            raise OdooError("notfound", f"the model '{model}' does not exist") from None
        if error.kind == "attribute":
            raise OdooError("notfound", error.message) from None
        raise


def _unauthorized(request: web.Request, tried: bool) -> web.Response:
    text = "Invalid apikey"
    if not tried:
        text = (
            'Missing "Authorization" or Sec-headers for interactive usage.'
            if "session_id" in request.cookies
            else "User not authenticated, use an API Key with a Bearer Authorization header."
        )
    body = {
        "name": "werkzeug.exceptions.Unauthorized", "message": text, "arguments": [text, 401],
        "context": {}, "debug": "",
    }  # fmt: skip
    return web.Response(
        status=401, text=dumps(body), content_type="application/json", headers={"WWW-Authenticate": "Bearer"}
    )


def _json2_error(error: OdooError) -> web.Response:
    arguments: list[Any] = [error.message]
    if error.kind == "notfound":
        arguments.append(404)
    body = {
        "name": error.name, "message": error.message, "arguments": arguments, "context": {},
        "debug": error.traceback(),
    }  # fmt: skip
    return web.Response(status=error.status, text=dumps(body), content_type="application/json")
