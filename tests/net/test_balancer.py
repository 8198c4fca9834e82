"""One server of three is down behind a balancer: every message arrives, and no wait of the client is long."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

import odoochat
from odoochat import LinkChanged, MessagePosted
from odoochat.sandbox import Sandbox
from tests.net.front import Front, front

LONGEST_OUTAGE = 10.0
"""Seconds that the client may choose to wait in all until a link is open again."""


class Balancer(Front):
    """Sends each third request to a server that is down.

    Attributes:
        down: what comes of it: ``502`` or ``cut``.
        refused: the number of requests that were sent there.
    """

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.down = ""
        self.refused = 0
        self._turn = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self._turn += 1
        if self._turn % 3 or not self.down:
            return await super().handle(request)
        self.refused += 1
        if self.down == "502":
            return web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html")
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


async def outages(version: int, down: str, messages: int) -> list[float]:
    """Seconds that the client chose to wait in each outage, while links are cut between messages that all arrive."""
    found = [0.0]
    async with Sandbox(version) as box, front(box.url, Balancer) as proxy:
        assert isinstance(proxy, Balancer)
        async with odoochat.connect(proxy.url, login="alice", password="alice") as odoo:
            events = odoo.events(MessagePosted, LinkChanged)
            await odoo.link.wait_open(60)
            proxy.down = down
            for number in range(messages):
                if number % 4 == 1:
                    box.faults.drop(1006)
                text = f"message {number}"
                box.world.post("bob", "general", text)
                async with asyncio.timeout(120):
                    while True:
                        event = await events.get()
                        if isinstance(event, MessagePosted) and event.message.text == text:
                            break
                        if isinstance(event, LinkChanged) and event.state == "open":
                            found.append(0.0)
                        elif isinstance(event, LinkChanged):
                            found[-1] += event.retry_in or 0.0
            assert proxy.refused > 2
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("down", ["502", "cut"])
@pytest.mark.parametrize("version", [19, 14])
async def test_every_message_arrives_and_no_outage_is_long(version: int, down: str) -> None:
    found = await outages(version, down, 12)
    assert max(found) < LONGEST_OUTAGE


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("down", ["502", "cut"])
@pytest.mark.parametrize("version", [19, 16, 14])
async def test_messages_go_on_through_many_reconnects(version: int, down: str) -> None:
    found = await outages(version, down, 32)
    print(f"{version}, {down}: {len(found)} outages, the client waited {max(found):.1f} s in the longest")
    assert max(found) < LONGEST_OUTAGE
