"""Local server: an HTTP server for programs, usually on the same machine, that rejects requests from web pages."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from aiohttp import web

from odoochat.errors import ConfigError
from odoochat.net.connection_limit import ConnectionLimit, address_of

__all__ = ["CannotListen", "LocalServer", "page_refusal"]

MOST_CONNECTIONS = 100
IDLE_SECONDS = 30.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def page_refusal(headers: Mapping[str, str], hosts: Collection[str] | None = (), hint: str = "") -> str | None:
    """Return the reason for refusing a request that may come from a web page, or None if a program sent it.

    A browser identifies the page in ``Origin`` or ``Sec-Fetch-Site``. In a DNS rebinding attack, ``Host`` contains the
    attacker's name, which resolves to this machine. IP addresses, localhost and the names in `hosts` are safe from
    rebinding.

    Args:
        headers: the request's headers.
        hosts: additional host names in lower case, or None to allow any name.
        hint: text appended to the reason if a host name is not served.
    """
    if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
        return "requests from web pages are refused"
    if hosts is None:
        return None
    name = _host_name(headers.get("Host", ""))
    if name is None or not (_is_address(name) or name == "localhost" or name.endswith(".localhost") or name in hosts):
        return f"this host name is not served{hint}"
    return None


def _host_name(netloc: str) -> str | None:
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".") or None
    except ValueError:
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class CannotListen(ConfigError):
    """Raised when a server cannot bind to its address or port.

    Attributes:
        reason: the operating system's reason.
    """

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {reason}")
        self.reason = reason


class LocalServer:
    """Serves routes while a block runs.

    A client that opens connections and sends nothing cannot exhaust the process's file descriptors or lock out other
    clients: at the maximum number of connections, a new connection replaces the oldest one that has no request in
    progress.

    Args:
        routes: the handlers by method and path.
        hosts: host names to serve in addition to localhost and IP addresses, or None to serve any name.
        hint: text appended to the reason if a host name is not served; explains how to allow it.
        refuse: a function that builds the response to a refused request from the reason.
        largest_body: maximum size of a request body in bytes.
        connections: maximum number of connections.
        shutdown: maximum number of seconds for which requests in progress may continue after the block ends.
    """

    def __init__(
        self,
        routes: Mapping[tuple[str, str], Handler],
        *,
        hosts: Collection[str] | None = (),
        hint: str = "",
        refuse: Callable[[str], web.Response] = lambda reason: web.Response(status=403, text=reason),
        largest_body: int = 64 * 1024,
        connections: int = MOST_CONNECTIONS,
        shutdown: float = 5.0,
    ) -> None:
        self._hosts = None if hosts is None else frozenset(host.lower().rstrip(".") for host in hosts)
        self._hint = hint
        self._refuse = refuse
        self._limit = ConnectionLimit(connections)
        app = web.Application(middlewares=[self._guard], client_max_size=largest_body)
        for (method, path), handler in routes.items():
            app.router.add_route(method, path, handler)
        # A compressed body could exceed the limit once decompressed.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=shutdown, auto_decompress=False, keepalive_timeout=IDLE_SECONDS
        )

    @asynccontextmanager
    async def serve(self, host: str, port: int) -> AsyncGenerator[str]:
        """Serve while the block runs.

        Args:
            host: the address to listen on.
            port: the port; 0 for a free one.

        Yields:
            The server's address.

        Raises:
            CannotListen: the address or port cannot be used.
        """
        await self._runner.setup()
        try:
            try:
                listening = await asyncio.get_running_loop().create_server(self._connection, host, port)
            except OSError as error:
                raise CannotListen(host, port, str(error.strerror or error)) from None
            try:
                shown = f"[{host}]" if ":" in host else host
                yield f"http://{shown}:{listening.sockets[0].getsockname()[1]}"
            finally:
                listening.close()
        finally:
            await self._runner.cleanup()

    def _connection(self) -> asyncio.BaseProtocol:
        """Return the protocol for a new connection."""
        assert self._runner.server is not None
        return _Admission(self._limit, self._runner.server)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        reason = page_refusal(request.headers, self._hosts, self._hint)
        if reason is not None:
            return self._refuse(reason)
        if request.transport is None:
            return await handler(request)  # the client is gone
        with self._limit.busy(address_of(request.transport)):
            return await handler(request)


class _Admission(asyncio.Protocol):
    """Passes a new connection on to the server, unless the limit closes it.

    Args:
        limit: the open connections.
        make: a function that returns the server's protocol for a connection.
    """

    def __init__(self, limit: ConnectionLimit, make: Callable[[], asyncio.BaseProtocol]) -> None:
        self._limit = limit
        self._make = make

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._limit.admit(transport):
            protocol = self._make()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
