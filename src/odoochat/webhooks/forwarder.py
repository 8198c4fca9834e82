"""Forwards events to receivers: in order within a channel, and none lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from odoochat.events import Event
from odoochat.webhooks.channel_queues import ChannelQueues
from odoochat.webhooks.dead_letters import DeadLetters
from odoochat.webhooks.poster import DeliveryFailed
from odoochat.webhooks.webhook import Webhook, webhook_of

__all__ = ["Forwarder", "WebhookReceiver"]

STOPPED = "odoochat was stopped before it was delivered"


class WebhookReceiver(Protocol):
    """What takes webhooks: a `WebhookPoster` or a `CommandRunner`."""

    @property
    def url(self) -> str:
        """The address, or the command."""
        ...

    async def deliver(self, webhook: Webhook) -> None:
        """Deliver a webhook, or raise `DeliveryFailed`.

        Args:
            webhook: the webhook.
        """
        ...


class Forwarder:
    """Delivers events to one receiver. What cannot be delivered becomes a dead letter.

    Use it as an async context manager, from one task.

    Args:
        receiver: where the events go.
        letters: where undelivered webhooks are kept; None to only report them.
        account: names the server, the database and the user.
        report: called with a sentence about each webhook that could not be delivered.
        keep_unfinished: whether webhooks that wait when the block ends become dead letters; False when another record
            (a state file) delivers their events again.
        concurrency: number of channels that are served at the same time.
        clock: returns the time in seconds since 1970.

    Attributes:
        failed: number of webhooks that could not be delivered.
    """

    def __init__(
        self,
        receiver: WebhookReceiver,
        letters: DeadLetters | None,
        account: str,
        report: Callable[[str], None],
        *,
        keep_unfinished: bool = True,
        concurrency: int = 8,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._receiver = receiver
        self._letters = letters
        self._account = account
        self._report = report
        self._keep_unfinished = keep_unfinished
        self._concurrency = concurrency
        self._clock = clock
        self._queues: ChannelQueues[tuple[Webhook, Callable[[], None]]] | None = None
        self.failed = 0

    async def __aenter__(self) -> Self:
        self._queues = ChannelQueues(self._deliver, concurrency=self._concurrency)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._queues is not None
        left = await self._queues.close()
        if self._letters is not None and self._keep_unfinished:
            for webhook, _ in left:
                await self._store(self._letters, webhook, STOPPED, 0)
        if left and self._letters is not None and self._keep_unfinished:
            self._report(f"{len(left)} webhooks were not delivered yet; `odoochat webhook replay` sends them")
        if self._queues.failure is not None and isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.uncancel() == 0:
                raise self._queues.failure from None

    async def forward(self, event: Event, done: Callable[[], None] = lambda: None) -> None:
        """Queue an event.

        Args:
            event: the event.
            done: called when it was delivered, or stored as a dead letter.
        """
        assert self._queues is not None, "use `async with`"
        webhook = webhook_of(event, self._account, self._clock())
        await self._queues.put(webhook.channel, (webhook, done))

    async def finish(self) -> None:
        """Wait until all events are delivered or given up."""
        assert self._queues is not None, "use `async with`"
        await self._queues.join()

    async def _deliver(self, item: tuple[Webhook, Callable[[], None]]) -> None:
        webhook, done = item
        try:
            await self._receiver.deliver(webhook)
        except DeliveryFailed as failure:
            self.failed += 1
            if self._letters is not None:
                await self._store(self._letters, webhook, failure.reason, failure.attempts)
            kept = "; kept, `odoochat webhook replay` sends it again" if self._letters is not None else ""
            self._report(f"webhook {webhook.id} was not delivered ({failure.reason}){kept}")
        done()

    async def _store(self, letters: DeadLetters, webhook: Webhook, reason: str, attempts: int) -> None:
        await asyncio.to_thread(letters.add, self._receiver.url, webhook, reason, attempts, self._clock())
