"""Transport that polls the bus over HTTP (Odoo 16 and later), for networks that block WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from odoochat.events import Via
from odoochat.net.http import Http
from odoochat.net.repeat import repeated
from odoochat.net.rpc import call_route
from odoochat.wire.envelopes import frames
from odoochat.wire.envelopes.frames import Item
from odoochat.wire.envelopes.polled import PolledReader

__all__ = ["Peek"]

PATH = "/websocket/peek_notifications"


class Peek:
    """A live link made up of consecutive peeks.

    Args:
        http: the HTTP client to use for requests.
        reader: reads the server's responses.
        partner: ``[db, "res.partner", id]``, which is among the response's channels if the server accepts the session.
        last: a function that returns the bus id to continue after.
        channels: a function that returns the channels to request in addition to the user's own.
        wants_ids: see `odoochat.wire.envelopes.frames.update_presence`.
        busy: seconds between peeks while notifications are arriving.
        idle: seconds between peeks while no notifications are arriving.
    """

    via: Via = "peek"
    tells_presence = True

    def __init__(
        self,
        http: Http,
        reader: PolledReader,
        *,
        partner: list[object],
        last: Callable[[], int],
        busy: float = 0.5,
        idle: float = 1.5,
        channels: Callable[[], list[str]] = list,
        wants_ids: bool = False,
    ) -> None:
        self._http = http
        self._reader = reader
        self._partner = partner
        self._last = last
        self._busy = busy
        self._idle = idle
        self._channels = channels
        self._wants_ids = wants_ids
        self._quiet = 0

    async def open(self, last: int) -> list[Item]:
        """See `Source.open`."""
        return await self._peek(last, first=True)

    async def receive(self) -> list[Item]:
        """See `Source.receive`."""
        await asyncio.sleep(self._busy if self._quiet < 20 else self._idle)
        return await self._peek(self._last(), first=False)

    async def _peek(self, last: int, *, first: bool) -> list[Item]:
        params = {"channels": self._channels(), "last": last, "is_first_poll": first}
        decode = partial(self._reader.peek, partner=self._partner)
        found = await repeated(lambda: call_route(self._http, PATH, params, decode=decode))
        # The server ignores a `last` above its newest id, which it has only if its ids have started over.
        items = frames.with_reset(found, last + 1)
        self._quiet = 0 if items else self._quiet + 1
        return items

    async def subscribe(self) -> None:
        """See `Source.subscribe`. Each peek makes the server reload the channels."""

    async def send_presence(self, idle: int) -> None:
        """See `Source.send_presence`.

        Source: addons/bus/controllers/websocket.py (Odoo 16 to 18), addons/mail (Odoo 19).
        """
        params: dict[str, object] = {"inactivity_period": idle}
        if self._wants_ids:
            params["im_status_ids_by_model"] = {}
        await call_route(self._http, "/websocket/update_bus_presence", params)

    async def close(self) -> None:
        """See `Source.close`. There is no open connection to close."""
