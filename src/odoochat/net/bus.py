"""Bus: executes the steps of the link's state machine and emits the items that the transports receive."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from msgspec import Struct

from odoochat.core.holes import Holes
from odoochat.core.link import Dial, Link, Renew, Stop, Wait, describe
from odoochat.errors import LinkClosed, LinkError, OdooChatError, TimedOut
from odoochat.events import LinkChanged, Via
from odoochat.net.flag import Flag
from odoochat.net.frame_listener import Batch, FrameListener, Opened
from odoochat.net.transports.base import Source
from odoochat.wire.envelopes.frames import OUTDATED, RESET, Item, says, with_reset

__all__ = ["Bus", "ServerChanged", "link_error"]

log = logging.getLogger("odoochat")

TOO_BIG = 1009
"""Close code for a frame that is too large. Source: RFC 6455, 7.4.1"""


class ServerChanged(LinkError):
    """Raised when dialling detects a different version of Odoo; an open link must be closed as well."""


def link_error(error: BaseException) -> OdooChatError:
    """Convert an error to an odoochat error, logging any foreign error with its traceback.

    Args:
        error: the error raised by a part of the link. A foreign error means a bug, or a response that no decoder
            expected; neither is allowed to end the link.

    Returns:
        The error itself, or a LinkError that describes it.
    """
    if isinstance(error, OdooChatError):
        return error
    log.error(
        "live link: unexpected %s",
        type(error).__name__,
        exc_info=error,
        extra={"event": "link.error", "error": type(error).__name__},
    )
    return LinkError(f"unexpected {type(error).__name__}: {describe(error)}")


def _cancelled_from_outside() -> bool:
    """Return whether the current task itself is being cancelled, rather than a task that it awaits."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class _Live(Struct):
    """An open transport, and the items received while opening it."""

    source: Source
    early: list[Item]


