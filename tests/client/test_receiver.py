"""The receiver of notifications."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

import pytest

from odoochat import MessageEdited, MessagePosted
from odoochat.sandbox import Sandbox
from odoochat.wire.decoders.store import StoreDecoder
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import Names, Update
from tests.contract.features import until
from tests.timings import UNSWEPT, quick_connect


async def test_each_notification_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding changes known names, also where it leads to no update or fails."""
    decoded: Counter[int] = Counter()
    whole = StoreDecoder.steps

    def steps(self: StoreDecoder, notification: Notification, names: Names) -> Iterable[Update | None]:
        decoded[notification.id] += 1
        if notification.type == "mail.record/insert":
            return []
        if notification.type == "odd":
            raise KeyError("odd")
        return whole(self, notification, names)

    monkeypatch.setattr(StoreDecoder, "steps", steps)
    async with Sandbox(19) as box, quick_connect(box.url, login="alice", password="alice") as alice:
        await alice.link.wait_open(20)
        received = alice.events(MessagePosted)
        partner = box.users["alice"][1]
        for kind in ("mail.record/insert", "odd"):
            box.world.state.bus.send([box.db, "res.partner", partner], {"type": kind, "payload": {}})
        number = box.world.post("bob", "general", "one")
        await until(received, MessagePosted, where=lambda e: e.message.id == number)
    assert len(decoded) > 1
    assert set(decoded.values()) == {1}


@pytest.mark.parametrize("major", [14, 16, 19])
async def test_a_burst_arrives_in_order_with_what_happens_in_between(major: int) -> None:
    """Posts in a row are decoded together; changes to a message still follow it."""
    async with (
        Sandbox(major) as box,
        # A sweep that overtakes the link delivers messages that are already edited, so no edits would follow.
        quick_connect(box.url, login="alice", password="alice", timing=UNSWEPT) as alice,
    ):
        await alice.link.wait_open(20)
        received = alice.events(MessagePosted, MessageEdited)
        bob, posted, edited = box.users["bob"][0], list[int](), set[int]()
        for number in range(60):
            posted.append(box.world.post("bob", "general", f"message {number}"))
            if number % 7 == 0:
                box.world.typing("bob", "general")
                if major > 14:  # Odoo 14 sends nothing about edits
                    box.world.messages.edit(bob, posted[-1], "<p>edited</p>")
                    edited.add(posted[-1])
        found: list[MessagePosted | MessageEdited] = []
        async with asyncio.timeout(60):
            while len(found) < len(posted) + len(edited):
                event = await anext(received)
                assert isinstance(event, (MessagePosted, MessageEdited))
                found.append(event)
    assert [event.message.id for event in found if isinstance(event, MessagePosted)] == posted
    places = {(type(event), event.message.id): place for place, event in enumerate(found)}
    assert {number for kind, number in places if kind is MessageEdited} == edited
    assert all(places[MessagePosted, number] < places[MessageEdited, number] for number in edited)
