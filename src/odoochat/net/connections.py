"""Connections to one server, with pooling, an optional proxy, and retries if an idle connection has been closed."""

from __future__ import annotations

import asyncio
import functools
import io
import logging
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from typing import Any, cast
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from odoochat.errors import OdooChatError, ProtocolError, Unreachable, UsageError
from odoochat.net import reading
from odoochat.net.cookies import Cookies, SharedJar
from odoochat.net.failures import forget_frames, translate
from odoochat.net.network import Network
from odoochat.secret import Payload, Secret

__all__ = ["USER_AGENT", "Body", "ConnectionPool", "Connections"]

log = logging.getLogger("odoochat")

USER_AGENT = "odoochat (Python)"
"""Must not look like a browser to Odoo, because Odoo closes browsers' WebSockets with OUTDATED_VERSION."""

FRAME_BYTES = 64 * 2**20
POOL = 20
FOLLOWED = 5
STALE_SECONDS = 2.0
"""If a reused connection closes without a response within this many seconds, it was probably already dead."""

UNREAD_ANSWERS = 100
"""Maximum number of unread response heads per connection; only one request is in flight at a time."""

_CLIENT: ContextVar[Cookies] = ContextVar("odoochat_client")
"""Cookies of the client that is making the request; aiohttp does not pass such context to its components."""

_REUSED: ContextVar[bool] = ContextVar("odoochat_reused")
"""Whether the current request uses a connection that served another request before."""

NO_HEAD: dict[str, Any] = {
    "_headers": CIMultiDictProxy(CIMultiDict[str]()),
    "_raw_headers": (),
    "_raw_cookie_headers": (),
}
"""Attributes of aiohttp responses, except those missing from the installed version."""

NO_ANSWERS: deque[Any] = deque(maxlen=0)

Body = bytes | Payload | Callable[[], AsyncIterator[bytes]] | None


class Connections:
    """Manages one client's open connections.

    Args:
        network: the proxy and certificates.
        cookies: the cookies, which are sent with requests and updated from responses.
        shared: connections shared by multiple clients, or None to open separate ones.
    """

    __slots__ = (
        "_answered",
        "_closed",
        "_cookies",
        "_network",
        "_owns",
        "_pool",
        "_proxies",
        "_turns",
        "request_count",
    )

    def __init__(self, network: Network, cookies: Cookies, shared: ConnectionPool | None = None) -> None:
        self._network = network
        self._cookies = cookies
        self._pool = shared if shared is not None else ConnectionPool(limit=POOL, ssl=network.tls())
        self._owns = shared is None
        # Shared connections have no limit per client.
        self._turns = asyncio.Semaphore(POOL)
        self._proxies: dict[str, URL | None] = {}
        self._closed = False
        self.request_count = 0
        self._answered = False

    async def begin(
        self,
        method: str,
        url: URL,
        data: Body,
        headers: Mapping[str, str | Secret],
        bound: aiohttp.ClientTimeout,
        *,
        repeatable: bool,
    ) -> aiohttp.ClientResponse:
        """Send a request and return the response, whose body has not been read yet.

        The server may have just closed an idle connection. If so, a repeatable request is retried until a fresh
        connection is used.
        """
        loop = asyncio.get_running_loop()
        translated: OdooChatError = Unreachable("all idle connections had ended", sent=True)
        for _ in range(POOL + 1):
            if self._closed or self._pool.closed:
                raise UsageError("the client is closed")
            self.request_count += 1
            mute = False
            began = loop.time()
            try:
                async with self._turns:
                    _CLIENT.set(self._cookies)
                    _REUSED.set(False)
                    response = await self._pool.session.request(
                        method,
                        url,
                        data=_content(data),
                        headers={name: _plain(text) for name, text in headers.items()},
                        timeout=bound,
                        allow_redirects=False,
                        proxy=self._proxy_for(url),
                    )
                self._answered = True
                return response
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                stale = _REUSED.get() and not isinstance(error, aiohttp.ClientConnectorError)
                if not stale or loop.time() - began > STALE_SECONDS:
                    if self._answered or url.scheme != "http" or isinstance(error, aiohttp.ClientConnectorError):
                        raise
                    mute = True
                failure = error
            translated = translate(failure, str(url.origin()))
            forget_frames(failure)
            if mute:
                secure = url.origin().with_scheme("https").with_port(url.port)
                text = f"{translated}; if the server speaks https on this port, use {secure}"
                raise Unreachable(text, sent=True, cause="maybe https")
            if isinstance(translated, Unreachable):
                translated.stale = True
            if not repeatable:
                raise translated
            log.debug("checking %s: idle connection was closed; trying another", url.path)
        raise translated

    async def websocket(self, url: URL, origin: str) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket. Redirects to other servers are not followed, because that would leak the cookie.

        Args:
            url: URL of the WebSocket, ``ws`` or ``wss``.
            origin: value of the ``Origin`` header. A redirect must keep the same scheme, host and port.

        Raises:
            ProtocolError: the status is not 101, a redirect targets a different server, or the redirects form a loop.
        """
        for _ in range(FOLLOWED):
            self.request_count += 1
            _CLIENT.set(self._cookies)
            try:
                socket = await self._pool.sockets.ws_connect(
                    url,
                    headers={"Origin": origin},
                    heartbeat=self._network.heartbeat,
                    autoping=False,  # aiohttp answers all received pings in one go
                    max_msg_size=FRAME_BYTES,
                    compress=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),  # pyright: ignore[reportCallIssue]
                    proxy=self._proxy_for(url),
                )
            except _HandshakeRedirected as error:
                target = _within(origin, url, error.location)
                if target is None:
                    raise
                url = target
            else:
                _forget_head(socket)
                return socket
        raise ProtocolError(f"{origin} redirects the WebSocket handshake in a loop")

    def _proxy_for(self, url: URL) -> URL | None:
        """Return the proxy for an address. Looking for one in the environment takes longer than building a request."""
        server = f"{url.scheme}://{url.raw_authority}"
        if server not in self._proxies:
            self._proxies[server] = self._network.proxy_for(url)
        return self._proxies[server]

    async def close(self) -> None:
        """Close all connections. Requests in progress end immediately, even if the network is blocked."""
        # aiohttp waits until written data has been sent, indefinitely if the peer stops reading.
        self._closed = True
        self._pool.abort(self._cookies)
        if self._owns:
            await self._pool.end()


class _Answers(ResponseHandler):
    """A connection that aborts on unsolicited responses, because aiohttp would store any number of them."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if len(self._buffer) > UNREAD_ANSWERS and self.transport is not None:
            self.transport.abort()

    def set_parser(self, *args: Any, **more: Any) -> None:
        """Switch to receiving frames. Called by aiohttp after a WebSocket handshake.

        Afterwards, the response queue and the response parser, which holds the last head, are no longer needed.
        """
        super().set_parser(*args, **more)
        self._parser = None
        self._buffer = NO_ANSWERS
        self.__dict__["data_received"] = super().data_received  # no more responses to count


