"""Publisher: turns updates into events, delivering each message once.

The state is updated first, then subscribers are notified.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec

from odoochat.client.background import Background
from odoochat.client.link_status import LinkStatus
from odoochat.client.post_delivery import PostDelivery
from odoochat.client.queries import ServerQueries
from odoochat.client.subscription import Subscribers
from odoochat.core.catchup import Catchup
from odoochat.core.outbox import Outbox
from odoochat.core.state import ClientState
from odoochat.errors import OdooChatError
from odoochat.events import (
    ChannelChanged,
    CountersChanged,
    Event,
    InboxRead,
    InboxReceived,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageSeen,
    StarChanged,
)
from odoochat.model import ChannelInfo, ChannelRef, Counters, Message, same_facts
from odoochat.wire.updates import ChannelPatch, CountersPatch, MessagePatch, PollsPatch, Refresh, Update

__all__ = ["Publisher"]

log = logging.getLogger("odoochat")

COUNTING = (MessageSeen, InboxReceived, InboxRead, StarChanged)
"""Events that may change the inbox counters, or more of a channel's counters than the message itself indicates."""

_Before: TypeAlias = tuple[Counters, list[ChannelInfo]]

EVENTS_EACH = 3
"""Maximum number of events per update: its own, one for the channel's counts and one for the inbox counts."""


