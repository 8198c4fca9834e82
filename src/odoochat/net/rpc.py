"""Calls of model methods over whichever envelope the server takes, and of JSON routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from typing import Any, Literal

from msgspec import Struct

from odoochat.errors import ApiKeyOnly, Rejected
from odoochat.net.http import Answer, Http
from odoochat.wire.envelopes import jsonrpc, xmlrpc
from odoochat.wire.requests.call import Call, positional
from odoochat.wire.versions.dialect import Route

__all__ = ["Envelope", "Rpc", "Secret", "call_common", "call_route"]

Envelope = Literal["session", "jsonrpc", "xmlrpc", "json2"]

_ids = count(1)


class Secret:
    """A password or key that shows itself to nobody but who asks for it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself."""
        return self._value

    def __repr__(self) -> str:
        return "<secret>"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


async def call_route(http: Http, path: str, params: dict[str, Any], *, timeout: float | None = None) -> Any:
    """Calls a JSON route.

    Raises:
        SessionExpired, NotFound, AccessDenied, Rejected, ServerFault: Odoo said no.
        ProtocolError: not Odoo's answer.
        LinkError: the road.
    """
    answer = await http.post(path, jsonrpc.request(params, next(_ids)), "application/json", timeout=timeout)
    return jsonrpc.decode(answer.body, status=answer.status, content_type=answer.content_type)


async def call_common(http: Http, method: str, *args: object) -> Any:
    """Calls the ``common`` service over XML-RPC, e.g. ``version`` or ``authenticate``."""
    answer = await http.post("/xmlrpc/2/common", xmlrpc.encode(method, args), "text/xml")
    if answer.status != 200:
        return jsonrpc.decode(answer.body, status=answer.status, content_type=answer.content_type)
    return xmlrpc.decode(answer.body)


class _Sent(Struct, frozen=True):
    """A call as it goes over the line; never shown, as it may hold a secret."""

    path: str
    body: bytes
    content_type: str
    headers: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<sent to {self.path}>"


class Rpc:
    """Calls for one user.

    Args:
        http: the server.
        envelope: ``session`` (call_kw with the cookie), ``jsonrpc``, ``xmlrpc`` or ``json2`` (a key as bearer).
        db: the database; for all but ``session``.
        uid: the user's id; likewise.
        secret: password or key; likewise.
    """

    def __init__(
        self, http: Http, envelope: Envelope, *, db: str = "", uid: int = 0, secret: Secret | None = None
    ) -> None:
        self._http = http
        self.envelope = envelope
        self._db = db
        self._uid = uid
        self._secret = secret or Secret("")
        self.has_session = envelope == "session"

    def __repr__(self) -> str:
        return f"<Rpc {self.envelope} uid {self._uid}>"

    async def execute(self, call: Call, *, timeout: float | None = None) -> Any:
        """Calls a model's method.

        Raises:
            BadCredentials, SessionExpired: the server does not know us.
            AccessDenied, NotFound, Rejected, ServerFault: Odoo said no.
            ProtocolError, LinkError: no answer, or none that can be read.
        """
        sent = self._envelope_of(call)
        answer = await self._http.post(sent.path, sent.body, sent.content_type, headers=sent.headers, timeout=timeout)
        return self._read(answer)

    async def execute_filled(self, call: Call, hole: str, filling: AsyncIterator[bytes], length: int) -> Any:
        """Calls a model's method with a long text that is made as it goes out.

        Args:
            call: holds `hole`, a word that stands nowhere else in it, where the text belongs.
            filling: the text as ASCII that needs no escaping, in pieces.
            length: of the text, in bytes.

        Raises:
            As `execute`.
        """
        sent = self._envelope_of(call)
        before, _, after = sent.body.partition(hole.encode())

        async def pieces() -> AsyncIterator[bytes]:
            yield before
            async for piece in filling:
                yield piece
            yield after

        whole = len(before) + length + len(after)
        return self._read(
            await self._http.send_stream(sent.path, pieces(), whole, sent.content_type, headers=sent.headers)
        )

    def _envelope_of(self, call: Call) -> _Sent:
        args, kwargs = positional(call)
        if self.envelope == "session":
            named = {"model": call.model, "method": call.method, "args": args, "kwargs": kwargs}
            return _Sent("/web/dataset/call_kw", jsonrpc.request(named, next(_ids)), "application/json")
        if self.envelope == "json2":
            headers = {"Authorization": f"bearer {self._secret.reveal()}"}
            if self._db:
                headers["X-Odoo-Database"] = self._db
            body = jsonrpc.json2_body(call.ids, call.kwargs)
            return _Sent(jsonrpc.json2_path(call.model, call.method), body, "application/json", headers)
        full = [self._db, self._uid, self._secret.reveal(), call.model, call.method, args, kwargs]
        if self.envelope == "jsonrpc":
            params = jsonrpc.service("object", "execute_kw", full)
            return _Sent("/jsonrpc", jsonrpc.request(params, next(_ids)), "application/json")
        return _Sent("/xmlrpc/2/object", xmlrpc.encode("execute_kw", full), "text/xml")

    def _read(self, answer: Answer) -> Any:
        if answer.status == 413:
            raise Rejected("too large", "the server takes no request as large as this")
        if self.envelope == "json2":
            return jsonrpc.json2_decode(answer.body, answer.status)
        if self.envelope == "xmlrpc" and answer.status == 200:
            return xmlrpc.decode(answer.body)
        return jsonrpc.decode(answer.body, status=answer.status, content_type=answer.content_type)

    async def route(self, route: Route) -> Any:
        """Calls a JSON route, for which a session is needed.

        Raises:
            ApiKeyOnly: there is only a key; else as `execute`.
        """
        if not self.has_session:
            raise ApiKeyOnly(f"{route.path} needs a session, and an API key opens none: log in with a password")
        return await call_route(self._http, route.path, route.params)

    async def do(self, action: Call | Route) -> Any:
        """Carries out a call or a route, whichever it is."""
        return await (self.route(action) if isinstance(action, Route) else self.execute(action))
