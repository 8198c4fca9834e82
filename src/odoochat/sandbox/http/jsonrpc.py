"""JSON routes: request envelopes, responses, and each version's error messages."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from odoochat.sandbox.errors import OdooError, expired
from odoochat.sandbox.http.site import Visitor, cut, html
from odoochat.sandbox.versions.capabilities import Capabilities

Handler = Callable[..., Awaitable[Any]]
WebHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def dumps(value: Any) -> str:
    """Encode JSON in Odoo's format."""
    return json.dumps(value)


def error_of(capabilities: Capabilities, error: OdooError) -> dict[str, Any]:
    """Return the error object for a response."""
    code, message = capabilities.error_code, "Odoo Server Error"
    if error.kind == "expired":
        code, message = 100, "Odoo Session Expired"
    elif error.kind == "identity":
        code, message = 100, "Odoo Server Error"
    elif error.kind == "notfound":
        code, message = 404, "404: Not Found"
    data = {
        "name": error.name,
        "message": error.message,
        "arguments": [error.message] if error.message and error.kind != "notfound" else [],
        "context": {},
        "debug": error.traceback(),
    }
    return {"code": code, "message": message, "data": data}


def envelope(call_id: Any, *, result: Any = None, error: Any = None) -> dict[str, Any]:
    """Return a response envelope, omitting `result` if it is None."""
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call_id}
    if error is not None:
        answer["error"] = error
    elif result is not None:
        answer["result"] = result
    return answer


async def parse(request: web.Request) -> dict[str, Any] | None:
    """Return the request object, or None if it is not JSON-RPC."""
    if request.content_type not in ("application/json", "application/json-rpc"):
        return None
    try:
        body = json.loads(await request.read())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def json_route(
    handler: Handler,
    *,
    auth: str = "user",
    cuttable: Callable[[Any], str] | None = None,
) -> WebHandler:
    """Create a route from `handler(visitor, **params)`; `cuttable` names the call for `Faults.cut_answer`."""
    accepted = inspect.signature(handler).parameters
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in accepted.values())

    async def route(request: web.Request) -> web.StreamResponse:
        visitor = Visitor(request)
        body = await parse(request)
        if body is None:
            return html(visitor.capabilities.unsupported[0], "Unsupported Media Type")
        call_id, params = body.get("id"), body.get("params") or {}
        try:
            if auth == "user" and not visitor.is_user:
                call_id = call_id if visitor.capabilities.expired_keeps_id else None
                raise expired()
            if auth == "user" and visitor.site.ledger.asks_identity(visitor.sid):
                raise OdooError("identity", "User needs to confirm their identity")  # noqa: TRY301
            known = {k: v for k, v in params.items() if open_ended or k in accepted}
            answer = envelope(call_id, result=await _called(handler, visitor, known))
        except OdooError as error:
            answer = envelope(call_id, error=error_of(visitor.capabilities, error))
        if cuttable is not None and visitor.site.ledger.take_cut(cuttable(params)):
            return cut(request)
        response = web.Response(text=dumps(answer), content_type="application/json")
        visitor.set_cookie(response)
        return response

    return route


async def _called(handler: Handler, visitor: Visitor, params: dict[str, Any]) -> Any:
    try:
        waiting = handler(visitor, **params)
    except TypeError as error:  # raised by the call itself because an argument is missing
        raise OdooError("argument", str(error)) from None
    return await waiting
