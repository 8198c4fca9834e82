"""Delivers keys in order, so that each key is handled in the mode set by the keys before it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump

__all__ = ["Keyboard"]

HANDLED_SECONDS = 2.0
"""Seconds to wait for a widget to handle a key before delivering the next key."""
REST_SECONDS = 0.7
JOB_SECONDS = 5.0
"""Maximum number of seconds that keys wait for a job that changes the mode before the job is abandoned."""


class Keyboard:
    """Delivers keys and pastes one by one.

    Textual puts each key in the focused widget's queue. If the widget does not handle the key, it bubbles up to the
    application, which runs bindings. Keys typed right after it would still go to the widget that had the focus before,
    so each key is delivered only once the previous one has passed through all queues.

    Keys also wait for jobs that change the mode, such as opening a channel. Otherwise, text would go to the previously
    open channel.

    Args:
        app: the application.
        deliver: a function that passes a key to Textual.
        on_give_up: a function that is called with the name of a job that timed out or that the user cancelled with
            Escape.

    Attributes:
        open: whether keys are delivered; until this is True, they are queued.
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
        """Queue a key or a paste for delivery.

        Args:
            event: the event.
        """
        self._last = time.monotonic()
        if self._jobs and isinstance(event, events.Key) and event.key == "escape":
            self._give_up()
            return
        self._waiting.append(event)
        await self._next()

    @property
    def waiting(self) -> Sequence[events.Event]:
        """The queued keys and pastes, oldest first."""
        return self._waiting

    def discard(self, count: int) -> None:
        """Remove the oldest keys from the queue, because they have taken effect in another way.

        Args:
            count: the number of keys.
        """
        for _ in range(count):
            self._waiting.popleft()

    async def rest(self) -> None:
        """Wait until the user pauses typing, so that a dialog that opens unprompted does not catch stray keys."""
        left = REST_SECONDS
        while left > 0:
            left = self._last + REST_SECONDS - time.monotonic()
            await asyncio.sleep(max(left, 0))

    def start(self) -> None:
        """Deliver the queued keys and all later ones."""
        self.open = True
        self._app.call_later(self._next)

    def wait_for(self, job: asyncio.Task[Any], name: str) -> None:
        """Hold keys until a job that changes the mode ends.

        Args:
            job: the job.
            name: a description of the job, shown to the user.
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
        """Stop waiting and deliver only the queued text: commands were meant for a mode that was never reached."""
        jobs = dict(self._jobs)
        self._waiting = deque(event for event in self._waiting if isinstance(event, events.Paste) or _is_text(event))
        for job in jobs:
            job.cancel()
        for name in dict.fromkeys(jobs.values()):
            self._on_give_up(name)

    async def _next(self) -> None:
        """Deliver the next key, unless the previous one or a job is still in progress."""
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
        """Follow the key from queue to queue."""
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
    """Return the message queues that a key passes through."""
    way = [target]
    while isinstance(way[-1], DOMNode) and (parent := way[-1].parent) is not None:
        way.append(parent)
    return way


def _is_text(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.is_printable
