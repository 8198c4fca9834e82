"""Live link: runs the bus, and passes its notifications to the receiver in order."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Sequence

from odoochat.client.background import Background
from odoochat.client.catchup_runner import CatchUpRunner
from odoochat.client.link_status import LinkStatus
from odoochat.client.link_work import Ended, LinkWork, Look, Reason, Work
from odoochat.client.membership import Membership
from odoochat.client.presence import Presence
from odoochat.client.publisher import Publisher
from odoochat.client.receiver import Pending, Receiver
from odoochat.client.session import Session
from odoochat.client.subscription import Subscribers
from odoochat.client.timing import Timing
from odoochat.core.state import ClientState
from odoochat.errors import LinkClosed, LinkError, OdooChatError, UsageError
from odoochat.events import LinkChanged
from odoochat.net.bus import Bus, link_error
from odoochat.net.frame_listener import Batch, Opened
from odoochat.net.loop_iteration import LoopIteration
from odoochat.wire.envelopes.frames import Notification

__all__ = ["LiveLink"]

log = logging.getLogger("odoochat")

WARNED_PER_SECOND = 50.0
"""Number of clients on one server that may query per second after one of them has warned the others."""

JOINED = 64
"""Number of notifications from which a batch is large enough to be delivered without those that follow."""

COARSE_SECONDS = 5.0
"""Intervals longer than this may be up to a second longer."""


class LiveLink:
    """Runs one client's live link.

    Args:
        session: the session; if it is replaced, the open link ends.
        bus: receives notifications.
        work: queue of work from the bus and the timers.
        status: updated whenever the link's state changes.
        state: provides the channels.
        subscribers: the subscriptions, which end with the link.
        publisher: publishes link changes.
        receiver: decodes and delivers notifications.
        membership: fetches the channels.
        catchup_runner: fetches the messages that the link missed.
        presence: reports the user's presence while the link is open.
        timing: the intervals of sweeps and refreshes.
        wait_for_subscriber: whether to hold back messages until the first subscription, so that messages missed during
            a restart are not lost between connecting and subscribing.
    """

    def __init__(
        self,
        session: Session,
        bus: Bus,
        work: LinkWork,
        status: LinkStatus,
        *,
        state: ClientState,
        subscribers: Subscribers,
        publisher: Publisher,
        receiver: Receiver,
        membership: Membership,
        catchup_runner: CatchUpRunner,
        presence: Presence,
        timing: Timing,
        wait_for_subscriber: bool = False,
    ) -> None:
        self._session = session
        self._bus = bus
        self._work = work
        self.status = status
        self._state = state
        self._subscribers = subscribers
        self._publisher = publisher
        self._receiver = receiver
        self._membership = membership
        self._catchup_runner = catchup_runner
        self._presence = presence
        self._timing = timing
        self._wait_for_subscriber = wait_for_subscriber
        self._background = Background(timing.restart)
        self._behind = True
        self._pumping = self._interrupted = self._stopped = False
        self._iteration = LoopIteration()
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.Task[None] | None = None
        self._polls = 0
        self._sweeps = 0
        self._strays = 0
        self._confirmed = False

    # ----------------------------------------------------------------- life cycle

    def start(self) -> None:
        """Start the link. The session must be logged in.

        Raises:
            ConfigError: the requested transport is not available to the login.
        """
        self._bus.link.offer(self._session.vias())
        self._work.at_once = self._do_at_once
        self._work.added = self._begin_pump
        self._session.replaced = self._session_replaced
        self._background.start("bus", self._run_bus)
        self._session.http.clients.join(self, self._warned)
        self._plan_sweep()
        self._presence.start(self._background)

    async def _run_bus(self) -> None:
        error = await self._bus.run()
        self.status.end(error)
        await self._work.put(Ended(error))

    @property
    def delivers_at_once(self) -> bool:
        """Whether the link delivers the client's own posts almost immediately."""
        return self.status.opened.is_set() and not self._behind and self.status.now.via in ("websocket", "longpoll")

    @property
    def behind(self) -> bool:
        """Whether a catch-up is still pending."""
        return self._behind

    def wake(self) -> None:
        """Cut the wait for the next attempt short, because the server is reachable again."""
        self._bus.wake()

    async def settled(self) -> None:
        """Wait until the first attempt is over: the link is open, waiting to retry, or permanently ended."""
        await self.status.decided()

    async def stop(self) -> None:
        """End the link and all its tasks."""
        self.status.end(UsageError("the client was closed"))
        self._stopped = True
        self._session.replaced = None
        self._session.http.clients.leave(self)
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        await self._background.stop()

    # -------------------------------------------------------------------- timers

    def _session_replaced(self) -> None:
        """End the link if the session is replaced, because some servers leave the old session's link open."""
        self._bus.doubt(LinkClosed(4002, "the session was replaced"))

    def _plan_sweep(self, spread: float = 0.0) -> None:
        """Schedule the next sweep, sooner if there is reason to doubt the link.

        Args:
            spread: maximum random delay, in seconds.
        """
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        if self._stopped:
            return
        seconds = self._timing.calm_sweep if self._is_calm else self._timing.sweep
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds * (0.75 + random.random() / 2) + spread * random.random()
        # Timers of many clients that expire at the same moment wake the process only once.
        self._sweep_timer = loop.call_at(math.ceil(at) if seconds > COARSE_SECONDS else at, self._begin_sweep)

    def _warned(self) -> None:
        """Doubt the link, because another client on the server found messages that its link did not deliver."""
        self._confirmed = False
        self._plan_sweep(spread=len(self._session.http.clients) / WARNED_PER_SECOND)

    def _begin_sweep(self) -> None:
        self._background.once("sweep", self._sweep)

    async def _sweep(self) -> None:
        """Query for messages that the link should have delivered: lost rows, and late commits with lower ids."""
        try:
            if self.status.opened.is_set() and self.status.now.via != "rpc":  # it turns some of its polls into sweeps
                await self._work.look("sweep")
        except OdooChatError as error:
            log.debug("checking for missed messages: %s", error)
        finally:
            # While nothing is wrong, the clients on one server take turns.
            others = len(self._session.http.clients) - 1 if self._is_calm else 0
            self._plan_sweep(min(2.0 * others * self._timing.calm_sweep, self._timing.shared_sweep))

    @property
    def _is_calm(self) -> bool:
        table = self._session.dialect.table
        return self._confirmed and self.status.now.via == "websocket" and not table.skips_late_rows

    def _note_ids(self, items: Sequence[Notification]) -> None:
        """Record the ids of notifications, and check for messages while there is a recent hole."""
        now = asyncio.get_running_loop().time()
        self._bus.holes.received([i.id for i in items], now)
        if self._bus.holes.due(now) is not None and (self._watch is None or self._watch.done()):
            self._watch = self._background.start("holes", self._watch_holes)

    async def _watch_holes(self) -> None:
        now = asyncio.get_running_loop().time
        holes = self._bus.holes
        while (seconds := holes.due(now())) is not None:
            if seconds > 0.0:
                await asyncio.sleep(seconds)
            else:
                await self.status.opened.wait()
                try:
                    await self._work.look("hole")
                except OdooChatError as error:
                    log.debug("checking a hole in the bus: %s", error)
                    holes.looked(0, now())

    # ------------------------------------------------------------------ work loop

    def _begin_pump(self) -> None:
        if not self._pumping and not self._stopped:
            self._pumping = True
            self._background.start("pump", self._pump)

    async def _pump(self) -> None:
        """Process the queued work."""
        if self._interrupted:  # after an error, the current item is lost, and a catch-up must replace it
            self._mistrust(LinkError("the delivery of events was interrupted"))
            if self.status.error is not None:
                self._subscribers.end(self.status.error)
        self._interrupted = True
        while (work := self._work.take()) is not None:
            try:
                await self._do(work)
            except OdooChatError as error:
                log.debug("checking: %s", error)
                self._mistrust(error)
            except Exception as error:
                self._mistrust(link_error(error))
        self._interrupted = self._pumping = False

    def _mistrust(self, error: OdooChatError) -> None:
        """End the link, because a notification could not be delivered."""
        self._behind = True
        self._bus.doubt(error)

    def _do_at_once(self, work: Work) -> Work | None:
        """Deliver a batch in the call that received it, if it is the first one in this iteration of the event loop.

        Those that follow are collected, because delivering many takes less time than delivering each on its own.

        Returns:
            What is left to do, or None.
        """
        if self._pumping or self._behind or self._stopped or not isinstance(work, Batch) or work.replay:
            return work
        if not self._iteration.begin():
            return work
        if self._session.dialect.table.skips_late_rows:
            self._note_ids(work.items)
        try:
            return self._receiver.deliver_at_once(work)
        except Exception as error:
            self._mistrust(link_error(error))
            return None

    async def _do(self, work: Work) -> None:
        match work:
            case Batch():
                posts_only = self._receiver.has_only_posts
                if not self._work.is_empty and len(work.items) < JOINED and posts_only(work):
                    # One request fetches the missing rows of all.
                    work = work.joined(self._work.take_batches(posts_only))
                if self._session.dialect.table.skips_late_rows:
                    self._note_ids(work.items)
                if not self._behind:
                    await self._receiver.deliver(work)
            case Pending():
                if not self._behind:
                    await self._receiver.deliver(work)
            case LinkChanged():
                self.status.changed(work)
                self._publisher.publish(work)
            case Opened():
                self._behind = True
                self._confirmed = False
                self._strays = 0
                self._plan_sweep()
                if self._wait_for_subscriber:
                    await self._subscribers.first.wait()
                await self._catchup_runner.link_opened()
                self._behind = False
                log.info(
                    "subscribed to %d channels",
                    len(self._state.channels()),
                    extra={"event": "bus.subscribed", "count": len(self._state.channels())},
                )
            case Look():
                await self._answer(work)
            case Ended(error=error):
                self._subscribers.end(error)

    async def _answer(self, look: Look) -> None:
        try:
            await self._look_for_missed(look.reason)
        except Exception as error:
            if not look.done.done():
                look.done.set_exception(link_error(error))
        except BaseException:
            look.done.cancel()
            raise
        finally:
            if not look.done.done():
                look.done.set_result(None)

    async def _look_for_missed(self, reason: Reason) -> None:
        if self._behind and self.status.now.via != "rpc":
            return
        if self._wait_for_subscriber and not self._subscribers.first.is_set():
            return  # the first poll precedes the opening, whose catch-up waits for the first subscription
        if reason == "poll":
            self._polls += 1
            if self._polls == 1 and self._catchup_runner.just_begun:
                return  # everything was fetched a moment ago
            if await self._check_instead(self._polls):
                return
        elif reason == "sweep":
            self._sweeps += 1
            # The notification about a new channel may be lost, and sweeps skip unknown channels.
            await self._check_channels(self._sweeps)
        near, full = reason == "hole", False
        if reason == "poll":
            near = self._polls % self._timing.polls_per_sweep != 1
            full = self._polls % self._timing.polls_per_full_sweep == 1
        elif reason == "sweep":
            full = not self._confirmed or self._sweeps % self._timing.sweeps_per_refresh == 0
        found = await self._catchup_runner.catch_up(near=near, full=full)
        if reason == "sweep":
            if found and self._confirmed:
                self._session.http.clients.warn(self)
            self._confirmed = found == 0
        if reason == "hole":
            self._bus.holes.looked(found, asyncio.get_running_loop().time())
        elif self.status.now.via != "rpc":
            self._count_strays(found)

    async def _check_instead(self, number: int) -> bool:
        """Check for channel changes instead of messages if this poll is due to do so, and return whether it did."""
        if number % self._timing.polls_per_refresh == 0:
            await self._membership.refresh()
        elif number % self._timing.polls_per_hint == 0:
            await self._membership.refresh_if_changed()
        else:
            return False
        return True

    async def _check_channels(self, number: int) -> None:
        """Fetch the channels if this sweep is due to do so, or if the user has joined or left one."""
        if number % self._timing.sweeps_per_refresh == 0:
            await self._membership.refresh()
        elif number % self._timing.sweeps_per_hint == 0:
            await self._membership.refresh_if_joined()

    def _count_strays(self, found: int) -> None:
        """End the link if two consecutive sweeps found messages; a single sweep may just have found late commits."""
        self._strays = self._strays + 1 if found else 0
        if self._strays >= 2:
            self._strays = 0
            self._bus.link.forget()
            self._bus.doubt(LinkError("messages were missed by the live link"))