class Publisher:
    """The only component that publishes events to subscribers.

    Args:
        state: the client's state, updated before subscribers are notified.
        subscribers: the subscriptions.
        catchup: records which messages were delivered.
        outbox: recognizes the client's own messages from the server.
        queries: fetches data that an update omits.
        status: provides the transport's name for the log.
        background: runs requests triggered by updates.
        clock: a function that returns the time in seconds, for expiring typing notifications.

    Attributes:
        posts: publishes messages.
    """

    def __init__(
        self,
        state: ClientState,
        subscribers: Subscribers,
        catchup: Catchup,
        outbox: Outbox,
        queries: ServerQueries,
        status: LinkStatus,
        background: Background,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._clock = clock
        self._subscribers = subscribers
        self._catchup = catchup
        self._queries = queries
        self._background = background
        self.posts = PostDelivery(state, subscribers, catchup, outbox, status, self.publish)

    @property
    def has_room(self) -> bool:
        """Whether every subscription has room for one update's events, so `wait_for_room` would return immediately."""
        return self._subscribers.has_room(EVENTS_EACH)

    async def wait_for_room(self, *, lasting: bool = True) -> None:
        """Wait until every subscription has room for one update's events.

        Args:
            lasting: see `Subscribers.room`.
        """
        await self._subscribers.room(EVENTS_EACH, lasting=lasting)

    def complete_later(self, messages: Sequence[Message]) -> None:
        """Fetch missing details of known messages in the background: plain author names and file details.

        Args:
            messages: messages that were fetched with ``complete=False``.
        """

        async def complete() -> None:
            for number, full in (await self._queries.complete(messages)).items():
                self._state.messages.learn_details(number, full)

        self._background.once("messages", complete)

    # ------------------------------------------------------------------- updates

    def apply(self, update: Update, *, live: bool = True) -> None:
        """Publish the events that result from an update and the current state.

        Args:
            update: an event or a partial change, but not a `Refresh`.
            live: whether the update was just sent rather than replayed.
        """
        match update:
            case MessagePosted(message=message):
                self.deliver(message, live=live)
            case MessagePatch():
                change = self._state.patched(update)
                if change is None:
                    self._fetch_edited(update.id)
                else:
                    self.publish_change(change)
            case CountersPatch():
                before = self._state.inbox.counters
                self._state.inbox.patch(update)
                self._publish_counters(before)
            case InboxRead(message_ids=numbers) if not self._state.inbox.holds(numbers):
                self.publish(update)
                self._background.once("inbox", self.refresh_counters)
            case ChannelPatch():
                for event in self._state.patch_channel(update):
                    self.publish(event)
            case PollsPatch():
                for changed in self._state.polls.apply(update):
                    self.publish(changed)
            case Event():
                self.publish(update)
            case Refresh():
                pass

    # ------------------------------------------------------------------ messages

    def deliver(self, message: Message, *, live: bool = False) -> bool:
        """Publish a message unless it was already delivered.

        Args:
            message: a message in one of the user's channels.
            live: see `Catchup.admit`.

        Returns:
            Whether it was published.
        """
        return self.posts.deliver((message,), live=live) > 0

    async def deliver_all(self, messages: Iterable[Message]) -> int:
        """Publish any of the given messages that have not been delivered yet, as soon as subscribers have room.

        Args:
            messages: messages in the user's channels, oldest first.

        Returns:
            The number of published messages.
        """
        count = 0
        for message in messages:
            await self.wait_for_room()
            count += self.deliver(message)
        return count

    def deliver_row(self, message: Message) -> int:
        """Publish anything in a message's row that is new to subscribers.

        Args:
            message: the message as a query returned it.

        Returns:
            1 if the message was missing, otherwise 0.
        """
        match self._catchup.judge(message):
            case "new":
                return int(self.deliver(message))
            case "edited":
                self.publish_row_change(message)
            case "known":
                self._catchup.note_written(message)  # it is not requested again
                old = self._state.message(message.id)
                if old is not None and old.html != message.html:
                    self.publish_row_change(message)
        return 0

    def publish_row_change(self, message: Message) -> None:
        """Publish a message's edit, or its deletion if the row is empty.

        Args:
            message: the message as a query returned it.
        """
        change = self._state.patched(MessagePatch(message.id, message.html, message.written, message.attachments))
        self._catchup.note_written(message)
        self.publish_change(change or MessageEdited(message))

    def publish_change(self, event: MessageEdited | MessageDeleted) -> None:
        """Publish a change to a message unless the state already contains it.

        Args:
            event: the change.
        """
        if isinstance(event, MessageEdited):
            old = self._state.message(event.message.id)
            self._catchup.note_written(event.message)
            if old is not None:
                if old.html == event.message.html and old.attachments == event.message.attachments:
                    return
                event = _dated(event.message, old)
        elif self._state.messages.was_deleted(event.id):
            return
        self.publish(event)

    def _fetch_edited(self, message_id: int) -> None:
        async def fetch() -> None:
            for message in await self._queries.by_ids([message_id]):
                if self._state.info(message.channel.id) is not None:
                    self.publish_change(MessageEdited(message))

        self._background.once(f"message {message_id}", fetch)

    # -------------------------------------------------------------------- events

    def publish(self, event: Event) -> None:
        """Update the state for an event, then notify the subscribers.

        Args:
            event: the event; pass messages to `deliver` instead.
        """
        self._notify(event, self._apply(event))

    def _apply(self, event: Event) -> _Before | None:
        """Update the state, and return the previous values of the counts that may change, or None if none can."""
        before = None
        if isinstance(event, COUNTING):
            before = self._state.inbox.counters, self._counted(event)
        elif isinstance(event, MessageDeleted):
            self._catchup.forget(event.id)
        self._state.apply(event, self._clock())
        return before

    def _notify(self, event: Event, before: _Before | None) -> None:
        self._subscribers.publish(event)
        if before is None:
            return
        counters, counted = before
        for old in counted:
            if (now := self._state.info(old.id)) is not None and not same_facts(now, old):
                self._subscribers.publish(ChannelChanged(now))
        self._publish_counters(counters)

    def _counted(self, event: Event) -> list[ChannelInfo]:
        """Return the channels whose unread counts an event may change, in their current state."""
        match event:
            case MessageSeen(channel=channel) | InboxReceived(message=Message(channel=channel)):
                info = self._state.info(channel.id)
                return [info] if info is not None else []
            case InboxRead(message_ids=numbers):
                found = {self._state.inbox.channel_of(number) for number in numbers}
                return [info for number in found if (info := self._state.info(number)) is not None]
            case _:
                return []

    # -------------------------------------------------------------------- counts

    def mark_read(self, channel: ChannelRef, message_id: int) -> None:
        """Mark a channel as read by the user without waiting for the server to confirm it.

        Args:
            channel: the channel.
            message_id: id of the last read message.
        """
        before = self._state.info(channel.id)
        self._state.apply(MessageSeen(channel, self._state.me.author, message_id), self._clock())
        now = self._state.info(channel.id)
        if now is not None and not same_facts(now, before):
            self._subscribers.publish(ChannelChanged(now))

    async def refresh_counters(self) -> None:
        """Fetch the ids of inbox and starred messages, and publish any changes.

        Raises:
            OdooChatError: they could not be fetched.
        """
        with self._state.inbox.reading() as reading:
            marked = await self._queries.marked()
            before = self._state.inbox.counters
            changes = self._state.count_inbox(marked, reading)
        for event in changes:
            self._subscribers.publish(event)
        self._publish_counters(before)

    def _publish_counters(self, before: Counters) -> None:
        if self._state.inbox.counters != before:
            self._subscribers.publish(CountersChanged(self._state.inbox.counters))

    async def publish_written(self, message_id: int) -> None:
        """Publish a change that the client made by writing a row, because the server sends no notification for it.

        Args:
            message_id: id of the changed message.
        """
        try:
            found = await self._queries.by_ids([message_id])
        except OdooChatError as error:
            log.debug("message %d changed, but cannot be fetched: %s", message_id, error)
            return
        for message in found:
            if self._state.info(message.channel.id) is not None:
                self.publish_row_change(message)


def _dated(message: Message, old: Message) -> MessageEdited:
    """Return an edit with its time: the row's write date if that has changed, otherwise the current time."""
    if message.edited_at is None:
        later = message.written is not None and (old.written is None or message.written > old.written)
        moment = message.written if later else datetime.now(UTC)
        message = msgspec.structs.replace(message, edited_at=moment)
    return MessageEdited(message)
