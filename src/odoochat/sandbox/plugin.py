"""A pytest plugin: the fixture `odoo_sandbox`, a running sandbox to log in to.

Loaded by every pytest run where odoochat is installed, so it imports nothing heavy before the fixture is
used.
Choose what it is with a marker: `@pytest.mark.odoo_sandbox(version=16)` takes the arguments of Sandbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

try:
    from pytest_asyncio import fixture as _async_fixture
except ImportError:  # without it async tests do not run at all: the fixture may fail when it is asked for
    _async_fixture = pytest.fixture  # type: ignore[assignment]


class Bench:
    """A running sandbox, and the way to clients of it.

    Attributes:
        sandbox: the Sandbox itself.
        url, db, version, users, world, faults: those of the sandbox.
    """

    def __init__(self, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.url: str = sandbox.url
        self.db: str = sandbox.db
        self.world: Any = sandbox.world
        self.faults: Any = sandbox.faults

    @property
    def version(self) -> float:
        """The version the sandbox pretends to be."""
        return float(self.sandbox.version)

    @property
    def users(self) -> dict[str, tuple[int, int]]:
        """Login -> (user id, partner id)."""
        found: dict[str, tuple[int, int]] = self.sandbox.users
        return found

    def login(self, name: str, **options: Any) -> Any:
        """A client for this user, to be entered with `async with`; options are those of odoochat.connect."""
        import odoochat

        connect: Callable[..., Any] = odoochat.connect  # type: ignore[attr-defined,unused-ignore]
        given = {"login": name, "password": name, **options}
        return connect(self.url, db=self.db, **given)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "odoo_sandbox(**arguments): what the fixture odoo_sandbox is, e.g. version=16")


@_async_fixture
async def odoo_sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """A running sandbox with the users ann, bob, alice, carol, dave and admin; the password is the login."""
    from odoochat.sandbox.server import Sandbox

    marker = request.node.get_closest_marker("odoo_sandbox")
    arguments: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    async with Sandbox(**arguments) as sandbox:
        yield Bench(sandbox)
