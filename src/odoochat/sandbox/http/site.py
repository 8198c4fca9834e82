"""The databases, live connections and faults shared by all request handlers, and the visitor behind each request."""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Protocol

from aiohttp import web

from odoochat.sandbox.faults import Faults, Ledger, Line
from odoochat.sandbox.versions.capabilities import Capabilities
from odoochat.sandbox.world.world import World


class Waiting(Line, Protocol):
    """A live connection that reads the bus when woken."""

    world: World

    def listens(self, keys: AbstractSet[str]) -> bool:
        """Return whether the connection is subscribed to one of these channels."""
        ...

    def wake(self) -> None:
        """Read the bus."""


@dataclass
class Options:
    """Server settings; tests shorten the timeouts."""

    list_db: bool = True
    poll_timeout: float = 50.0  # maximum duration of a long poll
    commit_window: float = 10.0  # how long a WebSocket looks back for late commits
    ping_after: float = 45.0  # WebSocket idle time before the server sends a ping
    body_limit: int = 64 * 2**20
    upload_limit: int = 128 * 2**20


class Site:
    """The running server's databases, connections and faults."""

    def __init__(self, worlds: dict[str, World], options: Options, hosts: frozenset[str] = frozenset()) -> None:
        self.hosts = hosts  # host names accepted in addition to loopback names
        self.port = 0
        self.worlds = worlds
        self.main = next(iter(worlds.values()))
        self.options = options
        self.lines: set[Waiting] = set()
        self.faults = Faults(lambda: self.main, lambda: list[Line](self.lines))
        self.loop: asyncio.AbstractEventLoop | None = None
        self.url = ""
        for world in worlds.values():
            world.state.bus.listeners.append(lambda ids, keys, world=world: self._noticed(world, ids, keys))  # type: ignore[misc]

    @property
    def ledger(self) -> Ledger:
        """The active faults."""
        return self.faults.ledger

    def _noticed(self, world: World, ids: list[int], keys: set[str]) -> None:
        if world is self.main:
            self.faults.noticed(ids)
        if self.loop is None or self.loop.is_closed():
            return
        # Like Odoo's dispatcher (addons/bus), wake only the connections that listen; held rows may have other channels.
        everyone = bool(self.ledger.groups)
        for line in tuple(self.lines):
            if line.world is world and (everyone or line.listens(keys)):
                # The change may come from another thread, e.g. from a test of a blocking client.
                self.loop.call_soon_threadsafe(line.wake)

    def world_of(self, name: object) -> World | None:
        """Return the database with the given name."""
        return self.worlds.get(name) if isinstance(name, str) else None


SITE = web.AppKey("site", Site)


class Visitor:
    """The client behind a request: its database, session and user, taken from the cookie."""

    def __init__(self, request: web.Request) -> None:
        self.request = request
        self.site = request.app[SITE]
        self.sid = request.cookies.get("session_id")
        self.cookie: str | None = None  # to be set in the response
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
        """Whether a logged-in user sent the request, as opposed to a guest or a visitor without a session."""
        return self.uid is not None and self.uid > 0

    @property
    def version(self) -> float:
        """The major Odoo version."""
        return self.world.version

    @property
    def capabilities(self) -> Capabilities:
        """The version's names and capabilities."""
        return self.world.state.capabilities

    def set_cookie(self, response: web.StreamResponse) -> None:
        """Set the session cookie if it has changed."""
        if self.cookie is None:
            return
        age = self.capabilities.session_age
        expires = formatdate(self.world.state.clock() + age, usegmt=True)
        response.headers.add(
            "Set-Cookie", f"session_id={self.cookie}; Expires={expires}; Max-Age={age}; HttpOnly; Path=/"
        )


def html(status: int, title: str, text: str = "") -> web.Response:
    """Return an HTML error page like those from a proxy or Werkzeug."""
    return web.Response(
        status=status, content_type="text/html",
        text=f"<!doctype html>\n<html lang=en>\n<title>{status} {title}</title>\n<h1>{title}</h1>\n"
        + (f"<p>{text}</p>\n" if text else ""),
    )  # fmt: skip


def cut(request: web.Request) -> web.Response:
    """Drop the connection instead of responding."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def int_or(value: Any, otherwise: int) -> int:
    """Return the value as an integer, or the default if it is not one."""
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise
