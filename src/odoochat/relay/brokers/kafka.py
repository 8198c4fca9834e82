"""Kafka broker, with one topic for events and another for commands."""

# pyright: standard
# The broker clients are only partly typed.

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from odoochat.relay.brokers.broker import BrokerDown, KeyValueStore, TakenCommand
from odoochat.relay.brokers.connection_loss import ConnectionLoss
from odoochat.relay.brokers.message_command import MessageCommand, undecoded
from odoochat.relay.lanes import Lanes
from odoochat.relay.outgoing import OutgoingEvent, shortened
from odoochat.relay.settings import BrokerSettings

__all__ = ["KafkaEvents"]

SECONDS = 30.0


class KafkaCommand(MessageCommand):
    """A command from the topic."""

    ERRORS = (KafkaError, OSError)

    def __init__(self, message: KafkaMessage) -> None:
        super().__init__(message)
        self.done = asyncio.Event()

    async def ack(self) -> None:
        await super().ack()
        self.done.set()

    async def keep(self) -> None:
        """Do nothing, because Kafka keeps waiting while the consumer is alive."""

    async def give_back(self) -> None:
        self.done.set()  # its offset is not committed


class KafkaEvents:
    """The Kafka broker, which cannot store positions.

    Args:
        settings: the broker's address and topic names.

    Attributes:
        kind: ``kafka``.
        store: None.
        client: the FastStream client.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        self.kind = "kafka"
        self.store: KeyValueStore | None = None
        name = settings.name
        self._events, self._commands, self._dead = f"{name}.events", f"{name}.commands", f"{name}.commands.dead"
        self._group = name
        self._lanes = Lanes(self._send, ConnectionLoss())
        self.client = KafkaBroker(
            urlsplit(settings.url.reveal()).netloc.split(","),
            logger=None,
            apply_types=False,
            acks="all",
            enable_idempotence=True,
        )

    async def open(self) -> None:
        """See `Broker.open`."""
        await _answer(self.client.start())

    async def close(self) -> None:
        """See `Broker.close`."""
        await self.client.stop()

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        """See `Broker.publish`."""
        await self._lanes.publish(events, acked)

    async def _send(self, event: OutgoingEvent) -> None:
        try:
            await self._publish(event)
        except MessageSizeTooLargeError:
            await self._publish(shortened(event))

    async def _publish(self, event: OutgoingEvent) -> None:
        headers = {"key": event.key, "type": event.type}
        await _answer(self.client.publish(event.body, topic=self._events, key=event.lane.encode(), headers=headers))

    @asynccontextmanager
    async def commands(self, handle: Callable[[TakenCommand], Awaitable[None]]) -> AsyncGenerator[None]:
        """Receive commands while the block runs; see `Broker.commands`."""
        subscriber = self.subscribe(handle)
        try:
            await _answer(subscriber.start())
            yield
        finally:
            await subscriber.stop()

    def subscribe(self, handle: Callable[[TakenCommand], Awaitable[None]]) -> Any:
        """Create the FastStream subscriber for commands, without starting it.

        It handles one command at a time, because Kafka commits offsets rather than individual messages.

        Args:
            handle: see `Broker.commands`.
        """
        subscriber = self.client.subscriber(
            self._commands,
            group_id=self._group,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            decoder=undecoded,
        )

        async def take(message: KafkaMessage) -> None:
            command = KafkaCommand(message)
            await handle(command)
            await command.done.wait()

        subscriber(take)
        return subscriber

    async def bury(self, body: bytes, reason: str) -> None:
        """See `Broker.bury`."""
        await _answer(self.client.publish(body, topic=self._dead, headers={"reason": reason}))


async def _answer(waiting: Awaitable[Any]) -> Any:
    """Wait for a response from Kafka and translate its errors."""
    try:
        async with asyncio.timeout(SECONDS):
            return await waiting
    except MessageSizeTooLargeError:
        raise
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerDown(f"Kafka: {error or type(error).__name__}") from None
