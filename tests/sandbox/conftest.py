"""Fixtures: sandboxes, and users who send plain HTTP requests to them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from odoochat.sandbox import Sandbox

from .raw import Raw


@pytest.fixture(params=[19])
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """A running sandbox of version 19, or of the version that an `indirect` parameter names."""
    async with Sandbox(request.param) as running:
        yield running


@pytest.fixture
async def alice(sandbox: Sandbox) -> AsyncIterator[Raw]:
    """Alice, logged in with a session."""
    async with Raw(sandbox.url, sandbox.db, "alice") as raw:
        yield await raw.log_in()


@pytest.fixture
async def bob(sandbox: Sandbox) -> AsyncIterator[Raw]:
    """Bob, logged in with a session."""
    async with Raw(sandbox.url, sandbox.db, "bob") as raw:
        yield await raw.log_in()
