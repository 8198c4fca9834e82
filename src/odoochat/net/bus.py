"""The bus: does what the link's machine says, and hands on what the sources hear."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from odoochat.core.link import Dial, Link, Renew, Stop, Wait, describe
from odoochat.errors import LinkError, OdooChatError, TimedOut
from odoochat.events import LinkChanged, Via
from odoochat.net.transports.base import Source
from odoochat.wire.envelopes.frames import Internal, Item, Notification

__all__ = ["Batch", "Bus", "Opened", "ours"]

log = logging.getLogger("odoochat")

PAUSE_SECONDS = 1.0
"""Between two turns after an error that no part of the link expected."""


class Opened(Struct, frozen=True):
    """A link is open: what was missed must be caught up before anything of it is delivered."""

    via: Via


class Batch(Struct, frozen=True):
    """New notifications.

    Attributes:
        replay: they came before the link was known to be open: older news.
    """

    items: Sequence[Notification]
    replay: bool = False


def ours(error: BaseException) -> OdooChatError:
    """The error as one of odoochat's own; one that is not is logged with its traceback.

    Args:
        error: what a part of the link raised. A foreign error there is a defect, or an answer of a shape that no
            decoder expected; neither may end the link.
    """
    if isinstance(error, OdooChatError):
        return error
    log.error("the live link: unexpected %s", type(error).__name__, exc_info=error)
    return LinkError(f"unexpected {type(error).__name__}: {describe(error)}")


def _cancelled_from_outside() -> bool:
    """Whether the running task is being ended, rather than something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class _Live(Struct):
    """An open source, and what came while it was opened."""

    source: Source
    early: list[Item]


