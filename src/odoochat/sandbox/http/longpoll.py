"""Long polling in Odoo 14 and 15; each poll waits up to 50 seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from odoochat.sandbox.database.bus import BusRow, key
from odoochat.sandbox.errors import OdooError
from odoochat.sandbox.http.delivery import BusDelivery, polled
from odoochat.sandbox.http.site import Visitor, cut, int_or
from odoochat.sandbox.world.world import World


class WaitingPoll:
    """A pending poll and the channels it subscribed to when it started."""

    def __init__(self, visitor: Visitor, keys: Sequence[Any], last: int) -> None:
        self.world: World = visitor.world
        self._request = visitor.request
        self._news = asyncio.Event()
        self._muted = False
        self._delivery = BusDelivery(visitor.world, visitor.site.ledger)
        self._delivery.subscribe([key(one) for one in keys], last)

    def listens(self, keys: AbstractSet[str]) -> bool:
        """Return whether the connection is subscribed to one of these channels."""
        return self._delivery.listens(keys)

    def wake(self) -> None:
        """Check for notifications to return."""
        self._news.set()

    def end(self, code: int, reason: str = "") -> None:
        """Drop the connection, because a poll has no close codes."""
        cut(self._request)

    def mute(self) -> None:
        """Never respond."""
        self._muted = True

    def become_public(self) -> None:
        """Unsubscribe from all channels."""
        self._delivery.public()

    def forget(self, ids: list[int]) -> None:
        """Never deliver the rows with these ids."""
        self._delivery.forget(ids)

    def take(self) -> list[BusRow]:
        """Return the notifications currently available."""
        return [] if self._muted else self._delivery.take()

    async def wait(self, seconds: float) -> list[BusRow]:
        """Wait for notifications and return them, or return an empty list on timeout.

        A row that is committed late, with an id below `last`, also wakes a poll, which then returns an empty list
        (observed on a live Odoo 14 server).
        """
        before = self._delivery.recent()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    rows = self.take()
                    if rows or (not self._muted and self._delivery.recent() - before):
                        return rows
                    await self._news.wait()
                    self._news.clear()
        except TimeoutError:
            if self._muted:
                await asyncio.Event().wait()  # a half-open connection never receives a response
            return []


async def poll(visitor: Visitor, channels: Any, last: Any, options: Any = None, **_: Any) -> Any:
    """POST /longpolling/poll."""
    if not isinstance(channels, list) or not all(isinstance(one, str) for one in channels):
        raise OdooError("exception", "bus.Bus only string channels are allowed.")
    chosen = options if isinstance(options, dict) else {}
    uid = None if visitor.site.ledger.silent else visitor.uid
    if uid is not None and "bus_inactivity" in chosen:
        visitor.world.channels.presence(uid, int_or(chosen["bus_inactivity"], 0))
    keys = visitor.world.notifier.keys(uid, channels)
    waiting = WaitingPoll(visitor, keys, int_or(last, 0))
    if chosen.get("peek"):
        return {"notifications": [polled(visitor.world, row) for row in waiting.take()], "channels": keys}
    visitor.site.lines.add(waiting)
    try:
        rows = await waiting.wait(visitor.site.options.poll_timeout)
    finally:
        visitor.site.lines.discard(waiting)
    return [polled(visitor.world, row) for row in rows]


async def im_status(visitor: Visitor, partner_ids: Any) -> list[dict[str, Any]]:
    """POST /longpolling/im_status."""
    accounts = visitor.world.state.accounts
    ids = [one for one in partner_ids if isinstance(one, int) and accounts.partner(one)]
    return [{"id": one, "im_status": visitor.world.state.im_status(one)} for one in ids]


async def send(visitor: Visitor, channel: Any, message: Any) -> None:
    """POST /longpolling/send, Odoo 14; anyone may send to a channel whose name is a string."""
    if not isinstance(channel, str):
        raise OdooError("exception", "bus.Bus only string channels are allowed.")
    visitor.world.state.bus.send(channel, message)
