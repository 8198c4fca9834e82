"""What a command imports before it connects, in processes of their own, because this one has imported everything."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from odoochat.cli.command_index import load_index
from odoochat.cli.loading import CONNECTING
from odoochat.sandbox import Sandbox

from .conftest import Ran

BEGIN = """
import gc, sys
from odoochat.cli.loading import finish_loading, start_loading
"""


def printed(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", BEGIN + code], check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_the_commands_that_connect_exist() -> None:
    assert {module for module, _ in load_index().values()} >= CONNECTING


def test_a_command_that_connects_has_aiohttp_imported_and_no_garbage_collected_until_it_is_connected() -> None:
    code = """
start_loading("odoochat.cli.commands.send")
print("aiohttp.client_reqrep" in sys.modules, gc.isenabled())
import aiohttp
print(aiohttp.ClientSession.__module__)
finish_loading()
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
"""
    assert printed(code) == ["True", "False", "aiohttp.client", "True", "True"]


def test_a_command_that_does_not_connect_imports_nothing() -> None:
    code = """
start_loading("odoochat.cli.commands.demo")
print("aiohttp" in sys.modules, "asyncio" in sys.modules, gc.isenabled(), gc.get_freeze_count())
finish_loading()
print(gc.get_freeze_count())
"""
    assert printed(code) == ["False", "False", "True", "0", "0"]


def test_an_error_in_the_import_is_raised_where_aiohttp_is_used(tmp_path: Path) -> None:
    (tmp_path / "aiohttp.py").write_text("raise ImportError('broken installation')")
    code = f"""
sys.path.insert(0, {str(tmp_path)!r})
start_loading("odoochat.cli.commands.send")
try:
    import aiohttp
except ImportError as error:
    print(*error.args)
"""
    assert printed(code) == ["broken", "installation"]


async def test_a_connected_command_collects_garbage(
    run: Callable[..., Awaitable[Ran]], alice: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long command such as `listen` would otherwise grow."""
    frozen: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append(True))  # this process would never free its garbage again
    gc.disable()
    try:
        ran = await run("channels")
        assert (ran.code, gc.isenabled(), frozen) == (0, True, [True])
    finally:
        gc.enable()
