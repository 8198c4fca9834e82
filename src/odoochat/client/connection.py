"""Connection: the components of a client, and their life cycle from login to close."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from odoochat.client.background import Background
from odoochat.client.delivery import DeliveryPipeline
from odoochat.client.dialer import Dialer
from odoochat.client.guest_queries import GuestQueries
from odoochat.client.link_status import LinkStatus
from odoochat.client.link_work import LinkWork
from odoochat.client.live import LiveLink
from odoochat.client.outbox_runner import OutboxRunner
from odoochat.client.own_posts import OwnPosts
from odoochat.client.persistence import OutboxFile, StateFile, StateSaver, StateStore
from odoochat.client.presence import Presence, PresenceSettings
from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.client.subscription import Subscribers
from odoochat.client.timing import Timing
from odoochat.core.holes import Holes
from odoochat.core.link import Link
from odoochat.core.outbox import Outbox
from odoochat.core.state import ClientState
from odoochat.errors import ConfigError, UsageError
from odoochat.metrics import Metrics
from odoochat.net.bus import Bus

if TYPE_CHECKING:
    from odoochat.client.client_archive import ClientArchive

__all__ = ["Connection"]

log = logging.getLogger("odoochat")

USUAL = Timing()


class _Closing:
    """Runs the steps of closing a connection and collects their errors."""

    def __init__(self) -> None:
        self._errors: list[Exception] = []

    async def step(self, name: str, end: Callable[[], Any]) -> None:
        """Close one component.

        Args:
            name: the component's name, for the log.
            end: a function that closes the component. If it returns an awaitable, that is awaited.
        """
        try:
            waiting = end()
            if isawaitable(waiting):
                await waiting
        except Exception as error:
            log.warning(
                "closing the client, %s: %s",
                name,
                error or type(error).__name__,
                extra={"event": "close.failed", "part": name, "error": str(error) or type(error).__name__},
            )
            self._errors.append(error)

    def finish(self) -> None:
        """Raise the first error, if any, adding the others as notes."""
        if not self._errors:
            return
        first, *others = self._errors
        for error in others:
            first.add_note(f"also: {type(error).__name__}: {error}")
        raise first


class Connection:
    """One user's connection to one server.

    Args:
        session: the session, not logged in yet.
        websocket_paths: additional WebSocket paths, tried first.
        state: path of the state file, or a store to use instead; None for neither.
        outbox: folder for the outbox, or None to keep it in memory.
        archive: path of the archive, or None for no archive.
        live: whether to open a live link.
        patience: how long posting is retried while the server is unreachable, in seconds; None for 120, or 0 without a
            link.
        presence: the presence that other users see while the link is open; None for none.
        guest: whether the user is a guest.
        timing: all intervals.
        metrics: collects the client's metrics; None to collect none.

    Attributes:
        state: the client's state.
        subscribers: the subscriptions.
        status: the state of the live link.
        queries: fetches channels and messages.
        publisher: publishes events.
        membership: fetches the user's channels.
        catchup_runner: fetches the messages that the link missed.
        presence: reports and fetches presence.
        live_link: the live link; None before `open`, or if the client has none.
        archive: the archive; None before `open`, or if the client has none.
    """

    def __init__(
        self,
        session: Session,
        *,
        websocket_paths: Sequence[str],
        state: str | os.PathLike[str] | StateStore | None,
        outbox: str | os.PathLike[str] | None,
        archive: Path | None = None,
        live: bool,
        patience: float | None,
        presence: Literal["online", "away"] | None = None,
        guest: bool = False,
        timing: Timing | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self.session = session
        self.metrics = metrics
        self.timing = timing = timing if timing is not None else USUAL
        self.background = Background(timing.restart)
        self.state = ClientState()
        self.subscribers = Subscribers()
        self.status = LinkStatus()
        self.queries = GuestQueries(session, self.state) if guest else ServerQueries(session, self.state)
        self._outbox = Outbox()
        self._state_path = state
        self._outbox_path = outbox
        self._archive_path = archive
        self.archive: ClientArchive | None = None
        self._patience = patience if patience is not None else (120.0 if live else 0.0)
        self._state_file: StateFile | None = None
        self._work = LinkWork()
        self._presence_settings = PresenceSettings(presence)
        self._bus = self._make_bus(websocket_paths) if live else None
        self._delivery = DeliveryPipeline(
            session,
            state=self.state,
            subscribers=self.subscribers,
            outbox=self._outbox,
            queries=self.queries,
            status=self.status,
            bus=self._bus,
            background=self.background,
            timing=timing,
            messages_wanted=live or state is not None or guest,
        )
        self.publisher = self._delivery.publisher
        self.membership = self._delivery.membership
        self.catchup_runner = self._delivery.catchup_runner
        self.presence = Presence(
            session,
            state=self.state,
            publisher=self.publisher,
            settings=self._presence_settings,
            bus=self._bus,
            status=self.status,
            timing=timing,
        )
        self.live_link: LiveLink | None = None
        self._outbox_runner: OutboxRunner | None = None
        self._closed = False

    def _make_bus(self, paths: Sequence[str]) -> Bus:
        link = Link((), random=random.random, policy=self.timing.link)
        first, every, young = self.timing.holes
        holes = Holes(first=first, every=every, young=young)
        dialer = Dialer(
            self.session,
            link,
            holes,
            presence=self._presence_settings,
            poll=self._work.poll,
            timing=self.timing,
            paths=paths,
        )
        return Bus(
            link,
            holes,
            dial=dialer.dial,
            renew=dialer.renew,
            emit=self._work.put,
            emit_now=self._work.put_now,
            pause=self.timing.restart,
            turn=self.session.turn,
        )

    # ---------------------------------------------------------------------- open

    @property
    def own_posts(self) -> OwnPosts:
        """Fetches the messages that the server created for posts."""
        return self._delivery.own_posts

    @property
    def is_open(self) -> bool:
        """Whether the connection has been opened and not yet closed."""
        return self._outbox_runner is not None and not self._closed

    @property
    def outbox_runner(self) -> OutboxRunner:
        """Posts messages.

        Raises:
            UsageError: the client is not connected.
        """
        if self._outbox_runner is None or self._closed:
            raise UsageError("the client is not connected; use it inside `async with odoochat.connect(…)`")
        return self._outbox_runner

    async def open(self, login: Awaitable[None]) -> None:
        """Fetch the channels once the session is logged in, and start the live link.

        Args:
            login: finishes when the session is logged in.

        Raises:
            OdooChatError: see `odoochat.connect`.
        """
        session = self.session
        if self.metrics is not None:
            self.subscribers.observers = (self.metrics.add(self),)
        await login
        self.state.me = session.me
        self.state.author("partner", session.me.partner_id, session.me.name)
        owner = f"{session.me.uid or session.identity.channel}@{session.identity.db}@{session.url}"
        resumed = self._read_state(owner)
        await self.catchup_runner.begin(resume=resumed, server_time=lambda: session.http.server_time)
        if self._archive_path is not None:
            await self._open_archive(self._archive_path, owner)
        if self._bus is not None:
            self.live_link = self._make_live_link(self._bus)
        file = OutboxFile(self._outbox_path, owner) if self._outbox_path is not None else None
        self._outbox_runner = OutboxRunner(
            session,
            self._outbox,
            state=self.state,
            publisher=self.publisher,
            own_posts=self.own_posts,
            queries=self.queries,
            catchup=self._delivery.catchup,
            live=self.live_link,
            patience=self._patience,
            file=file,
            timing=self.timing,
            metrics=self.metrics,
        )
        if self.live_link is not None:
            self.live_link.start()
            await self.live_link.settled()
            if self.status.error is not None:
                raise self.status.error
        if waiting := self._outbox_runner.resume():
            log.info(
                "%d messages from the last run are still to be sent",
                waiting,
                extra={"event": "outbox.resumed", "count": waiting},
            )
        if self._state_file is not None:
            if not resumed:  # a process killed right away must not start from scratch when restarted
                await self._state_file.save(self._export)
            saver = StateSaver(self._state_file, self._export, interval=self.timing.save)
            self.background.start("state", saver.run)

    @property
    def kept(self) -> ClientArchive:
        """The client's archive.

        Raises:
            UsageError: the client has no archive.
        """
        if self.archive is None:
            raise UsageError("this client has no archive; use connect(…, archive=True)")
        return self.archive

    async def _open_archive(self, path: Path, owner: str) -> None:
        from odoochat.client.client_archive import ClientArchive  # loads SQLite only when used

        self.archive = ClientArchive(self, path)
        await self.archive.start(owner)

    def _make_live_link(self, bus: Bus) -> LiveLink:
        return LiveLink(
            self.session,
            bus,
            self._work,
            self.status,
            state=self.state,
            subscribers=self.subscribers,
            publisher=self.publisher,
            receiver=self._delivery.receiver,
            membership=self.membership,
            catchup_runner=self.catchup_runner,
            presence=self.presence,
            timing=self.timing,
            wait_for_subscriber=self._state_file is not None,
        )

    def _read_state(self, owner: str) -> bool:
        if self._state_path is None:
            return False
        self._state_file = StateFile(self._state_path, owner)
        account = self._state_file.read()
        if account is None:
            return False
        try:
            self._delivery.catchup.restore(account, asyncio.get_running_loop().time())
        except (ValueError, TypeError, KeyError, OverflowError):
            raise ConfigError(f"{self._state_path} is damaged; remove it to start afresh") from None
        return True

    def measure(self) -> dict[str, float]:
        """Return the gauges for `Metrics`, by metric name."""
        sizes = [len(queue) for queue in self.subscribers]
        return {
            "odoochat_link_open": float(self.status.now.state == "open"),
            "odoochat_events_missed_total": self.subscribers.missed,
            "odoochat_outbox_messages": len(self._outbox),
            "odoochat_subscriptions": len(sizes),
            "odoochat_subscription_events": sum(sizes),
        }

    def _export(self, *, in_hand: bool = True) -> dict[str, Any]:
        return self._delivery.catchup.export(self.subscribers.unhandled(in_hand=in_hand))

    def _last_export(self, *, in_hand: bool) -> dict[str, Any]:
        account = self._export(in_hand=in_hand)
        self.subscribers.drop_posts()
        return account

    # --------------------------------------------------------------------- close

    async def close(self, *, failed: bool = False) -> None:
        """Close every component, even if others fail to close. Safe to call at any time, and more than once.

        Args:
            failed: whether a handler failed; if so, the message that it was processing counts as unhandled.

        Raises:
            ConfigError: the state file could not be written; everything is closed nonetheless.
        """
        if self._closed:
            return
        self._closed = True
        closing = _Closing()
        if self.metrics is not None:
            self.metrics.remove(self)
        async with AsyncExitStack() as stack:  # the last component pushed is closed first
            stack.push_async_callback(closing.step, "connections", self.session.http.close)
            if self.archive is not None:
                stack.push_async_callback(closing.step, "archive", self.archive.close)
            stack.push_async_callback(closing.step, "subscriptions", self.subscribers.end)
            if self._state_file is not None:
                stack.push_async_callback(closing.step, "state file", self._state_file.close)
            if self._state_file is not None and self._outbox_runner is not None:
                save = partial(self._state_file.save, partial(self._last_export, in_hand=failed))
                stack.push_async_callback(closing.step, "state file", save)
            stack.push_async_callback(closing.step, "events", self.publisher.posts.stop)
            stack.push_async_callback(closing.step, "channels", self.membership.stop)
            if self.live_link is not None:
                stack.push_async_callback(closing.step, "live link", self.live_link.stop)
            if self._outbox_runner is not None:
                stack.push_async_callback(closing.step, "sending", self._outbox_runner.stop)
            stack.push_async_callback(closing.step, "tasks", self.background.stop)
        closing.finish()
