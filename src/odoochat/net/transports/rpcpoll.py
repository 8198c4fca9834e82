"""Transport that polls for messages through model calls, for logins with an API key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from odoochat.events import Via
from odoochat.wire.envelopes.frames import Item

__all__ = ["RpcPoll"]


class RpcPoll:
    """A live link made up of consecutive polls. `fetch` delivers the messages, so `receive` returns none.

    Args:
        fetch: a function that fetches new messages from all channels in one request and delivers them.
        seconds: seconds between polls.
    """

    via: Via = "rpc"
    tells_presence = False

    def __init__(self, fetch: Callable[[], Awaitable[None]], *, seconds: float = 2.0) -> None:
        self._fetch = fetch
        self._seconds = seconds

    async def open(self, last: int) -> list[Item]:
        """See `Source.open`."""
        await self._fetch()
        return []

    async def receive(self) -> list[Item]:
        """See `Source.receive`."""
        await asyncio.sleep(self._seconds)
        await self._fetch()
        return []

    async def subscribe(self) -> None:
        """See `Source.subscribe`. Each poll requests all channels."""

    async def send_presence(self, idle: int) -> None:
        """See `Source.send_presence`. Reporting the presence status needs a session, so nothing is sent."""

    async def close(self) -> None:
        """See `Source.close`. There is no open connection to close."""
