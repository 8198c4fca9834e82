"""Publishes events sequentially within a channel and concurrently across channels."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from odoochat.relay.brokers.connection_loss import ConnectionLoss
from odoochat.relay.outgoing import OutgoingEvent

__all__ = ["Lanes"]


class Lanes:
    """Publishes one event per lane at a time, so that none is stored ahead of an earlier one that failed.

    Args:
        send: publishes one event and returns once the broker has acknowledged it; raises `BrokerDown`.
        loss: aborts any publishing in progress when the connection is lost, because acknowledgements are lost with it.
    """

    def __init__(self, send: Callable[[OutgoingEvent], Awaitable[None]], loss: ConnectionLoss) -> None:
        self._send = send
        self._loss = loss

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        """Publish events; see `Broker.publish`.

        Args:
            events: the events.
            acked: called with each acknowledged event.

        Raises:
            BrokerDown: the broker did not acknowledge all events.
        """
        lanes: dict[str, list[OutgoingEvent]] = {}
        for event in events:
            lanes.setdefault(event.lane, []).append(event)

        async def publish_lane(lane: list[OutgoingEvent]) -> None:
            for event in lane:
                await self._send(event)
                acked(event)

        await self._loss.wait(asyncio.gather(*(publish_lane(lane) for lane in lanes.values())))
