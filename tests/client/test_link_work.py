"""The queue of the live link's work."""

from __future__ import annotations

import asyncio

import pytest

from odoochat.client.link_work import Ended, LinkWork, Work
from odoochat.client.receiver import Pending
from odoochat.net.frame_listener import Batch
from odoochat.wire.envelopes.frames import Notification


def batch(number: int) -> Batch:
    return Batch([Notification(number, "x", {})])


async def test_work_that_is_done_at_once_is_not_added() -> None:
    work = LinkWork(capacity=2)
    done: list[Work] = []
    added: list[None] = []
    work.at_once = done.append
    work.added = lambda: added.append(None)
    await work.put(batch(1))
    await work.put(batch(2))
    assert done == [batch(1), batch(2)]
    assert added == []
    assert work.take() is None


async def test_what_is_left_waits_and_later_work_waits_behind_it() -> None:
    work = LinkWork(capacity=2)
    left = Pending()
    offered: list[Work] = []

    def at_once(item: Work) -> Work:
        offered.append(item)
        return left

    work.at_once = at_once
    await work.put(batch(1))
    await work.put(batch(2))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await work.put(Ended(ValueError()))
    assert offered == [batch(1)]
    assert work.take() is left
    assert work.take() == batch(2)
    assert work.take() is None


async def test_batches_are_taken_together_up_to_the_first_other_work() -> None:
    work = LinkWork()
    end = Ended(ValueError())
    for item in (batch(1), batch(2), Batch(batch(3).items, replay=True), batch(4), end, batch(5)):
        await work.put(item)
    assert work.take_batches(lambda found: not found.replay) == [batch(1), batch(2)]
    assert work.take_batches(lambda found: not found.replay) == []
    assert isinstance(work.take(), Batch)
    assert work.take_batches(lambda found: True) == [batch(4)]
    assert work.take() is end
    assert work.take_batches(lambda found: True) == [batch(5)]
    assert work.take() is None
    assert work.take_batches(lambda found: True) == []


async def test_each_notification_of_a_batch_takes_room() -> None:
    work = LinkWork(capacity=3)
    await work.put(Batch([*batch(1).items, *batch(2).items]))
    await work.put(batch(3))
    waiting = asyncio.create_task(work.put(batch(4)))
    await asyncio.sleep(0)
    assert not waiting.done()
    work.put_now(batch(5))
    assert work.take_batches(lambda found: len(found.items) > 1) == [Batch([*batch(1).items, *batch(2).items])]
    async with asyncio.timeout(20):
        await waiting
    assert [work.take(), work.take(), work.take()] == [batch(3), batch(5), batch(4)]
    assert work.is_empty