class Bus:
    """Runs one link; it goes on whatever is raised in it, until the machine says stop.

    Args:
        link: decides.
        dial: makes a source for a step; may ask the server about our session first.
        renew: gets a fresh session, or offers the link other transports, or tells it that the session lives.
        emit: takes what happens, in order; waits when there is too much of it.
    """

    def __init__(
        self,
        link: Link,
        *,
        dial: Callable[[Dial], Awaitable[Source]],
        renew: Callable[[], Awaitable[None]],
        emit: Callable[[LinkChanged | Opened | Batch], Awaitable[None]],
    ) -> None:
        self.link = link
        self._dial = dial
        self._renew = renew
        self._emit = emit
        self._source: Source | None = None
        self._doubted: asyncio.Future[OdooChatError] | None = None
        self._awake = asyncio.Event()

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    # ---------------------------------------------------------------------- life

    async def run(self) -> BaseException:
        """Runs until nothing can succeed any more; returns why."""
        while True:
            try:
                end = await self._turn()
            except (Exception, asyncio.CancelledError) as error:
                if _cancelled_from_outside():
                    raise
                ours(error)
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if end is not None:
                return end

    async def _turn(self) -> BaseException | None:
        """Does what the machine says; gives the error that it stopped for."""
        match self.link.next(self._now):
            case Stop(error=error):
                log.info("closed: %s -> giving up", describe(error))
                await self._emit(LinkChanged("closed", reason=describe(error)))
                return error
            case Wait(seconds=seconds, via=via, reason=reason):
                log.info("waiting %.1f s, then %s again", seconds, via)
                await self._emit(LinkChanged("waiting", via, round(seconds, 3), reason))
                await self._sleep(seconds)
            case Renew(reason=reason):
                log.info("asking for a fresh session: %s", reason)
                try:
                    await self._renew()
                except Exception as error:
                    self.link.failed(ours(error), self._now)
            case Dial() as step:
                await self._live(step)
        return None

    async def _sleep(self, seconds: float) -> None:
        self._awake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            pass

    # ------------------------------------------------------------- from outside

    def wake(self) -> None:
        """Ends a wait early: something shows that the server is back."""
        self._awake.set()

    def doubt(self, error: OdooChatError) -> None:
        """Ends the open link: what it should have brought did not come, or could not be completed."""
        if self._doubted is not None and not self._doubted.done():
            self._doubted.set_result(error)

    async def resubscribe(self) -> None:
        """Makes the server look anew which channels are mine."""
        if self._source is not None:
            try:
                await self._source.subscribe()
            except Exception as error:
                self.doubt(ours(error))

    async def tell_presence(self, idle: int) -> bool:
        """Says for how many milliseconds I did nothing, when a link is open.

        Returns:
            Whether a link was open that can say it.

        Raises:
            OdooChatError: it could not be said.
        """
        if self._source is None:
            return False
        await self._source.tell_presence(idle)
        return self._source.tells_presence

    # --------------------------------------------------------------- one link

    async def _live(self, step: Dial) -> None:
        """Opens a link and hands on what it brings; when a better one takes over, goes on with that."""
        log.debug("checking %s", step.via)
        await self._emit(LinkChanged("connecting", step.via))
        via: Via = step.via
        was_open = hung = False
        live: _Live | None = None
        try:
            try:
                live = await self._open(step)
            except TimedOut:
                hung = self._answered
                raise
            self.link.opened(self._now)
            while True:
                was_open = True
                await self._announce(live)
                better = await self._hear(live.source)
                before, live = live.source, better
                via = live.source.via
                self.link.climbed(via, self._now)
                await self._close(before)
        except (Exception, asyncio.CancelledError) as error:
            if _cancelled_from_outside():
                raise
            self._failed(via, ours(error), was_open=was_open, hung=hung)
        finally:
            self._source = None
            self._doubted = None
            if live is not None:
                await self._close(live.source)

    async def _open(self, step: Dial) -> _Live:
        """Dials a transport and waits until it has proved itself; closes it otherwise."""
        self._answered = False
        source = await self._dial(step)
        self._answered = True
        try:
            return _Live(source, await source.open(step.last))
        except BaseException:
            await self._close(source)
            raise

    async def _close(self, source: Source) -> None:
        if source is self._source:
            self._source = None
            if source.via != "websocket":
                log.info("polling stopped (%s)", source.via)
        try:
            await source.close()
        except Exception as error:
            ours(error)

    async def _announce(self, live: _Live) -> None:
        source = live.source
        new = self.link.received(live.early, self._now)
        self._doubted = asyncio.get_running_loop().create_future()
        self._source = source
        log.info("connected by %s", source.via)
        if source.via != "websocket":
            log.info("polling started (%s)", source.via)
        await self._emit(LinkChanged("open", source.via))
        await self._emit(Opened(source.via))
        await self._emit(Batch(new, replay=True))

    def _failed(self, via: Via, error: OdooChatError, *, was_open: bool, hung: bool) -> None:
        self.link.failed(error, self._now, hung=hung)
        following = self.link.intent(self._now)
        log.info("%s %s -> %s", via, describe(error) if was_open else f"failed: {describe(error)}", following)

    async def _hear(self, source: Source) -> _Live:
        """Hands on what comes, until the link fails; gives the better transport that is to take over."""
        assert self._doubted is not None
        listening = asyncio.create_task(self._listen(source), name=f"odoochat {source.via}")
        climbing = asyncio.create_task(self._climb(), name="odoochat climb")
        found: _Live | None = None
        try:
            await asyncio.wait((listening, climbing, self._doubted), return_when=asyncio.FIRST_COMPLETED)
            if climbing.done():
                found = climbing.result()
                return found
            if self._doubted.done():
                raise self._doubted.result()
            await listening
            raise LinkError(f"{source.via} ended")
        finally:
            listening.cancel()
            climbing.cancel()
            await asyncio.gather(listening, climbing, return_exceptions=True)
            if found is None and not climbing.cancelled() and climbing.exception() is None:
                await self._close(climbing.result().source)

    async def _listen(self, source: Source) -> None:
        while True:
            items = await source.receive()
            now = self._now
            if not items:
                self.link.alive(now)
                continue
            new = self.link.received(items, now)
            if new:
                await self._emit(Batch(new))
            if any(isinstance(i, Internal) and i.type == "bus/subscription_outdated" for i in items):
                await self._emit(Opened(source.via))

    async def _climb(self) -> _Live:
        """Dials the better transports now and then, beside the open one; gives the first that proves itself."""
        while (seconds := self.link.climb_in(self._now)) is not None:
            await asyncio.sleep(seconds)
            for step in self.link.climbs(self._now):
                try:
                    live = await self._open(step)
                except Exception as error:
                    log.debug("checking %s: %s", step.via, describe(ours(error)))
                    continue
                log.info("leaving %s: %s works", self.link.via, step.via)
                return live
            self.link.climb_failed(self._now)
        await asyncio.get_running_loop().create_future()  # the best one is open: for ever
        raise AssertionError("unreachable")
