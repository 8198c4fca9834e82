"""Transport that uses a WebSocket (Odoo 16 and later)."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import aiohttp

from odoochat.core.budget import FrameBudget
from odoochat.errors import LinkClosed, ProtocolError, TimedOut
from odoochat.events import Via
from odoochat.net.http import Http
from odoochat.net.time_slice import PARTS, TimeSlice
from odoochat.wire.envelopes import frames
from odoochat.wire.envelopes.frames import Item, Notification
from odoochat.wire.versions.dialect import Dialect

__all__ = ["PATHS", "WebSocket"]

log = logging.getLogger("odoochat")

CLOSE_SECONDS = 3.0
"""Maximum time for the closing handshake. It might never end if the server kept sending frames."""

FLOOD_SECONDS = 1.0
"""Pings and pongs that follow each other more slowly than this are no flood."""

TEXT, PONG = aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.PONG

PATHS = ("/websocket", "/longpolling/websocket", "/bus/websocket", "/web/websocket")
"""Paths of the WebSocket. Odoo 16 to 19 only serve the first one; proxies may use other paths."""


class WebSocket:
    """A live link over one WebSocket.

    Args:
        http: the HTTP client used to open the WebSocket.
        dialect: the server's dialect, which builds the subscription.
        paths: the paths to try, best first. If the server responds to one with 404, the next one is tried.
        worker: the version of the web client's worker, sent in the URL.
        echo: a function that makes the server send a notification to this session only.
        is_echo: a function that returns whether an item is the notification caused by `echo`.
        works: a function that is called with the path at which the WebSocket opened.
        channels: a function that returns the channels to subscribe to in addition to the user's own.
        patience: seconds within which the server must accept the session; None to allow ten seconds for the handshake
            and `echo_seconds` after that.
        echo_seconds: maximum number of seconds to wait for the notification caused by `echo`.
    """

    via: Via = "websocket"
    tells_presence = True

    def __init__(
        self,
        http: Http,
        dialect: Dialect,
        *,
        paths: Sequence[str],
        worker: str,
        echo: Callable[[], Awaitable[object]],
        is_echo: Callable[[Notification], bool],
        works: Callable[[str], None],
        channels: Callable[[], list[str]] = list,
        patience: float | None = None,
        echo_seconds: float = 10.0,
    ) -> None:
        self._http = http
        self._dialect = dialect
        self._posts = dialect.decoder.posts
        self._paths = paths
        self._worker = worker
        self._echo = echo
        self._is_echo = is_echo
        self._works = works
        self._channels = channels
        self._patience = patience
        self._echo_seconds = echo_seconds
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._budget = FrameBudget()
        self._slice = TimeSlice()
        self._last = 0

    async def open(self, last: int) -> list[Item]:
        """See `Source.open`.

        The server does not acknowledge subscriptions, and silently treats an expired session as the public user.
        `echo` therefore makes the server send a notification to this session; the link counts as open once that
        notification arrives. Source: FACTS of 19, sections 4 and 6.

        Raises:
            ProtocolError: no WebSocket could be opened on any path; `status` is the HTTP status for the first path.
            TimedOut: the server did not respond to the handshake in time, or no notification arrived on the open
                socket.
            LinkClosed: the server closed the connection immediately.
        """
        loop = asyncio.get_running_loop()
        ends = None if self._patience is None else loop.time() + self._patience
        self._last = last
        try:
            async with asyncio.timeout_at(ends):
                self._socket = await self._dial()
                await self.subscribe()
        except TimeoutError as error:
            if isinstance(error, TimedOut):
                raise
            raise TimedOut(f"no response to the WebSocket handshake within {self._patience:g} s") from None
        echo = asyncio.ensure_future(self._echo())
        ends = min(ends or math.inf, loop.time() + self._echo_seconds)
        try:
            async with asyncio.timeout_at(ends):
                return await self._receive_echo(echo)
        except TimeoutError as error:
            if isinstance(error, TimedOut):
                raise
            raise TimedOut(
                "the server opened the WebSocket without the user's session; check that the proxy forwards cookies, "
                "Host and X-Forwarded-Proto to it"
            ) from None
        finally:
            echo.cancel()

    async def _receive_echo(self, echo: asyncio.Future[object]) -> list[Item]:
        early: list[Item] = []
        received = asyncio.ensure_future(self.receive())
        try:
            while True:
                waiting: set[asyncio.Future[Any]] = {received} if echo.done() else {received, echo}
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if echo.done():
                    echo.result()
                if received.done():
                    items = received.result()
                    early += items
                    if any(self._answers(i) for i in items):
                        return early
                    received = asyncio.ensure_future(self.receive())
        finally:
            received.cancel()

    def _answers(self, item: Item) -> bool:
        """Return whether an item is the echo. An undecodable replayed item must not prevent the link from opening."""
        try:
            return isinstance(item, Notification) and self._is_echo(item)
        except Exception as error:
            log.warning(
                "undecodable notification skipped: %s",
                type(error).__name__,
                extra={"event": "notification.undecodable", "error": type(error).__name__},
            )
            return False

    async def _dial(self) -> aiohttp.ClientWebSocketResponse:
        query = {"version": self._worker} if self._worker else {}
        first: ProtocolError | None = None
        for path in self._paths:
            try:
                socket = await self._http.websocket(path, query)
            except ProtocolError as error:
                log.debug("checking %s: %s", path, error)
                first = first or error
                if error.status != 404:
                    raise first from None
                continue
            self._works(path)
            return socket
        raise first or ProtocolError("the server has no WebSocket at any known path")

    async def subscribe(self) -> None:
        """See `Source.subscribe`. The server ignores all but a connection's first ``last`` value."""
        check = self._dialect.table.check_outdated
        await self._send(frames.subscribe(self._channels(), self._last, check_outdated=check))

    async def send_presence(self, idle: int) -> None:
        """See `Source.send_presence`."""
        await self._send(frames.update_presence(idle, wants_ids=self._dialect.table.presence_wants_ids))

    async def _send(self, text: str) -> None:
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        while wait := self._budget.wait(loop.time()):
            await asyncio.sleep(wait)
        with self._http.translated():
            await self._socket.send_str(text)

    async def receive(self) -> list[Item]:
        """See `Source.receive`."""
        assert self._socket is not None
        loop, others, before = asyncio.get_running_loop(), 0, 0.0
        while True:
            message = await self._socket.receive()
            kind = message.type
            if kind is TEXT:
                found = frames.items(message.data, self._posts)
                items = found if isinstance(found, list) else await self._in_slices(found)
                for item in items:
                    if isinstance(item, Notification) and item.id > self._last:
                        self._last = item.id
                return items
            if kind is not PONG:
                await self._control(message)
            # A flood of pings is answered in slices. A heartbeat's pong needs none: reading the CPU time takes longer.
            now = loop.time()
            others = others + 1 if now - before < FLOOD_SECONDS else 1
            before = now
            if others % PARTS == 0:
                await self._slice.share()

    async def _in_slices(self, found: Iterable[Item]) -> list[Item]:
        """Parse a large frame, giving other tasks time to run."""
        items: list[Item] = []
        for item in found:
            if items and self._slice.is_over():
                await self._slice.pause()
            items.append(item)
        return items

    async def _control(self, message: aiohttp.WSMessage) -> None:
        """Respond to a ping; raise an error if the link has ended."""
        assert self._socket is not None
        match message.type:
            case aiohttp.WSMsgType.CLOSE:
                raise LinkClosed(int(message.data or 1006), str(message.extra or ""))
            case aiohttp.WSMsgType.CLOSED | aiohttp.WSMsgType.CLOSING | aiohttp.WSMsgType.ERROR:
                fault = message.data if isinstance(message.data, Exception) else self._socket.exception()
                if isinstance(fault, aiohttp.WebSocketError) and fault.code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
                    raise LinkClosed(fault.code, "the server sent a frame that exceeds the size limit")
                silent = isinstance(fault, TimeoutError)
                raise LinkClosed(1006, "no response to a ping" if silent else "")
            case aiohttp.WSMsgType.PING:
                with self._http.translated():
                    await self._socket.pong(message.data)
            case _:
                pass

    async def close(self) -> None:
        """See `Source.close`."""
        if self._socket is not None and not self._socket.closed:
            with suppress(aiohttp.ClientError, OSError):  # a TimeoutError is an OSError
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._socket.close()
