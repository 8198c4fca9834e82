"""``odoochat mcp``: wrong use, and what is missing."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest

from odoochat.sandbox import Sandbox
from tests.cli.conftest import Ran


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--channels", "genral"], "did you mean 'general'"),
        (["--channels", " , "], "--channels names no channel"),
        (["--folder", "no-such-folder"], "--folder no-such-folder is not a folder"),
        (["--http", "--port", "70000"], "--port must be from 0 to 65535"),
        (["--http", "--port", "0"], "ODOOCHAT_MCP_TOKEN must have at least 20"),
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
