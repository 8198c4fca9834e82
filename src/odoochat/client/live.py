"""The live link of a client: dials what the machine says, and pumps what comes into the intake, in order."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from odoochat.client.intake import Intake
from odoochat.client.presence import Presence
from odoochat.client.session import Account
from odoochat.client.subscription import Dispatch
from odoochat.core.link import Dial, Link, Policy
from odoochat.core.state import Store
from odoochat.errors import LinkClosed, LinkError, LoginError, OdooChatError
from odoochat.events import LinkChanged
from odoochat.net.bus import Batch, Bus, Opened
from odoochat.net.transports.base import Source
from odoochat.net.transports.longpoll import LongPoll
from odoochat.net.transports.peek import Peek
from odoochat.net.transports.rpcpoll import RpcPoll
from odoochat.net.transports.websocket import PATHS, WebSocket

__all__ = ["Feed"]

log = logging.getLogger("odoochat")

SWEEP_SECONDS = 20.0
POLICY = Policy()
POLLS_PER_REFRESH = 5
SWEEPS_PER_REFRESH = 3
LATE_SECONDS = 5.0
"""How late a row of the bus may be committed and still be brought by the long poll; later ones the sweep finds."""


class _Look(Struct):
    """A question for missed messages: of a poll, or of a sweep."""

    near: bool
    done: asyncio.Future[None]


class Feed:
    """Runs the live link of one client.

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
        account: Account,
        store: Store,
        dispatch: Dispatch,
        intake: Intake,
        presence: Presence,
        *,
        paths: Sequence[str] = (),
        wait_for_subscriber: bool = False,
    ) -> None:
        self._account = account
        self._store = store
        self._dispatch = dispatch
        self._intake = intake
        self._presence = presence
        self._paths = [*paths, *(p for p in PATHS if p not in paths)]
        self._wait_for_subscriber = wait_for_subscriber
        self._work: asyncio.Queue[LinkChanged | Opened | Batch | _Look] = asyncio.Queue(256)
        self._tasks: list[asyncio.Task[Any]] = []
        self._behind = True
        self._polls = 0
        self._sweeps = 0
        self._settled = asyncio.Event()
        self.opened = asyncio.Event()
        self.link_now = LinkChanged("closed")
        self.error: BaseException | None = None
        self._link = Link(account.vias(), random=random.random, policy=POLICY)
        self._bus = Bus(self._link, dial=self._dial, renew=self._renew, emit=self._work.put)
        intake.resubscribe = self._bus.resubscribe
        intake.forget_bus = self._link.forget
        account.renewed = self._dial_anew
        self._strays = 0

    # ---------------------------------------------------------------------- life

    def start(self) -> None:
        """Starts the link."""
        for name, job in (
            ("pump", self._pump()),
            ("bus", self._run_bus()),
            ("sweep", self._sweep()),
            ("presence", self._presence.run(self.opened, self._bus.tell_presence)),
        ):
            self._tasks.append(asyncio.create_task(job, name=f"odoochat {name}"))

    async def _run_bus(self) -> None:
        error = await self._bus.run()
        await self._work.join()
        self.error = error
        self._dispatch.end(error)
        self._settled.set()

    @property
    def brings(self) -> bool:
        """Whether a post of mine comes back by itself within moments."""
        return self.opened.is_set() and not self._behind and self.link_now.via in ("websocket", "longpoll")

    def wake(self) -> None:
        """Ends a wait for the next try: something shows that the server is back."""
        self._bus.wake()

    def _dial_anew(self) -> None:
        """There is a new session: the open link belongs to the dead one, which some servers do not tell."""
        self._bus.doubt(LinkClosed(4002, "the session is a new one"))

    async def settled(self) -> None:
        """Waits until the first dial was decided: open, waiting, or given up."""
        await self._settled.wait()

    async def stop(self) -> None:
        """Ends the link and all its tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ------------------------------------------------------------- what the bus asks

    async def _dial(self, step: Dial) -> Source:
        link = self._link
        account = self._account
        if await account.check():
            link.forget()
            link.offer(account.vias())
            raise LinkError(f"the server is Odoo {account.version} now")
        now = asyncio.get_running_loop().time
        if step.via == "websocket":
            return WebSocket(
                account.http,
                account.dialect,
                paths=self._paths,
                worker=account.worker,
                echo=account.echo,
                is_echo=account.is_echo,
                works=self._remember_path,
                channels=self._presence.channels,
            )
        if step.via == "peek":
            return Peek(
                account.http,
                partner=account.partner_channel,
                last=lambda: link.last(now()),
                channels=self._presence.channels,
            )
        if step.via == "longpoll":
            return LongPoll(
                account.http,
                partner=account.partner_channel,
                last=lambda: link.newest,
                overlapped=lambda: link.recent(now(), LATE_SECONDS),
                idle=lambda: self._presence.idle,
            )
        return RpcPoll(self._poll)

    def _remember_path(self, path: str) -> None:
        if self._paths[0] != path:
            log.info("the WebSocket answers at %s", path)
            self._paths.remove(path)
            self._paths.insert(0, path)

    async def _renew(self) -> None:
        link = self._link
        try:
            await self._account.renew()
        except LoginError as error:
            log.info("no session can be had: %s", error)
            link.offer((), error)
            return
        link.renewed()
        link.offer(self._account.vias())

    async def _poll(self) -> None:
        """One tick of polling by RPC: one request for all channels; each fifth tick looks for new channels instead."""
        await self._look(near=True)

    async def _look(self, *, near: bool) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._work.put(_Look(near, done))
        await done

    async def _sweep(self) -> None:
        """Now and then asks for what the link should have brought: a late commit below its ids, a lost row."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS * (0.75 + random.random() / 2))
            if self.opened.is_set():
                try:
                    await self._look(near=False)
                except OdooChatError as error:
                    log.debug("checking for missed messages: %s", error)

    # ----------------------------------------------------------------- the pump

    async def _pump(self) -> None:
        while True:
            work = await self._work.get()
            try:
                await self._take(work)
            except OdooChatError as error:
                self._behind = True
                log.debug("checking: %s", error)
                self._bus.doubt(error)
            except Exception:  # a defect must be told, and must not leave a link open that brings nothing
                log.exception("a defect of odoochat: please report it")
                self._behind = True
                self._bus.doubt(LinkError("what came could not be taken in"))
            finally:
                self._work.task_done()

    async def _take(self, work: LinkChanged | Opened | Batch | _Look) -> None:
        match work:
            case LinkChanged():
                self._link_changed(work)
            case Opened():
                self._behind = True
                self._strays = 0
                if self._wait_for_subscriber:
                    await self._dispatch.first.wait()
                await self._intake.refresh()
                await self._intake.catch_up(reopened=True)
                self._behind = False
                log.info("subscribed to %d channels", len(self._store.channels()))
            case Batch(items=items, replay=replay):
                if not self._behind:
                    await self._intake.deliver(items, replay=replay)
            case _Look():
                await self._answer_look(work)

    def _link_changed(self, event: LinkChanged) -> None:
        self.link_now = event
        self._intake.via = event.via or "reading back"
        if event.state == "open":
            self.opened.set()
            self._presence.again.set()
        else:
            self.opened.clear()
        if event.state != "connecting":
            self._settled.set()
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
            if self._behind and self.link_now.via != "rpc":
                return
            if look.near:
                self._polls += 1
                if self._polls % POLLS_PER_REFRESH == 0:
                    await self._intake.refresh()
                    return
            else:
                self._sweeps += 1
                if self._sweeps % SWEEPS_PER_REFRESH == 0:
                    # A channel that I joined may not have been told to us, and sweeps leave out what is not mine.
                    await self._intake.refresh()
            found = await self._intake.catch_up(near=look.near)
            if self.link_now.via != "rpc":
                self._count_strays(found)
        except BaseException as error:
            if not look.done.done():
                look.done.set_exception(error)
            if not isinstance(error, OdooChatError):
                raise
        finally:
            if not look.done.done():
                look.done.set_result(None)
