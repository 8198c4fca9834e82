"""Pacer: spreads out many clients' connection attempts to the same server."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager

from odoochat.core.backoff import backoff
from odoochat.core.token_bucket import TokenBucket
from odoochat.errors import Blocked, ConfigError, LinkError, Unreachable

__all__ = ["Pacer"]

log = logging.getLogger("odoochat")

TURN_SECONDS = 10.0
"""Seconds after which a client that has neither connected nor failed stops blocking the others."""

AWAY = (429, 502, 503, 504)
"""Statuses that a proxy returns when the server is down or overloaded."""


class Pacer:
    """Limits the rate at which many clients connect to one server, and lets only one retry while the server is away.

    Clients connect in the order they ask to, at most `rate` per second and `at_once` at the same time, so a slow
    server receives fewer connections per second. If a client cannot reach the server, the others wait while one client
    at a time retries, with growing delays between attempts. As soon as the server responds, the other clients connect
    too.

    Args:
        server: the server's name for the log.
        rate: maximum number of connection attempts per second.
        at_once: maximum number of clients that connect at the same time.
        cap: maximum delay between two attempts while the server is away, in seconds.
        rng: a function that returns random numbers from 0 to 1.
    """

    def __init__(
        self, server: str, *, rate: float, at_once: int, cap: float, rng: Callable[[], float] = random.random
    ) -> None:
        self._server = server
        self._cap = cap
        self._rng = rng
        self._bucket = TokenBucket(rate)
        self._line = asyncio.Lock()
        self._places = asyncio.Semaphore(at_once)
        self._waits = self._fresh_waits()
        self._not_before = 0.0
        self.away = False
        self.turns = 0

    def __repr__(self) -> str:
        return f"<Pacer {self._server}{' away' if self.away else ''}>"

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait until a client may connect. The client connects inside the block; other clients wait if that fails."""
        turn = _Turn(self._line, self._places)
        await turn.begin()
        timer: asyncio.TimerHandle | None = None
        try:
            await self._wait()
            probe = self.away
            self.turns += 1
            timer = asyncio.get_running_loop().call_later(TURN_SECONDS, turn.end)
            if not probe:
                turn.leave_line()
            try:
                yield
            except Exception as error:
                self._failed(error, probe=probe)
                raise
            self._answered()
        finally:
            if timer is not None:
                timer.cancel()
            turn.end()

    async def _wait(self) -> None:
        now = asyncio.get_running_loop().time()
        seconds = self._bucket.take(now)
        if self.away:
            seconds = max(seconds, self._not_before - now)
        if seconds > 0.0:
            await asyncio.sleep(seconds)

    def _fresh_waits(self) -> Iterator[float]:
        return backoff(self._rng, base=min(1.0, self._cap), cap=self._cap)

    def _failed(self, error: Exception, *, probe: bool) -> None:
        if isinstance(error, ConfigError):
            return  # no connection was attempted
        if not _is_away(error):
            if not isinstance(error, LinkError):
                self._answered()  # the server responded, and refused only this client
            return
        if self.away and not probe:
            return  # this attempt began before the server was known to be away
        if not self.away:
            log.info("%s is away; clients wait", self._server, extra={"event": "server.away", "server": self._server})
            self._waits = self._fresh_waits()
        self.away = True
        self._not_before = asyncio.get_running_loop().time() + next(self._waits)

    def _answered(self) -> None:
        if self.away:
            log.info("%s answers again", self._server, extra={"event": "server.back", "server": self._server})
        self.away = False


class _Turn:
    """The slots that a client occupies while connecting.

    Args:
        line: lock held by the client that is next, or by the client that checks whether the server is back.
        places: semaphore with one slot for each client that may connect at the same time.
    """

    def __init__(self, line: asyncio.Lock, places: asyncio.Semaphore) -> None:
        self._line = line
        self._places = places
        self._in_line = False
        self._has_place = False

    async def begin(self) -> None:
        """Wait until both the lock and a slot can be acquired."""
        try:
            await self._line.acquire()
            self._in_line = True
            await self._places.acquire()
            self._has_place = True
        except BaseException:
            self.end()
            raise

    def leave_line(self) -> None:
        """Let the next client proceed."""
        if self._in_line:
            self._in_line = False
            self._line.release()

    def end(self) -> None:
        """Release all slots; safe to call twice."""
        self.leave_line()
        if self._has_place:
            self._has_place = False
            self._places.release()


def _is_away(error: Exception) -> bool:
    return isinstance(error, Unreachable) or (isinstance(error, Blocked) and error.status in AWAY)
