"""Ends pending requests when the connection to the broker is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from odoochat.relay.brokers.broker import BrokerDown

__all__ = ["ConnectionLoss"]

T = TypeVar("T")


class ConnectionLoss:
    """Stops waiting for responses when the connection is lost, since broker clients would keep waiting."""

    def __init__(self) -> None:
        self._lost = asyncio.Event()

    def report(self) -> None:
        """Give up on all pending requests."""
        self._lost.set()
        self._lost = asyncio.Event()

    async def wait(self, work: Awaitable[T], seconds: float | None = None) -> T:
        """Wait for a response.

        Args:
            work: one or more requests.
            seconds: seconds to wait; None to wait forever.

        Returns:
            The response.

        Raises:
            BrokerDown: the broker did not respond in time, or the connection was lost.
        """
        working = asyncio.ensure_future(work)
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({working, lost}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                why = "the connection to the broker was lost" if lost.done() else "the broker does not respond"
                raise BrokerDown(why)
            return working.result()
        finally:
            lost.cancel()
            working.cancel()
            await asyncio.gather(working, lost, return_exceptions=True)
