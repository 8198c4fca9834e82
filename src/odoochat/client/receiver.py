"""Receiver: decodes notifications, adds missing data, and passes updates to the publisher."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec import Struct

from odoochat.client.catchup_runner import CatchUpRunner
from odoochat.client.membership import Membership
from odoochat.client.post_order import in_order, posted_messages, sort_messages, with_messages
from odoochat.client.post_rows import PostRows
from odoochat.client.post_runs import PostRuns
from odoochat.client.publisher import Publisher
from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.client.timing import Timing
from odoochat.core.catchup import Catchup
from odoochat.core.state import ClientState
from odoochat.events import (
    InboxReceived,
    MemberJoined,
    MemberLeft,
    MessageEdited,
    MessagePosted,
    NotificationReceived,
    PresenceChanged,
    TypingChanged,
)
from odoochat.model import Message
from odoochat.net.frame_listener import Batch
from odoochat.net.time_slice import TimeSlice
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.echo import is_echo
from odoochat.wire.updates import ChannelPatch, Refresh, Update

__all__ = ["Pending", "Receiver"]

log = logging.getLogger("odoochat")

WITH_MESSAGE = (MessagePosted, MessageEdited, InboxReceived)

STEPS_AT_ONCE = 50
"""Maximum number of steps that are decoded without giving other tasks time to run; an ordinary frame takes a few."""


MESSAGES_AT_ONCE = 32
"""Maximum number of messages that are published without giving other tasks time to run."""


class Pending(Struct):
    """The part of a batch that has not been published yet.

    Attributes:
        messages: decoded messages from frames with one notification each.
        updates: decoded updates of one frame; either these or `messages` are empty.
        steps: decodes the rest of that frame.
        replay: see `Batch.replay`.
        following: notifications from later frames.
        error: raised once everything else has been published; None if nothing has failed so far.
    """

    messages: Sequence[Message] = ()
    updates: Sequence[Update] = ()
    steps: Iterable[Sequence[Update]] = ()
    replay: bool = False
    following: Sequence[Notification] = ()
    error: Exception | None = None


class Receiver:
    """Turns notifications into updates.

    Args:
        session: provides the dialect for decoding.
        state: provides the names of channels and people.
        publisher: publishes the updates.
        membership: fetches channels that a notification mentions.
        catchup: remembers channels that the user is not a member of.
        catchup_runner: determines whether a replay may be newer than fetched data.
        queries: fetches data that notifications omit.
        timing: see `Timing.row`.
        time_slice: yields to other tasks while processing many or large notifications.
    """

    def __init__(
        self,
        session: Session,
        *,
        state: ClientState,
        publisher: Publisher,
        membership: Membership,
        catchup: Catchup,
        catchup_runner: CatchUpRunner,
        queries: ServerQueries,
        timing: Timing,
        time_slice: TimeSlice | None = None,
    ) -> None:
        self._session = session
        self._state = state
        self._publisher = publisher
        self._membership = membership
        self._catchup = catchup
        self._catchup_runner = catchup_runner
        self._slice = time_slice or TimeSlice()
        self._rows = PostRows(session, state, queries, timing)
        self._posts = PostRuns(session, state, self._rows)

    def deliver_at_once(self, batch: Batch) -> Pending | None:
        """Decode live notifications and publish their events, as far as this is possible without waiting.

        Args:
            batch: the notifications, in bus order.

        Returns:
            The part that is left for `deliver`, or None if all events were published.
        """
        return self._collected_at_once(batch.items) if batch.collected else self._frame_at_once(batch.items)

    def _collected_at_once(self, items: Sequence[Notification], error: Exception | None = None) -> Pending | None:
        """Deliver notifications from frames of their own like `deliver_at_once`, plain posts in runs."""
        place, slice_is_used_up = 0, self._slice.is_used_up
        slice_is_used_up()  # the slice includes the first run
        while place < len(items):
            end = place + 1
            left = None
            try:
                if messages := self._posts.decode(items, place):
                    end = place + len(messages)
                    left = self._run_at_once(messages)
                elif messages := self._incomplete_posts(items, place):
                    end = place + len(messages)
                    left = Pending(messages)
                else:
                    end = self._end_of_posts(items, place)
                    left = self._frame_at_once(items[place:end])
            except Exception as raised:
                error = error or raised
            place = end
            if left is not None or (place < len(items) and slice_is_used_up()):
                left = left or Pending()
                left.following, left.error = items[place:], error or left.error
                return left
        if error is not None:
            raise error
        return None

    def _run_at_once(self, messages: list[Message]) -> Pending | None:
        room = self._publisher.posts.room(len(messages))
        left = Pending(messages[room:]) if room < len(messages) else None
        try:
            self._publisher.posts.deliver(messages if left is None else messages[:room], live=True)
        except Exception as error:
            if left is None:
                raise
            left.error = error
        return left

    def _incomplete_posts(self, items: Sequence[Notification], start: int) -> list[Message]:
        """Decode the consecutive plain posts at a position, so that one request fetches all the rows that they need."""
        found: list[Message] = []
        while messages := self._posts.decode(items, start + len(found), incomplete=True):
            found += messages
            if self._slice.is_used_up():
                break
        return sort_messages(found)

    def _end_of_posts(self, items: Sequence[Notification], start: int) -> int:
        """Return the position after a run of posts, or the next position if there is no post at `start`.

        Posts are delivered together, so that one request fetches all the rows that they need.
        """
        end, is_post = start, self._session.dialect.decoder.is_post
        while end < len(items) and is_post(items[end]):
            end += 1
        return max(end, start + 1)

    def _frame_at_once(self, items: Sequence[Notification]) -> Pending | None:
        updates: list[Update] = []
        left = STEPS_AT_ONCE
        for found in (steps := self._steps(items)):
            if found:
                updates += found
            left -= 1
            if not left:
                return Pending(updates=updates, steps=steps)
        if len(updates) > 1:
            updates = in_order(updates)
        error: Exception | None = None
        for place, update in enumerate(updates):
            try:
                if not (self._publisher.has_room and self._publish_at_once(update)):
                    return Pending(updates=updates[place:], error=error)
            except Exception as raised:
                error = error or raised
        if error is not None:
            raise error
        return None

    def has_only_posts(self, batch: Batch) -> bool:
        """Return whether a batch may be joined with others like it before it is delivered.

        Args:
            batch: the batch.

        Returns:
            True if all of its notifications are live and about new messages.
        """
        return not batch.replay and all(map(self._session.dialect.decoder.is_post, batch.items))

    def _publish_at_once(self, update: Update) -> bool:
        """Publish a live update and return True, or return False if it requires a request to the server."""
        if isinstance(update, MessagePosted):
            message = update.message
            if self._state.info(message.channel.id) is None or self._rows.needed_for([message]):
                return False
            self._publisher.deliver(message, live=True)
            return True
        if isinstance(update, (Refresh, MemberJoined, MemberLeft)):
            return False
        self._publisher.apply(update)
        return True

    async def deliver(self, work: Batch | Pending) -> None:
        """Decode notifications and publish their events.

        If that fails for one of them, the others are published before the error is raised.

        Args:
            work: the notifications, in bus order, or the part of them that `deliver_at_once` has left. If they are a
                replay, typing and presence are skipped, and the channels have just been fetched.

        Raises:
            OdooChatError: a mentioned channel could not be fetched.
        """
        if isinstance(work, Pending):
            left: Pending | None = work
        elif work.collected and not work.replay:
            left = self._collected_at_once(work.items)
        else:
            left = Pending(steps=self._steps(work.items), replay=work.replay)
        while left is not None:
            if self._slice.is_used_up():
                await self._slice.pause()
            error = await self._deliver_pending(left)
            if not left.following and error is not None:
                raise error
            left = self._collected_at_once(left.following, error)

    async def _deliver_pending(self, pending: Pending) -> Exception | None:
        """Publish what is left of a batch except for later frames, and return the first error."""
        refresh: set[int | None] = set()
        error, live = pending.error, not pending.replay
        if pending.messages:
            error = await self._deliver_messages(await self._rows.complete(pending.messages), error, live=live)
        decoded = [*pending.updates]
        for found in pending.steps:
            if self._slice.is_over():
                await self._slice.pause()
            decoded += found
        for messages, update in grouped(await self._completed(in_order(decoded))):
            if messages:
                error = await self._deliver_messages(messages, error, live=live)
            if update is not None:
                await self._wait_for_room()
                try:
                    self._publish(update, refresh, live=live)
                except Exception as raised:
                    error = error or raised
        if refresh:
            try:
                await self._membership.refresh_for(refresh)
            except Exception as raised:
                error = error or raised
        return error

    async def _deliver_messages(
        self, messages: Sequence[Message], error: Exception | None, *, live: bool
    ) -> Exception | None:
        """Publish messages, and return the first error."""
        place = 0
        while place < len(messages):
            await self._wait_for_room()
            end = place + max(self._publisher.posts.room(MESSAGES_AT_ONCE), 1)
            part = self._with_channel_names(messages[place:end])
            known = self._in_known_channels(part)
            place += known or 1
            try:
                if known:
                    self._publisher.posts.deliver(part[:known], live=live)
                elif error is None:  # otherwise, a catch-up follows anyway
                    await self._unknown_channel(part[0], live=live)
            except Exception as raised:
                error = error or raised
        return error

    async def _wait_for_room(self) -> None:
        """Give other tasks time to run if necessary, and wait until there is room for the next event."""
        if self._slice.is_over():
            await self._slice.pause()
        # One frame may contain more events than fit into the queues, so subscribers that keep up get time to read.
        if not self._publisher.has_room:
            await self._publisher.wait_for_room(lasting=False)

    async def _completed(self, updates: list[Update]) -> list[Update]:
        """Complete the messages in updates."""
        messages = posted_messages(updates)
        completed = await self._rows.complete(messages)
        return updates if completed is messages else with_messages(updates, completed)

    def _in_known_channels(self, messages: Sequence[Message]) -> int:
        """Return the number of messages before the first one in an unknown channel."""
        channel = None
        for place, message in enumerate(messages):
            if message.channel is not channel:
                if self._state.info(message.channel.id) is None:
                    return place
                channel = message.channel
        return len(messages)

    def _publish(self, update: Update, refresh: set[int | None], *, live: bool) -> None:
        """Publish an update, or add its channel to those that must be fetched; None means all channels."""
        if isinstance(update, Refresh):
            refresh.add(update.channel_id)
        elif isinstance(update, (MemberJoined, MemberLeft)) and update.author == self._session.me.author:
            refresh.add(update.channel.id)
        elif not live and isinstance(update, ChannelPatch):
            if self._catchup_runner.trusts_replay:  # it may be newer than the data fetched at login
                refresh.add(update.id)
        elif live or not isinstance(update, (TypingChanged, PresenceChanged)):
            self._publisher.apply(update, live=live)

    def _steps(self, items: Iterable[Notification]) -> Iterator[Sequence[Update]]:
        """Decode notifications in small steps. A notification's last step yields its updates, all others nothing."""
        for item in items:
            if is_echo(item):
                continue
            found: list[Update] = []
            try:
                steps = self._session.dialect.decoder.steps(item, self._state)
                if isinstance(steps, list) and len(steps) == 1 and (only := steps[0]) is not None:
                    yield [self._personal(only)]  # almost every post takes this way
                    continue
                for update in steps:
                    if update is not None:
                        found.append(self._personal(update))
                    yield ()
            except Exception as error:  # hostile or unknown shapes must not stop the rest
                log.warning(
                    "undecodable notification of type %r skipped: %s",
                    item.type,
                    type(error).__name__,
                    extra={"event": "notification.skipped", "type": item.type, "error": type(error).__name__},
                )
                payload = item.payload if not isinstance(item.payload, Struct) else msgspec.to_builtins(item.payload)
                found = [NotificationReceived(item.type, payload)]
            yield found

    def _personal(self, update: Update) -> Update:
        if isinstance(update, WITH_MESSAGE):
            message = self._state.personal(update.message)
            return update if message is update.message else type(update)(message)
        return update

    async def _unknown_channel(self, message: Message, *, live: bool) -> None:
        if message.channel.id in self._catchup.foreign:
            return
        await self._membership.refresh()
        if self._state.info(message.channel.id) is None:
            self._catchup.foreign.add(message.channel.id)
            return
        self._publisher.posts.deliver(self._with_channel_names([message]), live=live)

    def _with_channel_names(self, messages: Sequence[Message]) -> list[Message]:
        """Add the names of channels that the user joined after the messages were decoded."""
        named = msgspec.structs.replace
        return [m if m.channel.name else named(m, channel=self._state.channel(m.channel.id)) for m in messages]


def grouped(updates: Iterable[Update]) -> Iterator[tuple[list[Message], Update | None]]:
    """Group the consecutive messages in updates.

    Args:
        updates: the updates, in order.

    Yields:
        A group of messages, which may be empty, and the update that follows it; None at the end.
    """
    messages: list[Message] = []
    for update in updates:
        if isinstance(update, MessagePosted):
            messages.append(update.message)
        else:
            yield messages, update
            messages = []
    yield messages, None
