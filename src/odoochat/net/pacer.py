"""The pacer: when each of many clients may connect to the same server."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager

from odoochat.core.backoff import backoff
from odoochat.core.token_bucket import TokenBucket
from odoochat.errors import Blocked, LinkError, Unreachable

__all__ = ["Pacer"]

log = logging.getLogger("odoochat")

PROBE_SECONDS = 10.0
"""Seconds after which a probe that has no outcome no longer keeps the others waiting."""

AWAY = (429, 502, 503, 504)
"""Statuses with which a proxy answers for a server that is away or overloaded."""


class Pacer:
    """Lets many clients of one server connect one after the other, and one alone while the server is away.

    Clients connect in the order in which they ask, at most `rate` per second. When one cannot reach the server, the
    others wait; a single one at a time tries again, after a wait that grows from one try to the next. As soon as the
    server answers, the others follow at the same rate.

    Args:
        server: name of the server, for the log.
        rate: connects per second.
        cap: the longest wait between two tries while the server is away, in seconds.
        rng: returns numbers from 0 to 1.
    """

    def __init__(self, server: str, *, rate: float, cap: float, rng: Callable[[], float] = random.random) -> None:
        self._server = server
        self._cap = cap
        self._rng = rng
        self._bucket = TokenBucket(rate)
        self._line = asyncio.Lock()
        self._waits = self._fresh_waits()
        self._not_before = 0.0
        self.away = False
        self.turns = 0

    def __repr__(self) -> str:
        return f"<Pacer {self._server}{' away' if self.away else ''}>"

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait until a client may connect; it does so in the block, and the outcome decides about the next one."""
        await self._line.acquire()
        freed = False

        def free() -> None:
            nonlocal freed
            if not freed:
                freed = True
                self._line.release()

        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle | None = None
        try:
            await self._wait()
            probe = self.away
            self.turns += 1
            if probe:
                timer = loop.call_later(PROBE_SECONDS, free)
            else:
                free()
            try:
                yield
            except Exception as error:
                self._failed(error, probe=probe)
                raise
            self._answered()
        finally:
            if timer is not None:
                timer.cancel()
            free()

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


def _is_away(error: Exception) -> bool:
    return isinstance(error, Unreachable) or (isinstance(error, Blocked) and error.status in AWAY)
