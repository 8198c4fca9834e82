"""Access: the requests and transports available to each kind of login, chosen once at login."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from odoochat.client.server import OdooServer
from odoochat.core.state import ClientState
from odoochat.errors import ApiKeyOnly, OdooChatError
from odoochat.events import TypingChanged, Via
from odoochat.model import Version
from odoochat.net.login import Identity, ask_session, ask_version
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests import echo
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.session_info import worker_of
from odoochat.wire.values import parse_version, records
from odoochat.wire.versions.features import Login

__all__ = ["Access", "access_for"]

log = logging.getLogger("odoochat")

Do = Callable[[Call | Route], Awaitable[Any]]
"""Sends a request, logging in again if the session has ended."""

BOOT_ROUTES = (
    Route("/mail/store", {"fetch_params": ["init_messaging"]}),
    Route("/mail/data", {"fetch_params": ["init_messaging"], "init_messaging": {}}),
    Route("/mail/init_messaging", {}),
)
"""Routes that the web client uses to open Discuss; the first one that exists creates the user's settings."""


class Access:
    """Access with an API key: model calls, but no live transport. Base class for the other kinds of access.

    Args:
        server: the server.
        identity: the result of the login.

    Attributes:
        kind: the kind of login.
        calls_models: whether the login may call model methods.
    """

    kind: Login = "key"
    calls_models = True

    def __init__(self, server: OdooServer, identity: Identity) -> None:
        self._server = server
        self._identity = identity

    def transports(self) -> tuple[Via, ...]:
        """Return the transports available to the live link, best first."""
        return ("rpc",)

    async def ask_version(self) -> tuple[Version, str | None]:
        """Fetch the server's version, and verify the session if there is one.

        Returns:
            The server's version, and the version of its WebSocket worker; the latter is None if the response omits it.

        Raises:
            SessionExpired: the session has ended.
            LinkError, ProtocolError: the network failed, or the response could not be read.
        """
        return await ask_version(self._server.http), None

    async def execute(self, action: Call | Route, *, timeout: float | None) -> Any:
        """Perform a model call or request a route, without retrying.

        Args:
            action: the call or route.
            timeout: time limit in seconds, or None for the connection's default.

        Returns:
            The decoded response.

        Raises:
            OdooChatError: see `odoochat.net.rpc.Rpc.execute`.
        """
        if isinstance(action, Route):
            return await self._identity.rpc.route(action)
        return await self._identity.rpc.execute(action, timeout=timeout)

    def bus_channel(self) -> list[object]:
        """Return the user's own bus channel, as it appears in a bus poll."""
        return [self._identity.db, "res.partner", self._identity.me.partner_id]

    def subscription(self) -> list[str]:
        """Return the channel names to subscribe to for the user's own notifications."""
        return []

    async def echo(self, do: Do) -> None:
        """Make the server send a notification to this session only.

        Args:
            do: a function that sends the requests.

        Raises:
            OdooChatError: the request failed.
        """

    def is_echo(self, notification: Notification) -> bool:
        """Return whether a notification is the response to `echo`.

        Args:
            notification: the notification.
        """
        return echo.is_echo(notification)


class SessionAccess(Access):
    """Access with a user session: all routes, and the version's transports."""

    kind = "session"

    def __init__(self, server: OdooServer, identity: Identity) -> None:
        super().__init__(server, identity)
        self._settings_id = identity.settings

    def transports(self) -> tuple[Via, ...]:
        """See `Access.transports`."""
        return (*self._server.dialect.table.transports, "rpc")

    async def ask_version(self) -> tuple[Version, str | None]:
        """See `Access.ask_version`; the response may set a rotated cookie (Odoo 19)."""
        info = await ask_session(self._server.http)
        worker, _ = worker_of(info)
        version = parse_version(info.get("server_version_info"), info.get("server_version"))
        if version != self._server.version:
            self._settings_id = 0
        return version, worker

    async def echo(self, do: Do) -> None:
        """See `Access.echo`."""
        if not self._settings_id:
            self._settings_id = await self._find_settings(do)
        if self._settings_id:
            await do(echo.echo(self._settings_id))

    async def _find_settings(self, do: Do) -> int:
        fetch = echo.fetch_settings(self._identity.me.uid)
        rows = records(await do(fetch))
        if not rows:
            # A user who has never opened the web client has no settings yet; opening Discuss creates them.
            await self._boot(do)
            rows = records(await do(fetch))
        return rows[0]["id"] if rows else 0

    async def _boot(self, do: Do) -> None:
        for route in BOOT_ROUTES:
            try:
                await do(route)
            except OdooChatError as error:
                log.debug("checking %s: %s", route.path, error)
            else:
                return


class GuestAccess(Access):
    """Access as a guest: the public routes of one channel."""

    kind = "guest"
    calls_models = False

    def transports(self) -> tuple[Via, ...]:
        """See `Access.transports`. Bus polls return no notifications to guests (observed on Odoo 19)."""
        return ("websocket", "rpc")

    async def execute(self, action: Call | Route, *, timeout: float | None) -> Any:
        """See `Access.execute`.

        Raises:
            ApiKeyOnly: `action` is a model call.
        """
        if not isinstance(action, Route):
            raise ApiKeyOnly(f"{action.model}.{action.method} is not available to guests; log in with an account")
        return await super().execute(action, timeout=timeout)

    def bus_channel(self) -> list[object]:
        """See `Access.bus_channel`."""
        return [self._identity.db, "mail.guest", self._identity.me.guest_id]

    def subscription(self) -> list[str]:
        """See `Access.subscription`. Source: addons/mail/models/ir_websocket.py."""
        cookie = self._server.http.cookie("dgid")
        return [f"mail.guest_{cookie.strip(chr(34))}"] if cookie else []

    async def echo(self, do: Do) -> None:
        """See `Access.echo`. A guest has no settings, so this reports "not typing", which other members do not see."""
        await do(self._server.dialect.membership.typing(self._identity.channel, False))

    def is_echo(self, notification: Notification) -> bool:
        """See `Access.is_echo`."""
        updates = self._server.dialect.decoder.decode(notification, ClientState())
        guest = self._identity.me.guest_id
        return any(isinstance(u, TypingChanged) and u.author.id == guest and not u.typing for u in updates)


def access_for(server: OdooServer, identity: Identity) -> Access:
    """Choose the access for a login.

    Args:
        server: the server.
        identity: the result of the login.

    Returns:
        The access.
    """
    if identity.channel:
        return GuestAccess(server, identity)
    return SessionAccess(server, identity) if identity.session else Access(server, identity)
