"""A sandbox in a thread of its own, as a blocking program sees a server."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import odoochat
from odoochat import sync
from odoochat.sandbox import Sandbox

SECONDS = 30.0


class SandboxThread:
    """A sandbox whose loop runs in another thread."""

    def __init__(self, version: int = 19) -> None:
        self._version = version
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._ready.wait(SECONDS)

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with Sandbox(self._version) as self.box:
            self._ready.set()
            await self._stop.wait()

    def run(self, function: Callable[[], Any]) -> Any:
        async def called() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(SECONDS)

    def until(self, found: Callable[[], bool]) -> None:
        """Waits until something holds in the sandbox."""

        async def holds() -> None:
            async with asyncio.timeout(SECONDS):
                while not found():
                    await asyncio.sleep(0.01)

        asyncio.run_coroutine_threadsafe(holds(), self._loop).result(SECONDS)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(SECONDS)

    def connect(self, login: str, **options: Any) -> sync.Client:
        return sync.connect(self.box.url, db=self.box.db, login=login, password=login, **options)


@pytest.fixture(scope="session")
def server() -> Iterator[SandboxThread]:
    running = SandboxThread()
    yield running
    running.stop()


@pytest.fixture
def ann(server: SandboxThread) -> Iterator[sync.Client]:
    with server.connect("ann") as odoo:
        yield odoo


@pytest.fixture
def bob(server: SandboxThread) -> Iterator[sync.Client]:
    with server.connect("bob") as odoo:
        yield odoo


@pytest.fixture
def room(ann: sync.Client, bob: sync.Client) -> sync.Channel:
    """A channel of ann's and bob's that no other test uses."""
    joined = bob.events(odoochat.ChannelJoined)
    made = ann.create("room", people=["bob"])
    while True:
        event = joined.get(timeout=SECONDS)
        if isinstance(event, odoochat.ChannelJoined) and event.channel.id == made.id:
            return made


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
