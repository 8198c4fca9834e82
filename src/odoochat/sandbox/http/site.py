"""The site: databases, live connections and faults that all request handlers share, and the sender of a request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Protocol

from aiohttp import web

from odoochat.sandbox.faults import Faults, Ledger, Line
from odoochat.sandbox.versions.capabilities import Capabilities
from odoochat.sandbox.world.world import World


class Waiting(Line, Protocol):
    """A live connection that reads the bus when it is woken."""

    world: World

    def wake(self) -> None:
        """Read the bus."""


@dataclass
class Options:
    """Settings of the server; tests shorten the timeouts."""

    list_db: bool = True
    poll_timeout: float = 50.0  # a long poll's longest wait
    commit_window: float = 10.0  # how long a WebSocket looks back for late commits
    ping_after: float = 45.0  # a WebSocket's silence before the server pings
    body_limit: int = 64 * 2**20
    upload_limit: int = 128 * 2**20


class Site:
    """The running server: databases, connections and faults."""

    def __init__(self, worlds: dict[str, World], options: Options, hosts: frozenset[str] = frozenset()) -> None:
        self.hosts = hosts  # names that the server answers to, besides those of loopback
        self.port = 0
        self.worlds = worlds
        self.main = next(iter(worlds.values()))
        self.options = options
        self.lines: set[Waiting] = set()
        self.faults = Faults(lambda: self.main, lambda: list[Line](self.lines))
        self.loop: asyncio.AbstractEventLoop | None = None
        self.url = ""
        for world in worlds.values():
            world.state.bus.listeners.append(lambda ids, world=world: self._noticed(world, ids))  # type: ignore[misc]

    @property
    def ledger(self) -> Ledger:
        """The faults that are set."""
        return self.faults.ledger

    def _noticed(self, world: World, ids: list[int]) -> None:
        if world is self.main:
            self.faults.noticed(ids)
        for line in tuple(self.lines):
            if line.world is world and self.loop is not None and not self.loop.is_closed():
                # The change may be made in another thread, e.g. by the test of a blocking client.
                self.loop.call_soon_threadsafe(line.wake)

    def world_of(self, name: object) -> World | None:
        """Return the database with a name."""
        return self.worlds.get(name) if isinstance(name, str) else None


SITE = web.AppKey("site", Site)


class Visitor:
    """The sender of a request: database, session and user of its cookie."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.site = request.app[SITE]
        self.sid = request.cookies.get("session_id")
        self.cookie: str | None = None  # to be set with the answer
        self.world = self._world()
        if self.sid is None and self.capabilities.sid_in_header:
            self.sid = request.headers.get("X-Openerp-Session-Id") or request.query.get("session_id")
        self.uid = self.world.state.sessions.uid(self.sid)
        if self.uid is None and self.capabilities.guests:
            self.uid = self.world.state.guests.by_cookie(request.cookies.get("dgid"))
        if self.sid is not None and self.world.state.sessions.get(self.sid) is not None:
            newest = self.world.state.sessions.follow(self.sid)
            self.cookie = newest if newest != self.sid else None

    def _world(self) -> World:
        for world in self.site.worlds.values():
            if world.state.sessions.get(self.sid) is not None:
                return world
        return self.site.main

    @property
    def is_user(self) -> bool:
        """Whether a user with a login sent the request, neither a guest nor a visitor without a session."""
        return self.uid is not None and self.uid > 0

    @property
    def version(self) -> float:
        """The major version of Odoo."""
        return self.world.version

    @property
    def capabilities(self) -> Capabilities:
        """The names and abilities of the version."""
        return self.world.state.capabilities

    def set_cookie(self, response: web.StreamResponse) -> None:
        """Set the session's cookie when it has changed."""
        if self.cookie is None:
            return
        age = self.capabilities.session_age
        expires = formatdate(self.world.state.clock() + age, usegmt=True)
        response.headers.add(
            "Set-Cookie", f"session_id={self.cookie}; Expires={expires}; Max-Age={age}; HttpOnly; Path=/"
        )


def html(status: int, title: str, text: str = "") -> web.Response:
    """Return a page like those of a proxy or Werkzeug."""
    return web.Response(
        status=status, content_type="text/html",
        text=f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n"
        + (f"<p>{text}</p>\n" if text else ""),
    )  # fmt: skip


def cut(request: web.Request) -> web.Response:
    """Cut the connection instead of answering."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def int_or(value: Any, otherwise: int) -> int:
    """Return an integer, or the default for any other value."""
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise
