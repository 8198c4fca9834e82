"""The live link of a client: dials what the machine says, and pumps what comes into the intake, in order."""

from __future__ import annotations

import asyncio
import functools
import logging
import random
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from odoochat.client.background import Background
from odoochat.client.intake import Intake
from odoochat.client.link_status import LinkStatus
from odoochat.client.presence import Presence
from odoochat.client.session import Session
from odoochat.client.subscription import Subscribers
from odoochat.core.holes import Holes
from odoochat.core.link import Dial, Link, Policy
from odoochat.core.state import ClientState
from odoochat.errors import ConfigError, LinkClosed, LinkError, LoginError, OdooChatError, SessionExpired, UsageError
from odoochat.events import LinkChanged
from odoochat.net.bus import Batch, Bus, Opened, ours
from odoochat.net.repeat import repeated
from odoochat.net.transports.base import Source
from odoochat.net.transports.longpoll import LongPoll
from odoochat.net.transports.peek import Peek
from odoochat.net.transports.rpcpoll import RpcPoll
from odoochat.net.transports.websocket import PATHS, WebSocket

__all__ = ["LiveLink"]

log = logging.getLogger("odoochat")

SWEEP_SECONDS = 20.0
POLICY = Policy()
POLLS_PER_REFRESH = 5
SWEEPS_PER_REFRESH = 3
VERIFY_SECONDS = (0.0, 1.0, 2.0)
"""Pauses before each question whether a session is dead that cannot be replaced."""


class _Look(Struct):
    """A question for missed messages.

    Attributes:
        why: a ``poll`` by model calls, a ``sweep``, or a ``hole`` in the ids that the bus sent.
    """

    why: Literal["poll", "sweep", "hole"]
    done: asyncio.Future[None]


class _End(Struct):
    """The link has ended for good.

    Attributes:
        error: why.
    """

    error: BaseException


Work = LinkChanged | Opened | Batch | _Look | _End


