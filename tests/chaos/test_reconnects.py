"""Reconnects and close() leave nothing behind; `python -m tests.chaos.reconnects` does a thousand."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import pytest

from tests.chaos import reconnects
from tests.chaos.proxy import Proxy
from tests.chaos.reconnects import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts the descriptors in /proc")


@pytest.mark.heavy
@pytest.mark.timeout(300)  # 25 reconnects take 20 s on a quiet machine, five times that on a busy one
@pytest.mark.parametrize("via", ["websocket", "peek"])
async def test_reconnects_leave_nothing_behind(via: str) -> None:
    async with reconnects.sandbox() as server:
        counts = await reconnects.reconnect(server, 20, via=via, say=print)
    assert reconnects.grew(counts) == []


@pytest.mark.parametrize("story", reconnects.STORIES, ids=lambda s: s.__name__)
async def test_close_leaves_nothing_behind(story: Callable[[Proxy, Server], Awaitable[None]]) -> None:
    async with reconnects.sandbox() as server:
        assert await reconnects.left(server, story) == []
