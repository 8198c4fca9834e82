"""A message that is too long for a frame and for the screen arrives with a text that is cut, and its whole HTML."""

from __future__ import annotations

import pytest

from odoochat import MessagePosted
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
