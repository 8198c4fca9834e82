"""Builds the server, its tools and its resources with the official SDK."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp_types import ToolAnnotations

from odoochat.client.client import Client
from odoochat.errors import OdooChatError
from odoochat.mcp.arrivals import Arrivals
from odoochat.mcp.output import NOTICE
from odoochat.mcp.permissions import Forbidden, Permissions
from odoochat.mcp.stdio_server import StdioServer
from odoochat.mcp.tools import MOST_CHANNELS, DiscussTools
from odoochat.wire.content.body import safe_line

__all__ = ["build_server"]

INSTRUCTIONS = (
    "Chat with people in Odoo Discuss, as a member of its channels. Other people see the messages that you send. "
    + NOTICE
)


def build_server(odoo: Client, permissions: Permissions, arrivals: Arrivals, version: str = "") -> MCPServer[Any]:
    """Build the server.

    Args:
        odoo: the connected client.
        permissions: what the assistant may do.
        arrivals: buffers received messages.
        version: the odoochat version to report to the assistant.

    Returns:
        The server, not yet running.
    """
    tools = DiscussTools(odoo, permissions, arrivals)
    server = StdioServer("odoochat", instructions=INSTRUCTIONS, version=version, log_level="WARNING")
    reading = (tools.list_channels, tools.list_people, tools.read_messages, tools.search_messages)
    writing = (tools.send_message, tools.reply_to_message, tools.add_reaction, tools.upload_file)
    for method in (*reading, tools.wait_for_message, *writing, tools.download_file):
        hints = ToolAnnotations(
            read_only_hint=method not in (*writing, tools.download_file), destructive_hint=False, open_world_hint=True
        )
        server.add_tool(_raising(method, ToolError), annotations=hints, description=_description(method))
    _add_resources(server, tools, permissions)
    return server


def _add_resources(server: MCPServer[Any], tools: DiscussTools, permissions: Permissions) -> None:
    json_type = "application/json"
    listed = _raising(tools.channels_resource, ResourceError)
    server.resource("odoochat://channels", name="channels", title="Channels", mime_type=json_type)(listed)
    template = _raising(tools.channel_resource, ResourceError)
    server.resource("odoochat://channels/{channel}", name="channel", title="A channel", mime_type=json_type)(template)
    for channel in permissions.allowed()[:MOST_CHANNELS]:
        read = _raising(functools.partial(tools.channel_resource, str(channel.id)), ResourceError)
        uri = f"odoochat://channels/{channel.id}"
        server.resource(uri, name=f"channel-{channel.id}", title=safe_line(channel.name), mime_type=json_type)(read)


def _description(method: Callable[..., Any]) -> str:
    """Return the docstring without its argument list, because the schema describes the arguments."""
    return (inspect.getdoc(method) or "").partition("\n\nArgs:")[0]


def _raising(method: Callable[..., Awaitable[Any]], kind: type[Exception]) -> Callable[..., Awaitable[Any]]:
    """Wrap a function so that expected errors are raised as the SDK's error, which the assistant sees."""

    async def call(*values: Any, **arguments: Any) -> Any:
        try:
            return await method(*values, **arguments)
        except (OdooChatError, Forbidden) as error:
            raise kind(safe_line(str(error), 500)) from None

    signature = inspect.signature(method, eval_str=True)
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__annotations__ = {each.name: each.annotation for each in signature.parameters.values()}
    call.__annotations__["return"] = signature.return_annotation
    name = getattr(method, "__name__", "read")
    call.__name__, call.__doc__ = name, inspect.getdoc(method)
    return call
