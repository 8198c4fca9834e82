"""Catch-up runner: fetches undelivered messages and detects a restored database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from odoochat.client.answers import SAME_MOMENT, Page
from odoochat.client.membership import Membership
from odoochat.client.publisher import Publisher
from odoochat.client.queries import HIGHEST_ID, ServerQueries
from odoochat.client.subscription import Subscribers
from odoochat.client.timing import Timing
from odoochat.core.catchup import Catchup
from odoochat.core.freed_ids import is_another
from odoochat.core.state import ClientState
from odoochat.events import MessageDeleted
from odoochat.model import Message
from odoochat.net.bus import Bus

__all__ = ["CatchUpRunner"]

log = logging.getLogger("odoochat")


class ReadChannels(Struct, frozen=True):
    """When the channels were fetched.

    Attributes:
        at: the time, in seconds on the runner's clock.
        server_time: the server's clock, or None if unknown.
    """

    at: float
    server_time: datetime | None

    def counts(self, message: Message) -> bool:
        """Return whether the unread counts are certain to include a message.

        Args:
            message: the message.
        """
        return self.server_time is not None and message.date < self.server_time - SAME_MOMENT


class CatchUpRunner:
    """Fetches and delivers the messages that the link missed.

    Args:
        state: the client's state.
        publisher: delivers missing messages.
        membership: fetches the channels first.
        catchup: records which messages were delivered.
        queries: sends the queries.
        subscribers: the subscriptions; while there are none, missed messages wait for the first one.
        bus: forgets its ids if the database was restored; None for a client without a live link.
        timing: see `Timing.replay_trusted`.
        messages_wanted: False for a client that only sends or queries, which initially fetches neither messages nor the
            inbox.
        clock: a function that returns the current time in seconds; replaced in tests.
    """

    def __init__(
        self,
        *,
        state: ClientState,
        publisher: Publisher,
        membership: Membership,
        catchup: Catchup,
        queries: ServerQueries,
        subscribers: Subscribers,
        bus: Bus | None,
        timing: Timing,
        messages_wanted: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._publisher = publisher
        self._membership = membership
        self._catchup = catchup
        self._queries = queries
        self._subscribers = subscribers
        self._bus = bus
        self._timing = timing
        self._messages_wanted = messages_wanted
        self._now = clock
        self._begun_at: float | None = None
        self._trusts_replay = False
        self._incomplete: list[Message] = []
        self._channels_read: ReadChannels | None = None
        self._misleading: datetime | None = None

    # --------------------------------------------------------------------- start

    async def begin(self, *, resume: bool, server_time: Callable[[], datetime | None] = lambda: None) -> None:
        """Fetch the channels and, unless resuming from a state file, count their messages as delivered.

        Args:
            resume: whether to resume from a state file.
            server_time: a function that returns the server's time at its last response, or None if unknown.

        Raises:
            OdooChatError: a request failed.
        """
        if not self._messages_wanted:
            self._catchup.known_channels = set(await self._membership.begin())
            return
        with self._state.inbox.reading() as reading:
            marks = asyncio.create_task(self._queries.marked(), name="odoochat marks")  # concurrently
            try:
                await self._read_channels(server_time, resume=resume)
                self._state.count_inbox(await marks, reading)
            finally:
                marks.cancel()
                await asyncio.gather(marks, return_exceptions=True)

    async def _read_channels(self, server_time: Callable[[], datetime | None], *, resume: bool) -> None:
        members = await self._membership.begin()
        counted = server_time()
        if resume:
            self._channels_read = ReadChannels(self._now(), counted)
            for channel_id in set(members) - self._catchup.known_channels:
                self._catchup.joined(channel_id, members[channel_id])
        else:
            messages = await self._queries.newest(members, complete=False)
            self._state.keep(reversed(messages))
            self._catchup.begin(messages, now=self._now(), server_time=counted)
            self._begun_at = self._now()
            self._incomplete = messages
            # The unread counts omit any message posted between the two responses; if there is one, the channels are
            # fetched again.
            if counted is not None and any(m.date >= counted - SAME_MOMENT for m in messages):
                self._membership.refresh_later()
        self._catchup.known_channels = set(members)

    @property
    def just_begun(self) -> bool:
        """Whether a link that opens now delivers everything since `begin` without a catch-up.

        The bus replays the last 50 seconds to a new client; polls request everything newer than the fetched messages.
        """
        return self._begun_at is not None and self._now() - self._begun_at < self._timing.replay_trusted

    @property
    def trusts_replay(self) -> bool:
        """Whether the channels were fetched before the link opened, so replayed notifications may be newer."""
        return self._trusts_replay

    async def link_opened(self) -> None:
        """Fetch messages that were missed before the link opened, unless the link replays them.

        Raises:
            OdooChatError: the request failed.
        """
        begun, self._begun_at = self.just_begun, None
        read, self._channels_read = self._channels_read, None
        if read is not None and self._now() - read.at >= self._timing.replay_trusted:
            read = None
        self._trusts_replay = begun or read is not None
        # Opening the link is more urgent than fetching the names and files of earlier messages.
        messages, self._incomplete = self._incomplete, []
        if messages:
            self._publisher.complete_later(messages)
        if not begun:
            if read is None:
                await self._membership.refresh()
            await self.catch_up(reopened=True, read=read)

    # ------------------------------------------------------------------ catch-up

    async def catch_up(
        self, *, near: bool = False, reopened: bool = False, full: bool = False, read: ReadChannels | None = None
    ) -> int:
        """Fetch missing messages and deliver them page by page, as soon as subscribers have room.

        Args:
            near: whether to query only the last few seconds, with a single request if nothing is missing.
            reopened: whether a link was just opened; if so, the newest messages are compared as well.
            full: whether to query all channels, and check that the newest message still exists, even if nothing has
                happened for a while.
            read: when the channels were fetched, if that was just before this call, so that their unread counts include
                missing messages.

        Returns:
            The number of missing messages.

        Raises:
            OdooChatError: a request failed; messages delivered before the failure remain delivered.
        """
        if not (reopened or full) and await self._is_quiet():
            return 0
        anchors = [] if near else self._known_ids()
        if not reopened:
            anchors = anchors[-1:]
        found = after = top = 0
        again = False
        if read is not None:
            self._state.counted = HIGHEST_ID
        while channels := self._state.known_channels.ids():
            domain = self._catchup.missing(channels, self._now(), near=near, after=after, anchors=anchors)
            page = await self._queries.missing(domain)
            if anchors:
                check = self._compare_known if reopened else self._compare_newest
                top, valid = await check(page, anchors)
                anchors = []
                if not valid:
                    continue
            for message in page.messages:
                await self._publisher.wait_for_room()
                if self._state.info(message.channel.id) is not None:
                    found += self._publisher.deliver_row(message)
                again = again or (read is not None and not read.counts(message))
            # All of these channels are the user's, so the server drops nothing from a page. Messages newer than `top`
            # are delivered by the live link, the next poll or the next sweep.
            if page.last is None or page.last <= after or (not page.full and page.last >= top):
                break
            after = page.last
        self._catchup.mark(self._now())
        self._state.counted = 0
        if again:
            self._membership.refresh_later()
        if found and not near:
            log.info("caught up: %d messages", found, extra={"event": "catchup.done", "count": found})
        return found

    async def _is_quiet(self) -> bool:
        """Check with one small request whether nothing has happened for a while and still nothing has."""
        since = self._catchup.quiet_since()
        if since is None or since == self._misleading:
            return False
        if await self._queries.written_since(since):
            # If the catch-up finds nothing, e.g. because the user may not read the message, it is not asked again.
            self._misleading = since
            return False
        self._catchup.mark(self._now())
        return True

    async def bring_until(self, channel_id: int, last: int) -> bool:
        """Deliver a channel's missing messages up to a given one, so that the user's own post is delivered in order.

        Args:
            channel_id: the channel's id.
            last: the message's id.

        Returns:
            Whether all of them were delivered. If a subscription is full, possibly the sending task's own, the link
            delivers the rest once there is room.

        Raises:
            OdooChatError: the request failed.
        """
        if self._state.info(channel_id) is None or not self._subscribers.first.is_set():
            return True  # without a subscriber, missed messages wait for the first one
        if not self._messages_wanted and not self._catchup.top:
            self._catchup.floor = last - 1  # earlier messages were not fetched: delivery begins with this one
        after = 0
        while self._bus is None or not self._subscribers.crowded:
            missing = self._catchup.missing([channel_id], self._now(), near=True, after=after)
            page = await self._queries.missing([*missing, ["id", "<=", last]])
            for message in page.messages:
                if self._bus is not None and not self._publisher.has_room:
                    return False
                self._publisher.deliver_row(message)
            if page.last is None or page.last <= after or page.last >= last:
                return True
            after = page.last
        return False

    # ------------------------------------------------------------------- restore

    def _known_ids(self) -> list[int]:
        """Return the ids of recently delivered messages in the user's channels, in ascending order.

        Fetching these messages along with the missing ones shows, without an extra request, whether the database was
        restored. Messages in channels that the user has left cannot be read, but were not removed.
        """
        return sorted(i for i, (_, c) in self._catchup.recent().items() if self._state.info(c) is not None)

    async def _compare_newest(self, page: Page, anchors: Sequence[int]) -> tuple[int, bool]:
        """Check the newest delivered message only, and further ones if it was removed or replaced.

        Args:
            page: the first page of a catch-up.
            anchors: the message's id.

        Returns:
            The id up to which to fetch messages, and whether the page is still valid.
        """
        row = next((m for m in page.messages if m.id == anchors[0]), None)
        known = self._catchup.recent().get(anchors[0])
        if row is not None and (known is None or not is_another(row, known[0])):
            return row.id, True
        await self._membership.refresh_if_joined()  # the messages of a channel that the user has left are missing, too
        top = await self._queries.top(self._state.known_channels.ids())
        recent = self._known_ids()
        if recent and top != recent[-1]:
            if top > recent[-1]:
                recent = recent[-3:]  # a few suffice to detect a restored database
            await self._notice_restore(await self._queries.by_ids(recent), recent, top)
        return top, False

    async def _compare_known(self, page: Page, anchors: Sequence[int]) -> tuple[int, bool]:
        """Check all recently delivered messages.

        Args:
            page: the first page of a catch-up.
            anchors: the messages' ids, in ascending order.

        Returns:
            The id up to which to fetch messages, and whether the page is still valid.
        """
        rows, top = page.messages, page.last or 0
        if page.full and top < anchors[-1]:  # the page ends before the last of them
            mine = ["res_id", "in", sorted(self._state.known_channels.ids())]
            these_and_next: list[object] = [mine, "|", ["id", "in", list(anchors)], ["id", ">", anchors[-1]]]
            rows = await self._queries.messages(these_and_next, order="id", limit=len(anchors) + 1)
            top = max((m.id for m in rows), default=0)
        restored = await self._notice_restore(rows, anchors, top)
        return top, not restored

    async def _notice_restore(self, rows: Iterable[Message], recent: Sequence[int], top: int) -> bool:
        """Check whether the database was restored to an older state, and which messages were removed.

        Args:
            rows: those of the given messages that still exist; other messages are ignored.
            recent: the ids of recently delivered messages, in ascending order.
            top: the id of the newest message in the user's channels, or of any message newer than the given ones.

        Returns:
            Whether the database was restored.
        """
        known = {i: date for i, (date, c) in self._catchup.recent().items() if self._state.info(c) is not None}
        # The user may have left a channel, or deleted a message, since the rows were requested.
        recent = [i for i in recent if i in known]
        if not recent:
            return False
        there = {m.id: m for m in rows if m.id in known}
        # Names can change and differ between rows and live messages, so ids and dates identify a restored database.
        other = {i for i, m in there.items() if is_another(m, known[i])}
        gone = [i for i in recent if i not in there]
        if other or (top < recent[-1] and len(gone) > 3 and not set(recent[-3:]) & set(there)):
            log.info("message ids decreased; the database was restored", extra={"event": "server.restored"})
            # Messages newer than the backup may already have been received with their new ids.
            same = [i for i in there if i < min(other, default=top + 1)]
            self._state.forget_messages()
            if same:
                self._catchup.rewind(max(same), there.keys() - other, now=self._now())
            else:
                # Messages posted after the restore are newer than all messages known before it.
                messages = await self._queries.newest(self._state.known_channels.ids())
                self._catchup.restart(messages, max(known.values()), self._now())
            if self._bus is not None:
                self._bus.forget()
            return True
        if gone and top < recent[-1]:
            # They were deleted, or a restore removed them; after a restore, new messages get their ids.
            self._catchup.free({i: known[i] for i in gone})
        for number in gone:
            channel = self._state.channel(self._catchup.recent().get(number, (None, 0))[1])
            if self._state.info(channel.id) is not None:
                await self._publisher.wait_for_room()
                self._publisher.publish_change(MessageDeleted(number, channel))
        return False
