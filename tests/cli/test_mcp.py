"""``odoochat mcp``: wrong use, and what is missing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import pytest

from odoochat.sandbox import Sandbox
from tests.cli.conftest import Ran, hears_ctrl_c


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--channels", "genral"], "did you mean 'general'"),
        (["--channels", " , "], "--channels is empty"),
        (["--folder", "no-such-folder"], "--folder no-such-folder is not a folder"),
        (["--http", "--port", "70000"], "--port must be from 0 to 65535"),
        (["--http", "--port", "0"], "ODOOCHAT_MCP_TOKEN must contain at least 20"),
    ],
)
async def test_wrong_use(
    alice: Sandbox, run: Callable[..., Awaitable[Ran]], monkeypatch, arguments: list[str], error: str
) -> None:
    monkeypatch.setenv("ODOOCHAT_MCP_TOKEN", "short")
    done = await run("mcp", *arguments)
    assert done.code in (2, 5)
    assert error in done.err, done.err


async def test_the_missing_extra_is_named(alice: Sandbox, run: Callable[..., Awaitable[Ran]], monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    done = await run("mcp")
    assert done.code == 2
    assert "odoochat mcp (odoochat[mcp]) needs the MCP SDK: " in done.err
    assert "pip install" in done.err
    assert '"mcp' in done.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
async def test_a_signal_ends_it_while_it_waits_for_a_request(alice: Sandbox, name: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "odoochat", "mcp", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=dict(os.environ), preexec_fn=hears_ctrl_c,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client}
    try:
        async with asyncio.timeout(45):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            answer = json.loads(await process.stdout.readline())
            assert answer["result"]["serverInfo"]["name"] == "odoochat"
            process.send_signal(signal.Signals[name])
            assert await process.wait() == -signal.Signals[name]
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
