"""Runs commands against sandboxes and against servers that have a bad day."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from odoochat.cli import main
from odoochat.config import keyring, profiles
from odoochat.sandbox import Sandbox

CERTIFICATE = Path(__file__).parent / "self-signed.pem"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its output, one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def check(self, name: str) -> dict[str, Any]:
        """One of the doctor's checks, from its JSON."""
        return next(row for row in self.objects if row["check"] == name)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No settings, no profile and no keyring of whoever runs the tests; no answer to a prompt either."""
    for name in [n for n in os.environ if n.startswith("ODOOCHAT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))  # for processes
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr(profiles, "user_config_dir", lambda *_, **__: str(tmp_path / "config" / "odoochat"))
    monkeypatch.setattr(keyring, "system_keyring", lambda: None)
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Awaitable[Ran]]:
    """Runs a command in this process."""

    async def go(*arguments: object) -> Ran:
        capsys.readouterr()
        code = await asyncio.to_thread(main, [str(a) for a in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err, said.err
        return Ran(code, said.out, said.err)

    return go


def hears_ctrl_c() -> None:
    """Lets a child have Ctrl-C: it inherits what the tests ignore, as a shell has its background jobs do."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
async def spawn() -> AsyncIterator[Callable[..., Awaitable[asyncio.subprocess.Process]]]:
    """Starts a command in a process of its own, which ends with the test at the latest."""
    started: list[asyncio.subprocess.Process] = []

    async def go(*arguments: object, **environ: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "default::ResourceWarning", "-m", "odoochat", *map(str, arguments),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **environ}, preexec_fn=hears_ctrl_c if os.name == "posix" else None,
        )  # fmt: skip
        started.append(process)
        return process

    yield go
    for process in started:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.communicate()


async def ended(process: asyncio.subprocess.Process) -> Ran:
    """Waits for a process."""
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert process.returncode is not None
    assert b"Traceback" not in err, err.decode()
    return Ran(process.returncode, out.decode(), err.decode())


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A running sandbox."""
    async with Sandbox(19) as running:
        yield running


@pytest.fixture
def alice(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, with the environment of alice."""
    be(monkeypatch, box.url, "alice")
    return box


def be(monkeypatch: pytest.MonkeyPatch, url: str, login: str) -> None:
    """Sets the environment of a user."""
    monkeypatch.setenv("ODOOCHAT_URL", url)
    monkeypatch.setenv("ODOOCHAT_LOGIN", login)
    monkeypatch.setenv("ODOOCHAT_PASSWORD", login)


@asynccontextmanager
async def serving(handler: Handler, *, tls: bool = False) -> AsyncIterator[str]:
    """A web server that answers everything in one way; gives its address."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        addresses: list[Any] = runner.addresses
        yield f"{'https' if tls else 'http'}://127.0.0.1:{addresses[0][1]}"
    finally:
        await runner.cleanup()
