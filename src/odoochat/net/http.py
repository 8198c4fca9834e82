"""HTTP session: cookies, proxy, timeouts and rate limits."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from copy import copy
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from yarl import URL

from odoochat.errors import Blocked, NotOdoo, SessionExpired
from odoochat.net import reading
from odoochat.net.answer import Answer, Redirected, media_type, redirected
from odoochat.net.connections import USER_AGENT, Body, Connections
from odoochat.net.cookies import Cookies
from odoochat.net.failures import CONNECT_SECONDS, refusal, retry_after, translate, translated
from odoochat.net.network import Network
from odoochat.net.server_clients import ServerClients
from odoochat.net.shared import SharedNetwork
from odoochat.secret import Payload, Secret
from odoochat.wire.envelopes.jsonrpc import MAX_BYTES

__all__ = ["SMALL_BYTES", "USER_AGENT", "Http", "translate"]

log = logging.getLogger("odoochat")

SMALL_BYTES = 4 * 2**20
"""Maximum size in bytes of a response that contains no rows, such as a page, a login or server information."""

DIGEST_SECONDS = 120.0
REDIRECTS = (301, 302, 303, 307, 308)
FOLLOWED = 5

DIRECT = Network()
UNLIMITED = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)


@functools.lru_cache(maxsize=64)
def _bound(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)


class Http:
    """Sends requests to one server.

    Args:
        base: the server's address, e.g. ``https://odoo.example.com``.
        timeout: seconds allowed for a complete request.
        network: the proxy and certificates.
        patience: maximum number of seconds that a request waits if the server rate-limits it; `timeout` by default.
        shared: the connections shared by multiple clients, or None to open separate ones.
        longest_hold: maximum number of seconds that one ``Retry-After`` may delay other requests, in case the header is
            wrong.

    Attributes:
        clients: this process's clients with a live link to the same server.
        origin: value of the ``Origin`` header for a WebSocket handshake.
        what: the server's name for error messages.
    """

    def __init__(
        self, base: str, *, timeout: float = 30.0, network: Network = DIRECT, patience: float | None = None,
        shared: SharedNetwork | None = None, longest_hold: float = 60.0,
    ) -> None:  # fmt: skip
        self._longest_hold = longest_hold
        self.rebase(URL(base))
        self.timeout = timeout
        self.patience = timeout if patience is None else patience
        self._cookies = Cookies()
        connector = shared.connector(network) if shared is not None else None
        self._pacer = shared.pacer(self.base) if shared is not None else None
        self.clients = shared.clients(self.base) if shared is not None else ServerClients()
        self._connections = Connections(network, self._cookies, connector)
        self._limit: Blocked | None = None
        self._not_before = 0.0
        self._date = ""

    def __repr__(self) -> str:
        return f"<Http {self.base}>"

    @property
    def request_count(self) -> int:
        """Number of requests sent so far."""
        return self._connections.request_count

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Return an async context manager that waits until this client may connect, if connections are shared."""
        return self._pacer.turn() if self._pacer is not None else nullcontext()

    @property
    def server_time(self) -> datetime | None:
        """The server's time as of its last response, in whole seconds; None if the response had no ``Date`` header."""
        try:
            return parsedate_to_datetime(self._date).astimezone(UTC)
        except (ValueError, TypeError, OverflowError):
            return None

    def rebase(self, base: URL) -> None:
        """Switch to a different address of the same server."""
        self.base = base
        self.origin = self.what = str(base.origin())
        self._prefix = str(base).rstrip("/")

    def url(self, path: str) -> URL:
        """Return the full URL of a path."""
        return URL(self._prefix + path)

    # ----------------------------------------------------------------- cookies

    @property
    def session_id(self) -> str | None:
        """The most recent session cookie set by the server."""
        return self.cookie("session_id")

    @session_id.setter
    def session_id(self, value: str | None) -> None:
        self.set_cookie("session_id", value)

    def cookie(self, name: str) -> str | None:
        """Return one of this server's cookies, or None if it is not set."""
        return self._cookies.get(name, self.base)

    def set_cookie(self, name: str, value: str | None) -> None:
        """Set one of this server's cookies; None removes it."""
        self._cookies.put(name, value, self.base)

    # ---------------------------------------------------------------- requests

    async def post(
        self,
        path: str,
        data: bytes | Payload,
        content_type: str,
        *,
        headers: Mapping[str, str | Secret] | None = None,
        timeout: float | None = None,
        repeatable: bool = False,
        limit: int | None = None,
    ) -> Answer:
        """Send a POST request and read the whole response.

        Args:
            path: path of the route, with a leading ``/``.
            data: the body.
            content_type: content type of the body.
            headers: additional headers.
            timeout: seconds for the whole exchange; the client's timeout by default.
            repeatable: whether processing the request twice is harmless. If so, the request is resent on a fresh
                connection when a reused connection turns out to be dead.
            limit: maximum size of the response in bytes; 64 MiB by default.

        Raises:
            Unreachable, TimedOut: the network failed.
            RateLimited, Blocked: a proxy in front of Odoo refused the request, so Odoo did not process it.
            Redirected: the server redirects to a different address.
            ProtocolError: the response is too large.
        """
        more: dict[str, str | Secret] = {"Content-Type": content_type, **(headers or {})}
        payload = data if isinstance(data, Payload) else Payload(data)
        return await self._patiently("POST", self.url(path), payload, more, timeout, repeatable, limit)

    async def get(self, path: str, *, timeout: float | None = None, follow: bool = True) -> Answer:
        """Fetch a page of up to 4 MiB.

        Args:
            path: path of the page, with a leading ``/``.
            timeout: seconds for the whole exchange; the client's timeout by default.
            follow: whether to follow redirects to the same server, as a browser does.

        Raises:
            Redirected: the server redirects to a different server, or to any address if `follow` is False.
            NotOdoo: the redirects form a loop.
            ProtocolError: the response is too large.
            Unreachable, TimedOut: the network failed.
            RateLimited, Blocked: a proxy in front of Odoo refused the request.
        """
        url = self.url(path)
        for _ in range(FOLLOWED):
            try:
                return await self._patiently("GET", url, None, {}, timeout, True, SMALL_BYTES)
            except Redirected as error:
                target = self._here(error.location)
                if not follow or target is None:
                    raise
                url = target
        raise NotOdoo(f"{self.what} redirects in a loop")

    def _here(self, location: URL) -> URL | None:
        """Return a redirect's target if it is on this server, otherwise None.

        A server behind a TLS-terminating proxy may redirect to ``http://``, in which case ``https://`` is kept.
        """
        if location.origin() == self.base.origin():
            return location
        same = location.host == self.base.host and location.is_default_port() and self.base.is_default_port()
        if same and (location.scheme, self.base.scheme) == ("http", "https"):
            return location.with_scheme("https").with_port(self.base.explicit_port)
        return None

    async def send_stream(
        self,
        path: str,
        pieces: Callable[[], AsyncIterator[bytes]],
        length: int,
        content_type: str,
        *,
        headers: Mapping[str, str | Secret] | None = None,
    ) -> Answer:
        """Post a body that is generated on the fly, and read the response.

        The timeout applies to each chunk, not to the whole body. The server has at least two minutes to respond.

        Args:
            path: path of the route, with a leading ``/``.
            pieces: a function that returns the body's chunks; called again if the body must be resent.
            length: size of the whole body in bytes.
            content_type: content type of the body.
            headers: additional headers.

        Raises:
            OdooChatError: see `post`.
        """
        more: dict[str, str | Secret] = {"Content-Type": content_type, "Content-Length": str(length), **(headers or {})}
        return await self._patiently("POST", self.url(path), pieces, more, None, True, None)

    @asynccontextmanager
    async def read_stream(
        self, path: str, *, headers: Mapping[str, str | Secret] | None = None
    ) -> AsyncGenerator[tuple[aiohttp.ClientResponse, AsyncIterator[bytes]]]:
        """Fetch a file in chunks. The timeout applies to each chunk.

        Raises:
            OdooChatError: see `post`; also raised while reading the file.
        """
        plain: dict[str, str | Secret] = {"Accept-Encoding": "identity", **(headers or {})}
        response = await self._file(self.url(path), plain)

        async def incoming() -> AsyncIterator[bytes]:
            with self.translated():
                async for piece in reading.pieces(response, self.timeout):
                    yield piece

        try:
            wait = retry_after(response.headers)
            if response.status == 429 or (response.status == 503 and wait is not None):
                error = refusal(self.what, response.status, b"", response.headers)
                assert error is not None
                raise error
            yield response, incoming()
        finally:
            response.close()

    async def _file(self, url: URL, headers: Mapping[str, str | Secret]) -> aiohttp.ClientResponse:
        """Request a file, following redirects on the same server."""
        limit = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self.timeout)
        for _ in range(FOLLOWED):
            with self.translated():
                async with asyncio.timeout(self.timeout):
                    response = await self._connections.begin("GET", url, None, headers, limit, repeatable=True)
            if response.status not in REDIRECTS or "Location" not in response.headers:
                return response
            error = redirected(self.what, response)
            response.close()
            target = self._here(error.location) if isinstance(error, Redirected) else None
            if target is None:
                raise error
            if target.path.endswith("/web/login"):
                raise SessionExpired("the server sent the login page instead of the file; the session has expired")
            url = target
        raise NotOdoo(f"{self.what} redirects in a loop")

    async def _patiently(
        self,
        method: str,
        url: URL,
        data: Body,
        headers: Mapping[str, str | Secret],
        timeout: float | None,
        repeatable: bool,
        limit: int | None,
    ) -> Answer:
        """Send a request, retrying for up to `patience` seconds while the server limits the request rate."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        least, pause = 0.05, 0.5
        while True:
            await self._wait_for_limit(until)
            answer = await self._ask(method, url, data, headers, timeout, repeatable, limit)
            error = refusal(self.what, answer.status, answer.body, answer.headers)
            if not isinstance(error, Blocked) or answer.status not in (429, 503):
                return answer
            wait = pause if error.retry_after is None else max(error.retry_after, least)
            least, pause = pause, min(pause * 2, 8.0)  # a server that asks for no wait may refuse again and again
            held = min(wait, self._longest_hold)
            self._limit, self._not_before = error, max(self._not_before, loop.time() + held)
            if loop.time() + wait > until:
                raise error

    async def _wait_for_limit(self, until: float) -> None:
        """Wait until the server accepts requests again.

        Raises:
            Blocked: the server would not accept requests before `until`.
        """
        loop = asyncio.get_running_loop()
        logged = False
        while (now := loop.time()) < self._not_before:
            wait = self._not_before - now
            assert self._limit is not None
            if self._not_before > until:
                error = copy(self._limit)
                error.retry_after = wait
                raise error
            if not logged:
                status = self._limit.status
                facts = {"event": "request.limited", "status": status, "seconds": wait}
                log.info("server limits requests (HTTP %s); waiting %.1f s", status, wait, extra=facts)
            logged = True
            await asyncio.sleep(wait)

    async def _ask(
        self,
        method: str,
        url: URL,
        data: Body,
        headers: Mapping[str, str | Secret],
        timeout: float | None,
        repeatable: bool,
        limit: int | None,
    ) -> Answer:
        with self.translated():
            if callable(data):
                async with asyncio.timeout(self.timeout) as standstill:
                    body = self._flowing(data, standstill)
                    return await self._answer(method, url, body, headers, UNLIMITED, repeatable, limit)
            bound = _bound(timeout or self.timeout)
            return await self._answer(method, url, data, headers, bound, repeatable, limit)

    async def _answer(
        self,
        method: str,
        url: URL,
        data: Body,
        headers: Mapping[str, str | Secret],
        bound: aiohttp.ClientTimeout,
        repeatable: bool,
        limit: int | None,
    ) -> Answer:
        response = await self._connections.begin(method, url, data, headers, bound, repeatable=repeatable)
        async with response:
            given = response.headers
            if response.status in REDIRECTS and "Location" in given:
                raise redirected(self.what, response)
            self._date = given.get("Date", "")
            content = await reading.read(response, MAX_BYTES if limit is None else limit)
            cookies = tuple(given.getall("Set-Cookie", ()))
            return Answer(response.status, media_type(given), content, self._date, response.url, given, cookies)

    def _flowing(
        self, pieces: Callable[[], AsyncIterator[bytes]], standstill: asyncio.Timeout
    ) -> Callable[[], AsyncIterator[bytes]]:
        loop = asyncio.get_running_loop()

        async def body() -> AsyncIterator[bytes]:
            async for piece in pieces():
                yield piece
                standstill.reschedule(loop.time() + self.timeout)
            standstill.reschedule(loop.time() + max(self.timeout, DIGEST_SECONDS))

        return body

    async def websocket(self, path: str, query: Mapping[str, str]) -> aiohttp.ClientWebSocketResponse:
        """Open a WebSocket with the session cookie and the server's origin.

        See `Network.heartbeat` for how a lost connection is detected.

        Raises:
            ProtocolError: the status is not 101; the error's `status` attribute contains the status.
            Unreachable, TimedOut: the network failed.
        """
        url = self.url(path).with_query(query) if query else self.url(path)
        with self.translated():
            async with asyncio.timeout(min(self.timeout, CONNECT_SECONDS)):
                return await self._connections.websocket(url, self.origin)

    def translated(self) -> AbstractContextManager[None]:
        """Convert errors raised by other libraries in the block to odoochat errors."""
        return translated(self.what)

    async def close(self) -> None:
        """Close all connections. Requests in progress end immediately, even if the network is blocked."""
        await self._connections.close()
