"""Lanes: publishing side by side for different channels, and one after the other within a channel."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from odoochat.relay.brokers.broker import BrokerDown
from odoochat.relay.outgoing import OutgoingEvent

__all__ = ["Lanes"]


class Lanes:
    """Publishes events one of each lane at a time, so that none is stored before an earlier one that failed.

    Args:
        send: publishes one event, and returns when the broker has acknowledged it; raises `BrokerDown`.
    """

    def __init__(self, send: Callable[[OutgoingEvent], Awaitable[None]]) -> None:
        self._send = send
        self._lost = asyncio.Event()

    def break_off(self) -> None:
        """Give up what is in progress, because the connection was lost and its acknowledgements with it."""
        self._lost.set()
        self._lost = asyncio.Event()

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        """Publish events; see `Broker.publish`.

        Args:
            events: the events.
            acked: called with each one that was acknowledged.

        Raises:
            BrokerDown: some were not acknowledged.
        """
        lanes: dict[str, list[OutgoingEvent]] = {}
        for event in events:
            lanes.setdefault(event.lane, []).append(event)

        async def publish_lane(lane: list[OutgoingEvent]) -> None:
            for event in lane:
                await self._send(event)
                acked(event)

        sending: asyncio.Future[Any] = asyncio.gather(*(publish_lane(lane) for lane in lanes.values()))
        lost: asyncio.Future[Any] = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({sending, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise BrokerDown("the connection to the broker was lost")
            sending.result()
        finally:
            lost.cancel()
            sending.cancel()
            await asyncio.gather(sending, lost, return_exceptions=True)
