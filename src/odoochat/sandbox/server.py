"""The sandbox server: a database behind Odoo's HTTP interface."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from html import escape
from types import TracebackType
from typing import Any, NamedTuple, Self, TypedDict

from aiohttp import web

from odoochat.sandbox.clock import MovableClock
from odoochat.sandbox.faults import Faults
from odoochat.sandbox.http.login import LOGIN_LIMITER, LoginLimiter
from odoochat.sandbox.http.routing import add_routes
from odoochat.sandbox.http.site import SITE, Options, Site, cut, html
from odoochat.sandbox.origins import refusal
from odoochat.sandbox.world.world import World

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SandboxUser(NamedTuple):
    """A user in the sandbox.

    Attributes:
        id: user id.
        partner_id: the user's partner id.
    """

    id: int
    partner_id: int


class SandboxOptions(TypedDict, total=False):
    """Options for `running_sandbox`; see `Sandbox`.

    Attributes:
        port: TCP port to listen on.
        host: address to listen on.
        database: database name.
        path: an SQLite file, or ":memory:".
        databases: names of additional databases.
        list_db: whether /web/database/list returns the databases.
        seeding: contents of a new database.
        hosts: additional host names to accept.
        options: other settings, mostly timeouts that tests can shorten.
        clock: returns the current time, as a Unix timestamp.
    """

    port: int
    host: str
    database: str
    path: str
    databases: Iterable[str]
    list_db: bool
    seeding: str | None
    hosts: Iterable[str]
    options: Options | None
    clock: Callable[[], float]


class Sandbox:
    """A server with Odoo's interface, as an async context manager.

    Args:
        version: the major Odoo version, 14 to 20.
        port: TCP port to listen on; 0 to choose a free one.
        host: address to listen on.
        database: database name.
        path: an SQLite file, or ":memory:".
        databases: names of additional databases, each with an in-memory world.
        list_db: whether /web/database/list returns the databases.
        seeding: contents of a new database; see `World`.
        hosts: additional host names to accept. By default only loopback names and addresses are accepted, so that a
            page in a browser cannot reach the server under a different name.
        options: other settings, mostly timeouts that tests can shorten.
        clock: returns the current time, as a Unix timestamp.

    Attributes:
        db: database name.
        world: the database and its actions, for inspecting and changing data without a client.
        clock: the server's clock, which `advance` moves.
    """

    def __init__(
        self,
        version: float = 19,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        database: str = "sandbox",
        path: str = ":memory:",
        databases: Iterable[str] = (),
        list_db: bool = True,
        hosts: Iterable[str] = (),
        seeding: str | None = "company",
        options: Options | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.host, self.port = host, port
        self.db = database
        self.clock = MovableClock(clock)
        self.world = World(version, path, name=database, seeding=seeding, clock=self.clock)
        worlds = {database: self.world}
        for name in databases:
            if name not in worlds:
                worlds[name] = World(version, name=name, seeding=seeding, clock=self.clock)
        chosen = options or Options(list_db=list_db)
        chosen.list_db = list_db
        for world in worlds.values():
            world.state.files.limit = chosen.upload_limit
        self._site = Site(worlds, chosen, frozenset(name.lower() for name in (host, *hosts)))
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The server's URL, without a trailing slash."""
        return f"http://{self.host}:{self.port}"

    @property
    def version(self) -> float:
        """The major Odoo version."""
        return self.world.version

    @property
    def faults(self) -> Faults:
        """Faults that a test can inject."""
        return self._site.faults

    @property
    def worlds(self) -> dict[str, World]:
        """All worlds by database name."""
        return self._site.worlds

    @property
    def users(self) -> dict[str, SandboxUser]:
        """Users by login."""
        return {row["login"]: SandboxUser(row["id"], row["partner_id"]) for row in self.world.state.accounts.users()}

    @property
    def connections(self) -> int:
        """Number of open WebSockets and long polls."""
        return len(self._site.lines)

    def model(self, name: str, /, **fields: type | str) -> None:
        """Declare a model whose records have a discussion: `box.model("crm.lead", name=str, partner_id="res.partner")`.

        Args:
            name: the model's technical name.
            fields: see `World.model`.

        Raises:
            ValueError: a name or type is invalid.
        """
        self.world.model(name, **fields)

    def advance(
        self, by: timedelta | None = None, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Move the server's clock forward, then end expired mutes and polls and send scheduled messages that are due.

        Args:
            by: how far to move the clock.
            seconds: added to `by`.
            minutes: added to `by`.
            hours: added to `by`.
            days: added to `by`.

        Raises:
            ValueError: the total is negative.
        """
        total = (by or timedelta()) + timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if total < timedelta():
            raise ValueError(f"advance() cannot move the clock back (by {-total}); use set_time()")
        self._move_clock(total.total_seconds())

    def set_time(self, moment: datetime) -> None:
        """Set the server's clock forward or back, then run everything that is due.

        Args:
            moment: the new time, as an aware datetime.

        Raises:
            ValueError: `moment` has no time zone.
        """
        if moment.tzinfo is None:
            raise ValueError("`moment` needs a time zone, e.g. datetime(2030, 1, 1, tzinfo=UTC)")
        self._move_clock(moment.timestamp() - self.clock())

    def _move_clock(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for world in self.worlds.values():
            world.deadlines.run()

    def api_key(self, login: str) -> str:
        """Return a user's API key.

        Args:
            login: the user's login.
        """
        found = self.world.state.db.value("SELECT key FROM api_key WHERE user_id = ?", self.world.uid(login))
        return str(found)

    async def start(self) -> Self:
        """Start listening on the port.

        Returns:
            The sandbox itself.

        Raises:
            OSError: the port is in use; everything opened so far is closed.
        """
        try:
            await self._listen()
        except BaseException:
            await self.close()
            raise
        return self

    async def _listen(self) -> None:
        self._site.loop = asyncio.get_running_loop()
        self._runner = web.AppRunner(
            _application(self._site), handler_cancellation=True, access_log=None, shutdown_timeout=0.2
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        addresses: list[Any] = self._runner.addresses
        self.port = addresses[0][1]
        self._site.port = self.port
        for world in self.worlds.values():
            world.state.url = self.url

    async def close(self) -> None:
        """Close all connections with code 1001, like a server shutting down, then close the port and the database."""
        self.faults.drop(1001)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for world in self.worlds.values():
            world.close()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _application(site: Site) -> web.Application:
    app = web.Application(middlewares=[_left, _guarded, _mishaps], client_max_size=site.options.upload_limit)
    app[SITE] = site
    app[LOGIN_LIMITER] = LoginLimiter()
    add_routes(app.router)
    return app


@web.middleware
async def _left(request: web.Request, handler: Next) -> web.StreamResponse:
    """End a request quietly if its client has left: aiohttp logs what a handler that writes itself then raises."""
    try:
        return await handler(request)
    except ConnectionError:
        return cut(request)


@web.middleware
async def _guarded(request: web.Request, handler: Next) -> web.StreamResponse:
    """Refuse requests from web pages on other servers, on every path."""
    site = request.app[SITE]
    reason = refusal(request.method, request.headers, site.port, site.hosts)
    return await handler(request) if reason is None else html(403, "Forbidden", escape(reason))


@web.middleware
async def _mishaps(request: web.Request, handler: Next) -> web.StreamResponse:
    """Apply the delays and failures set by a test."""
    ledger = request.app[SITE].ledger
    if ledger.delay > 0:
        await asyncio.sleep(ledger.delay)
    failure = ledger.take_failure()
    if failure is not None:
        return html(failure, "Internal Server Error" if failure == 500 else "Error")
    return await handler(request)
