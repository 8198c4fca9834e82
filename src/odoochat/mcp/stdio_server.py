"""Serves standard input and output, and answers malformed lines, which the SDK drops."""

from __future__ import annotations

from typing import Any, cast

import anyio
from anyio.streams.memory import MemoryObjectSendStream
from mcp.server.mcpserver import MCPServer
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

__all__ = ["StdioServer"]


class StdioServer(MCPServer[Any]):
    """An MCP server that answers each line on standard input that is not a JSON-RPC message with an error.

    Without an answer, a client waits for its malformed request until it gives up.
    """

    async def run_stdio_async(self) -> None:
        """Serve until standard input is closed."""
        async with stdio_server() as (received, answers), anyio.create_task_group() as group:
            forward, accepted = anyio.create_memory_object_stream[SessionMessage | Exception]()
            group.start_soon(_separate, received, forward, answers)
            options = self._lowlevel_server.create_initialization_options()
            await self._lowlevel_server.run(accepted, answers, options)
            group.cancel_scope.cancel()


async def _separate(received: Any, forward: MemoryObjectSendStream[SessionMessage | Exception], answers: Any) -> None:
    """Forward the messages, and answer the lines that are not messages."""
    async with forward:
        async for item in received:
            if not isinstance(item, ValidationError):
                await forward.send(item)
            elif answer := _refusal(item):
                await answers.send(SessionMessage(answer))


def _refusal(error: ValidationError) -> JSONRPCError | None:
    """Return the error for a malformed line, or None for an empty line and for a response, which have no answer.

    Source: https://www.jsonrpc.org/specification, 5.1. The id is null if the request's id cannot be determined.
    """
    causes = error.errors(include_url=False, include_context=False)
    if causes[0]["type"] == "json_invalid":
        if not str(causes[0]["input"]).strip():
            return None
        return JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=PARSE_ERROR, message="Parse error"))
    # The SDK compares the line with each kind of message, and a field that one of them requires is missing.
    objects = (cause["input"] for cause in causes if cause["type"] == "missing" and isinstance(cause["input"], dict))
    found = cast("dict[str, Any]", next(objects, {}))
    if "method" not in found and ("result" in found or "error" in found):
        return None
    given = found.get("id") if "method" in found else None
    request_id = given if isinstance(given, (int, str)) and not isinstance(given, bool) else None
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=INVALID_REQUEST, message="Invalid Request"))
