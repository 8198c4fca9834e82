"""Presence both ways: whether the others see me as there, and whom I want to see come and go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Literal

from odoochat.client.intake import Intake
from odoochat.client.session import Session
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError, ServerFault, UsageError
from odoochat.events import PresenceChanged
from odoochat.model import Person
from odoochat.wire.requests.presence import AWAY_MILLISECONDS
from odoochat.wire.values import dicts

__all__ = ["Presence", "Status"]

log = logging.getLogger("odoochat")

Status = Literal["online", "away", "busy", "offline"]
AGAIN_SECONDS = 50.0
"""Up to 17 a user counts as gone a minute after a device last said that she is there (``DISCONNECTION_TIMER`` 55 s,
a poll of 50 s, addons/bus/models/bus_presence.py of 14)."""


RACE_SECONDS = (0.1, 0.5)


class Presence:
    """For one client.

    Args:
        shown: what the others see while the link is open; None to tell them nothing.

    Attributes:
        again: set when a link opened: a closed one made me offline.
    """

    def __init__(
        self, session: Session, state: ClientState, intake: Intake, shown: Literal["online", "away"] | None
    ) -> None:
        self._session = session
        self._state = state
        self._intake = intake
        self._watched: dict[int, int] = {}
        self.shown: Literal["online", "away"] | None = shown
        self.again = asyncio.Event()
        self._tell: Callable[[int], Awaitable[bool]] | None = None

    @property
    def idle(self) -> int | None:
        """Milliseconds for which I seem to have done nothing; None when nothing is told."""
        return {None: None, "online": 0, "away": AWAY_MILLISECONDS}[self.shown]

    def channels(self) -> list[str]:
        """What to name in a subscription: presence, and a guest's own channel."""
        return [
            *self._session.own_channels(),
            *self._session.dialect.presence.channels(self._watched),
        ]

    async def run(self, opened: asyncio.Event, tell: Callable[[int], Awaitable[bool]]) -> None:
        """Tells, and asks where the server does not tell, while a link is open.

        Args:
            tell: says for how many milliseconds I did nothing, and whether it could be said at once.
        """
        self._tell = tell
        while True:
            await opened.wait()
            try:
                await self.tell()
                if self._watched and not self._session.dialect.table.presence_channels:
                    await self.look()
            except OdooChatError as error:
                log.debug("checking presence: %s", error)
            self.again.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS):
                    await self.again.wait()

    async def tell(self) -> bool:
        """Says that I am there, when I want to be seen and a link is open.

        Returns:
            Whether it was said at once.

        Raises:
            OdooChatError: it could not be said.
        """
        return self._tell is not None and self.idle is not None and await self._tell(self.idle)

    async def set_status(self, status: Status) -> None:
        """See `People.set_status`."""
        if status not in ("online", "away", "busy", "offline"):
            raise UsageError(f"status {status!r}: choose online, away, busy or offline")
        self._session.require("set_presence")
        dialect = self._session.dialect
        if status not in dialect.table.statuses:
            known = " and ".join(dialect.table.statuses)
            raise UsageError(f"Odoo {self._session.version} has no status {status!r} to choose: it has {known}")
        before = self.shown
        if status in ("online", "away"):
            self.shown = status
        try:
            if dialect.table.status_path:
                await self._session.do(dialect.presence.set_status(status, self._session.me.uid))
            if not await self.tell() and not dialect.table.status_path:
                await self._write_presence(status)
        except BaseException:
            self.shown = before
            raise

    async def _write_presence(self, status: Status) -> None:
        """Sets my row of presence by a call.

        On 17 and 18 the call and the server's end of a new WebSocket may both make that row, and the later one is
        refused (``bus_presence_user_unique``, seen): then it is there, and the next call finds it.
        """
        call = self._session.dialect.presence.set_status(status, self._session.me.uid)
        for seconds in RACE_SECONDS:
            try:
                await self._session.do(call)
            except ServerFault as error:
                if "unique constraint" not in error.message:
                    raise
                await asyncio.sleep(seconds)
            else:
                return
        await self._session.do(call)

    async def watch(self, people: Iterable[Person]) -> None:
        """See `People.watch`."""
        for person in people:
            self._watched[person.id] = person.uid or 0
            if person.uid is not None:
                self._state.partner_of(person.uid, person.id)
        await self.look()
        if self._intake.resubscribe is not None:
            await self._intake.resubscribe()

    async def look(self) -> None:
        """Asks for those who are watched, and tells what changed.

        Raises:
            OdooChatError: it could not be asked.
        """
        for partner, status in (await self.statuses(self._watched)).items():
            if status and status != self._state.status(partner):
                self._intake.publish(PresenceChanged(self._state.author("partner", partner), status))

    async def statuses(self, partner_ids: Iterable[int]) -> dict[int, str]:
        """Whether people are there: ``online``, ``away``, ``offline``… by partner id."""
        wanted = tuple(partner_ids)
        if not wanted:
            return {}
        presence = self._session.dialect.presence
        return presence.fetched(dicts(await self._session.do(presence.fetch(wanted))))
