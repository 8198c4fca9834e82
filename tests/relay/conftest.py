"""Brokers and settings for the tests of the relay."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from odoochat.relay.settings import AccountSettings, BrokerSettings, RelaySettings
from odoochat.sandbox import Sandbox
from odoochat.secret import Secret
from tests.relay.servers import SERVERS, Server


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    """A sandbox."""
    async with Sandbox() as box:
        yield box


@pytest.fixture
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Server]:
    """A real broker of the kind that the test is parametrized with."""
    server = SERVERS[request.param](tmp_path)
    await server.start()
    yield server
    server.stop()


@pytest.fixture
def relay_settings(server: Server, box: Sandbox) -> RelaySettings:
    """Settings for alice and bob, with a short lease."""
    return settings_for(server, box)


def settings_for(server: Server, box: Sandbox, logins: tuple[str, ...] = ("alice", "bob")) -> RelaySettings:
    """Return settings for users of a sandbox."""
    accounts = {
        login: AccountSettings(login, box.url, {"db": box.db, "login": login, "password": login}) for login in logins
    }
    broker = BrokerSettings(server.kind, Secret(server.url))
    store = None if server.has_store else server.folder / "store"
    return RelaySettings(broker=broker, store=store, accounts=accounts, lease=2.0, save=0.2)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A private file for settings."""
    path = tmp_path / "relay.toml"
    path.touch(0o600)
    return path
