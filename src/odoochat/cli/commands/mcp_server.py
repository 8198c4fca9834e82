"""``mcp``: gives an assistant access to channels through the Model Context Protocol."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

import odoochat
from odoochat.cli.connection import connected
from odoochat.cli.exit_codes import DONE
from odoochat.cli.extras import install_hint
from odoochat.cli.lookup import find_channel
from odoochat.cli.options import ServerOptions
from odoochat.cli.runner import run_command
from odoochat.cli.signals import on_signal
from odoochat.cli.streams import check_input, is_interactive, print_note
from odoochat.config.fields import MCP_TOKEN
from odoochat.errors import ConfigError
from odoochat.secret import Secret

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from odoochat.mcp.http_server import HttpServer

__all__ = ["mcp"]

SHORTEST_TOKEN = 20


def mcp(
    *,
    read_only: Annotated[bool, Parameter(negative="")] = False,
    channels: str | None = None,
    folder: Path | None = None,
    http: Annotated[bool, Parameter(negative="")] = False,
    port: int = 8067,
    server: ServerOptions | None = None,
) -> int:
    """Run a Model Context Protocol server for an assistant, on standard input and output or over HTTP.

    Parameters
    ----------
    read_only
        Do not let the assistant send or change anything.
    channels
        Limit access to these channels, separated by commas, e.g. general,support.
    folder
        Folder for uploaded and downloaded files; without it the assistant cannot transfer files.
    http
        Serve HTTP on 127.0.0.1 instead. Each request needs the token in ODOOCHAT_MCP_TOKEN; if unset, a token is
        generated and printed.
    port
        Port for --http; 0 chooses a free one.
    """

    async def job() -> int:
        if not _has_sdk():
            raise ConfigError(f"odoochat mcp (odoochat[mcp]) needs the MCP SDK: {install_hint('mcp')}")
        if not http:
            check_input()
        if not 0 <= port <= 65535:
            raise ConfigError(f"--port must be from 0 to 65535, not {port}")
        from odoochat.mcp.arrivals import Arrivals
        from odoochat.mcp.permissions import Permissions
        from odoochat.mcp.server import build_server

        refs = None if channels is None else [ref for part in channels.split(",") if (ref := part.strip())]
        if refs == []:
            raise ConfigError("--channels is empty; use e.g. --channels general,support")
        async with connected(server or ServerOptions()) as odoo:
            ids = None if refs is None else [(await find_channel(odoo, ref)).id for ref in refs]
            permissions = Permissions(odoo, channels=ids, read_only=read_only, folder=folder)
            async with Arrivals(odoo).running() as arrivals:
                made = build_server(odoo, permissions, arrivals, odoochat.__version__)
                if http:
                    from odoochat.mcp.http_server import HttpServer

                    await _serve_http(HttpServer(made, _token(), port))
                    ended_by = None
                else:
                    ended_by = await _serve_stdio(made)
        if ended_by is not None:
            # An SDK thread is blocked on stdin, and only the signal's default action interrupts it.
            signal.signal(ended_by, signal.SIG_DFL)
            signal.raise_signal(ended_by)
        return DONE

    return run_command(job, serves=http)


def _has_sdk() -> bool:
    try:
        import mcp  # noqa: F401 # pyright: ignore[reportUnusedImport]
    except ImportError:
        return False
    return True


def _token() -> Secret:
    """Return the token for HTTP requests from the environment, or generate a token and print it."""
    given = os.environ.get(MCP_TOKEN)
    if given is not None:
        if len(given) < SHORTEST_TOKEN or not given.isascii() or not given.isprintable():
            raise ConfigError(f"{MCP_TOKEN} must contain at least {SHORTEST_TOKEN} ASCII characters")
        return Secret(given)
    made = Secret(secrets.token_urlsafe(32))
    print_note(f"token for this run: {made.reveal()}")
    return made


async def _serve_stdio(made: MCPServer[Any]) -> signal.Signals | None:
    """Serve until standard input is closed or a signal arrives.

    Returns:
        The signal, or None if standard input was closed.
    """
    if is_interactive():
        print_note("waiting for an assistant on standard input; press Ctrl-D to stop")
    received: asyncio.Queue[signal.Signals] = asyncio.Queue()
    on_signal(received.put_nowait)
    serving = asyncio.create_task(made.run_stdio_async())
    stopped = asyncio.create_task(received.get())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        return stopped.result()
    stopped.cancel()
    await serving
    return None


async def _serve_http(http: HttpServer) -> None:
    on_signal(lambda _: http.stop())
    print_note(f"{http.url} (press Ctrl-C to stop)")
    await http.serve()
