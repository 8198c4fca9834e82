"""Background tasks: jobs that are restarted after an unexpected error, and jobs that run once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from odoochat.errors import OdooChatError, UsageError

__all__ = ["Background"]

log = logging.getLogger("odoochat")

FIRST_SECONDS = 1.0
LAST_SECONDS = 60.0


class Background:
    """The background tasks of one owner, cancelled together.

    Args:
        pause: seconds before a job is restarted after an unexpected error; doubled after each further error, up to one
            minute.
    """

    def __init__(self, pause: float = FIRST_SECONDS) -> None:
        self._pause = pause
        self._tasks: set[asyncio.Task[Any]] | None = None

    def start(self, name: str, job: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Run a job in its own task until it returns, and restart it after an unexpected error.

        Args:
            name: name of the task, also used in the log.
            job: a function that returns the awaitable to run; called again for each restart.

        Returns:
            The task.
        """
        return self._task(name, self._run(name, job))

    def once(self, name: str, job: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Run a job in its own task, and log the error if it fails.

        Args:
            name: name of the task, also used in the log.
            job: a function that returns the awaitable to run.

        Returns:
            The task.
        """
        return self._task(name, self._run_once(name, job))

    async def finish(self, name: str, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a job in its own task, so that it ends even if the caller is cancelled, and wait for it.

        Args:
            name: name of the task.
            job: a function that returns the coroutine to run.

        Raises:
            UsageError: the client was closed meanwhile. Any other error of the job is raised as is.
        """
        task = self._task(name, job())
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is None or caller.cancelling() or not task.cancelled():
                task.add_done_callback(_retrieve)
                raise
            raise UsageError("the client was closed") from None

    @property
    def tasks(self) -> set[asyncio.Task[Any]]:
        """The running tasks."""
        return set(self._tasks or ())

    def _task(self, name: str, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(job, name=f"odoochat {name}")
        if self._tasks is None:
            self._tasks = set()
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        if self._tasks is not None:
            self._tasks.discard(task)
            self._tasks = self._tasks or None  # an empty set takes as much memory as one with eight tasks

    async def _run_once(self, name: str, job: Callable[[], Awaitable[None]]) -> None:
        try:
            await job()
        except OdooChatError as error:
            log.debug("checking %s: %s", name, error)
        except Exception as error:
            log.exception(
                "%s: unexpected %s",
                name,
                type(error).__name__,
                extra={"event": "task.failed", "task": name, "error": type(error).__name__},
            )

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
                log.exception(
                    "%s: unexpected %s; restarting",
                    name,
                    type(error).__name__,
                    extra={"event": "task.restarting", "task": name, "error": type(error).__name__},
                )
            else:
                return
            if loop.time() - began > LAST_SECONDS:
                pause = self._pause
            await asyncio.sleep(pause)
            pause = min(LAST_SECONDS, pause * 2)

    async def stop(self) -> None:
        """Cancel all tasks and wait for them to finish."""
        tasks = self.tasks
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Retrieve a task's error, which no caller awaits any more."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.debug("%s: %s", task.get_name(), error)
