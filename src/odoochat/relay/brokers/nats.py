"""NATS broker, with JetStream streams for events and commands, and key-value buckets for the shared store."""

# pyright: standard
# The broker clients are only partly typed.

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import nats.errors
import nats.js.errors
from faststream import AckPolicy
from faststream.nats import NatsBroker, PullSub
from faststream.nats.message import NatsMessage
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, KeyValueConfig, RetentionPolicy, StorageType, StreamConfig
from nats.js.kv import KeyValue

from odoochat.errors import ConfigError
from odoochat.relay.brokers.broker import BrokerDown, Conflict, Entry, TakenCommand
from odoochat.relay.brokers.connection_loss import ConnectionLoss
from odoochat.relay.brokers.message_command import MessageCommand, undecoded
from odoochat.relay.lanes import Lanes
from odoochat.relay.outgoing import OutgoingEvent, shortened
from odoochat.relay.settings import BrokerSettings

__all__ = ["NatsEvents", "NatsStore"]

log = logging.getLogger("odoochat")

SECONDS = 5.0
DAY = 86_400
DUPLICATES_SECONDS = 600.0
"""Period in which the server drops events with a known id. The server keeps these ids in memory."""

ACK_WAIT_SECONDS = 15.0
UNBOUNDED = 1_000_000_000
"""No limit, because the client never frees the slots of unsent events. The publisher has its own limit."""
TOKEN = re.compile(r"[^A-Za-z0-9_-]")


class NatsStore:
    """Stores entries in two JetStream buckets, one permanent and one whose entries expire after a day.

    Args:
        name: prefix for the bucket names.
        loss: ends pending requests if the connection is lost.
    """

    def __init__(self, name: str, loss: ConnectionLoss) -> None:
        self._names = f"{name}-store", f"{name}-done"
        self._loss = loss
        self._lasting: KeyValue | None = None
        self._passing: KeyValue | None = None

    async def open(self, jetstream: JetStreamContext) -> None:
        """Create missing buckets.

        Args:
            jetstream: the connection.
        """
        lasting, passing = self._names
        self._lasting = await _bucket(jetstream, KeyValueConfig(bucket=lasting, history=1, storage=StorageType.FILE))
        self._passing = await _bucket(
            jetstream, KeyValueConfig(bucket=passing, history=1, storage=StorageType.FILE, ttl=DAY)
        )

    async def read(self, key: str) -> Entry | None:
        """See `KeyValueStore.read`."""
        return await self._get(self._lasting, key)

    async def read_many(self, keys: Sequence[str]) -> list[Entry | None]:
        """See `KeyValueStore.read_many`."""
        return await asyncio.gather(*(self.read(key) for key in keys))

    async def write(self, key: str, value: bytes, revision: int | None) -> int:
        """See `KeyValueStore.write`."""
        if self._lasting is None:
            raise BrokerDown("not connected to NATS")
        if revision is None:
            made: int = await _answer(self._lasting.put(key, value), self._loss)
            return made
        try:
            make = self._lasting.update(key, value, last=revision) if revision else self._lasting.create(key, value)
            made = await _answer(make, self._loss)
        except nats.js.errors.KeyWrongLastSequenceError:
            raise Conflict(key) from None
        return made

    async def delete(self, key: str) -> None:
        """See `KeyValueStore.delete`."""
        if self._lasting is None:
            raise BrokerDown("not connected to NATS")
        await _answer(self._lasting.purge(key), self._loss)

    async def remember(self, key: str, value: bytes) -> None:
        """See `KeyValueStore.remember`."""
        if self._passing is None:
            raise BrokerDown("not connected to NATS")
        await _answer(self._passing.put(key, value), self._loss)

    async def recall(self, key: str) -> bytes | None:
        """See `KeyValueStore.recall`."""
        entry = await self._get(self._passing, key)
        return entry.value if entry is not None else None

    async def _get(self, bucket: KeyValue | None, key: str) -> Entry | None:
        if bucket is None:
            raise BrokerDown("not connected to NATS")
        try:
            found = await _answer(bucket.get(key), self._loss)
        except nats.js.errors.KeyNotFoundError:
            return None
        return Entry(found.value or b"", found.revision)


class NatsCommand(MessageCommand):
    """A command from the stream."""

    ERRORS = (nats.errors.Error, OSError)
    _message: NatsMessage

    async def give_back(self) -> None:
        with suppress(*self.ERRORS):
            await self._message.nack()

    async def keep(self) -> None:
        with suppress(*self.ERRORS):
            await self._message.in_progress()


