"""Serves one account: passes its events to the publisher and saves its position in the claim."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

from odoochat.client.client import Client
from odoochat.client.subscription import Subscription
from odoochat.client.timing import Timing
from odoochat.core.link import describe
from odoochat.errors import OdooChatError
from odoochat.events import (
    Event,
    EventsMissed,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
)
from odoochat.pool.pool import Pool
from odoochat.relay.brokers.broker import BrokerDown
from odoochat.relay.claims import Claim
from odoochat.relay.outgoing import Origin, outgoing_event
from odoochat.relay.publisher import EventPublisher
from odoochat.relay.settings import AccountSettings

__all__ = ["AccountRelay"]

log = logging.getLogger("odoochat")

DRAIN_SECONDS = 3.0
SAVE_AGAIN_SECONDS = 0.5
RETRY_SECONDS = 60.0
"""Delay before retrying an account whose login the server refused, as its password may have been corrected."""

HELD = MessagePosted | MessageEdited


class _Overflow(Exception):
    """Raised when events were dropped. The account then restarts from its last saved position."""


class _Position:
    """An account's record of delivered messages, stored in its claim; see `StateStore`.

    Args:
        claim: the claim.

    Attributes:
        subscription: the subscription whose messages the record tracks.
        patient: whether a save waits while the broker is down; False while the account is closing.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self.subscription: Subscription[Event] | None = None
        self.patient = True

    def __str__(self) -> str:
        return "in the broker"

    def read(self) -> bytes | None:
        return self._claim.position

    async def write(self, data: bytes) -> None:
        if self.subscription is not None and self.subscription.missed:
            raise ConnectionError("events that this record counts as delivered were dropped")
        while True:
            try:
                return await self._claim.save(data)
            except BrokerDown:
                if not self.patient:
                    raise
            await asyncio.sleep(SAVE_AGAIN_SECONDS)


class AccountRelay:
    """Serves an account that this process has claimed.

    Args:
        settings: the account's settings.
        pool: the connections shared by all accounts.
        publisher: publishes events to the broker.
        types: the event types to publish.
        save: seconds between saves of the position.
        waiting: maximum number of the account's events to queue while the broker is down.
        clock: returns the current time as a Unix timestamp.

    Attributes:
        client: the client while connected, otherwise None.
        error: why the account is not connected, or None if it is.
    """

    def __init__(
        self,
        settings: AccountSettings,
        pool: Pool,
        publisher: EventPublisher,
        types: tuple[type[Event], ...],
        *,
        save: float = 1.0,
        waiting: int = 10_000,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._pool = pool
        self._publisher = publisher
        self._types = types
        self._timing = Timing(save=save)
        self._waiting = waiting
        self._clock = clock
        self.client: Client | None = None
        self.error: str | None = None

    async def serve(self, claim: Claim) -> None:
        """Serve the account until cancelled or until another process takes it over.

        Args:
            claim: the claim, which contains the position to resume from.
        """
        while not claim.lost.is_set():
            try:
                await self._connect_and_follow(claim)
            except _Overflow:
                log.warning(
                    "account %s: events were dropped; restarting from the saved position",
                    self.settings.name,
                    extra={"event": "relay.overflow", "account": self.settings.name},
                )
            except OdooChatError as error:
                self.error = describe(error)
                log.warning(
                    "account %s: %s; trying again in %.0f s",
                    self.settings.name,
                    self.error,
                    RETRY_SECONDS,
                    extra={"event": "relay.refused", "account": self.settings.name, "error": self.error},
                )
                await asyncio.sleep(RETRY_SECONDS)

    async def _connect_and_follow(self, claim: Claim) -> None:
        settings, position = self.settings, _Position(claim)
        account = self._pool.start(
            settings.url, name=settings.name, state=position, timing=self._timing, **settings.options
        )
        try:
            client = await account.wait_connected()
            self.client, self.error = client, None
            parts = urlsplit(client.server.url)
            origin = Origin(parts.netloc + parts.path.rstrip("/"), client.server.db, settings.name)
            subscription = position.subscription = client.events(*self._types, maxsize=self._waiting)
            unacknowledged = _Unacknowledged(subscription)
            try:
                await self._follow(client, subscription, unacknowledged, origin)
            finally:
                await unacknowledged.drain(DRAIN_SECONDS)
                position.patient = False
        finally:
            self.client = None
            try:
                await self._pool.remove(account)
            except OdooChatError as error:
                log.debug("account %s: %s", settings.name, error)

    async def _follow(
        self, client: Client, subscription: Subscription[Event], unacknowledged: _Unacknowledged, origin: Origin
    ) -> None:
        async for event in subscription:
            if isinstance(event, EventsMissed):
                raise _Overflow
            outgoing = outgoing_event(event, origin, self._clock(), channel=_channel(client, event))
            await self._publisher.put(outgoing, unacknowledged.add(event))


class _Unacknowledged:
    """Tracks a subscription's events that the broker has not acknowledged.

    Args:
        subscription: the subscription, which counts messages in unacknowledged events as undelivered.
    """

    def __init__(self, subscription: Subscription[Event]) -> None:
        self._subscription = subscription
        self._counts: Counter[int] = Counter()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, event: Event) -> Callable[[], None]:
        """Count a message as undelivered.

        Args:
            event: the event that contains it.

        Returns:
            A function to call once the broker has acknowledged the event.
        """
        number = event.message.id if isinstance(event, HELD) else 0
        self._counts[number] += 1
        self._idle.clear()
        if number:
            self._subscription.hold(number)

        def done() -> None:
            self._counts[number] -= 1
            if not self._counts[number]:
                del self._counts[number]
                if number:
                    self._subscription.release(number)
            if not self._counts:
                self._idle.set()

        return done

    async def drain(self, timeout: float) -> None:
        """Wait for all acknowledgements, so that the next process does not publish the events again.

        Args:
            timeout: seconds to wait.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._idle.wait()
        except TimeoutError:
            log.debug("the broker has not acknowledged %d events", self._counts.total())


def _channel(client: Client, event: Event) -> int:
    """Return the channel id for an event that contains only a message id, or 0 if unknown."""
    number = getattr(event, "message_id", None)
    if number is None or isinstance(event, MessageDeleted):
        return 0
    message = client.known_message(number)
    return message.channel.id if message is not None else 0
