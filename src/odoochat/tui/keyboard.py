"""The keyboard: each key is handled in the mode to which the keys before it lead."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump

__all__ = ["Keyboard"]

HANDLED_SECONDS = 2.0
"""A widget that takes longer over a key does not stop the next one."""
REST_SECONDS = 0.7
JOB_SECONDS = 5.0
"""Keys wait at most so long for a job that changes the mode; then the job is given up."""


class Keyboard:
    """Delivers keys and pastes one by one.

    Textual puts a key into the queue of the focused widget; what the widget does not handle climbs to the application,
    which runs bindings. Keys that were typed right behind it would be delivered meanwhile, and still go to the widget
    that had the focus before. So the next key is delivered when the last one has reached the end of this way.

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
        self._patience: asyncio.TimerHandle | None = None
        self._limit: asyncio.TimerHandle | None = None
        self._turn = 0
        self._last = 0.0
        self.open = False

    async def put(self, event: events.Event) -> None:
        """Deliver a key or a paste, or keep it until its turn.

        Args:
            event: the event.
        """
        self._last = time.monotonic()
        if self._jobs and isinstance(event, events.Key) and event.key == "escape":
            self._give_up()
            return
        self._waiting.append(event)
        await self._next()

    async def rest(self) -> None:
        """Wait until the user does not type: what opens without their command must not take their keys."""
        left = REST_SECONDS
        while left > 0:
            left = self._last + REST_SECONDS - time.monotonic()
            await asyncio.sleep(max(left, 0))

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
        """Deliver the next key, unless the last one is still in progress or a job has not ended."""
        if not self._waiting or not self.open or self._jobs or self._patience is not None:
            return
        event = self._waiting.popleft()
        self._turn += 1
        self._patience = asyncio.get_running_loop().call_later(HANDLED_SECONDS, self._handled, self._turn)
        before = self._app.focused or self._app.screen
        await self._deliver(event)
        after = self._app.focused or self._app.screen
        self._climb([*_way(before), *_way(after)], self._turn)

    def _climb(self, way: list[MessagePump], turn: int) -> None:
        """Follow the key through the queues, from one to the next."""
        while way:
            pump, *way = way
            if pump.call_later(self._climb, way, turn):
                return
        self._handled(turn)

    def _handled(self, turn: int) -> None:
        if turn == self._turn and self._patience is not None:
            self._patience.cancel()
            self._patience = None
            self._app.call_later(self._next)


def _way(target: MessagePump) -> list[MessagePump]:
    """Return the queues through which a key climbs."""
    way = [target]
    while isinstance(way[-1], DOMNode) and (parent := way[-1].parent) is not None:
        way.append(parent)
    return way


def _is_text(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.is_printable
