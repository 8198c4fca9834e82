"""Dialer: checks the session and creates transports for the live link."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Sequence

from odoochat.client.presence import PresenceSettings
from odoochat.client.session import Session
from odoochat.client.timing import Timing
from odoochat.core.holes import Holes
from odoochat.core.link import Dial, Link
from odoochat.errors import ConfigError, LoginError, ProtocolError, SessionExpired
from odoochat.net.bus import ServerChanged
from odoochat.net.repeat import repeated
from odoochat.net.transports.base import Source
from odoochat.net.transports.longpoll import LongPoll
from odoochat.net.transports.peek import Peek
from odoochat.net.transports.rpcpoll import RpcPoll
from odoochat.net.transports.websocket import PATHS, WebSocket

__all__ = ["Dialer"]

log = logging.getLogger("odoochat")


class Dialer:
    """Creates transports and fresh sessions for one link.

    Args:
        session: the login.
        link: the state machine to which transports are offered.
        holes: the holes in the bus ids, reset if the server's Odoo version changes.
        presence: provides the channels for subscriptions and the idle time for polls.
        poll: a function that performs one poll using model calls.
        timing: the intervals of polls and checks.
        paths: additional WebSocket paths, tried first.
    """

    def __init__(
        self,
        session: Session,
        link: Link,
        holes: Holes,
        *,
        presence: PresenceSettings,
        poll: Callable[[], Awaitable[None]],
        timing: Timing,
        paths: Sequence[str] = (),
    ) -> None:
        self._session = session
        self._link = link
        self._holes = holes
        self._presence = presence
        self._poll = poll
        self._timing = timing
        self._paths = (*paths, *(p for p in PATHS if p not in paths)) if paths else PATHS

    async def check(self) -> bool:
        """Check whether the session is still valid on the server.

        Returns:
            Whether the server's Odoo version has changed.

        Raises:
            SessionExpired: the session has ended.
            LinkError, ProtocolError: the network failed, or the version does not support the requested transport.
        """
        if not await repeated(functools.partial(self._session.check, recent=True)):
            return False
        self._link.forget()
        self._holes.forget()
        self.offer()
        return True

    def offer(self) -> None:
        """Offer the link the transports that this login can use.

        Raises:
            ProtocolError: the requested transport is not available. The link retries, as the server's response may
                have been wrong.
        """
        try:
            self._link.offer(self._session.vias())
        except ConfigError as error:
            raise ProtocolError(str(error)) from None

    async def dial(self, step: Dial) -> Source:
        """Create a transport.

        Args:
            step: the transport to create, and the bus id to resume after.

        Returns:
            The transport, not yet opened.

        Raises:
            ServerChanged: the server's Odoo version has changed, and the new transports were offered to the link.
            SessionExpired: the session has ended.
            LinkError, ProtocolError: the network failed, or a response could not be read.
        """
        link, session, timing = self._link, self._session, self._timing
        if await self.check():
            raise ServerChanged(f"the server now runs Odoo {session.version}")
        now = asyncio.get_running_loop().time
        if step.via == "websocket":
            return WebSocket(
                session.http,
                session.dialect,
                paths=self._paths,
                worker=session.worker,
                echo=session.echo,
                is_echo=session.is_echo,
                works=self._remember_path,
                channels=functools.partial(self._presence.channels, session),
                patience=step.patience,
                echo_seconds=timing.echo,
            )
        if step.via == "peek":
            return Peek(
                session.http,
                session.dialect.decoder.polled,
                partner=session.partner_channel,
                last=lambda: link.last(now()),
                busy=timing.peek_busy,
                idle=timing.peek_idle,
                channels=lambda: self._presence.channels(session),
            )
        if step.via == "longpoll":
            return LongPoll(
                session.http,
                session.dialect.decoder.polled,
                partner=session.partner_channel,
                last=lambda: link.newest,
                overlapped=lambda seconds: link.recent(now(), seconds),
                idle=lambda: self._presence.idle,
            )
        return RpcPoll(self._poll, seconds=timing.rpc_poll)

    def _remember_path(self, path: str) -> None:
        if self._paths[0] != path:
            log.info("WebSocket path: %s", path, extra={"event": "link.path", "path": path})
            self._paths = (path, *(p for p in self._paths if p != path))

    async def renew(self) -> None:
        """Get a fresh session if a plain request confirms that the current one has ended.

        Raises:
            OdooChatError: the network failed.
        """
        link = self._link
        if await self._is_session_alive():
            log.info("session is valid; only %s fails", link.via, extra={"event": "session.valid", "via": link.via})
            link.session_lives(asyncio.get_running_loop().time())
            return
        try:
            await self._session.renew()
        except LoginError as error:
            log.info("cannot renew the session: %s", error, extra={"event": "session.lost", "error": str(error)})
            link.offer((), error)
            return
        link.renewed()
        self.offer()

    async def _is_session_alive(self) -> bool:
        if self._session.kind != "session":
            return False
        for seconds in self._timing.verify:
            await asyncio.sleep(seconds)
            try:
                async with self._session.http.turn():
                    await self.check()
            except SessionExpired:
                if self._session.renewable:
                    return False
                continue
            return True
        return False
