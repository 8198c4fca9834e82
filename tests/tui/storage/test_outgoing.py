"""The user's messages on their way out survive the end of the process at any moment, and are posted once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec

from odoochat.client.posting import local_id_of
from odoochat.sandbox import Sandbox
from odoochat.tui.storage.drafts import Drafts, Unsent
from odoochat.tui.storage.outgoing import SendQueue
from tests.timings import QUICK, quick_connect
from tests.tui.chat_pilot import opened, profile


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


async def test_a_message_that_may_have_been_sent_says_so_and_what_waits_behind_it(box: Sandbox, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    async with quick_connect(box.url, login="alice", password="alice", outbox=outbox) as client:
        box.faults.delay(600.0)
        task = asyncio.create_task(client.channel("general").send("in flight"))
        async with asyncio.timeout(20):
            while not any(each.state == "sending" for each in client.outbox):
                await asyncio.sleep(0)
    await asyncio.gather(task, return_exceptions=True)
    box.faults.clear()
    patient = msgspec.structs.replace(QUICK, looks=(0.0, 600.0))
    async with opened(profile(box.url, "alice", outbox=outbox, timing=patient), folder=tmp_path / "state") as stand:
        await stand.connected()
        await stand.shows("may have been sent; checking with the server")
        await stand.type("behind it")
        await stand.press("enter")
        await stand.shows("waits for the message above")
        await stand.press("escape")
        await stand.shows("d discard")
        await stand.press("up")
        await stand.until(lambda: "d discard" not in stand.text and "MESSAGE" in stand.text, "no d among the hints")
        await stand.press("d")
        await stand.shows_toast("it is unclear whether this message was sent")
        await stand.press("down", "d")
        await stand.until(lambda: "behind it" not in stand.text, "the second message is discarded")
        assert "in flight" in stand.text
        assert not stand.screen.session.drafts.unsent, "it would be sent after a restart"
    assert not any("in flight" in row["body"] for row in box.world.history("general"))


async def test_a_message_that_a_client_is_taking_over_is_not_given_back(tmp_path: Path) -> None:
    queue = SendQueue(Drafts(tmp_path / "drafts.json"), dropped, lambda: None)
    queue.drafts.unsent += [Unsent("a", 1, "handed over", handed=True), Unsent("b", 1, "only written")]
    assert [(each.state, each.withdrawable) for each in queue.pending(1)] == [("unclear", False), ("waiting", True)]
    assert queue.withdraw("a") is None
    assert queue.withdraw("b") == "only written"
    queue.drafts.unsent[0].error = "refused"
    assert queue.pending(1)[0].withdrawable
    assert queue.withdraw("a") == "handed over"
