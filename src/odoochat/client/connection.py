"""A client's life from login to close, and what is known of its login."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from inspect import isawaitable
from typing import Any, Literal

from odoochat.client.background import Background
from odoochat.client.files import Files
from odoochat.client.guest_queries import GuestQueries
from odoochat.client.inbox import Inbox
from odoochat.client.intake import Intake
from odoochat.client.live import LiveLink
from odoochat.client.outbox_runner import OutboxRunner
from odoochat.client.people import People
from odoochat.client.persistence import OutboxFile, StateFile, StateSaver
from odoochat.client.presence import Presence
from odoochat.client.session import Session
from odoochat.client.subscription import Subscribers
from odoochat.core.catchup import Catchup
from odoochat.core.outbox import Entry, Outbox
from odoochat.core.state import ClientState
from odoochat.errors import ApiKeyOnly, ConfigError, NotSupported, UsageError
from odoochat.events import LinkChanged, Via
from odoochat.model import Me, Version
from odoochat.wire.versions.features import FEATURES

__all__ = ["Connection"]

log = logging.getLogger("odoochat")


class _Closing:
    """Carries out the steps of a close, and keeps what went wrong in them."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []

    async def step(self, name: str, end: Callable[[], Any]) -> None:
        """Ends one part.

        Args:
            name: of the part, in the log.
            end: ends it; what it gives is awaited when that is possible.
        """
        try:
            waiting = end()
            if isawaitable(waiting):
                await waiting
        except Exception as error:
            log.warning("closing the client, %s: %s", name, error or type(error).__name__)
            self._errors.append(error)

    def finish(self) -> None:
        """Raises the first error, when there was one; the others are told in its notes."""
        if not self._errors:
            return
        first, *others = self._errors
        for error in others:
            first.add_note(f"also: {type(error).__name__}: {error}")
        raise first


