"""Post delivery: publishes each message once, many at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import msgspec

from odoochat.client.link_status import LinkStatus
from odoochat.client.subscription import Subscribers
from odoochat.core.catchup import Catchup
from odoochat.core.outbox import Outbox
from odoochat.core.seen import Seen
from odoochat.core.state import ClientState
from odoochat.events import Event, MessageDeleted, MessagePosted
from odoochat.model import Message

__all__ = ["PostDelivery"]

log = logging.getLogger("odoochat")

EVENTS_EACH = 2
"""Maximum number of events per message: its own, and one if it has already been removed."""


class PostDelivery:
    """Drops the messages that were delivered before, updates the state for the others, and publishes them.

    Args:
        state: the client's state, updated before subscribers are notified.
        subscribers: the subscriptions.
        catchup: records which messages were delivered.
        outbox: recognizes the client's own messages from the server.
        status: provides the transport's name for the log.
        publish: publishes other events.
    """

    def __init__(
        self,
        state: ClientState,
        subscribers: Subscribers,
        catchup: Catchup,
        outbox: Outbox,
        status: LinkStatus,
        publish: Callable[[Event], None],
    ) -> None:
        self._state = state
        self._subscribers = subscribers
        self._catchup = catchup
        self._outbox = outbox
        self._status = status
        self._publish = publish
        self._failed = Seen(1_000)
        self._expected: dict[int, asyncio.Future[Message]] = {}

    def room(self, wanted: int) -> int:
        """Return how many messages can be delivered before a subscription is full, up to the wanted number.

        Args:
            wanted: maximum number of messages.
        """
        if (free := self._subscribers.free // EVENTS_EACH) > 0:
            return min(wanted, free)
        # A queue that is too small for the events of one message takes them while it is empty.
        return min(wanted, int(self._subscribers.has_room(EVENTS_EACH)))

    def deliver(self, messages: Sequence[Message], *, live: bool = False) -> int:
        """Publish the messages that have not been delivered yet.

        If the state cannot be changed for one of them, the others are published before the error is raised.

        Args:
            messages: messages in the user's channels.
            live: see `Catchup.admit`.

        Returns:
            The number of published messages.
        """
        catchup, admit = self._catchup, self._catchup.admit
        me, known, keep = self._state.me, self._state.messages, self._state.messages.keep
        events: list[MessagePosted] = []
        published = 0
        error: Exception | None = None
        reused, deleted = catchup.has_reused_ids, live and bool(known.deleted)
        author, mine = None, False
        for given in messages:
            message = given
            if reused and catchup.has_reused_id(message):
                self._state.reuse(message)
            if not admit(message, live=live):
                self._fulfil(known.get(message.id) or message)
                continue
            if message.author is not author:  # consecutive messages share it
                author = message.author
                mine = me.wrote(author)
            if mine is not message.mine:
                message = msgspec.structs.replace(message, mine=mine)
            try:
                if mine:
                    message = self._outbox.recognise(message, me)
                keep(message)
            except Exception as raised:
                error = error or raised
                self._reopen(message)
                continue
            events.append(MessagePosted(message))
            # Notifications may arrive out of order, so a live message may already have been removed.
            if deleted and known.was_deleted(message.id):
                error = self._notify(events, error)
                published += len(events)
                self._publish(MessageDeleted(message.id, message.channel))
                events = []
        error = self._notify(events, error)
        if error is not None:
            raise error
        return published + len(events)

    def _notify(self, events: Sequence[MessagePosted], error: Exception | None) -> Exception | None:
        """Publish the events of messages that the state already contains, and return the first error."""
        try:
            self._state.note_posted([event.message for event in events])
        except Exception as raised:
            error = error or raised
        if self._expected:
            for event in events:
                self._fulfil(event.message)
        if log.isEnabledFor(logging.INFO):
            via = self._status.via_or("reading back")
            for event in events:
                number, channel = event.message.id, event.message.channel.name
                received = {"event": "message.received", "via": via, "message_id": number, "channel": channel}
                log.info("received by %s: message %d in %s", via, number, channel, extra=received)
        self._subscribers.publish_posts(events)
        return error

    def _reopen(self, message: Message) -> None:
        """Let the next catch-up retry a message for which the state could not be changed.

        A second error is most likely caused by this message, which must not keep the link closed forever.
        """
        if self._failed.add(message.id):
            self._catchup.reopen(message.id)

    # ------------------------------------------------------------------- waiting

    @contextmanager
    def expecting(self, message_id: int) -> Generator[asyncio.Future[Message]]:
        """Wait for a message to be delivered.

        Args:
            message_id: the message's id.

        Yields:
            A future that is done once the message is delivered, or immediately if it already was.
        """
        expected = self._expected.setdefault(message_id, asyncio.get_running_loop().create_future())
        try:
            yield expected
        finally:
            self._expected.pop(message_id, None)

    @property
    def expected(self) -> int:
        """Number of messages that callers are waiting for."""
        return len(self._expected)

    def _fulfil(self, message: Message) -> None:
        if self._expected and (expected := self._expected.get(message.id)) is not None and not expected.done():
            expected.set_result(message)

    def stop(self) -> None:
        """Cancel all waits for a message."""
        for expected in self._expected.values():
            expected.cancel()
