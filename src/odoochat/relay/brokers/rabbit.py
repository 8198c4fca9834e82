"""RabbitMQ broker, with a topic exchange and durable queue for events, and a queue for commands."""

# pyright: standard
# The broker clients are only partly typed.

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aio_pika.exceptions import AMQPError, AuthenticationError, ProbableAuthenticationError
from faststream import AckPolicy
from faststream.rabbit import Channel, ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.rabbit.message import RabbitMessage

from odoochat.errors import ConfigError
from odoochat.relay.brokers.broker import BrokerDown, KeyValueStore, TakenCommand
from odoochat.relay.brokers.connection_loss import ConnectionLoss
from odoochat.relay.brokers.message_command import MessageCommand, undecoded
from odoochat.relay.lanes import Lanes
from odoochat.relay.outgoing import OutgoingEvent
from odoochat.relay.settings import BrokerSettings

__all__ = ["RabbitEvents"]

log = logging.getLogger("odoochat")

SECONDS = 10.0
PREFETCH = 200


class RabbitCommand(MessageCommand):
    """A command from the queue."""

    ERRORS = (AMQPError, OSError, RuntimeError)
    _message: RabbitMessage

    async def keep(self) -> None:
        """Do nothing, because RabbitMQ keeps waiting while the connection is open."""

    async def give_back(self) -> None:
        with suppress(*self.ERRORS):
            await self._message.nack(requeue=True)


class RabbitEvents:
    """The RabbitMQ broker, which cannot store positions.

    Args:
        settings: the broker's address and the exchange and queue names.

    Attributes:
        kind: ``rabbitmq``.
        store: None.
    """

    def __init__(self, settings: BrokerSettings) -> None:
        self.kind = "rabbitmq"
        self.store: KeyValueStore | None = None
        name = settings.name
        limits: Any = {} if settings.max_length is None else {"x-max-length": settings.max_length}
        self._exchange = RabbitExchange(f"{name}.events", type=ExchangeType.TOPIC, durable=True)
        self._events = RabbitQueue(f"{name}.events", durable=True, routing_key="#", arguments=limits)
        self._commands = RabbitQueue(f"{name}.commands", durable=True)
        self._dead = RabbitQueue(f"{name}.commands.dead", durable=True)
        self._loss = ConnectionLoss()
        self._lanes = Lanes(self._send, self._loss)
        self._broker = RabbitBroker(
            settings.url.reveal(),
            logger=None,
            apply_types=False,
            reconnect_interval=0.5,
            fail_fast=True,
            default_channel=Channel(prefetch_count=PREFETCH, publisher_confirms=True),
        )

    async def open(self) -> None:
        """See `Broker.open`."""
        connection = await _answer(self._broker.connect())
        connection.close_callbacks.add(lambda *_: self._loss.report())
        exchange = await _answer(self._broker.declare_exchange(self._exchange))
        queue = await _answer(self._broker.declare_queue(self._events))
        await _answer(queue.bind(exchange, routing_key="#"))
        for each in (self._commands, self._dead):
            await _answer(self._broker.declare_queue(each))
        await _answer(self._broker.start())

    async def close(self) -> None:
        """See `Broker.close`."""
        await self._broker.stop()

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        """See `Broker.publish`."""
        await self._lanes.publish(events, acked)

    async def _send(self, event: OutgoingEvent) -> None:
        await _answer(
            self._broker.publish(
                event.body,
                exchange=self._exchange,
                routing_key=f"{event.db}.{event.channel}.{event.type}"[:255],
                message_id=event.key[:255],
                message_type=event.type,
                content_type="application/json",
                persist=True,
            )
        )

    @asynccontextmanager
    async def commands(self, handle: Callable[[TakenCommand], Awaitable[None]]) -> AsyncGenerator[None]:
        """Receive commands while the block runs; see `Broker.commands`."""
        subscriber = self._broker.subscriber(self._commands, ack_policy=AckPolicy.MANUAL, decoder=undecoded)

        async def take(message: RabbitMessage) -> None:
            await handle(RabbitCommand(message))

        subscriber(take)
        try:
            await _answer(subscriber.start())
            yield
        finally:
            await subscriber.stop()

    async def bury(self, body: bytes, reason: str) -> None:
        """See `Broker.bury`."""
        await _answer(self._broker.publish(body, queue=self._dead, headers={"reason": reason}, persist=True))


async def _answer(waiting: Awaitable[Any]) -> Any:
    """Wait for a response from RabbitMQ and translate its errors."""
    try:
        async with asyncio.timeout(SECONDS):
            return await waiting
    except (AuthenticationError, ProbableAuthenticationError) as error:
        raise ConfigError(f"RabbitMQ rejected the login: {error}") from None
    except (AMQPError, OSError, RuntimeError, TimeoutError) as error:
        raise BrokerDown(f"RabbitMQ: {error or type(error).__name__}") from None
