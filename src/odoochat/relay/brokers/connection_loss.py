"""The loss of a connection to a broker, which ends what waits for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from odoochat.relay.brokers.broker import BrokerDown

__all__ = ["ConnectionLoss"]

T = TypeVar("T")


class ConnectionLoss:
    """Waits for answers; the clients of brokers do not say that a lost connection has lost them."""

    def __init__(self) -> None:
        self._lost = asyncio.Event()

    def report(self) -> None:
        """Give up everything that is waited for."""
        self._lost.set()
        self._lost = asyncio.Event()

    async def wait(self, work: Awaitable[T], seconds: float | None = None) -> T:
        """Wait for an answer.

        Args:
            work: the request, or several.
            seconds: to wait; None for no limit.

        Returns:
            The answer.

        Raises:
            BrokerDown: there is none in time, or the connection was lost.
        """
        working = asyncio.ensure_future(work)
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({working, lost}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                why = "the connection to the broker was lost" if lost.done() else "the broker does not answer"
                raise BrokerDown(why)
            return working.result()
        finally:
            lost.cancel()
            working.cancel()
            await asyncio.gather(working, lost, return_exceptions=True)
