"""The publisher: order, retries, duplicates of several accounts, and room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from odoochat.events import MessageDeleted, MessageEdited, MessagePosted, ReactionChanged
from odoochat.model import Author, ChannelRef, Message
from odoochat.relay.brokers.broker import BrokerDown
from odoochat.relay.brokers.connection_loss import ConnectionLoss
from odoochat.relay.lanes import Lanes
from odoochat.relay.outgoing import Origin, OutgoingEvent, outgoing_event
from odoochat.relay.publisher import EventPublisher
from odoochat.relay.relay_metrics import RelayMetrics


class FakeBroker:
    """Stores what it is given, after as many failures as it is told."""

    kind = "redis"
    store = None

    def __init__(self) -> None:
        self.stored: list[OutgoingEvent] = []
        self.failures = 0
        self.stores_before_failing = 0
        self.open_gate = asyncio.Event()
        self.open_gate.set()

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        await self.open_gate.wait()
        if self.failures:
            self.failures -= 1
            for event in events[: self.stores_before_failing]:
                self.stored.append(event)
                acked(event)
            raise BrokerDown("away")
        for event in events:
            self.stored.append(event)
            acked(event)


def message(number: int, channel: int = 7, text: str = "hi") -> Message:
    date = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Message(number, ChannelRef(channel, "general"), Author(3, "partner", "Ann"), text, f"<p>{text}</p>", date)


def posted(number: int, channel: int = 7, account: str = "alice") -> OutgoingEvent:
    return outgoing_event(MessagePosted(message(number, channel)), origin(account), 1.0)


def origin(account: str = "alice") -> Origin:
    return Origin("erp.example.com", "prod", account)


@asynccontextmanager
async def running(broker: FakeBroker, limit: int = 1000) -> AsyncIterator[EventPublisher]:
    publisher = EventPublisher(broker, RelayMetrics(dict), limit=limit, batch=10)  # type: ignore[arg-type]
    task = asyncio.create_task(publisher.run())
    yield publisher
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("stored", [0, 3])
async def test_what_was_not_acknowledged_is_published_again_in_order(stored: int):
    broker, done = FakeBroker(), list[int]()
    broker.failures, broker.stores_before_failing = 3, stored
    async with running(broker) as publisher:
        for number in range(1, 31):
            await publisher.put(posted(number), lambda number=number: done.append(number))
        await until(lambda: len(done) == 30)
        assert publisher.down is None
    assert done == list(range(1, 31))
    assert [event.key for event in broker.stored] == [
        f"erp.example.com/prod/{number}/message.posted" for number in range(1, 31)
    ]


async def test_nothing_counts_as_done_before_the_broker_acknowledges_it():
    broker, done = FakeBroker(), list[int]()
    broker.open_gate.clear()
    async with running(broker) as publisher:
        await publisher.put(posted(1), lambda: done.append(1))
        for _ in range(20):
            await asyncio.sleep(0)
        assert (done, len(publisher)) == ([], 1)
        broker.open_gate.set()
        await until(lambda: done == [1])
        assert len(publisher) == 0


async def test_a_message_that_several_accounts_receive_is_published_once_and_done_for_each():
    broker, done = FakeBroker(), list[str]()
    broker.open_gate.clear()
    async with running(broker) as publisher:
        await publisher.put(posted(1, account="alice"), lambda: done.append("alice"))
        await publisher.put(posted(1, account="bob"), lambda: done.append("bob"))
        assert done == []
        broker.open_gate.set()
        await until(lambda: done == ["alice", "bob"])
        await publisher.put(posted(1, account="carol"), lambda: done.append("carol"))
    assert done == ["alice", "bob", "carol"]
    assert len(broker.stored) == 1


async def test_a_reaction_that_is_made_again_is_no_duplicate():
    broker, done = FakeBroker(), list[None]()
    on = ReactionChanged(1, "👍", 1, (Author(3, "partner"),))
    off = ReactionChanged(1, "👍", 0)
    async with running(broker) as publisher:
        for event in (on, off, on):
            for account in ("alice", "bob"):
                await publisher.put(outgoing_event(event, origin(account), 1.0, channel=7), lambda: done.append(None))
        await until(lambda: len(done) == 6)
    assert len(broker.stored) == 3
    assert len({event.key for event in broker.stored}) == 3
    assert {event.channel for event in broker.stored} == {7}


async def test_each_edit_is_published():
    broker, done = FakeBroker(), list[None]()
    async with running(broker) as publisher:
        for text in ("a", "b", "a"):
            edited = outgoing_event(MessageEdited(message(1, text=text)), origin(), 1.0)
            await publisher.put(edited, lambda: done.append(None))
        await until(lambda: len(done) == 3)
    assert len({event.key for event in broker.stored}) == 3


async def test_a_message_of_a_restored_database_with_a_known_id_is_published():
    broker, done = FakeBroker(), list[None]()
    import msgspec

    later = msgspec.structs.replace(message(1), date=datetime(2026, 2, 1, tzinfo=UTC))
    async with running(broker) as publisher:
        await publisher.put(posted(1), lambda: done.append(None))
        await publisher.put(outgoing_event(MessagePosted(later), origin(), 1.0), lambda: done.append(None))
        await until(lambda: len(done) == 2)
    assert len(broker.stored) == 2


async def test_put_waits_while_too_many_events_wait():
    broker, done = FakeBroker(), list[int]()
    broker.open_gate.clear()
    async with running(broker, limit=5) as publisher:
        for number in range(5):
            await publisher.put(posted(number), lambda: done.append(1))
        waiting = asyncio.create_task(publisher.put(posted(99), lambda: done.append(99)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        broker.open_gate.set()
        await waiting
        await until(lambda: len(done) == 6)


async def test_a_lane_stops_at_its_failed_event_and_the_others_go_on():
    sent: list[int] = []
    other_lane_sent = asyncio.Event()

    async def send(event: OutgoingEvent) -> None:
        await asyncio.sleep(0)
        if event.key.startswith("erp.example.com/prod/2/"):
            await other_lane_sent.wait()
            raise BrokerDown("refused")
        sent.append(int(event.key.split("/")[2]))
        if sent[-1] == 5:
            other_lane_sent.set()

    acked: list[str] = []
    events = [posted(1, 7), posted(2, 7), posted(3, 7), posted(4, 8), posted(5, 8)]
    with pytest.raises(BrokerDown):
        await Lanes(send, ConnectionLoss()).publish(events, lambda event: acked.append(event.key))
    assert sorted(sent) == [1, 4, 5]
    assert len(acked) == 3


async def test_a_lost_connection_ends_what_waits_for_acknowledgements():
    async def never(event: OutgoingEvent) -> None:
        await asyncio.Event().wait()

    loss = ConnectionLoss()
    lanes = Lanes(never, loss)
    publishing = asyncio.create_task(lanes.publish([posted(1)], lambda event: None))
    await asyncio.sleep(0.01)
    loss.report()
    with pytest.raises(BrokerDown):
        await publishing


def test_keys_name_server_database_message_and_type():
    deleted = outgoing_event(MessageDeleted(5, ChannelRef(7)), origin(), 1.0)
    assert deleted.key == "erp.example.com/prod/5/message.deleted"
    assert posted(5).key == posted(5, account="bob").key == "erp.example.com/prod/5/message.posted"
