"""The user's messages on their way out survive the end of the process at any moment, and are posted once."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from odoochat.client.posting import local_id_of
from odoochat.sandbox import Sandbox
from odoochat.tui.storage.drafts import Drafts, Unsent
from odoochat.tui.storage.outgoing import SendQueue
from tests.timings import quick_connect
from tests.tui.stand import opened, profile


def dropped(job: Coroutine[Any, Any, Any], _name: str) -> None:
    """The process ends before the job begins."""
    job.close()


async def test_a_message_is_on_disk_before_the_outbox_has_it(box: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    async with quick_connect(box.url, login="alice", password="alice", live=False) as client:
        queue = SendQueue(Drafts(path), dropped, lambda: None)
        queue.send(1, "written offline", markup="text")
        queue.connect(client)
        queue.resume()
        queue.send(1, "written online", markup="text", reply_to=7)
        kept = Drafts(path).unsent
        assert [(each.text, each.reply_to, each.handed) for each in kept] == [
            ("written offline", None, True),
            ("written online", 7, True),
        ]
        # Once the outbox has a message, it is there only.
        queue.accepted(local_id_of(kept[0].local_id))
        assert [each.text for each in Drafts(path).unsent] == ["written online"]


async def test_what_an_earlier_process_may_have_posted_is_posted_once(box: Sandbox, tmp_path: Path) -> None:
    async with quick_connect(box.url, login="alice", password="alice", live=False) as client:
        await client.channel("general").send("posted, then killed", key="waiting-a")
    drafts = Drafts(tmp_path / "alice.json")
    drafts.unsent += [
        Unsent("waiting-a", 1, "posted, then killed", handed=True),
        Unsent("waiting-b", 1, "handed over, then killed", handed=True),
        Unsent("waiting-c", 1, "only written"),
    ]
    assert drafts.save()
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await stand.until(lambda: not stand.screen.session.drafts.unsent and stand.screen.session.idle)
    texts = [row["body"] for row in box.world.history("general")]
    for text in ("posted, then killed", "handed over, then killed", "only written"):
        assert sum(text in body for body in texts) == 1
    assert not Drafts(tmp_path / "alice.json").unsent
