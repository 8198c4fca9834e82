"""One server of three is down behind a balancer: messages go on arriving, soon."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp import web

import odoochat
from odoochat import MessagePosted
from odoochat.sandbox import Sandbox
from tests.net.front import Front, front


class Balancer(Front):
    """Sends each third request to a server that is down.

    Attributes:
        down: what comes of it: ``502`` or ``cut``.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.down = ""
        self._turn = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self._turn += 1
        if self._turn % 3 or not self.down:
            return await super().handle(request)
        if self.down == "502":
            return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


async def lags(version: int, down: str, messages: int, every: float) -> list[float]:
    """Seconds that each message took, while links are cut now and then."""
    found: list[float] = []
    async with Sandbox(version) as box, front(box.url, Balancer) as proxy:
        assert isinstance(proxy, Balancer)
        async with odoochat.connect(proxy.url, login="alice", password="alice") as odoo:
            received = odoo.events(MessagePosted)
            await odoo.link.wait_open(20)
            proxy.down = down

            async def listen() -> None:
                while len(found) < messages:
                    event = await received.get()
                    found.append(time.monotonic() - float(event.message.text))

            listening = asyncio.create_task(listen())
            for number in range(messages):
                if number % 4 == 1:
                    box.faults.drop(1006)
                box.world.post("bob", "general", str(time.monotonic()))
                await asyncio.sleep(every)
            async with asyncio.timeout(30):
                await listening
    return found


@pytest.mark.timeout(150)
@pytest.mark.parametrize("down", ["502", "cut"])
@pytest.mark.parametrize("version", [19, 14])
async def test_a_message_takes_ten_seconds_at_most(version: int, down: str) -> None:
    assert max(await lags(version, down, 12, 0.7)) < 10.0


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("down", ["502", "cut"])
@pytest.mark.parametrize("version", [19, 16, 14])
async def test_messages_go_on_through_many_reconnects(version: int, down: str) -> None:
    took = await lags(version, down, 32, 0.6)
    print(f"{version}, {down}: the latest {max(took):.1f} s late, on average {sum(took) / len(took):.2f} s")
    assert max(took) < 12.0
