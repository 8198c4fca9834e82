"""A sandbox, a listening user, and a count of the messages received."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import odoochat
from odoochat import Client, Event, LinkChanged, MessagePosted
from odoochat.sandbox import Sandbox
from tests.timings import quick_connect

SECONDS = 20.0


class Listener:
    """Receives all events and counts them."""

    def __init__(self, odoo: Client) -> None:
        self.odoo = odoo
        self.events: list[Event] = []
        self._heard = odoo.events()
        self._more = asyncio.Condition()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for event in self._heard:
            async with self._more:
                self.events.append(event)
                self._more.notify_all()

    def posted(self) -> list[odoochat.Message]:
        return [e.message for e in self.events if isinstance(e, MessagePosted)]

    async def until(self, found: Any, what: str) -> Any:
        """Waits until a function of the events says something true."""
        try:
            async with asyncio.timeout(SECONDS), self._more:
                return await self._more.wait_for(found)
        except TimeoutError:
            pytest.fail(f"{what} did not come; arrived: {self.events[-12:]}")

    async def link(self, state: str, via: str | None = None, *, since: int = 0) -> LinkChanged:
        """Waits for a state of the link."""
        return await self.until(
            lambda: next(
                (
                    e
                    for e in self.events[since:]
                    if isinstance(e, LinkChanged) and e.state == state and via in (None, e.via)
                ),
                None,
            ),
            f"the link {state} {via or ''}",
        )

    async def each_once(self, texts: list[str]) -> None:
        """Waits until all texts were received; each must arrive once, and ids must ascend in each channel."""
        wanted = set(texts)
        await self.until(lambda: wanted <= {m.text for m in self.posted()}, f"all of {len(texts)} messages")
        await asyncio.sleep(0.1)  # what comes twice comes a little later
        counts = Counter(m.text for m in self.posted())
        assert [t for t in texts if counts[t] != 1] == []

    def assert_order(self) -> None:
        by_channel: dict[int, list[int]] = {}
        for message in self.posted():
            by_channel.setdefault(message.channel.id, []).append(message.id)
        for ids in by_channel.values():
            assert ids == sorted(ids)

    async def close(self) -> None:
        self._heard.close()
        await asyncio.gather(self._task, return_exceptions=True)


async def cut(box: Sandbox, odoo: Client) -> None:
    """Cut the link until it notices: a long poll that is cut is asked again at once, a few times."""
    status = odoo._connection.status
    openings = status.openings
    async with asyncio.timeout(SECONDS):
        while status.opened.is_set() and status.openings == openings:
            box.faults.drop(1006)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(box: Sandbox, login: str = "alice", **more: Any) -> AsyncIterator[Listener]:
    """A connected user with an open link, who receives messages."""
    by: dict[str, Any] = {"login": login, "password": login} | more
    async with quick_connect(box.url, **by) as odoo:
        listener = Listener(odoo)
        try:
            await odoo.link.wait_open(SECONDS)
            yield listener
        finally:
            await listener.close()


@pytest.fixture(params=[14, 15, 16, 17, 18, 19, 20])
async def box(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """A sandbox of each version."""
    async with Sandbox(request.param) as made:
        yield made


@pytest.fixture
async def box19() -> AsyncIterator[Sandbox]:
    """A sandbox that plays 19."""
    async with Sandbox(19) as made:
        yield made