class NatsEvents:
    """The NATS broker, using JetStream.

    Args:
        settings: the broker's address and stream names.

    Attributes:
        kind: ``nats``.
        store: the store.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        self.kind = "nats"
        self._settings = settings
        name = settings.name
        self._events, self._stream = f"{name}.events", f"{name}-events"
        self._commands, self._command_stream = f"{name}.commands", f"{name}-commands"
        self._dead, self._dead_stream = f"{name}.dead", f"{name}-dead"
        self._loss = ConnectionLoss()
        self._lanes = Lanes(self._send, self._loss)
        self._broker = NatsBroker(
            settings.url.reveal(),
            logger=None,
            apply_types=False,
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.25,  # type: ignore[arg-type]
            connect_timeout=3,
            ping_interval=10,
            pending_size=-1,  # nothing is buffered while disconnected
            disconnected_cb=self._disconnected,
            error_cb=_note_error,
        )
        self._client: Client | None = None
        self._jetstream: JetStreamContext | None = None
        self.store = NatsStore(name, self._loss)

    async def open(self) -> None:
        """See `Broker.open`."""
        try:
            async with asyncio.timeout(SECONDS * 2):
                client = self._client = await self._broker.connect()
        except (nats.errors.Error, OSError, TimeoutError) as error:
            if "authorization" in str(error).lower():
                raise ConfigError(f"NATS rejected the login: {error}") from None
            raise BrokerDown(f"NATS: {error or type(error).__name__}") from None
        jetstream: JetStreamContext = client.jetstream(timeout=SECONDS, publish_async_max_pending=UNBOUNDED)
        most = self._settings.max_length
        await _make_stream(
            jetstream,
            StreamConfig(
                name=self._stream,
                subjects=[f"{self._events}.>"],
                storage=StorageType.FILE,
                duplicate_window=DUPLICATES_SECONDS,
                max_msgs=most if most is not None else -1,
            ),
        )
        await _make_stream(
            jetstream,
            StreamConfig(
                name=self._command_stream,
                subjects=[self._commands],
                storage=StorageType.FILE,
                retention=RetentionPolicy.WORK_QUEUE,
                duplicate_window=DUPLICATES_SECONDS,
            ),
        )
        await _make_stream(
            jetstream, StreamConfig(name=self._dead_stream, subjects=[self._dead], storage=StorageType.FILE)
        )
        await self.store.open(jetstream)
        self._jetstream = jetstream
        await self._broker.start()

    async def close(self) -> None:
        """See `Broker.close`."""
        self._jetstream = None
        await self._broker.stop()

    async def _disconnected(self) -> None:
        self._loss.report()

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        """See `Broker.publish`."""
        try:
            async with asyncio.timeout(SECONDS):
                await self._lanes.publish(events, acked)
        except TimeoutError:
            raise BrokerDown("NATS does not acknowledge events") from None

    async def _send(self, event: OutgoingEvent) -> None:
        jetstream = self._jetstream
        if jetstream is None or self._client is None or not self._client.is_connected:
            raise BrokerDown("not connected to NATS")
        subject = f"{self._events}.{TOKEN.sub('_', event.db) or '_'}.{event.channel}.{event.type}"
        headers = {"Nats-Msg-Id": event.key}
        try:
            # `publish` uses 50 % more CPU time, mostly for its own timeout.
            stored = await jetstream.publish_async(subject, event.body, stream=self._stream, headers=headers)
            await stored
        except nats.errors.MaxPayloadError:
            log.warning("%s is too large for NATS; published without its texts", event.key)
            body = shortened(event).body
            await _answer(jetstream.publish(subject, body, stream=self._stream, headers=headers))
        except (nats.errors.Error, OSError) as error:
            raise BrokerDown(f"NATS: {error or type(error).__name__}") from None

    @asynccontextmanager
    async def commands(self, handle: Callable[[TakenCommand], Awaitable[None]]) -> AsyncGenerator[None]:
        """Receive commands while the block runs; see `Broker.commands`."""
        subscriber = self._broker.subscriber(
            self._commands,
            stream=self._command_stream,
            durable="relay",
            pull_sub=PullSub(batch_size=20, timeout=5.0),
            config=ConsumerConfig(ack_wait=ACK_WAIT_SECONDS, max_ack_pending=500),
            ack_policy=AckPolicy.MANUAL,
            decoder=undecoded,
        )

        async def take(message: NatsMessage) -> None:
            await handle(NatsCommand(message))

        subscriber(take)
        try:
            await _answer(subscriber.start())
            yield
        finally:
            await subscriber.stop()

    async def bury(self, body: bytes, reason: str) -> None:
        """See `Broker.bury`."""
        if self._jetstream is None:
            raise BrokerDown("not connected to NATS")
        headers = {"Odoochat-Reason": reason.encode("ascii", "backslashreplace").decode()}
        await _answer(self._jetstream.publish(self._dead, body, stream=self._dead_stream, headers=headers))


async def _note_error(error: Exception) -> None:
    log.debug("NATS: %s", error)


async def _make_stream(jetstream: JetStreamContext, config: StreamConfig) -> None:
    """Create a stream if it is missing. An existing one is kept, as an administrator may have set its limits."""
    assert config.name is not None
    try:
        await _answer(jetstream.stream_info(config.name))
    except nats.js.errors.NotFoundError:
        await _answer(jetstream.add_stream(config))


async def _bucket(jetstream: JetStreamContext, config: KeyValueConfig) -> KeyValue:
    found: KeyValue
    try:
        found = await _answer(jetstream.key_value(config.bucket))
    except nats.js.errors.NotFoundError:
        found = await _answer(jetstream.create_key_value(config))
    return found


async def _answer(waiting: Awaitable[Any], loss: ConnectionLoss | None = None) -> Any:
    """Wait for a response from NATS and translate its errors."""
    try:
        return await (loss or ConnectionLoss()).wait(waiting, SECONDS)
    except (nats.js.errors.NotFoundError, nats.js.errors.KeyWrongLastSequenceError, nats.errors.MaxPayloadError):
        raise
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise BrokerDown(f"NATS: {error or type(error).__name__}") from None
