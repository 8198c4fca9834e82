"""RPC: calls JSON routes, and model methods using any of the envelopes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any, Literal, Protocol

from msgspec import Struct

from odoochat.errors import ApiKeyOnly
from odoochat.net.answer import Answer
from odoochat.net.failures import refusal
from odoochat.net.http import SMALL_BYTES, Http
from odoochat.secret import Payload, Secret
from odoochat.wire.envelopes import jsonrpc, xmlrpc
from odoochat.wire.requests.call import Call, Route, positional
from odoochat.wire.requests.repeats import repeatable

__all__ = ["Envelope", "Rpc", "Secret", "call_common", "call_route", "post_route", "read_route"]

Envelope = Literal["session", "jsonrpc", "xmlrpc", "json2"]

_ids = count(1)


class Decode(Protocol):
    """Decodes the response from a JSON route."""

    def __call__(self, data: bytes, /, *, status: int, content_type: str) -> object:
        """See `odoochat.wire.envelopes.jsonrpc.decode`."""
        ...


ROUTE_BYTES = 32 * 2**20
"""Maximum size in bytes of a JSON route's response, such as a page of messages or a client's initial data."""


async def call_route(
    http: Http,
    path: str,
    params: dict[str, Any],
    *,
    timeout: float | None = None,
    repeatable: bool = True,
    limit: int = SMALL_BYTES,
    decode: Decode = jsonrpc.decode,
) -> Any:
    """Call a JSON route.

    Args:
        http: the HTTP client to use for the request.
        path: path of the route.
        params: arguments by name.
        timeout: time limit for the request, in seconds.
        repeatable: whether processing the request twice is harmless.
        limit: maximum size of the response in bytes.
        decode: decodes the response, like `odoochat.wire.envelopes.jsonrpc.decode`.

    Raises:
        SessionExpired, NotFound, AccessDenied, Rejected, ServerFault: Odoo refused the call.
        Blocked: a proxy in front of Odoo refused the request.
        ProtocolError: the response did not come from Odoo.
        LinkError: the network failed.
    """
    answer = await post_route(http, path, params, timeout=timeout, repeatable=repeatable, limit=limit)
    return _json(http, answer, decode)


async def post_route(
    http: Http,
    path: str,
    params: dict[str, Any],
    *,
    timeout: float | None = None,
    repeatable: bool = True,
    limit: int = SMALL_BYTES,
) -> Answer:
    """Call a JSON route like `call_route`, but return the raw response for `read_route` to decode."""
    body = Payload(jsonrpc.request(params, next(_ids)))
    return await http.post(path, body, "application/json", timeout=timeout, repeatable=repeatable, limit=limit)


def read_route(http: Http, answer: Answer) -> Any:
    """Decode the result of `post_route`. Raises the same errors as `call_route`."""
    return _json(http, answer)


async def call_common(http: Http, method: str, *args: object) -> Any:
    """Call the ``common`` service over XML-RPC, e.g. ``version``. Raises the same errors as `call_route`."""
    body = Payload(xmlrpc.encode(method, args))
    answer = await http.post("/xmlrpc/2/common", body, "text/xml", repeatable=True, limit=SMALL_BYTES)
    if answer.status != 200:
        return _json(http, answer)
    return xmlrpc.decode(answer.body)


def _json(http: Http, answer: Answer, decode: Decode = jsonrpc.decode) -> Any:
    _refuse(http, answer)
    return decode(answer.body, status=answer.status, content_type=answer.content_type)


def _refuse(http: Http, answer: Answer) -> None:
    """Raise an error if a proxy in front of Odoo responded."""
    error = refusal(http.what, answer.status, answer.body, answer.headers)
    if error is not None:
        raise error


class _Sent(Struct, frozen=True):
    """An encoded call. The repr hides its content, which may include a secret."""

    path: str
    body: Payload
    content_type: str
    headers: dict[str, str | Secret] = {}

    def __repr__(self) -> str:
        return f"<sent to {self.path}>"


class Rpc:
    """Sends calls for one user.

    Args:
        http: the HTTP client to use for requests.
        envelope: ``session`` (call_kw with the cookie), ``jsonrpc``, ``xmlrpc`` or ``json2`` (an API key as a bearer
            token).
        db: the database, required by all envelopes except ``session``.
        uid: the user's id, required by all envelopes except ``session``.
        secret: the password or API key, required by all envelopes except ``session``.
    """

    def __init__(
        self, http: Http, envelope: Envelope, *, db: str = "", uid: int = 0, secret: Secret | None = None
    ) -> None:
        self._http = http
        self.envelope = envelope
        self._db = db
        self._uid = uid
        self._secret = secret or Secret("")
        self._bearer = Secret(f"bearer {self._secret.reveal()}")
        self.has_session = envelope == "session"

    def __repr__(self) -> str:
        return f"<Rpc {self.envelope} uid {self._uid}>"

    async def execute(self, call: Call, *, timeout: float | None = None) -> Any:
        """Call a model method.

        Raises:
            BadCredentials, SessionExpired: the server does not accept the login. AccessDenied, NotFound, Rejected,
                ServerFault: Odoo refused the call. ProtocolError, LinkError: no response arrived, or the response
                cannot be decoded.
        """
        sent = self._envelope_of(call)
        answer = await self._http.post(
            sent.path, sent.body, sent.content_type, headers=sent.headers, timeout=timeout, repeatable=repeatable(call)
        )
        return self._read(answer)

    async def execute_filled(
        self, call: Call, hole: str, filling: Callable[[], AsyncIterator[bytes]], length: int
    ) -> Any:
        """Call a model method with a long text argument that is generated on the fly.

        Args:
            call: the call, which contains `hole` exactly once as a placeholder for the text.
            hole: the placeholder that `filling` replaces.
            filling: a function that returns the text as ASCII chunks that need no escaping.
            length: size of the text in bytes.

        Raises:
            OdooChatError: see `execute`.
        """
        sent = self._envelope_of(call)
        before, after = (Payload(part) for part in sent.body.reveal().split(hole.encode(), 1))

        async def pieces() -> AsyncIterator[bytes]:
            yield before.reveal()
            async for piece in filling():
                yield piece
            yield after.reveal()

        whole = len(before) + length + len(after)
        return self._read(
            await self._http.send_stream(sent.path, pieces, whole, sent.content_type, headers=sent.headers)
        )

    def _envelope_of(self, call: Call) -> _Sent:
        args, kwargs = positional(call)
        if self.envelope == "session":
            named = {"model": call.model, "method": call.method, "args": args, "kwargs": kwargs}
            return _Sent("/web/dataset/call_kw", Payload(jsonrpc.request(named, next(_ids))), "application/json")
        if self.envelope == "json2":
            headers: dict[str, str | Secret] = {"Authorization": self._bearer}
            if self._db:
                headers["X-Odoo-Database"] = self._db
            body = Payload(jsonrpc.json2_body(call.ids, call.kwargs))
            return _Sent(jsonrpc.json2_path(call.model, call.method), body, "application/json", headers)
        full = [self._db, self._uid, self._secret, call.model, call.method, args, kwargs]
        if self.envelope == "jsonrpc":
            params = jsonrpc.service("object", "execute_kw", full)
            return _Sent("/jsonrpc", Payload(jsonrpc.request(params, next(_ids))), "application/json")
        return _Sent("/xmlrpc/2/object", Payload(xmlrpc.encode("execute_kw", full)), "text/xml")

    def _read(self, answer: Answer) -> Any:
        _refuse(self._http, answer)
        if self.envelope == "json2":
            return jsonrpc.json2_decode(answer.body, answer.status)
        if self.envelope == "xmlrpc" and answer.status == 200:
            return xmlrpc.decode(answer.body)
        return jsonrpc.decode(answer.body, status=answer.status, content_type=answer.content_type)

    async def route(self, route: Route) -> Any:
        """Call a JSON route. This requires a session.

        Raises:
            ApiKeyOnly: the login has only an API key.
            OdooChatError: see `execute`.
        """
        if not self.has_session:
            raise ApiKeyOnly(f"{route.path} needs a session, which an API key cannot open; log in with a password")
        return await call_route(self._http, route.path, route.params, repeatable=repeatable(route), limit=ROUTE_BYTES)

    async def do(self, action: Call | Route) -> Any:
        """Execute a call or a route."""
        return await (self.route(action) if isinstance(action, Route) else self.execute(action))
