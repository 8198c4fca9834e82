"""The session of one user: calls, and a new login when the session has ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Literal

from odoochat.core.state import ClientState
from odoochat.errors import (
    AccessDenied,
    ApiKeyOnly,
    BadCredentials,
    ConfigError,
    LoginError,
    OdooChatError,
    SessionExpired,
)
from odoochat.events import TypingChanged, Via
from odoochat.model import Me, Version
from odoochat.net.guest import enter_as_guest
from odoochat.net.http import Http
from odoochat.net.login import Credentials, Identity, ask_session, ask_version, log_in
from odoochat.net.repeat import repeated
from odoochat.net.rpc import Envelope
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests import echo as echoes
from odoochat.wire.requests.call import Call, Route
from odoochat.wire.requests.repeats import repeatable
from odoochat.wire.session_info import worker_of
from odoochat.wire.values import parse_version
from odoochat.wire.versions.dialect import Dialect
from odoochat.wire.versions.features import Login
from odoochat.wire.versions.registry import dialect_for

__all__ = ["Session", "Transport"]

log = logging.getLogger("odoochat")

Transport = Literal["auto", "websocket", "peek", "longpoll", "rpc"]


class Session:
    """Logs in, calls, and logs in again when the session died.

    Args:
        http: the server.
        credentials: what to log in with.
        db: the database, None to find it.
        rpc: the envelope for model calls.
        transport: the live link asked for.
        invitation: a guest's: its path, and the name that he wants to have.
    """

    identity: Identity
    dialect: Dialect

    CHECKED_SECONDS = 30.0
    """How long the server's answer to a login needs no second look before a link is opened."""

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
        self.http = http
        self._invitation = invitation
        self._credentials = credentials
        self._db = db
        self._envelope: Envelope | Literal["auto"] = rpc
        self._transport: Transport = transport
        self._renewing = asyncio.Lock()
        self._fresh_until = 0.0
        self.epoch = 0
        self._renewed = asyncio.Event()
        self.worker = ""
        self._settings_id = 0

    @property
    def me(self) -> Me:
        """Who is logged in."""
        return self.identity.me

    @property
    def url(self) -> str:
        """The server's address, after redirects, without a slash at its end."""
        return str(self.http.base).rstrip("/")

    @property
    def kind(self) -> Login:
        """With what kind of login the server knows us."""
        if self.identity.channel:
            return "guest"
        return "session" if self.identity.session else "key"

    @property
    def has_session(self) -> bool:
        """Whether there is a session, and with it the JSON routes."""
        return self.identity.session

    @property
    def renewable(self) -> bool:
        """Whether a fresh session can be had without asking anyone."""
        stays = self._credentials.password or self._credentials.api_key or self._invitation
        return stays is not None and "totp" not in self.identity.way

    def require(self, feature: str) -> None:
        """Refuses what this version of Odoo, or such a login, cannot do.

        Raises:
            NotSupported, ApiKeyOnly: see `odoochat.wire.versions.features.require`.
        """
        self.dialect.require(feature, self.kind)

    async def log_in(self) -> None:
        """Logs in; the answer tells the version.

        Raises:
            ConfigError, LoginError, LinkError, ProtocolError, NotFound: see `odoochat.net.login.log_in`.
        """
        self._take(await self._log_in(self._credentials))

    async def _log_in(self, credentials: Credentials) -> Identity:
        if self._invitation is not None:
            version = await ask_version(self.http)
            dialect_for(version).require("send", "guest")
            return await enter_as_guest(self.http, *self._invitation, version)
        return await log_in(self.http, credentials, db=self._db, rpc=self._envelope)

    @property
    def trusted_device(self) -> str | None:
        """The cookie by which the server asks no code of this device, None when there is none.

        After a login with a second factor the server gives one; `odoochat.connect` takes it as ``trusted_device``.
        """
        device = self._credentials.trusted_device
        return device.reveal() if device is not None else None

    def _take(self, identity: Identity) -> None:
        self.identity = identity
        self._db = identity.db
        self.worker = identity.worker
        self.epoch += 1
        self._renewed.set()
        self._renewed = asyncio.Event()
        self._settings_id = identity.settings
        self._fresh_until = asyncio.get_running_loop().time() + self.CHECKED_SECONDS
        if getattr(self, "dialect", None) is None or identity.version != self.dialect.version:
            self.dialect = dialect_for(identity.version)

    def vias(self) -> tuple[Via, ...]:
        """The transports that this login can have, best first.

        Raises:
            ConfigError: the one asked for is not among them.
        """
        possible: Sequence[Via] = (*self.dialect.table.transports, "rpc") if self.identity.session else ("rpc",)
        if self.identity.channel:
            possible = ("websocket", "rpc")  # a peek tells guests nothing (seen on 19); their polls ask the routes
        if self._transport == "auto":
            return tuple(possible)
        if self._transport not in possible:
            if self._transport in self.dialect.table.transports:
                raise ConfigError(
                    f"transport {self._transport!r} needs a session, and an API key opens none: "
                    "log in with a password, or use 'rpc'"
                )
            raise ConfigError(
                f"Odoo {self.dialect.version} has no transport {self._transport!r}: choose {', '.join(possible)}"
            )
        return (self._transport,)

    # --------------------------------------------------------------------- calls

    async def do(self, action: Call | Route, *, timeout: float | None = None) -> Any:
        """Carries out a call or a route; with a fresh session once, when the old one turns out dead.

        Raises:
            As `odoochat.net.rpc.Rpc.execute`.
        """
        epoch = self.epoch
        try:
            return await self._do(action, timeout)
        except SessionExpired as error:
            await self.renew(epoch, reason=str(error))
            return await self._do(action, timeout)
        except (BadCredentials, AccessDenied) as error:
            # Under load Odoo 14 says "Access Denied" of good logins (FACTS of 14, section 5), and 19 of good keys while
            # it restarts: the same words as for bad ones, so they are believed when they are repeated.
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
            return await self._do_once(action, timeout)
        # Behind a balancer the next try goes to another server, when one of several is down.
        return await repeated(lambda: self._do_once(action, timeout), limits=(None, None, None))

    async def _do_once(self, action: Call | Route, timeout: float | None) -> Any:
        if isinstance(action, Route):
            return await self.identity.rpc.route(action)
        if self.identity.channel:
            raise ApiKeyOnly(f"{action.model}.{action.method} is not for guests: log in with an account")
        return await self.identity.rpc.execute(action, timeout=timeout)

    async def renew(self, epoch: int | None = None, *, reason: str = "") -> None:
        """Logs in again, unless somebody else just did.

        Args:
            epoch: number of the session that ended; None for the present one.
            reason: what the server said, for the text of an error.

        Raises:
            SessionExpired: there is nothing to log in with but the dead session.
            LoginError: the server refuses.
            LinkError: the road.
        """
        seen = self.epoch if epoch is None else epoch
        async with self._renewing:
            if seen != self.epoch:
                return
            stays = self._credentials.password or self._credentials.api_key or self._invitation
            if stays is None:
                said = f" ({reason})" if reason and "expired" not in reason.lower() else ""
                text = "the session ended%s, and there is only its cookie to log in with: copy a fresh one"
                raise SessionExpired(text % said)
            fresh = self._credentials.again()
            try:
                identity = await self._log_in(fresh)
            except LoginError as error:
                raise type(error)(f"the session ended and no new one could be had: {error}") from None
            self._credentials.trusted_device = fresh.trusted_device
            self._take(identity)
            log.info("logged in again as %s by %s", identity.me.login, identity.way)

    async def newer_than(self, epoch: int) -> int:
        """Wait until another login has replaced a session.

        Args:
            epoch: number of the session.

        Returns:
            The number of the present session.
        """
        while self.epoch == epoch:
            await self._renewed.wait()
        return self.epoch

    async def check(self, *, recent: bool = False) -> bool:
        """Asks the server whether it still knows us, before a link is opened.

        The answer may bring a rotated cookie (19), another worker version, and another server version.

        Args:
            recent: whether a login of the last 30 s is answer enough, once.

        Returns:
            Whether the version changed: then there is another dialect now.

        Raises:
            SessionExpired: the session is dead.
            LinkError, ProtocolError: the road.
        """
        now = asyncio.get_running_loop().time()
        if recent and now < self._fresh_until:
            self._fresh_until = 0.0  # the login said all of it just now
            return False
        before = self.dialect.version
        if self.identity.session and not self.identity.channel:
            info = await ask_session(self.http)
            self.worker, _ = worker_of(info)
            version = parse_version(info.get("server_version_info"), info.get("server_version"))
        else:
            version = await ask_version(self.http)
        if version == before:
            return False
        log.info("the server is Odoo %s now, it was %s", version, before)
        self.dialect = dialect_for(version)
        self._settings_id = 0
        return True

    async def echo(self) -> None:
        """Makes the server send us, and nobody else, a notification.

        Raises:
            OdooChatError: it could not be asked.
        """
        if self.identity.channel:
            # A guest has no settings: that he does not type comes back to him, and changes nothing for the others.
            await self.do(self.dialect.membership.typing(self.identity.channel, False))
            return
        if not self._settings_id:
            rows = await self.do(echoes.fetch_settings(self.me.uid))
            if not rows:
                # A user who never opened the web client has no settings yet; opening Discuss makes them.
                await self._boot()
                rows = await self.do(echoes.fetch_settings(self.me.uid))
            self._settings_id = rows[0]["id"] if rows else 0
        if self._settings_id:
            await self.do(echoes.echo(self._settings_id))

    async def _boot(self) -> None:
        for route in (
            Route("/mail/store", {"fetch_params": ["init_messaging"]}),
            Route("/mail/data", {"fetch_params": ["init_messaging"], "init_messaging": {}}),
            Route("/mail/init_messaging", {}),
        ):
            try:
                await self.do(route)
            except OdooChatError as error:
                log.debug("checking %s: %s", route.path, error)
            else:
                return

    @property
    def partner_channel(self) -> list[object]:
        """My own channel of the bus, as a peek shows it."""
        if self.identity.channel:
            return [self.identity.db, "mail.guest", self.me.guest_id]
        return [self.identity.db, "res.partner", self.me.partner_id]

    def is_echo(self, notification: Notification) -> bool:
        """Whether a notification is the answer to `echo`."""
        if not self.identity.channel:
            return echoes.is_echo(notification)
        heard = self.dialect.decoder.decode(notification, ClientState())
        return any(isinstance(e, TypingChanged) and e.author.id == self.me.guest_id and not e.typing for e in heard)

    def own_channels(self) -> list[str]:
        """What must be named to hear my own channels: a guest's, by his cookie (addons/mail/models/ir_websocket.py)."""
        cookie = self.http.cookie("dgid") if self.identity.channel else None
        return [f"mail.guest_{cookie.strip(chr(34))}"] if cookie else []

    @property
    def version(self) -> Version:
        """Of the server."""
        return self.dialect.version
