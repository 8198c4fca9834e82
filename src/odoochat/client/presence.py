"""Presence: reports the user's presence, and fetches that of watched people."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any, Literal

from odoochat.client.background import Background
from odoochat.client.link_status import LinkStatus
from odoochat.client.publisher import Publisher
from odoochat.client.session import Session
from odoochat.client.timing import Timing
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError, ServerFault, UsageError
from odoochat.events import PresenceChanged
from odoochat.model import Person
from odoochat.net.bus import Bus
from odoochat.wire.requests.presence import AWAY_MILLISECONDS
from odoochat.wire.values import dicts

__all__ = ["Presence", "PresenceSettings", "Status"]

log = logging.getLogger("odoochat")

Status = Literal["online", "away", "busy", "offline"]
RACE_SECONDS = (0.1, 0.5)


class PresenceSettings:
    """The presence to show for the user, and the people to watch.

    Args:
        shown: the presence that other users see while the link is open; None to show none.

    Attributes:
        watched: the user ids of watched people, by partner id.
    """

    def __init__(self, shown: Literal["online", "away"] | None) -> None:
        self.shown: Literal["online", "away"] | None = shown
        self.watched: dict[int, int] = {}

    @property
    def idle(self) -> int | None:
        """Milliseconds since the user's last activity, as reported to the server; None to report nothing."""
        return {None: None, "online": 0, "away": AWAY_MILLISECONDS}[self.shown]

    def channels(self, session: Session) -> list[str]:
        """Return the additional bus channels to subscribe to: presence, and a guest's own channel.

        Args:
            session: the login.
        """
        return [*session.own_channels(), *session.dialect.presence.channels(self.watched)]


class Presence:
    """Reports the presence of one client's user, and fetches that of others.

    Args:
        session: sends the requests.
        state: stores the presence of others.
        publisher: publishes presence changes.
        settings: the presence to show, and the people to watch.
        bus: reports presence; None for a client without a live link.
        status: the link's status; presence is only reported while the link is open.
        timing: see `Timing.presence`.
    """

    def __init__(
        self,
        session: Session,
        *,
        state: ClientState,
        publisher: Publisher,
        settings: PresenceSettings,
        bus: Bus | None,
        status: LinkStatus,
        timing: Timing,
    ) -> None:
        self._session = session
        self._state = state
        self._publisher = publisher
        self._settings = settings
        self._bus = bus
        self._status = status
        self._timing = timing
        self._background: Background | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, background: Background) -> None:
        """Start reporting and fetching presence periodically, for as long as it is shown or watched.

        Args:
            background: runs the requests.
        """
        self._background = background
        self._begin(self.run)

    def _begin(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        running = self._task is not None and not self._task.done()
        if self._background is not None and self._is_needed and not running:
            self._task = self._background.start("presence", job)

    @property
    def _is_needed(self) -> bool:
        return self._settings.shown is not None or bool(self._settings.watched)

    async def run(self) -> None:
        """Report presence periodically and whenever the link opens, and fetch it if the server does not send it."""
        while self._is_needed:
            await self._status.opened.wait()
            openings = self._status.openings
            try:
                await self.report()
                if self._settings.watched and not self._session.dialect.table.presence_channels:
                    await self.look()
            except OdooChatError as error:
                log.debug("checking presence: %s", error)
            await self._pause(openings)

    async def _run_later(self) -> None:
        await self._pause(self._status.openings)
        await self.run()

    async def _pause(self, openings: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.presence):
                await self._status.opened_after(openings)

    async def report(self) -> bool:
        """Report the user's presence if it is shown and a link is open.

        Returns:
            Whether it was reported immediately.

        Raises:
            OdooChatError: the report could not be sent.
        """
        idle = self._settings.idle
        return self._bus is not None and idle is not None and await self._bus.send_presence(idle)

    async def set_status(self, status: Status) -> None:
        """See `People.set_status`.

        Args:
            status: the presence that other users see.
        """
        if status not in ("online", "away", "busy", "offline"):
            raise UsageError(f"status must be online, away, busy or offline, not {status!r}")
        self._session.require("set_presence")
        dialect = self._session.dialect
        if status not in dialect.table.statuses:
            which = f"this server is Odoo {self._session.version}"
            if status == "away":
                raise UsageError(f"{which}, which marks users as away after 30 minutes without activity")
            raise UsageError(f"busy and offline need Odoo 19 or later; {which}")
        before = self._settings.shown
        if status in ("online", "away"):
            self._settings.shown = status
        try:
            if dialect.table.status_path:
                await self._session.do(dialect.presence.set_status(status, self._session.me.uid))
            if not await self.report() and not dialect.table.status_path:
                await self._write_presence(status)
        except BaseException:
            self._settings.shown = before
            raise
        self._begin(self._run_later)

    async def _write_presence(self, status: Status) -> None:
        """Write the user's presence row with a model call.

        On Odoo 17 and 18, the call and the server's handling of a new WebSocket may both try to create that row, and
        the second attempt fails (``bus_presence_user_unique``, observed on a live server). The row then exists, and the
        next call finds it.
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
        """See `People.watch`.

        Args:
            people: the people to watch.
        """
        for person in people:
            self._settings.watched[person.id] = person.uid or 0
            if person.uid is not None:
                self._state.partner_of(person.uid, person.id)
        self._begin(self._run_later)
        await self.look()
        if self._bus is not None:
            await self._bus.resubscribe()

    async def look(self) -> None:
        """Fetch the presence of watched people and publish changes.

        Raises:
            OdooChatError: the request failed.
        """
        for partner, status in (await self.statuses(self._settings.watched)).items():
            if status and status != self._state.status(partner):
                self._publisher.publish(PresenceChanged(self._state.author("partner", partner), status))

    async def statuses(self, partner_ids: Iterable[int]) -> dict[int, str]:
        """Fetch the presence status of the given partners.

        Args:
            partner_ids: their partner ids.

        Returns:
            The status by partner id: ``online``, ``away``, ``busy``, ``offline`` or a version-specific value.

        Raises:
            OdooChatError: the request failed.
        """
        wanted = tuple(partner_ids)
        if not wanted:
            return {}
        presence = self._session.dialect.presence
        return presence.fetched(dicts(await self._session.do(presence.fetch(wanted))))
