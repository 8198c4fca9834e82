"""The relay: events a second into Redis and NATS

One process publishes 20,000 posted messages from 50 channels, measured from the event to the acknowledgement: odoochat
encodes each message as JSON, keeps the messages of a channel in order and counts acknowledgements. The other side is
FastStream, which publishes the same bytes as fast as it can: to Redis in transactions of 500, and to NATS from 50 tasks
at once. The brokers are real servers on the same machine, which write to disk.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from tests.relay.servers import SERVERS

from bench.figures import Figure
from odoochat.events import MessagePosted
from odoochat.model import Author, ChannelRef, Message
from odoochat.relay.outgoing import Origin, OutgoingEvent, outgoing_event
from odoochat.relay.publisher import EventPublisher
from odoochat.relay.relay_metrics import RelayMetrics
from odoochat.relay.service import make_broker
from odoochat.relay.settings import BrokerSettings, Kind
from odoochat.secret import Secret

CHANNELS = 50
BATCH = 500
ORIGIN = Origin("odoo.example.com", "bench", "alice")


def messages(count: int, begin: int) -> list[MessagePosted]:
    """Return posted messages, with different ids for each call."""
    date, author, text = datetime(2026, 1, 2, tzinfo=UTC), Author(3, "partner", "Ann"), "Some words of a message. " * 8
    return [
        MessagePosted(Message(n, ChannelRef(n % CHANNELS + 1, "general"), author, text, f"<p>{text}</p>", date))
        for n in range(begin, begin + count)
    ]


async def relayed(publisher: EventPublisher, events: Sequence[MessagePosted]) -> float:
    """Publish as a relay does, and return the events per second."""
    left, all_done = len(events), asyncio.Event()

    def done() -> None:
        nonlocal left
        left -= 1
        if not left:
            all_done.set()

    begun = time.perf_counter()
    for number, event in enumerate(events):
        await publisher.put(outgoing_event(event, ORIGIN, 1.0), done)
        if number % 100 == 0:
            await asyncio.sleep(0)  # accounts read their sockets in between
    await all_done.wait()
    return len(events) / (time.perf_counter() - begun)


async def redis_peer(url: str, stack: AsyncExitStack) -> Callable[[Sequence[OutgoingEvent]], Awaitable[None]]:
    """Return how FastStream publishes to Redis."""
    from faststream.redis import RedisBroker

    broker = RedisBroker(url, logger=cast("Any", None))
    client = await broker.connect()
    stack.push_async_callback(broker.stop)

    async def publish(events: Sequence[OutgoingEvent]) -> None:
        for first in range(0, len(events), BATCH):
            async with client.pipeline(transaction=True) as pipe:
                for event in events[first : first + BATCH]:
                    await broker.publish(event.body, stream="peer", headers={"key": event.key}, pipeline=pipe)
                await pipe.execute()

    return publish


async def nats_peer(url: str, stack: AsyncExitStack) -> Callable[[Sequence[OutgoingEvent]], Awaitable[None]]:
    """Return how FastStream publishes to NATS."""
    from faststream.nats import NatsBroker

    broker = NatsBroker(url, logger=cast("Any", None))
    client = await broker.connect()
    stack.push_async_callback(broker.stop)
    await client.jetstream().add_stream(name="peer", subjects=["peer.>"])
    await broker.start()

    async def publish(events: Sequence[OutgoingEvent]) -> None:
        waiting = iter(events)

        async def work() -> None:
            for event in waiting:
                headers = {"Nats-Msg-Id": event.key}
                await broker.publish(event.body, f"peer.{event.channel}", stream="peer", headers=headers)

        await asyncio.gather(*(work() for _ in range(CHANNELS)))

    return publish


PEERS = {"redis": redis_peer, "nats": nats_peer}


async def compare(kind: Kind, rounds: int, count: int) -> list[Figure]:
    """Measure both sides in turn with one kind of broker."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = SERVERS[kind](folder)
        await server.start()
        stack.callback(server.stop)
        broker = make_broker(BrokerSettings(kind, Secret(server.url)))
        await broker.open()
        stack.push_async_callback(broker.close)
        publisher = EventPublisher(broker, RelayMetrics(dict))
        running = asyncio.create_task(publisher.run())
        stack.callback(running.cancel)
        publish = await PEERS[kind](server.url, stack)
        ours: list[float] = []
        theirs: list[float] = []
        for number in range(-1, rounds):
            events = messages(count, (number + 1) * count + 1)
            bodies = [outgoing_event(event, ORIGIN, 1.0) for event in events]
            found: dict[str, float] = {}
            for side in ("ours", "theirs") if number % 2 else ("theirs", "ours"):
                if side == "ours":
                    found[side] = await relayed(publisher, events)
                else:
                    begun = time.perf_counter()
                    await publish(bodies)
                    found[side] = count / (time.perf_counter() - begun)
            if number >= 0:
                ours.append(found["ours"])
                theirs.append(found["theirs"])
    name = {"redis": "Redis", "nats": "NATS"}[kind]
    return [
        Figure(f"{name}: events published", "/s", ours, theirs, 0.7, more_is_better=True, against="FastStream"),
        Figure(f"{name}: events, at least 5,000", "/s", ours, [5000], 1.0, True, "5,000 events a second", limit=True),
    ]


def run(*, quick: bool = False) -> list[Figure]:
    """Measure with each broker.

    Args:
        quick: whether to take only a few measurements.
    """
    rounds, count = (1, 1000) if quick else (7, 20_000)
    kinds: tuple[Kind, ...] = ("redis", "nats")
    return [figure for kind in kinds for figure in asyncio.run(compare(kind, rounds, count))]
