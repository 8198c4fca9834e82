"""Reports handlers that run for a long time, because later messages in their conversation wait for them."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

from odoochat.bot.clock import Clock, Timer
from odoochat.bot.turns import HandlerRun

__all__ = ["SlowHandlers"]

log = logging.getLogger("odoochat")

SLOW_SECONDS = 60.0


class SlowHandlers:
    """Logs a warning while a handler is running for a long time.

    Args:
        clock: the bot's clock.
        seconds: the time after which a handler is slow. Further warnings follow at growing intervals.
    """

    def __init__(self, clock: Clock, seconds: float = SLOW_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds

    @contextmanager
    def watching(self, handler: str, run: HandlerRun) -> Generator[None]:
        """Watch a handler while the block runs. Waiting for the answer to a question is not reported.

        Args:
            handler: the handler's name.
            run: the run in which the handler executes.
        """
        timers: list[Timer] = []

        def late(interval: float) -> None:
            if not run.waiting:
                seconds = round(interval * 2 - self._seconds)
                slow = {"event": "bot.handler.slow", "handler": handler, "seconds": seconds}
                log.warning(
                    "bot: handler %s has been running for %d s; later messages wait", handler, seconds, extra=slow
                )
            start(interval * 2)

        def start(interval: float) -> None:
            timers[:] = [self._clock.call_later(interval, lambda: late(interval))]

        start(self._seconds)
        try:
            yield
        finally:
            timers[0].cancel()
