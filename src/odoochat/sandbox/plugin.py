"""The pytest plugin: the fixture `odoo_sandbox`, a running sandbox with clients.

pytest loads this module in every run where odoochat is installed, so it imports nothing large before the fixture is
used. The marker `@pytest.mark.odoo_sandbox(version=16)` takes the arguments of Sandbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import odoochat
    from odoochat.sandbox.faults import Faults
    from odoochat.sandbox.server import Sandbox
    from odoochat.sandbox.world.world import World

try:
    from pytest_asyncio import fixture as _async_fixture
except ImportError:  # async tests do not run without it, and the fixture fails when a test requests it
    _async_fixture = pytest.fixture  # type: ignore[assignment]


class SandboxFixture:
    """A running sandbox, and clients for its users.

    Args:
        sandbox: the running sandbox.

    Attributes:
        sandbox: the running sandbox.
        url: address of the server.
        db: name of the database.
        world: the database with its actions.
        faults: faults that a test can cause.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.url: str = sandbox.url
        self.db: str = sandbox.db
        self.world: World = sandbox.world
        self.faults: Faults = sandbox.faults

    @property
    def version(self) -> float:
        """Major version of Odoo."""
        return float(self.sandbox.version)

    @property
    def users(self) -> dict[str, tuple[int, int]]:
        """User id and partner id of each login."""
        return self.sandbox.users

    def login(self, name: str, **options: Any) -> odoochat.connect:
        """Connect as a user: `async with odoo_sandbox.login("ann") as ann` gives a Client.

        Args:
            name: login of the user, which is the password as well.
            **options: those of `odoochat.connect`.
        """
        import odoochat

        given: dict[str, Any] = {"login": name, "password": name, **options}
        return odoochat.connect(self.url, db=self.db, **given)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker.

    Args:
        config: the configuration of the run.
    """
    config.addinivalue_line("markers", "odoo_sandbox(**arguments): arguments of the Sandbox, for example version=16")


@_async_fixture
async def odoo_sandbox(request: pytest.FixtureRequest) -> AsyncIterator[SandboxFixture]:
    """A running sandbox with the users ann, bob, alice, carol, dave and admin; the password is the login.

    Args:
        request: the test that uses it.
    """
    from odoochat.sandbox.server import Sandbox

    marker = request.node.get_closest_marker("odoo_sandbox")
    arguments: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    async with Sandbox(**arguments) as sandbox:
        yield SandboxFixture(sandbox)
