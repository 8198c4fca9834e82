"""A replay that is too large to be parsed: what it held is fetched."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat import MessagePosted
from odoochat.client.catchup_runner import CatchUpRunner
from odoochat.sandbox import Sandbox
from odoochat.wire.envelopes import frames
from tests.contract.features import until
from tests.timings import UNSWEPT, quick_connect


async def test_a_message_in_a_replay_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Sandbox(19) as box, quick_connect(box.url, login="alice", password="alice", live=False) as alice:
        begin = CatchUpRunner.begin

        async def begin_early(self: CatchUpRunner, **more: Any) -> None:
            await begin(self, **more)
            await alice.channel("general").send("early " * 1000)

        monkeypatch.setattr(CatchUpRunner, "begin", begin_early)
        monkeypatch.setattr(frames, "MAX_FRAME", 4000)
        async with quick_connect(box.url, login="bob", password="bob", timing=UNSWEPT) as bob, bob.events() as events:
            posted = await until(events, MessagePosted)
            assert posted.message.text.startswith("early")
