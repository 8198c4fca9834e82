"""Serves Prometheus metrics, and health checks for a supervisor, on the loopback address by default."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from odoochat.cli.streams import print_note
from odoochat.errors import ConfigError

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["serve_metrics"]

HOST = "127.0.0.1"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Numbers(Protocol):
    """A set of metrics."""

    def prometheus(self) -> str:
        """Return all metrics in the Prometheus text format."""
        ...


@asynccontextmanager
async def serve_metrics(
    metrics: Numbers | None,
    port: int | None,
    *,
    host: str = HOST,
    health: Callable[[], tuple[bool, dict[str, Any]]] | None = None,
) -> AsyncGenerator[None]:
    """Serve metrics while the block runs, and print their address.

    Args:
        metrics: the metrics; None to serve nothing.
        port: the port; 0 chooses a free one.
        host: the address to listen on.
        health: returns whether the program is healthy, and the content of ``/healthz``; None to omit this page.

    Raises:
        ConfigError: the port cannot be used.
    """
    if metrics is None or port is None:
        yield
        return
    if not 0 <= port < 65536:
        name = "the port of [http]" if health is not None else "--metrics"
        raise ConfigError(f"{name} must be a port from 0 to 65535, not {port}")
    from aiohttp import web

    from odoochat.net.local_server import CannotListen, LocalServer

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=metrics.prometheus().encode(), headers={"Content-Type": CONTENT_TYPE})

    async def show_health(_: web.Request) -> web.Response:
        assert health is not None
        good, found = health()
        return web.json_response(found, status=200 if good else 503)

    pages = {("GET", "/metrics"): show} | ({("GET", "/healthz"): show_health} if health is not None else {})
    # Hostnames are checked only on the loopback address; other machines may use names unknown to this one.
    server = LocalServer(pages, hosts=() if host == HOST else None, shutdown=0.2)
    try:
        async with server.serve(host, port) as address:
            if health is not None:
                print_note(f"health: {address}/healthz")
            print_note(f"metrics: {address}/metrics")
            yield
    except CannotListen as error:
        where = f"{host}:{port}" if health is not None else f"--metrics {port}"
        raise ConfigError(f"{where}: {error.reason}; choose another port") from None
