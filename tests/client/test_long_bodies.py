"""A message that is too long for a frame and for the screen arrives with a text that is cut, and its whole HTML."""

from __future__ import annotations

import pytest

from odoochat import LinkChanged, MessagePosted
from odoochat.client.large_answers import LEFT_OUT
from odoochat.sandbox import Sandbox
from odoochat.wire.content import body
from tests.timings import quick_connect


@pytest.mark.parametrize("version", [14, 16, 19])
async def test_a_message_too_long_for_a_frame_arrives_cut(version: int) -> None:
    async with Sandbox(version) as box, quick_connect(box.url, login="alice", password="alice") as odoo:
        await odoo.link.wait_open(10)
        posted = odoo.events(MessagePosted)
        box.world.post("bob", "general", "x" * 5_000_000)
        box.world.post("bob", "general", "after")
        first = (await posted.get(20)).message
        assert first.text.endswith(body.CUT)
        assert len(first.html) >= 5_000_000
        assert (await posted.get(20)).message.text == "after"


@pytest.fixture
def small_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers and frames are limited to a few messages of 20 kB."""
    monkeypatch.setattr("odoochat.net.http.MAX_BYTES", 150_000)


@pytest.mark.usefixtures("small_answers")
async def test_many_long_messages_keep_nobody_out_and_are_read_in_parts() -> None:
    async with Sandbox(19) as box:
        for number in range(30):
            box.world.post("bob", "general", f"{number} " + "x" * 20_000)
        giant = box.world.post("bob", "general", "y" * 200_000)
        box.world.post("bob", "support", "other")
        async with quick_connect(box.url, login="alice", password="alice") as odoo:
            await odoo.link.wait_open(20)
            read = [message async for message in odoo.channel("general").history(31)]
            assert [message.text.split()[0] for message in read[1:31]] == [str(n) for n in reversed(range(30))]
            assert read[0].text == LEFT_OUT
            ids = [message.id for message in read]
            assert [m.id for m in await odoo._connection.queries.by_ids(ids)] == sorted(ids)
            assert giant is not None
            posted = odoo.events(MessagePosted)
            box.faults.drop(4002)
            for number in range(30, 60):
                box.world.post("bob", "general", f"{number} " + "x" * 20_000)
            box.world.post("bob", "support", "after")
            texts: set[str] = set()
            while len(texts) < 31:
                texts.add((await posted.get(30)).message.text.split()[0])
            assert texts == {"after", *map(str, range(30, 60))}


async def test_a_frame_that_is_too_large_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odoochat.net.connections.FRAME_BYTES", 300_000)
    monkeypatch.setattr("odoochat.sandbox.database.bus.REPLAY", 1.0)
    async with Sandbox(19) as box, quick_connect(box.url, login="alice", password="alice") as odoo:
        await odoo.link.wait_open(10)
        posted, links = odoo.events(MessagePosted), odoo.events(LinkChanged)
        box.world.post("bob", "general", "x" * 500_000)
        while "1009" not in ((await links.get(20)).reason or ""):
            pass
        while (await links.get(20)).state != "open":
            pass
        box.world.post("bob", "general", "after")
        texts = [(await posted.get(20)).message.text for _ in range(2)]
        assert texts[0].endswith(body.CUT)
        assert texts[1] == "after"
