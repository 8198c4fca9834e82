"""Five megabytes of HTML as one message, in each of the three formats of notifications."""

from __future__ import annotations

import pytest

from odoochat import MessagePosted
from tests.contract import servers
from tests.contract.browser import Browser
from tests.contract.features import until
from tests.timings import quick_connect


@pytest.mark.heavy
@pytest.mark.parametrize("version", [14, 16, 19])
async def test_five_megabytes_of_html(version: int) -> None:
    async with (
        servers.sandbox(version) as server,
        Browser(server, "bob") as bob,
        quick_connect(server.url, db=server.db, login="alice", password="alice") as alice,
    ):
        await alice.link.wait_open(10)
        received = alice.events(MessagePosted)
        number = await bob.post(alice.channel("general").id, "<p>large</p>" + "<b>x</b> &amp; " * (5 * 2**20 // 15))
        event = await until(received, MessagePosted, where=lambda e: e.message.id == number)
        assert event.message.html.count("<b>x</b>") > 300_000
        assert event.message.text.startswith("large\nx & x & ")
        assert event.message.text.endswith("too long to show]")
        number = await bob.post(alice.channel("general").id, "<p>after it</p>")
        event = await until(received, MessagePosted, where=lambda e: e.message.id == number)
        assert event.message.text == "after it"