class ConnectionPool(aiohttp.TCPConnector):
    """Creates connections with bounded read buffers, and tracks which client uses each one.

    Args:
        limit: maximum number of connections, or 0 for no limit.
        ssl: the TLS settings, or True for the system's defaults.

    Attributes:
        session: the aiohttp session that makes requests on these connections, with the cookies in `_CLIENT`.
        sockets: the aiohttp session that opens WebSockets. Only it refuses redirects with a tracing hook, because
            hooks take 10 µs for each request.
    """

    def __init__(self, *, limit: int, ssl: ssl.SSLContext | bool) -> None:
        super().__init__(limit=limit, ssl=ssl)  # pyright: ignore[reportUnknownMemberType]
        self.session = self._made()
        self.sockets = self._made(_trace())
        self._factory = cast("Any", functools.partial(_Answers, loop=self._loop))
        self._users: WeakKeyDictionary[object, object] = WeakKeyDictionary()

    def _made(self, *traces: aiohttp.TraceConfig) -> aiohttp.ClientSession:
        """Return an aiohttp session that uses these connections."""
        return aiohttp.ClientSession(
            cookie_jar=SharedJar(_CLIENT),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": reading.ENCODINGS},
            connector=self,
            connector_owner=False,
            auto_decompress=False,
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
            trace_configs=list(traces),
        )

    async def connect(self, req: Any, traces: Any, timeout: aiohttp.ClientTimeout) -> Any:
        """Acquire a connection for the client that is making the request. Called by aiohttp."""
        connection = await super().connect(req, traces, timeout)
        if connection.protocol is not None:
            _REUSED.set(connection.protocol in self._users)
            self._users[connection.protocol] = _CLIENT.get()
        return connection

    async def end(self) -> None:
        """Close all connections."""
        # In this order, requests that are still connecting end with a specific error.
        await self.close()
        await self.session.close()
        await self.sockets.close()

    def abort(self, client: Cookies) -> None:
        """Abort the connections that a client is using.

        Args:
            client: the client's cookies.
        """
        for protocol in list(getattr(self, "_acquired", ())):
            transport = getattr(protocol, "transport", None)
            if transport is not None and self._users.get(protocol) is client:
                transport.abort()


def _forget_head(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Free the head of a handshake response, which aiohttp would otherwise keep for the lifetime of the socket."""
    response = getattr(socket, "_response", None)
    for name, nothing in NO_HEAD.items():
        if hasattr(response, name):
            setattr(response, name, nothing)


def _plain(text: str | Secret) -> str:
    return text.reveal() if isinstance(text, Secret) else str(text)


def _content(data: Body) -> Any:
    """Convert a request body to a type that aiohttp accepts."""
    if isinstance(data, Payload):
        # aiohttp expects large bodies as files, so that sending them does not block the event loop.
        return io.BytesIO(data.reveal()) if len(data) > 2**19 else data.reveal()
    return data() if callable(data) else data


@functools.cache
def _trace() -> aiohttp.TraceConfig:
    """Return the tracing hooks. All clients share them, so they hold no client-specific data."""
    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    return trace


class _HandshakeRedirected(ProtocolError):
    """Raised when the server responds to a WebSocket handshake with a redirect.

    Attributes:
        location: the ``Location`` header as received.
    """

    def __init__(self, origin: URL, status: int, location: str) -> None:
        super().__init__(
            f"{origin} responded to the WebSocket handshake with a redirect (HTTP {status}) to another server, "
            "which is not followed",
            status=status,
        )
        self.location = location


async def _refuse_redirect(session: aiohttp.ClientSession, context: Any, params: Any) -> None:
    """Reject redirects during a WebSocket handshake, because aiohttp has no option to disable following them."""
    location = params.response.headers.get("Location") or ""
    params.response.close()
    raise _HandshakeRedirected(params.url.origin(), params.response.status, location)


def _within(origin: str, url: URL, location: str) -> URL | None:
    """Return a redirect's target if it keeps the scheme, host and port and has no credentials; otherwise None."""
    try:
        target = url.join(URL(location))
        target = target.with_scheme({"ws": "http", "wss": "https"}.get(target.scheme, target.scheme)).with_user(None)
        return target if target.origin() == URL(origin) else None
    except (ValueError, TypeError):
        return None
