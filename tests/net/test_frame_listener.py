"""Frames that are received together are emitted together, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoochat.client.link_work import LinkWork, Work
from odoochat.core.holes import Holes
from odoochat.core.link import Link
from odoochat.errors import LinkClosed
from odoochat.net.frame_listener import MOST, Batch, FrameListener, Opened
from odoochat.wire.envelopes.frames import OUTDATED, RESET, Internal, Item, Notification


class Frames:
    """A transport whose frames have already arrived, except where it is to wait; then the link ends."""

    via: Any = "websocket"
    tells_presence = True

    def __init__(self, frames: Iterable[list[Item] | asyncio.Event]) -> None:
        self._frames = iter(frames)
        self.read = 0

    async def receive(self) -> list[Item]:
        for frame in self._frames:
            if isinstance(frame, asyncio.Event):
                await frame.wait()
                continue
            self.read += 1
            return list(frame)
        raise LinkClosed(1006)

    async def open(self, last: int) -> list[Item]: ...  # type: ignore[empty-body]

    async def subscribe(self) -> None: ...

    async def send_presence(self, idle: int) -> None: ...

    async def close(self) -> None: ...


def one(number: int) -> list[Item]:
    return [Notification(number, "x", {})]


class Received:
    """What a listener emitted."""

    def __init__(self) -> None:
        self.work: list[Opened | Batch] = []
        self.link = Link(("websocket",), random=lambda: 0.5)
        self.holes = Holes()
        self.listener = FrameListener(self.link, self.holes, emit=self.emit, emit_now=self.work.append)

    async def emit(self, work: Opened | Batch) -> None:
        self.work.append(work)

    async def listen(self, frames: Iterable[list[Item] | asyncio.Event]) -> list[Opened | Batch]:
        with pytest.raises(LinkClosed):
            await self.listener.listen(Frames(frames))
        return self.work

    def ids(self) -> list[list[int]]:
        return [[item.id for item in work.items] if isinstance(work, Batch) else [] for work in self.work]


async def test_the_first_frame_is_emitted_alone_and_the_others_together() -> None:
    received = Received()
    work = await received.listen([one(1), one(2), one(3)])
    assert received.ids() == [[1], [2, 3]]
    assert [item.collected for item in work if isinstance(item, Batch)] == [False, True]
    assert received.link.newest == 3


async def test_frames_of_a_later_iteration_are_not_delayed() -> None:
    received = Received()
    wait = asyncio.Event()
    task = asyncio.create_task(received.listen([one(1), one(2), wait, one(3), one(4)]))
    async with asyncio.timeout(20):
        while received.ids() != [[1], [2]]:  # without another frame
            await asyncio.sleep(0)
    wait.set()
    await task
    assert received.ids() == [[1], [2], [3], [4]]


async def test_a_long_burst_is_emitted_in_parts() -> None:
    received = Received()
    await received.listen(one(number) for number in range(1, 3 * MOST))
    assert [number for ids in received.ids() for number in ids] == list(range(1, 3 * MOST))
    assert max(map(len, received.ids())) == MOST


@pytest.mark.parametrize("kind", [RESET, OUTDATED])
async def test_a_catch_up_is_asked_for_between_the_frames_before_and_after(kind: str) -> None:
    received = Received()
    received.holes.received([1, 5], 0.0)
    frames: list[list[Item] | asyncio.Event] = [one(8), one(9), one(10), [Internal(kind, 3)], one(11), one(4)]
    work = await received.listen(frames)
    assert received.ids()[:3] == [[8], [9, 10], []]
    assert work[2] == Opened("websocket")
    assert [number for ids in received.ids()[3:] for number in ids] == [11, 4]
    assert (received.holes.due(1.0) is None) is (kind == RESET)


async def test_frames_without_notifications_show_that_the_server_responds() -> None:
    received = Received()
    received.link.opened(0.0)
    assert received.link.last(10**6) == 0
    await received.listen([one(7), [], one(8)])
    assert received.ids() == [[7], [8]]
    now = asyncio.get_running_loop().time()
    assert received.link.last(now) == 0
    assert received.link.last(now + 60) > 0


async def test_known_notifications_are_not_emitted_again() -> None:
    received = Received()
    await received.listen([one(1), one(2), one(1), one(2), one(3)])
    assert received.ids() == [[1], [2, 3]]


async def test_frames_with_several_notifications_stay_whole() -> None:
    received = Received()
    several: list[Item] = [Notification(3, "x", {}), Notification(4, "y", {})]
    await received.listen([one(1), one(2), several, one(5)])
    assert received.ids() == [[1], [2], [3, 4], [5]]


@given(st.lists(st.integers(1, 40) | st.none(), max_size=30))
@settings(max_examples=30, deadline=None)
async def test_all_new_notifications_are_emitted_in_order(numbers: list[int | None]) -> None:
    received = Received()
    done = asyncio.Event()
    done.set()
    await received.listen([one(number) if number is not None else done for number in numbers])
    expected = list(dict.fromkeys(number for number in numbers if number is not None))
    assert [number for ids in received.ids() for number in ids] == expected


async def test_a_burst_waits_while_its_delivery_does() -> None:
    """The queue holds a bounded number of frames, whatever their size."""
    work = LinkWork(capacity=MOST)
    listener = FrameListener(Link(("websocket",), random=lambda: 0.5), Holes(), emit=work.put, emit_now=work.put_now)
    source = Frames(one(number) for number in range(1, 2_000))
    task = asyncio.create_task(listener.listen(source))
    for _ in range(50):
        await asyncio.sleep(0)
    assert source.read <= 3 * MOST
    found: list[int] = []
    async with asyncio.timeout(20):
        while not task.done() or not work.is_empty:
            taken: Work | None = work.take()
            if isinstance(taken, Batch):
                found += [item.id for item in taken.items]
            await asyncio.sleep(0)
    with pytest.raises(LinkClosed):
        await task
    assert found == list(range(1, 2_000))


async def test_frames_that_wait_for_room_are_not_lost_with_their_link() -> None:
    """The server does not send them again, because their ids count as received."""
    work = LinkWork(capacity=1)
    await work.put(Opened("websocket"))
    listener = FrameListener(Link(("websocket",), random=lambda: 0.5), Holes(), emit=work.put, emit_now=work.put_now)
    read = Frames([one(1), [Notification(2, "x", {}), Notification(3, "y", {})], one(4)])
    for _ in range(3):  # each link ends while its first frame waits
        task = asyncio.create_task(listener.listen(read))
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert work.take() == Opened("websocket")
    found = [item.id for batch in work.take_batches(lambda batch: True) for item in batch.items]
    assert found == [1, 2, 3, 4]
    assert work.is_empty


async def test_a_collected_burst_that_waits_for_room_is_not_lost_with_its_link() -> None:
    work = LinkWork(capacity=2)
    link = Link(("websocket",), random=lambda: 0.5)
    listener = FrameListener(link, Holes(), emit=work.put, emit_now=work.put_now)
    task = asyncio.create_task(listener.listen(Frames(one(number) for number in range(1, 3 * MOST))))
    while link.newest < MOST:  # the second part of the burst waits
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    found = [item.id for batch in work.take_batches(lambda batch: True) for item in batch.items]
    assert found == list(range(1, link.newest + 1))
