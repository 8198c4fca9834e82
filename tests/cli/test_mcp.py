"""``odoochat mcp``: wrong use, and what is missing."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

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


async def test_a_port_in_use_is_named(alice: Sandbox, run: Callable[..., Awaitable[Ran]], monkeypatch) -> None:
    monkeypatch.setenv("ODOOCHAT_MCP_TOKEN", "t" * 32)
    for words in (("mcp", "--http"), ("sandbox",)):
        done = await run(*words, "--port", alice.port)
        assert done.code == 2
        reason = os.strerror(errno.EADDRINUSE)
        assert (
            done.err.strip() == f"odoochat: cannot use port {alice.port}: {reason}; choose another --port, or 0 for any"
        )


async def test_the_missing_extra_is_named(alice: Sandbox, run: Callable[..., Awaitable[Ran]], monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    done = await run("mcp")
    assert done.code == 2
    assert "odoochat mcp (odoochat[mcp]) needs the MCP SDK: " in done.err
    assert "pip install" in done.err
    assert '"mcp' in done.err


@pytest.fixture
async def on_stdio(alice: Sandbox) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command, waiting for requests on standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "odoochat", "mcp", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=dict(os.environ), preexec_fn=hears_ctrl_c if os.name == "posix" else None,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_malformed_lines_are_answered(on_stdio: asyncio.subprocess.Process) -> None:
    assert on_stdio.stdin is not None
    assert on_stdio.stdout is not None
    malformed = [
        (b"garbage", -32700, None),
        (b'{"jsonrpc": "2.0", "id": 7, "method": "ping"', -32700, None),
        (b"\xff\xfe", -32700, None),
        (b"42", -32600, None),
        (b'[{"jsonrpc": "2.0", "id": 7, "method": "ping"}]', -32600, None),
        (b'{"foo": 1}', -32600, None),
        (b'{"jsonrpc": "2.0", "method": 5, "id": true}', -32600, None),
        (b'{"jsonrpc": "2.0", "method": 5, "id": 7}', -32600, 7),
        (b'{"method": "ping", "id": "a"}', -32600, "a"),
    ]
    unanswered = [b"", b" ", b'{"jsonrpc": "2.0", "id": 7, "result": 5}', b'{"jsonrpc": "2.0", "error": 5}']
    request = b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    async with asyncio.timeout(45):
        # The first request decides the version of the protocol, so that malformed lines are sent before and after it.
        for _ in range(2):
            for line, code, request_id in malformed:
                on_stdio.stdin.write(line + b"\n")
                answer = json.loads(await on_stdio.stdout.readline())
                assert (answer["jsonrpc"], answer["id"], answer["error"]["code"]) == ("2.0", request_id, code), line
            on_stdio.stdin.write(b"\n".join([*unanswered, request]) + b"\n")
            assert json.loads(await on_stdio.stdout.readline())["id"] == 1
        on_stdio.stdin.close()
        assert await on_stdio.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
async def test_a_signal_ends_it_while_it_waits_for_a_request(on_stdio: asyncio.subprocess.Process, name: str) -> None:
    assert on_stdio.stdin is not None
    assert on_stdio.stdout is not None
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": client}
    async with asyncio.timeout(45):
        on_stdio.stdin.write(json.dumps(request).encode() + b"\n")
        answer = json.loads(await on_stdio.stdout.readline())
        assert answer["result"]["serverInfo"]["name"] == "odoochat"
        on_stdio.send_signal(signal.Signals[name])
        assert await on_stdio.wait() == -signal.Signals[name]
