"""Serves the streamable HTTP transport on loopback, protected by a token."""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import contextmanager
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from uvicorn.protocols.http.h11_impl import H11Protocol

from odoochat.errors import unusable_port
from odoochat.net.connection_limit import ConnectionLimit
from odoochat.secret import Secret

__all__ = ["HttpServer"]

HOST = "127.0.0.1"
MOST_CONNECTIONS = 100
Scope = MutableMapping[str, Any]
App = Callable[[Scope, Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]], Awaitable[None]]


class HttpServer:
    """Serves an MCP server at ``/mcp`` on 127.0.0.1; the SDK checks `Host` and `Origin`.

    When the maximum number of connections is open, a new one replaces the oldest one that has no authorized request in
    progress.

    Args:
        server: the MCP server.
        token: the token that each request must send as ``Authorization: Bearer …``, because other users on the machine
            can connect to the port.
        port: the port; 0 for a free one.
        connections: maximum number of connections.

    Raises:
        ConfigError: the port cannot be used.

    Attributes:
        url: the endpoint's address.
    """

    def __init__(
        self, server: MCPServer[Any], token: Secret, port: int, *, connections: int = MOST_CONNECTIONS
    ) -> None:
        try:
            self._socket = socket.create_server((HOST, port))
        except (OSError, OverflowError) as error:
            raise unusable_port(port, error) from None
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}/mcp"
        self._connections = ConnectionLimit(connections)
        app = _Authorized(server.streamable_http_app(host=HOST), token, self._connections)
        # Proxy headers would let a client choose the address that identifies its connection.
        config = uvicorn.Config(
            app, http=_protocol(self._connections), proxy_headers=False,
            log_level="warning", lifespan="on", timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._uvicorn = _Uvicorn(config)

    async def serve(self) -> None:
        """Serve until `stop`."""
        with self._socket:
            await self._uvicorn.serve(sockets=[self._socket])

    def stop(self) -> None:
        """Make `serve` return."""
        self._uvicorn.should_exit = True


class _Uvicorn(uvicorn.Server):
    """Leaves signal handling to the command, which closes the client after the server stops."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _protocol(connections: ConnectionLimit) -> type[asyncio.Protocol]:
    """Return the protocol class to use for connections."""

    class Protocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections.admit(transport)

    return Protocol


class _Authorized:
    """Passes on requests that contain the token and rejects all others."""

    def __init__(self, app: App, token: Secret, connections: ConnectionLimit) -> None:
        self._app = app
        self._token = token
        self._connections = connections

    async def __call__(
        self, scope: Scope, receive: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[Any]]
    ) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, b"Bearer " + self._token.reveal().encode()):
                headers = [(b"content-type", b"text/plain"), (b"www-authenticate", b"Bearer")]
                await send({"type": "http.response.start", "status": 401, "headers": headers})
                await send({"type": "http.response.body", "body": b"missing or wrong token"})
                return
            with self._connections.busy(tuple(scope["client"])):
                await self._app(scope, receive, send)
            return
        await self._app(scope, receive, send)
