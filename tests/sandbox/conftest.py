"""Sandboxes, and users of them who speak plain HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from odoochat.sandbox import Sandbox

from .raw import Raw


@pytest.fixture(params=[19])
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """A running sandbox: version 19, or what `indirect` parameters say."""
    async with Sandbox(request.param) as running:
        yield running


@pytest.fixture
async def alice(sandbox: Sandbox) -> AsyncIterator[Raw]:
    """Alice with a session."""
    async with Raw(sandbox.url, sandbox.db, "alice") as raw:
        yield await raw.log_in()


@pytest.fixture
async def bob(sandbox: Sandbox) -> AsyncIterator[Raw]:
    """Bob with a session."""
    async with Raw(sandbox.url, sandbox.db, "bob") as raw:
        yield await raw.log_in()
