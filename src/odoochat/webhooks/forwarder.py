"""Forwards events to receivers, keeping each channel's events in order and losing none."""

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
    """Interface for webhook receivers, implemented by `WebhookPoster` and `CommandRunner`."""

    @property
    def url(self) -> str:
        """The receiver's address or command."""
        ...

    async def deliver(self, webhook: Webhook) -> None:
        """Deliver a webhook, or raise `DeliveryFailed`.

        Args:
            webhook: the webhook.
        """
        ...


class Forwarder:
    """Delivers events to one receiver and stores undeliverable ones as dead letters.

    Use it as an async context manager, from a single task.

    Args:
        receiver: the receiver of the events.
        letters: store for undelivered webhooks; None to only report them.
        account: identifies the server, the database and the user.
        report: called with a one-sentence message for each undeliverable webhook.
        keep_unfinished: whether webhooks still queued when the block exits become dead letters. Pass False if a
            state file ensures that their events are delivered again.
        concurrency: maximum number of channels served at the same time.
        clock: returns the current time, as a Unix timestamp.

    Attributes:
        failed: number of undeliverable webhooks.
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
            self._report(f"{len(left)} webhooks are still undelivered; run `odoochat webhook replay` to send them")
        if self._queues.failure is not None and isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is not None and task.uncancel() == 0:
                raise self._queues.failure from None

    async def forward(self, event: Event, done: Callable[[], None] = lambda: None) -> None:
        """Queue an event.

        Args:
            event: the event.
            done: called once the event is delivered or stored as a dead letter.
        """
        assert self._queues is not None, "use `async with`"
        webhook = webhook_of(event, self._account, self._clock())
        await self._queues.put(webhook.channel, (webhook, done))

    async def finish(self) -> None:
        """Wait until every event has been delivered or has permanently failed."""
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
            kept = "; stored, run `odoochat webhook replay` to send it again" if self._letters is not None else ""
            self._report(f"webhook {webhook.id} was not delivered ({failure.reason}){kept}")
        done()

    async def _store(self, letters: DeadLetters, webhook: Webhook, reason: str, attempts: int) -> None:
        await asyncio.to_thread(letters.add, self._receiver.url, webhook, reason, attempts, self._clock())
