"""Chat session: the connection, cached data and unsent messages of one user on one server, used by the chat screen."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable
from typing import TYPE_CHECKING, Any

from odoochat.core.channel_matching import matching_channels
from odoochat.errors import NotFound, OdooChatError
from odoochat.events import (
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    CountersChanged,
    Event,
    EventsMissed,
    LinkChanged,
    MessageDeleted,
    MessageEdited,
    MessageFailed,
    MessagePending,
    MessagePosted,
    MessageSeen,
    PinChanged,
    PresenceChanged,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import ChannelInfo, Counters, Me, Message
from odoochat.tui.connector import Connector, Opener
from odoochat.tui.people import ChatPeople
from odoochat.tui.session_listener import NullListener, SessionListener
from odoochat.tui.storage.cache import Cache
from odoochat.tui.storage.drafts import Drafts
from odoochat.tui.storage.outgoing import SendQueue
from odoochat.tui.storage.write_behind import WriteBehind

if TYPE_CHECKING:
    # The client imports networking libraries, which are loaded only after the first paint.
    from odoochat.client.channel import Channel
    from odoochat.client.client import Client

__all__ = ["ChatSession", "Opener"]

log = logging.getLogger("odoochat")

SLICE_SECONDS = 0.008
PAUSE_SECONDS = 0.004
"""Seconds to spend on a burst of events before yielding to keys and repaints, and how long to yield."""

COPY_SECONDS = 1 / 30
COPY_COUNT = 300
"""Maximum number of changed messages to copy in one batch."""

MAX_REREAD = 50
"""Maximum number of changed old messages to fetch again; the rest are updated when their page is loaded."""


class ChatSession:
    """Connects in the background, keeps the cache up to date, and notifies its listener of changes.

    The client holds the current state of messages, channels and people, and applies each event before delivering it.
    The session copies that state to the cache.

    Args:
        name: the profile's name.
        opener: a function that returns a new `odoochat.connect(…)`. Each connection attempt calls it in a thread,
            with a function that prompts for the two-factor code.
        cache: the data to show until the server responds.
        drafts: the drafts and unsent messages.

    Attributes:
        client: the client; None until connected.
        link: the link's state.
        link_since: when the link entered its current state, in seconds on the monotonic clock.
        sessionless: whether the login has no session, in which case only polling is possible.
        me: the user.
        channels: the user's channels, keyed by id.
        counters: the numbers of inbox and starred messages, if known.
        people: names, presence statuses, members and read positions.
        checked: ids of channels whose newest page has been compared with the server.
        send_queue: the user's pending messages.
        writes: pending writes to the cache.
    """

    def __init__(self, name: str, opener: Opener, cache: Cache, drafts: Drafts) -> None:
        self.name = name
        self.cache = cache
        self.drafts = drafts
        self.client: Client | None = None
        self.link = LinkChanged("connecting")
        self.link_since = time.monotonic()
        self.sessionless = False
        self.me = cache.me or Me(0, 0, "")
        self.channels: dict[int, ChannelInfo] = {info.id: info for info in cache.channels()}
        self.counters = Counters()
        self.checked: set[int] = set()
        self.people = ChatPeople(self.me, cache.names, self.changed)
        self.send_queue = SendQueue(drafts, self.run, self.changed)
        self._listener: SessionListener = NullListener()
        self._connector = Connector(name, opener, self._ask_code, self.set_link, self._use)
        self._background: set[asyncio.Task[Any]] = set()
        self.writes = self._store = WriteBehind(cache)
        self._outdated: set[int] = set()
        self._touched: set[int] = set()
        self._copy_later: asyncio.TimerHandle | None = None

    # ---------------------------------------------------------------- life cycle

    def attach(self, listener: SessionListener | None) -> None:
        """Set or remove the listener that receives events.

        Args:
            listener: the listener; None to remove the current one.
        """
        self._listener = listener if listener is not None else NullListener()

    def start(self) -> None:
        """Start connecting in the background."""
        self._connector.start()

    async def close(self) -> None:
        """Close the link and save all data."""
        if self._copy_later is not None:
            self._copy_later.cancel()
        await self._connector.stop()
        tasks = [*self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            self.flush()
            self.drafts.save()
        finally:
            self.cache.close()

    def retry_now(self) -> None:
        """Retry immediately, even after giving up."""
        self._connector.retry_now()

    @property
    def idle(self) -> bool:
        """Whether all jobs started with `run` have ended."""
        return not self._background

    def run(self, job: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run a coroutine in the background. It is cancelled when the session closes.

        Args:
            job: the coroutine.
            name: a description of the job, for the log.
        """
        task = asyncio.create_task(job, name=f"odoochat {name}")
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def _ask_code(self) -> str:
        return await self._listener.ask_code()

    async def _use(self, client: Client) -> None:
        try:
            await self.listen(client)
        finally:
            self.client = None
            self.people.disconnect()
            self.send_queue.disconnect()

    async def listen(self, client: Client) -> None:
        """Process an open client's events until its link closes for good.

        Args:
            client: the client.

        Raises:
            OdooChatError: the error that closed the link.
        """
        events = client.events(maxsize=20_000)
        self.client = client
        self.send_queue.connect(client)
        self.people.connect(client)
        self.me, self.sessionless = client.me, client.credential == "api key"
        owner = f"{client.me.uid}@{client.server.db}@{client.server.url}"
        self.flush()  # a retry may have connected another account
        self.cache.belongs_to(owner)
        self.drafts.belongs_to(owner, client.me.login)
        self.cache.note_me(client.me)
        self.channels = {c.id: c.info for c in client.channels()}
        self.counters = client.inbox.counters or self.counters
        self.cache.keep_channels(self.channels.values())
        self.checked.clear()
        self.set_link(client.link.now)
        self.changed()
        self.run(self.people.read_statuses(self.channels.values()), "presence")
        self.send_queue.resume()
        begun = time.monotonic()
        async for event in events:
            self.deliver(event)
            if time.monotonic() - begun > SLICE_SECONDS:
                await asyncio.sleep(PAUSE_SECONDS)
                begun = time.monotonic()

    def set_link(self, link: LinkChanged) -> None:
        """Record a link state and pass it to the listener.

        Args:
            link: the state.
        """
        self.link, self.link_since = link, time.monotonic()
        self._listener.on_session_event(link)

    def changed(self) -> None:
        """Notify the listener of a change that has no event of its own."""
        self._listener.on_session_change()

    # -------------------------------------------------------------------- events

    def deliver(self, event: Event) -> None:
        """Apply an event and pass it to the listener.

        Args:
            event: the event.
        """
        self._copy(event)
        self._listener.on_session_event(event)

    def _copy(self, event: Event) -> None:
        """After an event, copy the changed state from the client to the cache."""
        match event:
            case LinkChanged():
                self.link, self.link_since = event, time.monotonic()
            case MessagePosted(message=message):
                if message.channel.id not in self.checked and self.cache.low(message.channel.id) is not None:
                    self.cache.set_low(message.channel.id, None)
                self.keep([message])
                self._copy_channel(message.channel.id)
            case MessageEdited(message=message) if self.get(message.id) is not None:
                self.keep([message])
            case MessageDeleted(id=number):
                self._store.drop(number)
            case (
                ReactionChanged(message_id=number) | PinChanged(message_id=number) | PreviewsChanged(message_id=number)
            ):
                self._copy_message(number)
            case StarChanged(message_ids=numbers):
                for number in numbers:
                    self._copy_message(number)
            case TypingChanged(channel=channel):
                self.people.typing_in.add(channel.id)
            case PresenceChanged(author=author, status=status):
                self.people.statuses[author.id] = status
            case MessageSeen(channel=channel, author=author, message_id=number):
                self.people.seen.setdefault(channel.id, {})[author.id] = (author.name, number)
                self._copy_channel(channel.id)
            case ChannelJoined(channel=info) | ChannelChanged(channel=info):
                self.channels[info.id] = info
                self._store.keep_channels(self.channels)
                if isinstance(event, ChannelJoined):
                    self.run(self.people.read_statuses([info]), "presence")
            case ChannelLeft(channel=channel):
                self.channels.pop(channel.id, None)
                self._store.keep_channels(self.channels)
            case _:
                _copy_outcome(self, event)

    def _copy_channel(self, channel_id: int) -> None:
        if (channel := self._channel(channel_id)) is not None:
            self.channels[channel_id] = channel.info
            self._store.keep_channels(self.channels)

    def _copy_message(self, message_id: int) -> None:
        """Schedule a changed message to be copied. This is deferred because many events may change the same message."""
        self._touched.add(message_id)
        if self._copy_later is None:
            self._copy_later = asyncio.get_running_loop().call_later(COPY_SECONDS, self._copy_touched)

    def _copy_touched(self) -> None:
        """Copy a batch of changed messages, fetching from the server any that the client does not have."""
        self._copy_later = None
        for _ in range(min(len(self._touched), COPY_COUNT)):
            number = self._touched.pop()
            if self.client is not None and (message := self.client.known_message(number)) is not None:
                self._listener.on_session_event(MessageEdited(self.keep([message])[0]))
            elif len(self._outdated) < MAX_REREAD and self.get(number) is not None:
                if not self._outdated:
                    self.run(self._reread(), "changed messages")
                self._outdated.add(number)
        if self._touched:
            self._copy_later = asyncio.get_running_loop().call_later(COPY_SECONDS, self._copy_touched)

    async def _reread(self) -> None:
        """Fetch from the server the changed messages that the client does not have."""
        while self._outdated and self.client is not None:
            number = self._outdated.pop()
            try:
                message = await self.client.fetch_message(number)
            except OdooChatError as error:
                log.debug("reading message %d again: %s", number, error)
                continue
            self.deliver(MessageEdited(message))
        self._outdated.clear()

    def _channel(self, channel_id: int) -> Channel | None:
        """Return the client's channel, or None if the user is not (or is no longer) a member."""
        try:
            return self.client.channel(channel_id) if self.client is not None else None
        except NotFound:
            return None

    # -------------------------------------------------------------------- reading

    async def refresh(self) -> None:
        """Fetch the user's channels again.

        Raises:
            OdooChatError: the request failed.
        """
        if self.client is not None:
            await self.client.refresh()
            self.channels = {c.id: c.info for c in self.client.channels()}
            self.counters = self.client.inbox.counters or self.counters
            self.checked.clear()

    def add_channel(self, channel: Channel) -> None:
        """Add a channel that the user has just joined, before the corresponding event arrives.

        Args:
            channel: the client's channel.
        """
        self.channels[channel.id] = channel.info

    def get(self, message_id: int) -> Message | None:
        """Return a message, or None if it is unknown.

        Args:
            message_id: the message's id.
        """
        return self._store.get(message_id)

    def keep(self, messages: Iterable[Message], asked: int | None = None) -> list[Message]:
        """Store messages. They are written to disk in batches after a short delay.

        Args:
            messages: the messages.
            asked: `WriteBehind.changes` at the time of the request; see `WriteBehind.keep`.

        Returns:
            The messages, supplemented with previously known data.
        """
        kept = self._store.keep(messages, asked)
        for message in kept:
            self.people.learn(message.author)
        return kept

    def flush(self) -> None:
        """Write pending data to the cache."""
        self._store.flush()

    def first_channel(self, wanted: str) -> int:
        """Return the id of the channel to open first, or 0 if there is none.

        Args:
            wanted: an id or a name; empty for the channel that was open last, or else the channel with the latest
                activity.
        """
        if wanted:
            found = matching_channels(wanted, self.channels.values())
            return found[0].id if found else 0
        if self.drafts.last in self.channels:
            return self.drafts.last
        latest = sorted(self.channels.values(), key=lambda i: -(i.last_activity.timestamp() if i.last_activity else 0))
        return latest[0].id if latest else 0

    def is_own(self, message: Message) -> bool:
        """Return whether the user wrote a message.

        Args:
            message: the message.
        """
        return message.author.kind == "partner" and message.author.id == self.me.partner_id


def _copy_outcome(session: ChatSession, event: Event) -> None:
    """Update the session after an event about the user's own messages, the counters or missed events."""
    match event:
        case MessagePending(local_id=local_id):
            session.send_queue.accepted(local_id)
        case CountersChanged(counters=counters):
            session.counters = counters
        case MessageFailed(local_id=local_id, channel=channel, text=text, error=error):
            session.send_queue.failed(local_id, channel.id, text, error)
        case EventsMissed():
            session.checked.clear()
            session.cache.forget_lows()
