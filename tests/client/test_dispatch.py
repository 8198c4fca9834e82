"""Subscriptions: bounded, each on its own, honest about what they dropped."""

from __future__ import annotations

import asyncio

import pytest

from odoochat.client.subscription import Subscribers, Subscription
from odoochat.errors import LinkClosed, TimedOut, UsageError
from odoochat.events import (
    ChannelLeft,
    Event,
    EventsMissed,
    LinkChanged,
    MessageDeleted,
    MessagePosted,
    TypingChanged,
)
from odoochat.model import EPOCH, Author, ChannelRef, Message


def posted(number: int, channel: int = 1) -> MessagePosted:
    return MessagePosted(Message(number, ChannelRef(channel), Author(1), "t", "t", EPOCH))


def subscribe(dispatch: Subscribers, *types: type[Event], channel: int | None = None, maxsize: int = 3):
    return dispatch.subscribe(types, channel, maxsize)


async def waiting(received: Subscription[Event]) -> list[int | str]:
    """What waits, as ids of messages and names of other events."""
    found: list[int | str] = []
    while True:
        try:
            event = await received.get(0)
        except TimedOut:
            return found
        except StopAsyncIteration:
            return [*found, "end"]
        found.append(event.message.id if isinstance(event, MessagePosted) else repr(event))


async def test_it_listens_from_the_moment_it_is_made():
    dispatch = Subscribers()
    dispatch.publish(posted(1))
    received = subscribe(dispatch)
    dispatch.publish(posted(2))
    assert await waiting(received) == [2]


async def test_what_does_not_fit_is_counted_and_reported_in_its_place():
    dispatch = Subscribers()
    received = subscribe(dispatch, maxsize=3)
    for number in range(1, 8):
        dispatch.publish(posted(number))
    assert received.missed == 4
    assert (await received.get(0)).message.id == 1
    dispatch.publish(posted(8))
    assert await waiting(received) == [2, 3, repr(EventsMissed(4)), 8]
    assert received.missed == 4


async def test_what_was_missed_last_is_reported_too():
    dispatch = Subscribers()
    received = subscribe(dispatch, maxsize=1)
    for number in range(1, 4):
        dispatch.publish(posted(number))
    assert await waiting(received) == [1, repr(EventsMissed(2))]
    assert await waiting(received) == []


async def test_a_subscription_to_certain_types_receives_what_it_missed_too():
    dispatch = Subscribers()
    received = subscribe(dispatch, MessagePosted, maxsize=1)
    for number in range(1, 4):
        dispatch.publish(posted(number))
    assert await waiting(received) == [1, repr(EventsMissed(2))]
    assert received.missed == 2


async def test_a_slow_subscriber_delays_no_other():
    dispatch = Subscribers()
    slow, quick = (subscribe(dispatch, MessagePosted, maxsize=2) for _ in range(2))
    received = []
    for number in range(10):
        dispatch.publish(posted(number))
        received.append((await quick.get(0)).message.id)
    assert received == list(range(10))
    assert (quick.missed, slow.missed) == (0, 8)


async def test_only_what_was_asked_for_comes():
    dispatch = Subscribers()
    typed = subscribe(dispatch, TypingChanged, MessagePosted, maxsize=9)
    placed = subscribe(dispatch, channel=2, maxsize=9)
    typing = TypingChanged(ChannelRef(2), Author(1), True)
    left = ChannelLeft(ChannelRef(2))
    for event in (posted(1), posted(2, channel=2), typing, left, MessageDeleted(5), LinkChanged("open")):
        dispatch.publish(event)
    assert await waiting(typed) == [1, 2, repr(typing)]
    assert await waiting(placed) == [2, repr(typing), repr(left)]
    assert not placed.missed


async def test_room_is_at_once_when_all_keep_up():
    dispatch = Subscribers()
    subscribe(dispatch, maxsize=5)
    async with asyncio.timeout(0.5):
        await dispatch.room(5)
        await dispatch.room(500)


async def test_room_waits_for_who_reads_and_loses_him_nothing():
    dispatch = Subscribers()
    received = subscribe(dispatch, maxsize=4)
    numbers: list[int] = []

    async def read() -> None:
        while len(numbers) < 40:
            await asyncio.sleep(0)
            numbers.append((await received.get(1)).message.id)

    reader = asyncio.create_task(read())
    for start in range(0, 40, 4):
        await dispatch.room(4, patience=1.0)
        for number in range(start, start + 4):
            dispatch.publish(posted(number))
    await reader
    assert numbers == list(range(40))
    assert received.missed == 0


async def test_room_waits_for_a_stuck_one_once_until_he_reads_again():
    dispatch = Subscribers()
    stuck = subscribe(dispatch, maxsize=2)
    for number in range(2):
        dispatch.publish(posted(number))
    clock = asyncio.get_running_loop().time
    begun = clock()
    await dispatch.room(2, patience=0.05)
    assert 0.04 < clock() - begun < 1.0
    assert stuck._queue.stuck
    async with asyncio.timeout(0.02):
        await dispatch.room(2, patience=30.0)
    await stuck.get(0)
    assert not stuck._queue.stuck
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await dispatch.room(2, patience=30.0)


async def test_room_waits_no_longer_for_who_left():
    dispatch = Subscribers()
    received = subscribe(dispatch, maxsize=1)
    dispatch.publish(posted(1))
    asker = asyncio.create_task(dispatch.room(1, patience=30.0))
    await asyncio.sleep(0)
    received.close()
    async with asyncio.timeout(1):
        await asker


