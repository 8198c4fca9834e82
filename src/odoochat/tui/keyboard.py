"""The keyboard: each key is handled in the mode to which the keys before it lead."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from textual import events
from textual.app import App

__all__ = ["Keyboard"]

HANDLED_SECONDS = 2.0
"""A widget that takes longer over a key does not stop the next one."""
JOB_SECONDS = 5.0
"""Keys wait at most so long for a job that changes the mode; then the job is given up."""


class Keyboard:
    """Delivers keys and pastes one by one.

    Textual puts keys into the queues of widgets. There, a key that was typed right behind a change of the focus would
    still go to the widget that had it before. So the next key is delivered when the screen has handled the last one.
    Keys also wait for jobs that end in another mode, for example for the channel that is being opened: otherwise a
    text would go to the channel that was open before.

    Args:
        app: the application.
        deliver: handles a key like Textual.
        on_give_up: called with the name of a job that took too long, or that the user stopped with Escape.

    Attributes:
        open: whether keys are delivered; before, they are kept.
    """

    def __init__(
        self,
        app: App[Any],
        deliver: Callable[[events.Event], Awaitable[None]],
        on_give_up: Callable[[str], None],
    ) -> None:
        self._app = app
        self._deliver = deliver
        self._on_give_up = on_give_up
        self._waiting: deque[events.Event] = deque()
        self._jobs: dict[asyncio.Task[Any], str] = {}
        self._limit: asyncio.TimerHandle | None = None
        self.open = False

    async def put(self, event: events.Event) -> None:
        """Deliver a key or a paste, or keep it until its turn.

        Args:
            event: the event.
        """
        if self._jobs and isinstance(event, events.Key) and event.key == "escape":
            self._give_up()
        elif self._waiting or self._jobs or not self.open:
            self._waiting.append(event)
        else:
            await self._handle(event)

    def start(self) -> None:
        """Deliver what was kept, and what comes from now on."""
        self.open = True
        self._app.call_later(self._next)

    def wait_for(self, job: asyncio.Task[Any], name: str) -> None:
        """Keep keys until a job has ended that changes the mode.

        Args:
            job: the job.
            name: what it does, for the user.
        """
        self._jobs[job] = name
        job.add_done_callback(self._ended)
        if self._limit is None:
            self._limit = asyncio.get_running_loop().call_later(JOB_SECONDS, self._give_up)

    def _ended(self, job: asyncio.Task[Any]) -> None:
        self._jobs.pop(job, None)
        if not self._jobs:
            if self._limit is not None:
                self._limit.cancel()
                self._limit = None
            self._app.call_later(self._next)

    def _give_up(self) -> None:
        """Stop waiting. Of the keys, only text is delivered: a command was meant for a mode that did not come."""
        jobs = dict(self._jobs)
        self._waiting = deque(event for event in self._waiting if isinstance(event, events.Paste) or _is_text(event))
        for job in jobs:
            job.cancel()
        for name in dict.fromkeys(jobs.values()):
            self._on_give_up(name)

    async def _next(self) -> None:
        """Deliver one key; each one is a message of its own, so that callbacks between them run."""
        if self._waiting and self.open and not self._jobs:
            await self._handle(self._waiting.popleft())
            if self._waiting:
                self._app.call_later(self._next)

    async def _handle(self, event: events.Event) -> None:
        await self._deliver(event)
        with suppress(TimeoutError):
            async with asyncio.timeout(HANDLED_SECONDS):
                await self._settled()

    async def _settled(self) -> None:
        """Wait until the screen, which may be a new dialog, and the focused widget have handled everything."""
        if not self._app.is_running:
            return
        for pump in (self._app.focused, self._app.screen):
            handled = asyncio.Event()
            if pump is not None and pump.call_later(handled.set):
                await handled.wait()


def _is_text(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.is_printable
