"""Forwards events to receivers, keeping each channel's events in order and losing none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from odoochat.events import Event
from odoochat.plural import counted
from odoochat.webhooks.channel_queues import ChannelQueues
from odoochat.webhooks.dead_letter_queue import DeadLetterQueue
from odoochat.webhooks.dead_letters import DeadLetters
from odoochat.webhooks.poster import DeliveryFailed
from odoochat.webhooks.report import guarded
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

    While the dead letters cannot be written, they are kept in memory, and deliveries continue.

    Use it as an async context manager, from a single task.

    Args:
        receiver: the receiver of the events.
        letters: store for undelivered webhooks; None to only report them and those still queued when the block exits.
        account: identifies the server, the database and the user.
        report: called with a one-sentence message for each undeliverable webhook; its errors are ignored.
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
        self._account = account
        self._letters = letters
        self._report = guarded(report)
        self._keep_unfinished = keep_unfinished
        self._concurrency = concurrency
        self._clock = clock
        self._queues: ChannelQueues[tuple[Webhook, Callable[[], None]]] | None = None
        self._dead: DeadLetterQueue | None = None
        self.failed = 0

    async def __aenter__(self) -> Self:
        queues = self._queues = ChannelQueues(self._deliver, concurrency=self._concurrency)
        if self._letters is not None:
            self._dead = DeadLetterQueue(
                self._letters, self._receiver.url, self._report, queues.fail, clock=self._clock
            )
            self._dead.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._queues is not None
        cancelled = self._queues.failure is not None  # a failure from here on cannot cancel this task
        left = await self._queues.close()
        if self._dead is not None:
            await self._close_letters(self._dead, left if self._keep_unfinished else [])
        elif left and self._keep_unfinished:
            queued = counted(len(left), "queued event was", "queued events were")
            self._report(f"stopped before {queued} handled; use --state to handle such events later")
        failure = self._queues.failure
        if failure is None:
            return
        task = asyncio.current_task()
        if cancelled and task is not None and task.uncancel():
            return  # also cancelled by another, e.g. Ctrl-C
        if error is None or (cancelled and isinstance(error, asyncio.CancelledError)):
            raise failure from None

    async def _close_letters(self, dead: DeadLetterQueue, left: list[tuple[Webhook, Callable[[], None]]]) -> None:
        """Store the webhooks that are still queued, and report how many are stored or lost."""
        unwritten = await dead.close((webhook for webhook, _ in left), STOPPED)
        if unwritten and self._keep_unfinished:
            self._report(f"{unwritten} undelivered webhooks are lost, because the dead letter file cannot be written")
        elif unwritten:
            self._report(f"{unwritten} undelivered webhooks could not be stored; the next run delivers them again")
        elif left:
            self._report(f"{len(left)} webhooks are still undelivered; run `odoochat webhook replay` to send them")

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
        if self._dead is not None:
            await self._dead.settle()

    async def _deliver(self, item: tuple[Webhook, Callable[[], None]]) -> None:
        webhook, done = item
        try:
            await self._receiver.deliver(webhook)
        except DeliveryFailed as failure:
            self.failed += 1
            if self._dead is None:
                event = f"message {webhook.message}" if webhook.message else "an event"
                self._report(f"{failure.reason} for {event}")
                done()
                return
            number = f" (message {webhook.message})" if webhook.message else ""
            text = f"webhook {webhook.id}{number} was not delivered ({failure.reason})"

            def stored() -> None:
                self._report(f"{text}; stored, run `odoochat webhook replay` to send it again")
                done()

            await self._dead.add(webhook, failure.reason, failure.attempts, stored)
        else:
            done()