class Bus:
    """Runs one link and continues after each error until the state machine returns `Stop`.

    Args:
        link: the state machine.
        holes: tracks gaps in the bus ids.
        dial: a function that creates a transport for a step; it may first check the session with the server.
        renew: a function that opens a fresh session, offers other transports, or reports that the session is valid.
        emit: a function that receives openings, batches and link changes, in order, and waits while the queue is full.
        emit_now: a function that receives a batch like `emit`, but never waits.
        pause: seconds to wait before the next step after an unexpected error.
        turn: a function that returns a context manager to open a transport in; entering it waits for the client's turn.
    """

    def __init__(
        self,
        link: Link,
        holes: Holes,
        *,
        dial: Callable[[Dial], Awaitable[Source]],
        renew: Callable[[], Awaitable[None]],
        emit: Callable[[LinkChanged | Opened | Batch], Awaitable[None]],
        emit_now: Callable[[Batch], None],
        pause: float = 1.0,
        turn: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    ) -> None:
        self.link = link
        self.holes = holes
        self._pause = pause
        self._dial = dial
        self._turn_to_open = turn
        self._renew = renew
        self._emit = emit
        self._listener = FrameListener(link, holes, emit=emit, emit_now=emit_now)
        self._source: Source | None = None
        self._doubted: OdooChatError | None = None
        self._listening: asyncio.Timeout | None = None
        self._awake = Flag()

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    # ----------------------------------------------------------------- life cycle

    async def run(self) -> BaseException:
        """Run the link until no further attempt can succeed.

        Returns:
            The error that ended the link.
        """
        while True:
            try:
                end = await self._turn()
            except (Exception, asyncio.CancelledError) as error:
                if _cancelled_from_outside():
                    raise
                link_error(error)
                await asyncio.sleep(self._pause)
                continue
            if end is not None:
                return end

    async def _turn(self) -> BaseException | None:
        """Execute one step of the state machine and return the error that ended the link, or None to continue."""
        match self.link.next(self._now):
            case Stop(error=error):
                log.info("link closed: %s", describe(error), extra={"event": "link.closed", "reason": describe(error)})
                await self._emit(LinkChanged("closed", reason=describe(error)))
                return error
            case Wait(seconds=seconds, via=via, reason=reason):
                log.info(
                    "waiting %.1f s before reconnecting (%s)",
                    seconds,
                    via,
                    extra={"event": "link.waiting", "seconds": seconds, "via": via},
                )
                await self._emit(LinkChanged("waiting", via, round(seconds, 3), reason))
                await self._sleep(seconds)
            case Renew(reason=reason):
                log.info("renewing the session: %s", reason, extra={"event": "session.renewing", "reason": reason})
                try:
                    await self._renew()
                except Exception as error:
                    self.link.failed(link_error(error), self._now)
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

    # ------------------------------------------------------------------ controls

    def wake(self) -> None:
        """End the current wait early, because the server is reachable again."""
        self._awake.set()

    def doubt(self, error: OdooChatError) -> None:
        """End the open link, because it may no longer work.

        Args:
            error: why it may no longer work.
        """
        if self._source is not None and self._doubted is None:
            self._doubted = error
            self._stop_listening()

    def _stop_listening(self) -> None:
        if self._listening is not None and not self._listening.expired():
            self._listening.reschedule(self._now)

    def forget(self) -> None:
        """Forget all bus ids, because the server's ids have been reset, e.g. by a restore from a backup."""
        self.link.forget()
        self.holes.forget()

    async def resubscribe(self) -> None:
        """Make the server reload the user's channels."""
        if self._source is not None:
            try:
                await self._source.subscribe()
            except Exception as error:
                self.doubt(link_error(error))

    async def send_presence(self, idle: int) -> bool:
        """Report the user's presence status if a link is open.

        Args:
            idle: milliseconds since the user's last activity.

        Returns:
            Whether an open link reported the presence status immediately.

        Raises:
            OdooChatError: the report could not be sent.
        """
        if self._source is None:
            return False
        await self._source.send_presence(idle)
        return self._source.tells_presence

    # --------------------------------------------------------------- one link

    async def _live(self, step: Dial) -> None:
        """Open a link and emit its items, continuing with a better transport when one becomes available."""
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
                better = await self._receive(live.source)
                before, live = live.source, better
                via = live.source.via
                self.link.upgraded(via, self._now)
                await self._close(before)
        except (Exception, asyncio.CancelledError) as error:
            if _cancelled_from_outside():
                raise
            self._failed(via, link_error(error), was_open=was_open, hung=hung)
        finally:
            self._source = None
            if live is not None:
                await self._close(live.source)

    async def _open(self, step: Dial) -> _Live:
        """Dial a transport and wait until it is verified, closing it on failure."""
        self._answered = False
        async with self._turn_to_open():
            try:
                source = await self._dial(step)
            except ServerChanged as error:
                self.doubt(error)
                raise
            self._answered = True
            newest = self.link.newest  # the other link may receive newer ones while this one opens
            try:
                return _Live(source, with_reset(await source.open(step.last), newest))
            except BaseException:
                await self._close(source)
                raise

    async def _close(self, source: Source) -> None:
        if source is self._source:
            self._source = None
            if source.via != "websocket":
                log.info("polling stopped (%s)", source.via, extra={"event": "polling.stopped", "via": source.via})
        try:
            await source.close()
        except Exception as error:
            link_error(error)

    async def _announce(self, live: _Live) -> None:
        source = live.source
        new = self.link.received(live.early, self._now)
        outdated = says(live.early, OUTDATED)
        if says(live.early, RESET):
            self.holes.forget()
        live.early = []  # the transport outlives these objects
        self._doubted = None
        self._source = source
        log.info("connected by %s", source.via, extra={"event": "link.opened", "via": source.via})
        if source.via != "websocket":
            log.info("polling started (%s)", source.via, extra={"event": "polling.started", "via": source.via})
        await self._emit(LinkChanged("open", source.via))
        await self._emit(Opened(source.via))
        await self._emit(Batch(new, replay=True))
        if outdated:
            await self._emit(Opened(source.via))

    def _failed(self, via: Via, error: OdooChatError, *, was_open: bool, hung: bool) -> None:
        if isinstance(error, LinkClosed) and error.code == TOO_BIG:
            self.forget()  # otherwise the server would keep resending the same frame until it deletes the rows
        self.link.failed(error, self._now, hung=hung)
        following = self.link.intent(self._now)
        log.info(
            "%s %s -> %s",
            via,
            describe(error) if was_open else f"failed: {describe(error)}",
            following,
            extra={
                "event": "link.failed",
                "via": via,
                "error": describe(error),
                "following": following,
            },
        )

    async def _receive(self, source: Source) -> _Live:
        """Emit received items until the link fails or can be replaced, and return the better transport."""
        upgrading: asyncio.Task[_Live] | None = None
        if self.link.upgrade_in(self._now) is not None:
            upgrading = asyncio.create_task(self._upgrade(), name="odoochat upgrade")
            upgrading.add_done_callback(lambda _: self._stop_listening())
        found: _Live | None = None
        try:
            await self._listen(source)
            if upgrading is not None and upgrading.done():
                found = upgrading.result()
                return found
            raise self._doubted or LinkError(f"{source.via} ended")
        finally:
            if upgrading is not None:
                upgrading.cancel()
                await asyncio.gather(upgrading, return_exceptions=True)
                if found is None and not upgrading.cancelled() and upgrading.exception() is None:
                    await self._close(upgrading.result().source)

    async def _listen(self, source: Source) -> None:
        """Emit received items until the link comes into doubt or is replaced."""
        try:
            async with asyncio.timeout(None) as self._listening:
                if self._doubted is not None:
                    return
                # Resuming a task goes through all its coroutines, so the one that receives has a task of its own.
                await asyncio.create_task(self._listener.listen(source), name="odoochat listen")
        except TimeoutError:
            if self._listening is None or not self._listening.expired():
                raise
        finally:
            self._listening = None

    async def _upgrade(self) -> _Live:
        """Dial better transports periodically while the current one stays open, and return the first verified one."""
        while (seconds := self.link.upgrade_in(self._now)) is not None:
            await asyncio.sleep(seconds)
            for step in self.link.upgrades(self._now):
                try:
                    live = await self._open(step)
                except Exception as error:
                    log.debug("checking %s: %s", step.via, describe(link_error(error)))
                    continue
                log.info(
                    "switching from %s to %s",
                    self.link.via,
                    step.via,
                    extra={"event": "link.switched", "via": self.link.via, "following": step.via},
                )
                return live
            self.link.upgrade_failed(self._now)
        await asyncio.get_running_loop().create_future()  # the best transport is open: wait until cancelled
        raise AssertionError("unreachable")