async def test_a_cancelled_wait_loses_nothing():
    dispatch = Subscribers()
    received = subscribe(dispatch, maxsize=9)
    for number in range(20):
        task = asyncio.create_task(received.get(None))
        await asyncio.sleep(0)
        task.cancel()
        if number % 2:
            dispatch.publish(posted(number))  # in the same turn as the cancellation
        await asyncio.gather(task, return_exceptions=True)
        if not number % 2:
            dispatch.publish(posted(number))
        assert await waiting(received) == [number]


async def test_an_event_that_comes_just_before_the_cancellation_is_not_lost():
    dispatch = Subscribers()
    received = subscribe(dispatch)
    task = asyncio.create_task(received.get(None))
    await asyncio.sleep(0)
    dispatch.publish(posted(1))
    task.cancel()
    outcome = (await asyncio.gather(task, return_exceptions=True))[0]
    rest = await waiting(received)
    assert rest == ([] if isinstance(outcome, MessagePosted) else [1])


async def test_no_event_in_time_is_said_so():
    received = subscribe(Subscribers())
    with pytest.raises(TimedOut, match="no event within 0.01 s"):
        await received.get(0.01)


async def test_two_waiters_are_one_too_many():
    received = subscribe(Subscribers())
    first = asyncio.create_task(received.get(None))
    await asyncio.sleep(0)
    with pytest.raises(UsageError, match="two tasks"):
        await received.get(1)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)


async def test_what_was_not_handled_is_known():
    dispatch = Subscribers()
    one, two = subscribe(dispatch, maxsize=9), subscribe(dispatch, maxsize=9)
    for number in (1, 2):
        dispatch.publish(posted(number))
    assert dispatch.unhandled() == {1, 2}
    for _ in range(2):
        await two.get(0)
    with pytest.raises(TimedOut):
        await two.get(0)
    assert (await one.get(0)).message.id == 1
    assert dispatch.unhandled() == {1, 2}, "1 is in somebody's hands"
    assert dispatch.unhandled(in_hand=False) == {2}
    await one.get(0)
    assert dispatch.unhandled() == {2}
    one.close()
    assert dispatch.unhandled() == set()


async def test_the_end_comes_after_what_was_waiting():
    dispatch = Subscribers()
    received = subscribe(dispatch)
    dispatch.publish(posted(1))
    dispatch.end()
    dispatch.publish(posted(2))
    assert [e.message.id async for e in received] == [1]
    assert await waiting(subscribe(dispatch)) == ["end"]


async def test_the_end_wakes_waiting_tasks_with_the_reason():
    dispatch = Subscribers()
    received = subscribe(dispatch)
    task = asyncio.create_task(received.get(None))
    await asyncio.sleep(0)
    dispatch.end(LinkClosed(1000))
    with pytest.raises(LinkClosed):
        await task
    with pytest.raises(LinkClosed):
        await subscribe(dispatch).get(0)


async def test_a_closed_one_hears_nothing_more():
    dispatch = Subscribers()
    async with subscribe(dispatch) as received:
        dispatch.publish(posted(1))
    dispatch.publish(posted(2))
    assert await waiting(received) == ["end"]
    assert received.missed == 0


async def test_a_subscription_that_is_read_slowly_holds_up_live_events_for_a_while_only():
    dispatch = Subscribers()
    slow, quick = (subscribe(dispatch, MessagePosted, maxsize=2) for _ in range(2))
    taken: list[int] = []

    async def read(received: Subscription[Event], seconds: float) -> None:
        async for event in received:
            assert isinstance(event, MessagePosted if received is quick else MessagePosted | EventsMissed)
            if received is quick and isinstance(event, MessagePosted):
                taken.append(event.message.id)
            await asyncio.sleep(seconds)

    readers = [asyncio.create_task(read(slow, 0.05)), asyncio.create_task(read(quick, 0))]
    await asyncio.sleep(0)
    for number in range(100):
        await dispatch.room(1, lasting=False, patience=0.2)
        dispatch.publish(posted(number))
    assert taken[-1] >= 97
    assert quick.missed == 0
    assert slow.missed > 50, "it was waited for 0.2 s, not for the 5 s that it needs"
    for one in (slow, quick):
        one.close()
    await asyncio.gather(*readers)


async def test_a_subscription_that_has_caught_up_is_waited_for_again():
    dispatch = Subscribers()
    received = subscribe(dispatch, maxsize=1)
    dispatch.publish(posted(1))
    await dispatch.room(1, lasting=False, patience=0.05)  # nobody reads: given up
    dispatch.publish(posted(2))
    assert received.missed == 1
    assert await waiting(received) == [1, repr(EventsMissed(1))]
    found: list[int] = []

    async def read() -> None:
        async for event in received:
            found.append(event.message.id)

    reader = asyncio.create_task(read())
    await asyncio.sleep(0)
    for number in range(3, 50):
        await dispatch.room(1, lasting=False, patience=5)
        dispatch.publish(posted(number))
    await dispatch.room(1, lasting=False, patience=5)
    assert received.missed == 1
    received.close()
    await reader
    assert found == list(range(3, 50))


@pytest.mark.parametrize("maxsize", [1, 3, 10])
async def test_there_is_room_exactly_when_nothing_waits_for_it(maxsize):
    dispatch = Subscribers()
    assert dispatch.has_room(3)
    subscribe(dispatch, maxsize=maxsize)
    for number in range(maxsize + 1):
        try:
            async with asyncio.timeout(0):
                await dispatch.room(3, lasting=False, patience=30)
            at_once = True
        except TimeoutError:
            at_once = False
        assert dispatch.has_room(3) is at_once
        dispatch.publish(posted(number + 1))
