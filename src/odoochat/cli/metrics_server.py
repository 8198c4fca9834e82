"""The metrics server: shows the metrics of ``listen`` to Prometheus, on the loopback address."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from odoochat.cli.streams import print_note
from odoochat.errors import ConfigError

if TYPE_CHECKING:
    from aiohttp import web

    from odoochat.metrics import Metrics

__all__ = ["serve_metrics"]

HOST = "127.0.0.1"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@asynccontextmanager
async def serve_metrics(metrics: Metrics | None, port: int | None) -> AsyncGenerator[None]:
    """Serve metrics while the block runs, and print their address.

    Args:
        metrics: the metrics; None to serve nothing.
        port: the port, 0 for a free one.

    Raises:
        ConfigError: the port cannot be used.
    """
    if metrics is None or port is None:
        yield
        return
    if not 0 <= port < 65536:
        raise ConfigError(f"--metrics must be a port from 0 to 65535, not {port}")
    from aiohttp import web

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=metrics.prometheus().encode(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get("/metrics", show)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise ConfigError(f"--metrics {port}: {error.strerror or error}; choose another port") from None
        print_note(f"metrics: http://{HOST}:{runner.addresses[0][1]}/metrics")
        yield
    finally:
        await runner.cleanup()
