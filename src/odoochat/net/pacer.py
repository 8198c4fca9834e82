"""The pacer: when each of many clients may connect to the same server."""

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
"""Seconds after which a client that has neither connected nor failed no longer keeps the others waiting."""

AWAY = (429, 502, 503, 504)
"""Statuses with which a proxy answers for a server that is away or overloaded."""


class Pacer:
    """Lets many clients of one server connect at a limited rate, and one alone while the server is away.

    Clients connect in the order in which they ask, at most `rate` per second and `at_once` at the same time: a slow
    server gets fewer per second. When one cannot reach the server, the others wait; a single one at a time tries
    again, after a wait that grows from one try to the next. As soon as the server answers, the others follow.

    Args:
        server: name of the server, for the log.
        rate: connects per second.
        at_once: number of clients that connect at the same time.
        cap: the longest wait between two tries while the server is away, in seconds.
        rng: returns numbers from 0 to 1.
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
        """Wait until a client may connect; it does so in the block, and the outcome decides about the next one."""
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
            return  # no connection was tried
        if not _is_away(error):
            if not isinstance(error, LinkError):
                self._answered()  # the server answered: what it refused concerns this client alone
            return
        if self.away and not probe:
            return  # it began before the server was known to be away
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
    """The places that one client occupies while it connects.

    Args:
        line: held by the client whose turn is next, and by one that tries whether the server is back.
        places: places of the clients that connect at the same time.
    """

    def __init__(self, line: asyncio.Lock, places: asyncio.Semaphore) -> None:
        self._line = line
        self._places = places
        self._in_line = False
        self._has_place = False

    async def begin(self) -> None:
        """Wait for both."""
        try:
            await self._line.acquire()
            self._in_line = True
            await self._places.acquire()
            self._has_place = True
        except BaseException:
            self.end()
            raise

    def leave_line(self) -> None:
        """Let the next client take its turn."""
        if self._in_line:
            self._in_line = False
            self._line.release()

    def end(self) -> None:
        """Free what is occupied; safe to call twice."""
        self.leave_line()
        if self._has_place:
            self._has_place = False
            self._places.release()


def _is_away(error: Exception) -> bool:
    return isinstance(error, Unreachable) or (isinstance(error, Blocked) and error.status in AWAY)
