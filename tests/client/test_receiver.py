"""The receiver of notifications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from odoochat import MessagePosted
from odoochat.sandbox import Sandbox
from odoochat.wire.decoders.store import StoreDecoder
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import Names, Update
from tests.contract.features import until
from tests.timings import quick_connect


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
