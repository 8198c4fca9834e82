"""Kafka, by FastStream's test broker: what is published, and what becomes of commands. No real Kafka is involved."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from faststream.kafka import TestKafkaBroker
from faststream.kafka.message import KafkaMessage

from odoochat.relay.brokers.broker import TakenCommand
from odoochat.relay.brokers.kafka import KafkaEvents
from odoochat.relay.outgoing import OutgoingEvent
from odoochat.relay.settings import BrokerSettings
from odoochat.secret import Secret
from tests.relay.test_publisher import posted

pytestmark = pytest.mark.brokers  # not of the fast suite: the client alone takes half a second to import


@pytest.fixture
def kafka() -> KafkaEvents:
    return KafkaEvents(BrokerSettings("kafka", Secret("kafka://127.0.0.1:9092,127.0.0.2:9092")))


async def test_events_go_to_a_topic_with_their_channel_as_the_key(kafka: KafkaEvents):
    received: list[KafkaMessage] = []

    async def whole(message: KafkaMessage) -> KafkaMessage:
        return message

    @kafka.client.subscriber("odoochat.events", decoder=whole)
    async def read(message: KafkaMessage) -> None:
        received.append(message)

    acked: list[OutgoingEvent] = []
    async with TestKafkaBroker(kafka.client):
        await kafka.publish([posted(1, 7), posted(2, 8), posted(3, 7)], acked.append)
    assert len(acked) == 3
    keys = {message.headers["key"]: message.raw_message.key for message in received}
    assert keys == {
        "erp.example.com/prod/1/message.posted": b"prod/7",
        "erp.example.com/prod/2/message.posted": b"prod/8",
        "erp.example.com/prod/3/message.posted": b"prod/7",
    }
    assert [message.headers["type"] for message in received] == ["message.posted"] * 3
    assert {json.loads(message.body)["channel"] for message in received} == {7, 8}


async def test_commands_are_taken_one_by_one_and_refused_ones_go_to_their_topic(kafka: KafkaEvents):
    taken: list[bytes] = []
    dead: list[tuple[Any, str]] = []

    async def whole(message: KafkaMessage) -> KafkaMessage:
        return message

    @kafka.client.subscriber("odoochat.commands.dead", decoder=whole)
    async def read(message: KafkaMessage) -> None:
        dead.append((message.body, message.headers["reason"]))

    async def handle(command: TakenCommand) -> None:
        taken.append(command.body)
        asyncio.get_running_loop().call_later(0.01, lambda: asyncio.ensure_future(command.ack()))

    kafka.subscribe(handle)
    async with TestKafkaBroker(kafka.client) as client:
        await client.publish(b'{"id": "1"}', topic="odoochat.commands")
        assert taken == [b'{"id": "1"}']
        await kafka.bury(b"bad", "not a command")
    assert dead == [(b"bad", "not a command")]
