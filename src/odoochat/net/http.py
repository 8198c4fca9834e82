"""One HTTP session: cookies, time limits, and foreign errors turned into ours."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from http.cookies import SimpleCookie
from typing import Any

import aiohttp
from msgspec import Struct
from yarl import URL

from odoochat.errors import (
    ConfigError,
    LinkError,
    OdooChatError,
    ProtocolError,
    TimedOut,
    Unreachable,
    UsageError,
)
from odoochat.wire.envelopes.jsonrpc import MAX_BYTES

__all__ = ["USER_AGENT", "Answer", "Http", "Redirected", "translate"]

USER_AGENT = "odoochat (Python)"
"""Holds no word by which Odoo takes a client for a browser: those are closed with OUTDATED_VERSION."""

CONNECT_SECONDS = 10.0
FRAME_BYTES = 64 * 2**20
HEARTBEAT_SECONDS = 20.0
DIGEST_SECONDS = 120.0
PIECE = 2**18
UNLIMITED = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)


class Answer(Struct, frozen=True):
    """What came back for one request."""

    status: int
    content_type: str
    body: bytes
    date: str = ""


class Redirected(ProtocolError):
    """Raised when the server sends us to another address.

    Attributes:
        location: where to, absolute.
    """

    def __init__(self, location: URL, status: int) -> None:
        super().__init__(f"redirected to {location.with_user(None)}", status=status)
        self.location = location


def translate(error: BaseException, what: str) -> OdooChatError:
    """Our error for one of aiohttp's, of the system's, or a timeout.

    Args:
        error: what was raised.
        what: who was spoken to, for the text.
    """
    text = (str(error) or type(error).__name__).splitlines()[0]
    match error:
        case OdooChatError():
            return error
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError() | ssl.SSLError():
            return Unreachable(f"{what}: the secure connection failed: {text}")
        case aiohttp.ConnectionTimeoutError():
            return Unreachable(f"{what}: no connection within {CONNECT_SECONDS:g} s")
        case aiohttp.ClientConnectorError():
            cause = error.os_error
            if what.startswith("https:") and isinstance(cause, ConnectionResetError):
                return Unreachable(f"{what}: the server ends the secure connection: does it speak http:// there?")
            return Unreachable(f"{what}: no connection: {cause.strerror or cause or type(cause).__name__}")
        case aiohttp.WSServerHandshakeError():
            return ProtocolError(
                f"{what} answered the WebSocket handshake with HTTP {error.status}", status=error.status
            )
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return ConfigError(f"{what} is no address: give one like https://odoo.example.com")
        case asyncio.TimeoutError():
            return TimedOut(f"{what}: no answer in time")
        case aiohttp.WSMessageTypeError():
            return ProtocolError(f"{what} sent a frame of another kind than text")
        case aiohttp.ClientResponseError():
            # Its text names the address, in which a token may stand.
            return ProtocolError(f"{what} answered what is no HTTP: {error.message[:200]}", status=error.status)
        case aiohttp.ClientError() | OSError() | EOFError():
            return Unreachable(f"{what}: the connection broke: {text}", sent=True)
        case _:
            return LinkError(f"{what}: {type(error).__name__}: {text}")


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except (TimeoutError, aiohttp.ClientError, OSError, EOFError, aiohttp.http.HttpProcessingError) as error:
        if isinstance(error, OdooChatError):
            raise
        raise translate(error, what) from None


class Http:
    """Requests to one server.

    Args:
        base: its address, e.g. ``https://odoo.example.com``.
        timeout: seconds for a whole request.
    """

    def __init__(self, base: str, *, timeout: float = 30.0) -> None:
        self.base = URL(base)
        self.timeout = timeout
        # unsafe: cookies of a host that is an IP address are kept too.
        self._jar = aiohttp.CookieJar(unsafe=True)
        self._session = aiohttp.ClientSession(
            cookie_jar=self._jar,
            headers={"User-Agent": USER_AGENT},
            connector=aiohttp.TCPConnector(limit=20),
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )
        self.request_count = 0

    def __repr__(self) -> str:
        return f"<Http {self.base}>"

    @property
    def what(self) -> str:
        """The server's name in errors."""
        return str(self.base.origin())

    @property
    def origin(self) -> str:
        """The ``Origin`` that a WebSocket handshake must bear."""
        return str(self.base.origin())

    def rebase(self, base: URL) -> None:
        """Goes on at another address of the same server."""
        self.base = base

    def url(self, path: str) -> URL:
        """The address of a path."""
        return URL(str(self.base).rstrip("/") + path)

    # ----------------------------------------------------------------- cookies

    @property
    def session_id(self) -> str | None:
        """The session's cookie, as the server last set it."""
        cookie = self._jar.filter_cookies(self.base).get("session_id")
        return cookie.value if cookie else None

    @session_id.setter
    def session_id(self, value: str | None) -> None:
        self._jar.clear(lambda morsel: morsel.key == "session_id")
        if value:
            cookie: SimpleCookie = SimpleCookie()
            cookie["session_id"] = value
            cookie["session_id"]["path"] = "/"
            self._jar.update_cookies(cookie, self.base)

    def cookie(self, name: str) -> str | None:
        """A cookie of this server."""
        found = self._jar.filter_cookies(self.base).get(name)
        return found.value if found else None

    # ---------------------------------------------------------------- requests

    async def post(
        self,
        path: str,
        data: bytes,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Answer:
        """Posts and reads the whole answer, 64 MiB at most.

        Raises:
            Unreachable, TimedOut: the road.
            Redirected: the server sends us elsewhere.
            ProtocolError: the answer is too large.
        """
        return await self._request("POST", path, data, {"Content-Type": content_type, **(headers or {})}, timeout)

    async def get(self, path: str, *, timeout: float | None = None) -> Answer:
        """Gets a page; raises as `post` does."""
        return await self._request("GET", path, None, {}, timeout)

    async def send_stream(
        self,
        path: str,
        pieces: AsyncIterator[bytes],
        length: int,
        content_type: str,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Posts a body that is made as it goes out, and reads the answer. There is no limit for the whole, only for a
        standstill: `timeout` seconds for each piece, and at least two minutes for the server to digest them.

        Args:
            length: of the whole body, in bytes.

        Raises:
            As `post`.
        """
        loop = asyncio.get_running_loop()
        with _translated(self.what):
            async with asyncio.timeout(self.timeout) as standstill:

                async def body() -> AsyncIterator[bytes]:
                    async for piece in pieces:
                        yield piece
                        standstill.reschedule(loop.time() + self.timeout)
                    standstill.reschedule(loop.time() + max(self.timeout, DIGEST_SECONDS))

                more = {"Content-Type": content_type, "Content-Length": str(length), **(headers or {})}
                async with self._open("POST", path, body(), more, UNLIMITED) as response:
                    return Answer(response.status, response.content_type or "", await _read(response))

    @asynccontextmanager
    async def read_stream(
        self, path: str, *, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, AsyncIterator[bytes]]]:
        """Gets a file piece by piece; there is no limit for the whole, only for a standstill of `timeout` seconds.

        Raises:
            As `post`, while it is read too.
        """
        limit = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self.timeout)

        async def pieces(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
            with _translated(self.what):
                async for piece in response.content.iter_chunked(PIECE):
                    yield piece

        with _translated(self.what):
            async with self._open("GET", path, None, headers or {}, limit) as response:
                yield response, pieces(response)

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, data: Any, headers: Mapping[str, str], limit: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session.closed:
            raise UsageError("the client is closed")
        self.request_count += 1
        async with self._session.request(
            method, self.url(path), data=data, headers=headers, timeout=limit, allow_redirects=False
        ) as response:
            if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                raise Redirected(response.url.join(URL(response.headers["Location"])), response.status)
            yield response

    async def _request(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str], timeout: float | None
    ) -> Answer:
        limit = aiohttp.ClientTimeout(total=timeout or self.timeout, sock_connect=CONNECT_SECONDS)
        # aiohttp wants large bodies as files, so that sending them does not hold up the loop.
        content = io.BytesIO(data) if data is not None and len(data) > 2**19 else data
        with _translated(self.what):
            async with self._open(method, path, content, headers, limit) as response:
                body = await _read(response)
                return Answer(response.status, response.content_type or "", body, response.headers.get("Date", ""))

    async def websocket(self, path: str, query: Mapping[str, str]) -> aiohttp.ClientWebSocketResponse:
        """Opens a WebSocket with the session's cookie and our origin.

        A ping goes out after 20 s without a frame; without its answer 10 s later the socket counts as cut.

        Raises:
            ProtocolError: another answer than 101; its `status` tells which.
            Unreachable, TimedOut: the road.
        """
        self.request_count += 1
        url = self.url(path).with_query(query) if query else self.url(path)
        with _translated(self.what):
            async with asyncio.timeout(min(self.timeout, CONNECT_SECONDS)):
                return await self._session.ws_connect(
                    url,
                    headers={"Origin": self.origin},
                    heartbeat=HEARTBEAT_SECONDS,
                    max_msg_size=FRAME_BYTES,
                    compress=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),  # pyright: ignore[reportCallIssue]
                )

    def translated(self) -> AbstractContextManager[None]:
        """Turns foreign errors of the block into ours."""
        return _translated(self.what)

    async def close(self) -> None:
        """Closes all connections; what is under way ends at once, also where the road is blocked."""
        # aiohttp waits until what was written has left: for ever, when the other side takes no more.
        for protocol in list(getattr(self._session.connector, "_acquired", ())):
            if (transport := getattr(protocol, "transport", None)) is not None:
                transport.abort()
        await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_chunked(2**18):
        size += len(piece)
        if size > MAX_BYTES:
            raise ProtocolError(f"the answer is larger than {MAX_BYTES // 2**20} MiB", status=response.status)
        pieces.append(piece)
    return b"".join(pieces)
