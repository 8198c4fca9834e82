"""Archive recorder: keeps an archive up to date by storing the changes from each event."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress

from odoochat.archive.archive import Archive
from odoochat.client.queries import ServerQueries
from odoochat.client.subscription import Subscribers, Subscription
from odoochat.core.state import ClientState
from odoochat.errors import ArchiveError, OdooChatError
from odoochat.events import (
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
    Event,
    EventsMissed,
    InboxReceived,
    LinkChanged,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    PinChanged,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
)
from odoochat.model import Message

__all__ = ["ArchiveRecorder"]

log = logging.getLogger("odoochat")

WAITING = 20_000
"""Maximum number of events waiting to be written to disk."""

REMEMBERED = 10_000
"""Maximum number of changed messages remembered for `ArchiveRecorder.changed_since`."""


class ArchiveRecorder:
    """Subscribes to all events and copies the changed objects from the client's state to the archive.

    Each event is stored before the next one is read, so a message that the state file counts as delivered is never
    missing from the archive.

    Args:
        archive: the open archive.
        state: the client's state, updated before subscribers are notified.
        queries: fetches changed messages that are no longer in the state.
        subscribers: the client's subscriptions.
        on_gap: called when events may have been missed, e.g. after each connect or when too many were waiting.

    Attributes:
        error: why the last event could not be stored, or None if it was stored.
    """

    def __init__(
        self,
        archive: Archive,
        state: ClientState,
        queries: ServerQueries,
        subscribers: Subscribers,
        on_gap: Callable[[], None],
    ) -> None:
        self._archive = archive
        self._state = state
        self._queries = queries
        self._on_gap = on_gap
        self._events: Subscription[Event] = subscribers.subscribe((), None, WAITING, waited_for=False)
        self._idle = asyncio.Event()
        self.error: ArchiveError | None = None
        self._changes = 0
        self._changed: OrderedDict[int, int] = OrderedDict()
        self._task = asyncio.create_task(self._run(), name="odoochat archive")

    async def finish(self) -> None:
        """Store all events published before the subscriptions ended, and stop."""
        await asyncio.gather(self._task, return_exceptions=True)

    async def flush(self) -> None:
        """Wait until everything published so far has been stored.

        Raises:
            ArchiveError: the last event could not be stored.
        """
        while (self._events.pending or not self._idle.is_set()) and not self._task.done():
            await self._idle.wait()
            await asyncio.sleep(0)
        if self.error is not None:
            raise self.error

    @property
    def changes(self) -> int:
        """Number of changes stored so far, for `changed_since`."""
        return self._changes

    def changed_since(self, changes: int) -> set[int]:
        """Return the ids of messages changed by events since a given point; rows requested earlier may be outdated.

        Args:
            changes: the value of `changes` at that point.
        """
        return {number for number, when in self._changed.items() if when > changes}

    def _note(self, *numbers: int) -> None:
        self._changes += 1
        for number in numbers:
            self._changed.pop(number, None)
            self._changed[number] = self._changes
        while len(self._changed) > REMEMBERED:
            self._changed.popitem(last=False)

    async def _run(self) -> None:
        try:
            while True:
                if not self._events.pending:
                    self._idle.set()
                event = await anext(self._events)
                self._idle.clear()
                await self._store(event)
        except (StopAsyncIteration, OdooChatError):
            return  # the client was closed, or its link ended permanently
        finally:
            self._idle.set()

    async def _store(self, event: Event) -> None:
        try:
            wrote = await self._apply(event)
        except Exception as error:  # one event that cannot be stored must not end the archive
            known = error if isinstance(error, ArchiveError) else ArchiveError(f"{type(error).__name__} while storing")
            if self.error is None:
                log.warning("not archived: %s", known, extra={"event": "archive.failed", "error": str(known)})
            self.error = known
            return
        if wrote and self.error is not None:
            log.info("the archive can be written again", extra={"event": "archive.writable"})
            self.error = None
            self._on_gap()  # the events in between could not be stored

    async def _apply(self, event: Event) -> bool:
        """Store an event's changes, and return whether there was anything to store."""
        match event:
            case MessagePosted(message=message) | InboxReceived(message=message):
                await self._keep(self._state.message(message.id) or message)
            case MessageEdited(message=message):
                await self._keep(self._state.message(message.id) or message)
            case MessageDeleted(id=number):
                self._note(number)
                await self._archive.remove(number)
            case (
                ReactionChanged(message_id=number) | PinChanged(message_id=number) | PreviewsChanged(message_id=number)
            ):
                await self._copy(number)
            case StarChanged(message_ids=numbers):
                for number in numbers:
                    await self._copy(number)
            case ChannelJoined(channel=info) | ChannelChanged(channel=info):
                await self._archive.keep((), [info])
            case ChannelLeft(channel=channel):
                await self._archive.leave(channel.id)
            case LinkChanged(state="open") | EventsMissed():
                self._on_gap()
                return False
            case _:
                return False
        return True

    async def _keep(self, message: Message) -> None:
        self._note(message.id)
        info = self._state.info(message.channel.id)
        await self._archive.keep([message], [info] if info is not None else [])

    async def _copy(self, number: int) -> None:
        """Store a changed message, fetching it again if only the archive contains it."""
        self._note(number)
        message = self._state.message(number)
        if message is None and await self._archive.get(number) is not None:
            with suppress(OdooChatError):
                found = await self._queries.reactions.complete(await self._queries.by_ids([number]))
                message = found[0] if found else None
        if message is not None:
            await self._archive.keep([message])
