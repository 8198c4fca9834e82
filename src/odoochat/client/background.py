"""Tasks that go on whatever is raised in them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["Background"]

log = logging.getLogger("odoochat")

FIRST_SECONDS = 1.0
LAST_SECONDS = 60.0


class Background:
    """The tasks of one owner, begun anew after an unexpected error, and ended together.

    Args:
        pause: seconds before a job begins anew; they double each time it fails again, up to a minute.
    """

    def __init__(self, pause: float = FIRST_SECONDS) -> None:
        self._pause = pause
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, name: str, job: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Runs a job in a task of its own until it returns.

        Args:
            name: of the task, and in the log.
            job: makes what is awaited, anew after each error.
        """
        task = asyncio.create_task(self._run(name, job), name=f"odoochat {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        pause = self._pause
        while True:
            began = loop.time()
            try:
                await job()
            except (Exception, asyncio.CancelledError) as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                log.exception("%s: unexpected %s; it begins anew", name, type(error).__name__)
            else:
                return
            if loop.time() - began > LAST_SECONDS:
                pause = self._pause
            await asyncio.sleep(pause)
            pause = min(LAST_SECONDS, pause * 2)

    async def stop(self) -> None:
        """Ends all tasks, and waits for their end."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