class LiveLink:
    """Runs the live link of one client.

    Attributes:
        status: the link's state, to be read and to be waited for.

    Args:
        account: calls.
        store: what is known.
        dispatch: tells the subscribers.
        intake: takes what comes.
        presence: says that I am there, and whom to hear of.
        paths: more WebSocket paths, tried first.
        wait_for_subscriber: whether nothing is delivered before somebody listens: after a restart, what was missed
            must not be lost between connecting and listening.
    """

    def __init__(
        self,
        session: Session,
        state: ClientState,
        subscribers: Subscribers,
        intake: Intake,
        presence: Presence,
        *,
        paths: Sequence[str] = (),
        wait_for_subscriber: bool = False,
    ) -> None:
        self._session = session
        self._state = state
        self._subscribers = subscribers
        self._intake = intake
        self._presence = presence
        self._paths = [*paths, *(p for p in PATHS if p not in paths)]
        self._wait_for_subscriber = wait_for_subscriber
        self._work: asyncio.Queue[Work] = asyncio.Queue(256)
        self._background = Background()
        self._behind = True
        self._pumping = False
        self._polls = 0
        self._sweeps = 0
        self._strays = 0
        self._holes = Holes()
        self._hole = asyncio.Event()
        self.status = LinkStatus()
        self._link = Link(session.vias(), random=random.random, policy=POLICY)
        self._bus = Bus(self._link, dial=self._dial, renew=self._renew, emit=self._work.put)
        intake.resubscribe = self._bus.resubscribe
        intake.forget_bus = self._forget_bus
        session.renewed = self._dial_anew

    # ---------------------------------------------------------------------- life

    def start(self) -> None:
        """Starts the link."""
        self._background.start("pump", self._pump)
        self._background.start("bus", self._run_bus)
        self._background.start("sweep", self._sweep)
        self._background.start("holes", self._watch_holes)
        self._background.start("presence", lambda: self._presence.run(self.status.opened, self._bus.tell_presence))

    async def _run_bus(self) -> None:
        error = await self._bus.run()
        self.status.end(error)
        await self._work.put(_End(error))

    @property
    def opened(self) -> asyncio.Event:
        """Set while the link is open."""
        return self.status.opened

    @property
    def brings(self) -> bool:
        """Whether a post of mine comes back by itself within moments."""
        return self.opened.is_set() and not self._behind and self.status.now.via in ("websocket", "longpoll")

    def wake(self) -> None:
        """Ends a wait for the next try: something shows that the server is back."""
        self._bus.wake()

    def _dial_anew(self) -> None:
        """There is a new session: the open link belongs to the dead one, which some servers do not tell."""
        self._bus.doubt(LinkClosed(4002, "the session is a new one"))

    def _forget_bus(self) -> None:
        self._link.forget()
        self._holes.forget()

    async def settled(self) -> None:
        """Waits until the first dial was decided: open, waiting, or given up."""
        await self.status.decided()

    async def stop(self) -> None:
        """Ends the link and all its tasks."""
        self.status.end(UsageError("the client was closed"))
        await self._background.stop()

    # ------------------------------------------------------------- what the bus asks

    async def _check(self) -> bool:
        """Asks the server whether it knows us; tells whether it is another version of Odoo now.

        Raises:
            SessionExpired: it does not know us.
        """
        if not await repeated(functools.partial(self._session.check, recent=True)):
            return False
        self._forget_bus()
        self._offer()
        return True

    def _offer(self) -> None:
        """Tells the link which transports there are now; it ends when the one that was asked for is not among them."""
        try:
            self._link.offer(self._session.vias())
        except ConfigError as error:
            self._link.offer((), error)

    async def _dial(self, step: Dial) -> Source:
        link = self._link
        session = self._session
        if await self._check():
            error = LinkError(f"the server is Odoo {session.version} now")
            self._bus.doubt(error)
            raise error
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
                channels=self._presence.channels,
                patience=step.patience,
            )
        if step.via == "peek":
            return Peek(
                session.http,
                partner=session.partner_channel,
                last=lambda: link.last(now()),
                channels=self._presence.channels,
            )
        if step.via == "longpoll":
            return LongPoll(
                session.http,
                partner=session.partner_channel,
                last=lambda: link.newest,
                overlapped=lambda seconds: link.recent(now(), seconds),
                idle=lambda: self._presence.idle,
            )
        return RpcPoll(self._poll)

    def _remember_path(self, path: str) -> None:
        if self._paths[0] != path:
            log.info("the WebSocket answers at %s", path)
            self._paths.remove(path)
            self._paths.insert(0, path)

    async def _renew(self) -> None:
        """Gets a fresh session, when a plain route says too that the one there is has ended."""
        link = self._link
        if await self._session_lives():
            log.info("the session lives: %s fails, not the session", link.via)
            link.session_lives(asyncio.get_running_loop().time())
            return
        try:
            await self._session.renew()
        except LoginError as error:
            log.info("no session can be had: %s", error)
            link.offer((), error)
            return
        link.renewed()
        self._offer()

    async def _session_lives(self) -> bool:
        if self._session.kind != "session":
            return False
        for seconds in VERIFY_SECONDS:
            await asyncio.sleep(seconds)
            try:
                await self._check()
            except SessionExpired:
                if self._session.renewable:
                    return False
                continue
            return True
        return False

    async def _poll(self) -> None:
        """One tick of polling by RPC: one request for all channels; each fifth tick looks for new channels instead."""
        await self._look("poll")

    async def _look(self, why: Literal["poll", "sweep", "hole"]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._work.put(_Look(why, done))
        await done

    async def _sweep(self) -> None:
        """Now and then asks for what the link should have brought: a late commit below its ids, a lost row."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS * (0.75 + random.random() / 2))
            if self.opened.is_set():
                try:
                    await self._look("sweep")
                except OdooChatError as error:
                    log.debug("checking for missed messages: %s", error)

    async def _watch_holes(self) -> None:
        """Looks for messages while the ids that the bus sent have a young hole."""
        now = asyncio.get_running_loop().time
        while True:
            seconds = self._holes.due(now())
            if seconds is None:
                self._hole.clear()
                await self._hole.wait()
            elif seconds > 0.0:
                await asyncio.sleep(seconds)
            else:
                await self.opened.wait()
                try:
                    await self._look("hole")
                except OdooChatError as error:
                    log.debug("checking a hole in the bus: %s", error)
                    self._holes.looked(0, now())

    # ----------------------------------------------------------------- the pump

    async def _pump(self) -> None:
        if self._pumping:  # it begins anew: what it had in hand is lost, and must be caught up
            self._mistrust(LinkError("the delivery of events was interrupted"))
            if self.status.error is not None:
                self._subscribers.end(self.status.error)
        self._pumping = True
        while True:
            work = await self._work.get()
            try:
                await self._take(work)
            except OdooChatError as error:
                log.debug("checking: %s", error)
                self._mistrust(error)
            except Exception as error:
                self._mistrust(ours(error))

    def _mistrust(self, error: OdooChatError) -> None:
        """What came could not be delivered: a link that brings nothing must not stay open."""
        self._behind = True
        self._bus.doubt(error)

    async def _take(self, work: Work) -> None:
        match work:
            case LinkChanged():
                self._link_changed(work)
            case Opened():
                self._behind = True
                self._strays = 0
                if self._wait_for_subscriber:
                    await self._subscribers.first.wait()
                await self._intake.opened()
                self._behind = False
                log.info("subscribed to %d channels", len(self._state.channels()))
            case Batch(items=items, replay=replay):
                if self._session.dialect.table.skips_late_rows:
                    self._holes.received([i.id for i in items], asyncio.get_running_loop().time())
                    self._hole.set()
                if not self._behind:
                    await self._intake.deliver(items, replay=replay)
            case _Look():
                await self._answer_look(work)
            case _End(error=error):
                self._subscribers.end(error)

    def _link_changed(self, event: LinkChanged) -> None:
        self._intake.via = event.via or "reading back"
        self.status.changed(event)
        if event.state == "open":
            self._presence.again.set()
        self._intake.publish(event)

    def _count_strays(self, found: int) -> None:
        """A sweep may find what was committed late; a link that leaves finds to two sweeps in a row is not sound."""
        self._strays = self._strays + 1 if found else 0
        if self._strays >= 2:
            self._strays = 0
            self._link.forget()
            self._bus.doubt(LinkError("messages were found that the link did not bring"))

    async def _answer_look(self, look: _Look) -> None:
        try:
            await self._look_for_missed(look.why)
        except Exception as error:
            if not look.done.done():
                look.done.set_exception(ours(error))
        except BaseException:
            look.done.cancel()
            raise
        finally:
            if not look.done.done():
                look.done.set_result(None)

    async def _look_for_missed(self, why: Literal["poll", "sweep", "hole"]) -> None:
        if self._behind and self.status.now.via != "rpc":
            return
        if why == "poll":
            self._polls += 1
            if self._polls == 1 and self._intake.just_begun:
                return  # all of it was read a moment ago
            if self._polls % POLLS_PER_REFRESH == 0:
                await self._intake.refresh()
                return
        elif why == "sweep":
            self._sweeps += 1
            if self._sweeps % SWEEPS_PER_REFRESH == 0:
                # A channel that I joined may not have been told to us, and sweeps leave out what is not mine.
                await self._intake.refresh()
        if why == "poll":
            found = await self._intake.poll()
        else:
            found = await (self._intake.check() if why == "hole" else self._intake.catch_up())
        if why == "hole":
            self._holes.looked(found, asyncio.get_running_loop().time())
        elif self.status.now.via != "rpc":
            self._count_strays(found)
