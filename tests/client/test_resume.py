"""What changes between reading the channels and opening the link, when a client continues with a state file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from odoochat import ChannelChanged
from odoochat.client.catchup_runner import CatchUpRunner
from odoochat.sandbox import Sandbox
from tests.contract.features import until
from tests.timings import UNSWEPT, quick_connect


async def test_a_topic_that_changes_before_the_link_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    async with Sandbox(19) as box, quick_connect(box.url, login="alice", password="alice", live=False) as alice:
        async with quick_connect(box.url, login="bob", password="bob", state=state, timing=UNSWEPT):
            pass
        begin = CatchUpRunner.begin

        async def begin_early(self: CatchUpRunner, **more: Any) -> None:
            # The messages are old: new ones would be a reason to read the channels again.
            later = datetime.now(UTC) + timedelta(hours=1)
            await begin(self, **(more | {"server_time": lambda: later}))
            await alice.channel("general").settings.describe("a new topic")

        monkeypatch.setattr(CatchUpRunner, "begin", begin_early)
        async with quick_connect(box.url, login="bob", password="bob", state=state, timing=UNSWEPT) as bob:
            async with bob.events() as events:
                changed = await until(events, ChannelChanged)
            assert changed.channel.description == bob.channel("general").info.description == "a new topic"