class Connection:
    """The life of a client, and the facts of its login.

    Attributes:
        people: finds people, and tells who is there.
        inbox: where I was mentioned, and what I starred.
        files: fetches files, and pictures of people.
    """

    def __init__(
        self,
        session: Session,
        *,
        websocket_paths: Sequence[str],
        state: str | os.PathLike[str] | None,
        outbox: str | os.PathLike[str] | None,
        live: bool,
        patience: float | None,
        presence: Literal["online", "away"] | None = None,
        guest: bool = False,
    ) -> None:
        self._session = session
        self._live = live
        self._paths = websocket_paths
        self._state = ClientState()
        self._subscribers = Subscribers()
        self._catchup = Catchup()
        self._outbox = Outbox()
        rows = GuestQueries(session, self._state) if guest else None
        self._intake = Intake(session, self._state, self._subscribers, self._catchup, self._outbox, rows)
        self._presence = Presence(session, self._state, self._intake, presence)
        self.people = People(session, self._state, self._intake, self._presence)
        self.files = Files(session)
        self.inbox = Inbox(session, self._state, self._intake)
        self._state_file_path = state
        self._outbox_path = outbox
        self._patience = patience if patience is not None else (120.0 if live else 0.0)
        self._state_file: StateFile | None = None
        self._live_link: LiveLink | None = None
        self._outbox_runner: OutboxRunner | None = None
        self._background = Background()
        self._closed = False

    def __repr__(self) -> str:
        return f"<Client {self.url} {self.me.login if self._outbox_runner else 'not connected'}>"

    # ---------------------------------------------------------------------- life

    async def open(self) -> None:
        """Logs in and starts the live link; called once, by `connect`."""
        session = self._session
        await session.log_in()
        owner = f"{session.me.uid or session.identity.channel}@{session.identity.db}@{self.url}"
        resumed = self._read_state(owner)
        light = not self._live and self._state_file is None and session.kind != "guest"
        await self._intake.begin(resume=resumed, light=light, server_time=lambda: session.http.server_time)
        if self._live:
            self._live_link = LiveLink(
                session,
                self._state,
                self._subscribers,
                self._intake,
                self._presence,
                paths=self._paths,
                wait_for_subscriber=self._state_file is not None,
            )
        file = OutboxFile(self._outbox_path, owner) if self._outbox_path is not None else None
        self._outbox_runner = OutboxRunner(
            session, self._outbox, self._intake, feed=self._live_link, patience=self._patience, file=file
        )
        if self._live_link is not None:
            self._live_link.start()
            await self._live_link.settled()
            if self._live_link.status.error is not None:
                raise self._live_link.status.error
        if waiting := self._outbox_runner.resume():
            log.info("%d messages of the last time wait to be sent", waiting)
        if self._state_file is not None:
            saver = StateSaver(self._state_file, self._export)
            self._background.start("state", saver.run)

    def _read_state(self, owner: str) -> bool:
        if self._state_file_path is None:
            return False
        self._state_file = StateFile(self._state_file_path, owner)
        account = self._state_file.read()
        if account is None:
            return False
        try:
            self._catchup.restore(account, asyncio.get_running_loop().time())
        except (ValueError, TypeError, KeyError):
            raise ConfigError(f"{self._state_file_path} is damaged: remove it to begin anew") from None
        return True

    def _export(self, *, in_hand: bool = True) -> dict[str, Any]:
        return self._catchup.export(self._subscribers.unhandled(in_hand=in_hand))

    async def close(self, *, failed: bool = False) -> None:
        """Ends everything; safe to call twice, and in the middle of whatever is going on.

        Every part is closed, also when another one cannot be.

        Args:
            failed: whether a handler failed: the message it had in hand then counts as not handled.

        Raises:
            ConfigError: the state file could not be written; everything is closed all the same.
        """
        if self._closed:
            return
        self._closed = True
        closing = _Closing()
        async with AsyncExitStack() as stack:  # what is pushed last ends first
            stack.push_async_callback(closing.step, "connections", self._session.http.close)
            stack.push_async_callback(closing.step, "subscriptions", self._subscribers.end)
            if self._state_file is not None and self._outbox_runner is not None:
                save = partial(self._state_file.save, partial(self._export, in_hand=failed))
                stack.push_async_callback(closing.step, "state file", save)
            stack.push_async_callback(closing.step, "events", self._intake.stop)
            if self._live_link is not None:
                stack.push_async_callback(closing.step, "live link", self._live_link.stop)
            if self._outbox_runner is not None:
                stack.push_async_callback(closing.step, "sending", self._outbox_runner.stop)
            stack.push_async_callback(closing.step, "tasks", self._background.stop)
        closing.finish()

    # --------------------------------------------------------------------- facts

    @property
    def url(self) -> str:
        """The server's address, after redirects."""
        return str(self._session.http.base).rstrip("/")

    @property
    def me(self) -> Me:
        """Who is logged in."""
        return self._session.me

    @property
    def db(self) -> str:
        """The database."""
        return self._session.identity.db

    @property
    def version(self) -> Version:
        """The server's version."""
        return self._session.version

    @property
    def credential(self) -> str:
        """By what the login was made: ``password``, ``password+totp``, ``api key`` or ``session cookie``."""
        return self._session.identity.way

    @property
    def trusted_device(self) -> str | None:
        """The cookie by which the server asks this device for no second factor for 90 days; None when there is none.

        It is a secret: give it to `odoochat.connect` as ``trusted_device`` the next time.
        """
        return self._session.trusted_device

    def require(self, feature: str) -> None:
        """Refuses what this version of Odoo, or such a login, cannot do, as the verbs themselves do.

        Args:
            feature: a name of docs/features.md: ``react``, ``pin``, ``thread``…

        Raises:
            NotSupported: another version can.
            ApiKeyOnly: another login can.
            UsageError: there is no such feature.
        """
        if feature not in FEATURES:
            raise UsageError(f"no feature is called {feature!r}: docs/features.md has their names")
        self._session.require(feature)

    def can(self, feature: str) -> bool:
        """Whether this version of Odoo and such a login can do something; its name as for `require`.

        Raises:
            UsageError: there is no such feature.
        """
        try:
            self.require(feature)
        except (NotSupported, ApiKeyOnly):
            return False
        return True

    @property
    def best(self) -> str:
        """Which live link this login can have, and why, in one sentence."""
        return self._session.identity.best

    @property
    def link(self) -> LinkChanged:
        """The state of the live link."""
        return self._live_link.status.now if self._live_link is not None else LinkChanged("closed")

    @property
    def via(self) -> Via | None:
        """The transport that is open, None when none is."""
        return self.link.via if self.link.state == "open" else None

    @property
    def outbox(self) -> list[Entry]:
        """What waits to be sent, oldest first."""
        return self._working.pending()

    def cancel(self, local_id: str) -> bool:
        """Withdraws a message that waits; False when it is under way or gone."""
        return self._working.cancel(local_id)

    @property
    def _working(self) -> OutboxRunner:
        if self._outbox_runner is None or self._closed:
            raise UsageError("the client is not connected: use it inside `async with odoochat.connect(…)`")
        return self._outbox_runner
