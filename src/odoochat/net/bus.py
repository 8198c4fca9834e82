"""The bus: does what the link's machine says, and hands on what the sources hear."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from odoochat.core.link import Dial, Link, Renew, Stop, Wait, describe
from odoochat.errors import OdooChatError, TimedOut
from odoochat.events import LinkChanged, Via
from odoochat.net.transports.base import Source
from odoochat.wire.envelopes.frames import Internal, Notification

__all__ = ["Batch", "Bus", "Opened"]

log = logging.getLogger("odoochat")


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


class Bus:
    """Runs one link.

    Args:
        link: decides.
        dial: makes a source for a step; may ask the server about our session first.
        renew: gets a fresh session, or offers the link other transports.
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
        self._limit: asyncio.Timeout | None = None
        self._doubt: OdooChatError | None = None
        self._awake = asyncio.Event()

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def run(self) -> BaseException:
        """Runs until nothing can succeed any more; returns why."""
        while True:
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
                    except OdooChatError as error:
                        self.link.failed(error, self._now)
                case Dial() as step:
                    await self._live(step)

    async def _sleep(self, seconds: float) -> None:
        self._awake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._awake.wait()
        except TimeoutError:
            pass

    def wake(self) -> None:
        """Ends a wait early: something shows that the server is back."""
        self._awake.set()

    def doubt(self, error: OdooChatError) -> None:
        """Ends the open link: what it should have brought did not come, or could not be completed."""
        if self._limit is not None and self._doubt is None:
            self._doubt = error
            self._limit.reschedule(self._now)

    async def resubscribe(self) -> None:
        """Makes the server look anew which channels are mine."""
        if self._source is not None:
            try:
                await self._source.subscribe()
            except OdooChatError as error:
                self.doubt(error)

    async def tell_presence(self, idle: int) -> None:
        """Says for how many milliseconds I did nothing, when a link is open.

        Raises:
            OdooChatError: it could not be said.
        """
        if self._source is not None:
            await self._source.tell_presence(idle)

    async def _live(self, step: Dial) -> None:
        log.debug("checking %s", step.via)
        await self._emit(LinkChanged("connecting", step.via))
        source: Source | None = None
        was_open = False
        try:
            source = await self._dial(step)
            early = await source.open(step.last)
            self.link.opened(self._now)
            was_open = True
            new = self.link.received(early, self._now)
            self._source = source
            log.info("connected by %s", step.via)
            if step.via != "websocket":
                log.info("polling started (%s)", step.via)
            await self._emit(LinkChanged("open", step.via))
            await self._emit(Opened(step.via))
            await self._emit(Batch(new, replay=True))
            await self._hear(source)
            log.info("leaving %s to try a better transport", step.via)
            self.link.climb()
        except OdooChatError as error:
            self.link.failed(error, self._now)
            self._tell(step.via, error, was_open)
        finally:
            self._source = None
            if source is not None:
                await source.close()
            if was_open and step.via != "websocket":
                log.info("polling stopped (%s)", step.via)

    def _tell(self, via: Via, error: OdooChatError, was_open: bool) -> None:
        following = self.link.intent(self._now)
        log.info("%s %s -> %s", via, describe(error) if was_open else f"failed: {describe(error)}", following)

    async def _hear(self, source: Source) -> None:
        """Hands on what comes, until the link fails or a better transport is to be tried again."""
        self._doubt = None
        try:
            async with asyncio.timeout(self.link.climb_in(self._now)) as self._limit:
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
        except TimeoutError as error:
            if isinstance(error, TimedOut):
                raise
            if self._doubt is not None:
                raise self._doubt from None
        finally:
            self._limit = None
