"""Keeps recently received messages and waits for new ones."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress

from odoochat.client.client import Client
from odoochat.client.subscription import Subscription
from odoochat.errors import LinkError, OdooChatError
from odoochat.events import EventsMissed, MessagePosted
from odoochat.model import Message

__all__ = ["Arrivals"]

KEPT = 1_000


class Arrivals:
    """Buffers recent messages so that none are lost between requests.

    Args:
        odoo: the connected client.
    """

    def __init__(self, odoo: Client) -> None:
        self._odoo = odoo
        self._messages: deque[Message] = deque(maxlen=KEPT)
        self._changed = asyncio.Condition()
        self._total = 0
        self._error: OdooChatError | None = None

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Arrivals]:
        """Collect messages while the block runs."""
        task = asyncio.create_task(self._collect(self._odoo.events(MessagePosted, maxsize=10_000)))
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def wait(self, wanted: Callable[[Message], bool], after: int | None, timeout: float) -> list[Message]:
        """Wait for messages that match a predicate.

        Args:
            wanted: the predicate, which returns whether a message matches.
            after: include messages with higher ids, even if they arrived before this call; None for new messages only.
            timeout: seconds to wait.

        Returns:
            The messages, oldest first; empty if the wait timed out.

        Raises:
            OdooChatError: the live link ended for good.
        """
        start = self._total

        def found() -> list[Message]:
            if after is not None:
                return [m for m in self._messages if m.id > after and wanted(m)]
            new = min(self._total - start, len(self._messages))
            return [m for m in list(self._messages)[len(self._messages) - new :] if wanted(m)]

        try:
            async with asyncio.timeout(timeout), self._changed:
                await self._changed.wait_for(lambda: found() or self._error)
        except TimeoutError:
            return []
        if not (messages := found()) and self._error is not None:
            raise self._error
        return sorted(messages, key=lambda m: m.id)

    async def _collect(self, events: Subscription[MessagePosted]) -> None:
        error: OdooChatError = LinkError("the live link ended; restart odoochat mcp")
        try:
            async with events:
                async for event in events:
                    if isinstance(event, EventsMissed):
                        continue
                    async with self._changed:
                        self._messages.append(event.message)
                        self._total += 1
                        self._changed.notify_all()
        except OdooChatError as ended:
            error = ended
        async with self._changed:
            self._error = error
            self._changed.notify_all()
