"""What is heard becomes events: each message once, the store first, then everybody."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import msgspec

from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
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
)
from odoochat.model import Author, ChannelInfo, ChannelRef, Counters, Message, same_facts
from odoochat.wire.updates import ChannelPatch, CountersPatch, MessagePatch, PollsPatch, Update

__all__ = ["Publishing"]

log = logging.getLogger("odoochat")

EVENTS_EACH = 3
"""Events that one notification or message makes at most: itself, its channel's counts, the inbox's counts."""


class Publishing:
    """The one place where events leave.

    Args:
        account: calls.
        store: changes before anyone hears of it.
        dispatch: tells the subscribers.
        catchup: the account of what was delivered.
        outbox: whose messages are recognised when they come back.
        rows: asks the server; a guest has his own.
    """

    def __init__(
        self,
        session: Session,
        state: ClientState,
        subscribers: Subscribers,
        catchup: Catchup,
        outbox: Outbox,
        rows: ServerQueries | None = None,
    ) -> None:
        self._session = session
        self._state = state
        self._subscribers = subscribers
        self._catchup = catchup
        self._outbox = outbox
        self.rows = rows or ServerQueries(session, state)
        self.via = "reading back"
        self.resubscribe: Callable[[], Awaitable[None]] | None = None
        self.forget_bus: Callable[[], None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._refreshing = asyncio.Lock()
        self._refreshed_at = 0.0
        self._light = False
        self._begun_at: float | None = None
        self._trusts_replay = False
        self._refresh_later: asyncio.TimerHandle | None = None
        self._waiting: dict[int, asyncio.Future[Message]] = {}

    # ---------------------------------------------------------------------- life

    async def stop(self) -> None:
        """Ends what runs in the background."""
        if self._refresh_later is not None:
            self._refresh_later.cancel()
        tasks = list(self._background)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for waiting in self._waiting.values():
            waiting.cancel()

    def _run(self, job: Callable[[], Awaitable[None]], name: str) -> None:
        async def quietly() -> None:
            try:
                await job()
            except OdooChatError as error:
                log.debug("checking %s: %s", name, error)

        task = asyncio.create_task(quietly(), name=f"odoochat {name}")
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def channel(self, channel_id: int) -> ChannelRef:
        """A channel's id and name."""
        return self._state.channel(channel_id)

    @property
    def newest(self) -> int:
        """The highest id of a message that was delivered."""
        return self._catchup.top

    def _named(self, message: Message) -> Message:
        return msgspec.structs.replace(message, channel=self._state.channel(message.channel.id))

    def _hear(self, thing: Update, *, live: bool = True) -> None:
        match thing:
            case MessagePosted(message=message):
                self.admit(message, live=live)
            case MessagePatch():
                change = self._state.patched(thing)
                if change is None:
                    self._fetch_edited(thing.id)
                else:
                    self._publish_change(change)
            case CountersPatch():
                before = self._state.inbox.counters
                self._state.inbox.patch(thing)
                self._tell_counters(before)
            case InboxRead(message_ids=numbers) if not self._state.inbox.holds(numbers):
                self.publish(thing)
                self._run(self.count, "my inbox")
            case ChannelPatch():
                for event in self._state.patch_channel(thing):
                    self.publish(event)
            case PollsPatch():
                for changed in self._state.polls.apply(thing):
                    self.publish(changed)
            case Event():
                self.publish(thing)

    def _is_me(self, author: Author) -> bool:
        return author == self._session.me

    def _publish_change(self, event: MessageEdited | MessageDeleted) -> None:
        if isinstance(event, MessageEdited):
            old = self._state.message(event.message.id)
            self._catchup.note_written(event.message)
            if old is not None:
                if old.html == event.message.html and old.attachments == event.message.attachments:
                    return
                event = _dated(event.message, old)
        elif self._state.was_deleted(event.id):
            return
        self.publish(event)

    def _fetch_edited(self, message_id: int) -> None:
        async def fetch() -> None:
            for message in await self.rows.by_ids([message_id]):
                if self._state.info(message.channel.id) is not None:
                    self._publish_change(MessageEdited(message))

        self._run(fetch, f"message {message_id}")

    def admit(self, message: Message, *, live: bool = False) -> bool:
        """Publishes a message unless it was delivered before; tells whether it was published.

        Args:
            live: see `Catchup.admit`.
        """
        if self._catchup.admit(message, live=live):
            log.info("received by %s: message %d in %s", self.via, message.id, message.channel.name)
            # Notifications may arrive out of order: a live message may have been removed already.
            removed = live and self._state.was_deleted(message.id)
            self.publish(MessagePosted(self._outbox.recognise(message, self._session.me)))
            if removed:
                self.publish(MessageDeleted(message.id, message.channel))
            return True
        if (waiting := self._waiting.get(message.id)) is not None and not waiting.done():
            waiting.set_result(self._state.message(message.id) or message)
        return False

    async def admit_all(self, messages: Iterable[Message]) -> int:
        """Publishes what was not delivered yet, as subscribers have room; returns how many messages that are."""
        count = 0
        for message in messages:
            await self._subscribers.room(EVENTS_EACH)
            count += self.admit(message)
        return count

    def publish(self, event: Event) -> None:
        """The one place where events leave: the store first, then everybody."""
        before = self._state.inbox.counters
        counted = self._counted(event)
        if isinstance(event, MessageDeleted):
            self._catchup.forget(event.id)
        self._state.apply(event, time.monotonic())
        if isinstance(event, MessagePosted):
            waiting = self._waiting.get(event.message.id)
            if waiting is not None and not waiting.done():
                waiting.set_result(event.message)
        self._subscribers.publish(event)
        for old in counted:
            if (now := self._state.info(old.id)) is not None and not same_facts(now, old):
                self._subscribers.publish(ChannelChanged(now))
        self._tell_counters(before)

    def _counted(self, event: Event) -> list[ChannelInfo]:
        """The channels whose counts of what I have not seen an event may change, as they are before it."""
        match event:
            case MessageSeen(channel=channel) | InboxReceived(message=Message(channel=channel)):
                info = self._state.info(channel.id)
                return [info] if info is not None else []
            case InboxRead(message_ids=numbers):
                found = {self._state.inbox.channel_of(number) for number in numbers}
                return [info for number in found if (info := self._state.info(number)) is not None]
        return []

    def read_by_me(self, channel: ChannelRef, message_id: int) -> None:
        """I read a channel up to a message: it counts at once, before the server tells it back, if it does."""
        before = self._state.info(channel.id)
        self._state.apply(MessageSeen(channel, self._session.me.author, message_id), time.monotonic())
        now = self._state.info(channel.id)
        if now is not None and not same_facts(now, before):
            self._subscribers.publish(ChannelChanged(now))

    def _tell_counters(self, before: Counters) -> None:
        if self._state.inbox.counters != before:
            self._subscribers.publish(CountersChanged(self._state.inbox.counters))

    async def count(self) -> None:
        """Reads what waits in my inbox, and what bears my star.

        Raises:
            OdooChatError: it could not be read.
        """
        inbox, starred = await self.rows.marked()
        before = self._state.inbox.counters
        self._state.inbox.count(inbox, starred, self._state.channel_of)
        self._tell_counters(before)


def _dated(message: Message, old: Message) -> MessageEdited:
    """An edit with its time: that of the row when it was written since, else the present."""
    if message.edited_at is None:
        later = message.written is not None and (old.written is None or message.written > old.written)
        moment = message.written if later else datetime.now(UTC)
        message = msgspec.structs.replace(message, edited_at=moment)
    return MessageEdited(message)
