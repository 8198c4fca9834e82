"""Session: logs in, sends requests, and logs in again if the server ends the session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Literal

from odoochat.client.access import Access, access_for
from odoochat.client.server import OdooServer
from odoochat.errors import (
    AccessDenied,
    BadCredentials,
    ConfigError,
    LoginError,
    ProtocolError,
    SessionExpired,
    SessionNotKept,
)
from odoochat.events import Via
from odoochat.model import Me, Version
from odoochat.net.credentials import Credentials
from odoochat.net.guest import enter_as_guest
from odoochat.net.http import Http
from odoochat.net.login import Identity, ask_version, log_in
from odoochat.net.repeat import repeated
from odoochat.net.rpc import Envelope
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.repeats import repeatable
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.features import Login
from odoochat.wire.versions.registry import dialect_for

__all__ = ["Session", "Transport"]

log = logging.getLogger("odoochat")

Transport = Literal["auto", "websocket", "peek", "longpoll", "rpc"]


class Session:
    """One user's login on one server.

    Args:
        http: sends requests to the server.
        credentials: the credentials for the login.
        db: the database, or None to use the server's only one.
        rpc: the envelope for model calls.
        transport: the requested live transport.
        invitation: for a guest, the invitation's path and the guest's chosen name.

    Attributes:
        server: the server.
        identity: the result of the last login.
        epoch: number of logins so far; each one replaces the session.
        replaced: if set, called after a new login has replaced the session.
        worker: version of the server's WebSocket worker, empty if unknown.
    """

    identity: Identity
    _access: Access

    CHECKED_SECONDS = 30.0
    """Seconds after a login within which a link may be opened without checking the session again."""

    def __init__(
        self,
        http: Http,
        credentials: Credentials,
        *,
        db: str | None,
        rpc: Envelope | Literal["auto"],
        transport: Transport,
        invitation: tuple[str, str] | None = None,
    ) -> None:
        self.server = OdooServer(http)
        self.http = http
        self._invitation = invitation
        self._credentials = credentials
        self._db = db
        self._envelope: Envelope | Literal["auto"] = rpc
        self._transport: Transport = transport
        self._renewing = asyncio.Lock()
        self._fresh_until = 0.0
        self.epoch = 0
        self.replaced: Callable[[], None] | None = None
        self.worker = ""

    @property
    def me(self) -> Me:
        """The current user."""
        return self.identity.me

    @property
    def url(self) -> str:
        """The server's address, after redirects, without a trailing slash."""
        return self.server.url

    @property
    def dialect(self) -> Dialect:
        """Builds requests and decodes responses for the server's version."""
        return self.server.dialect

    @property
    def kind(self) -> Login:
        """The kind of login."""
        return self._access.kind

    @property
    def calls_models(self) -> bool:
        """Whether the login may call model methods; guests may not."""
        return self._access.calls_models

    @property
    def has_session(self) -> bool:
        """Whether there is a session, which gives access to the JSON routes."""
        return self.identity.session

    @property
    def renewable(self) -> bool:
        """Whether a fresh session can be opened without asking the user."""
        stays = self._credentials.password or self._credentials.api_key or self._invitation
        return stays is not None and "totp" not in self.identity.way

    def require(self, feature: str) -> None:
        """Raise an error if this Odoo version or this kind of login does not support a feature.

        Args:
            feature: a name from docs/features.md.

        Raises:
            NotSupported, ApiKeyOnly: see `odoochat.wire.versions.features.require`.
        """
        self.server.require(feature, self.kind)

    async def log_in(self) -> None:
        """Log in and identify the server's version.

        Raises:
            ConfigError, LoginError, LinkError, ProtocolError, NotFound: see `odoochat.net.login.log_in`.
        """
        async with self.http.turn():
            self._take(await self._log_in(self._credentials))

    async def _log_in(self, credentials: Credentials) -> Identity:
        if self._invitation is not None:
            version = await ask_version(self.http)
            dialect_for(version).require("send", "guest")
            return await enter_as_guest(self.http, *self._invitation, version)
        return await log_in(self.http, credentials, db=self._db, rpc=self._envelope)

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Return an async context manager that waits for the client's turn to open a link, unless it just logged in."""
        fresh = asyncio.get_running_loop().time() < self._fresh_until
        return nullcontext() if fresh else self.http.turn()

    @property
    def trusted_device(self) -> str | None:
        """The cookie that exempts this device from the second factor, or None if there is none.

        The server sends it after a login with a second factor; pass it to `odoochat.connect` as ``trusted_device``.
        """
        device = self._credentials.trusted_device
        return device.reveal() if device is not None else None

    def _take(self, identity: Identity) -> None:
        self.identity = identity
        self._db = identity.db
        self.worker = identity.worker
        self.epoch += 1
        if self.replaced is not None:
            self.replaced()
        self._fresh_until = asyncio.get_running_loop().time() + self.CHECKED_SECONDS
        self.server.identify(identity.version, by_session=identity.session)
        self._access = access_for(self.server, identity)

    def vias(self) -> tuple[Via, ...]:
        """Return the transports available to this login, best first.

        Raises:
            ConfigError: the requested transport is not available.
        """
        possible = self._access.transports()
        if self._transport == "auto":
            return possible
        if self._transport not in possible:
            if self._transport in self.dialect.table.transports:
                raise ConfigError(
                    f"transport {self._transport!r} needs a session, which an API key cannot open; "
                    "log in with a password, or use 'rpc'"
                )
            raise ConfigError(
                f"Odoo {self.dialect.version} has no transport {self._transport!r}; use {', '.join(possible)}"
            )
        return (self._transport,)

    # --------------------------------------------------------------------- calls

    async def do(self, action: Call | Route, *, timeout: float | None = None) -> Any:
        """Send a call or route request, retrying once with a fresh session if the server has ended the old one.

        Args:
            action: the call or route.
            timeout: time limit in seconds, or None for the connection's default.

        Returns:
            The decoded response.

        Raises:
            OdooChatError: see `odoochat.net.rpc.Rpc.execute`.
        """
        epoch = self.epoch
        try:
            return await self._do(action, timeout)
        except SessionExpired as error:
            await self.renew(epoch, reason=str(error))
            return await self._do(action, timeout)
        except (BadCredentials, AccessDenied) as error:
            # Under load, Odoo 14 rejects valid logins with "Access Denied", and 19 rejects valid keys while restarting.
            # The text is the same as for invalid ones, so it only counts if repeated.
            if "Access Denied" not in str(error):
                raise
            for seconds in (0.3, 1.0):
                await asyncio.sleep(seconds)
                try:
                    return await self._do(action, timeout)
                except (BadCredentials, AccessDenied):
                    continue
            raise

    async def _do(self, action: Call | Route, timeout: float | None) -> Any:
        if not repeatable(action):
            return await self._access.execute(action, timeout=timeout)
        # Behind a load balancer, the retry reaches another server if one of several is down.
        return await repeated(lambda: self._access.execute(action, timeout=timeout), limits=(None, None, None))

    async def renew(self, epoch: int | None = None, *, reason: str = "") -> None:
        """Log in again, unless another task just did.

        Args:
            epoch: number of the session that ended; None for the current one.
            reason: the server's message, for the error text.

        Raises:
            SessionExpired: the only credential is the session that ended.
            LoginError: the server refused the login.
            ProtocolError: the server accepted the login but not the resulting session, or the session belongs to a
                different account.
            LinkError: the network failed.
        """
        seen = self.epoch if epoch is None else epoch
        async with self._renewing:
            if seen != self.epoch:
                return
            stays = self._credentials.password or self._credentials.api_key or self._invitation
            if stays is None:
                said = f" ({reason})" if reason and "expired" not in reason.lower() else ""
                text = "the session expired%s; copy a new session cookie, or log in with a password"
                raise SessionExpired(text % said)
            fresh = self._credentials.again()
            try:
                async with self.http.turn():
                    identity = await self._log_in(fresh)
            except (SessionExpired, SessionNotKept) as error:
                # This does not mean that the credentials are invalid: the response may be wrong, or a server behind a
                # load balancer may not know the new session yet. The link retries.
                raise ProtocolError(f"the session expired, and the server did not keep the new one: {error}") from None
            except LoginError as error:
                raise type(error)(f"the session expired and could not be renewed: {error}") from None
            self._require_same(identity)
            self._credentials.trusted_device = fresh.trusted_device
            self._take(identity)
            log.info(
                "logged in again as %s by %s",
                identity.me.login,
                identity.way,
                extra={"event": "session.renewed", "login": identity.me.login, "credential": identity.way},
            )

    def _require_same(self, identity: Identity) -> None:
        """Raise an error if a login resolves to an account other than the owner of the saved state and outbox."""
        if self._invitation is not None:  # the server may assign a returning guest a new id
            return
        was, now = ((i.me.uid, i.me.partner_id, i.db) for i in (self.identity, identity))
        if was != now:
            self.http.session_id = None
            raise ProtocolError(
                f"the server responded to the login of uid {was[0]} on database {was[2]!r} with the session of uid "
                f"{now[0]} on {now[2][:100]!r}; that session is not used"
            )

    async def check(self, *, recent: bool = False) -> bool:
        """Check whether the session is still valid on the server, before opening a link.

        The response may contain a rotated cookie (Odoo 19), a new worker version or a new server version.

        Args:
            recent: whether to skip the check if a login succeeded within the last 30 s; each login allows this once.

        Returns:
            Whether the server's version, and with it the dialect, has changed.

        Raises:
            SessionExpired: the session has ended.
            LinkError, ProtocolError: the network failed, or the response could not be read.
        """
        now = asyncio.get_running_loop().time()
        if recent and now < self._fresh_until:
            self._fresh_until = 0.0  # the login has just returned the same information
            return False
        version, worker = await self._access.ask_version()
        if worker is not None:
            self.worker = worker
        return self.server.identify(version, by_session=self.identity.session)

    async def echo(self) -> None:
        """Make the server send a notification to this session only.

        Raises:
            OdooChatError: the request failed.
        """
        await self._access.echo(self.do)

    def is_echo(self, notification: Notification) -> bool:
        """Return whether a notification is the response to `echo`.

        Args:
            notification: the notification.
        """
        return self._access.is_echo(notification)

    @property
    def partner_channel(self) -> list[object]:
        """The user's own bus channel, as it appears in a bus poll."""
        return self._access.bus_channel()

    def own_channels(self) -> list[str]:
        """Return the channel names to subscribe to for the user's own notifications."""
        return self._access.subscription()

    @property
    def version(self) -> Version:
        """The server's version."""
        return self.server.version
