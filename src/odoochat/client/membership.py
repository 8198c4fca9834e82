"""Membership: fetches the user's channels and publishes changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from odoochat.client.answers import LastChange
from odoochat.client.background import Background
from odoochat.client.publisher import Publisher
from odoochat.client.queries import ServerQueries
from odoochat.client.timing import Timing
from odoochat.core.catchup import Catchup
from odoochat.core.state import ClientState
from odoochat.events import ChannelChanged, Event
from odoochat.model import ChannelInfo
from odoochat.net.bus import Bus

__all__ = ["Membership"]

READS = 5
"""Maximum number of times to fetch the channels until no message is posted in the meantime."""

log = logging.getLogger("odoochat")


class Membership:
    """Fetches the user's channels, and delivers the messages of new channels.

    Args:
        state: keeps the channels.
        publisher: publishes changes.
        catchup: records which messages were delivered.
        queries: fetches the channels.
        bus: resubscribes if the channels have changed; None for a client without a live link.
        background: runs delayed refreshes.
        timing: `Timing.refresh` is the minimum time between two refreshes triggered by notifications.
        messages_wanted: whether to deliver messages in new channels even if no other message has been delivered yet.
        clock: a function that returns the current time in seconds; replaced in tests.
    """

    def __init__(
        self,
        *,
        state: ClientState,
        publisher: Publisher,
        catchup: Catchup,
        queries: ServerQueries,
        bus: Bus | None,
        background: Background,
        timing: Timing,
        messages_wanted: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._publisher = publisher
        self._catchup = catchup
        self._queries = queries
        self._bus = bus
        self._background = background
        self._timing = timing
        self._messages_wanted = messages_wanted
        self._now = clock
        self._refreshing = asyncio.Lock()
        self._refreshed_at = 0.0
        self._later: asyncio.TimerHandle | None = None
        self._questions = 0
        self._changes: dict[bool, LastChange] = {}

    async def begin(self) -> dict[int, datetime | None]:
        """Fetch the channels for the first time, without publishing anything.

        Returns:
            The time at which the user joined each channel, by channel id; None if unknown.

        Raises:
            OdooChatError: the channels could not be fetched.
        """
        infos, members = await self._queries.channels.mine()
        self._state.renew(infos)
        self._refreshed_at = self._now()
        return members

    def stop(self) -> None:
        """Cancel any delayed refresh."""
        if self._later is not None:
            self._later.cancel()

    # ------------------------------------------------------------------- refresh

    async def refresh_for(self, channels: Iterable[int | None]) -> None:
        """Refresh the channels after notifications have mentioned some of them.

        Refreshes immediately if one of them is unknown, and otherwise at most once every `Timing.refresh` seconds.

        Args:
            channels: the channels' ids; None for an unknown channel.

        Raises:
            OdooChatError: the channels could not be fetched.
        """
        unknown = any(c is None or self._state.info(c) is None for c in channels)
        now = self._now()
        if unknown or now - self._refreshed_at > self._timing.refresh:
            await self.refresh()
        else:
            self.refresh_later()

    def refresh_later(self) -> None:
        """Refresh the channels after `Timing.refresh` seconds, once for all calls made until then."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(self._timing.refresh, self._refresh_soon)

    def _refresh_soon(self) -> None:
        self._later = None
        self._background.once("channels", self.refresh)

    async def refresh_if_joined(self) -> None:
        """Refresh the channels only if one small request shows that the user has joined or left a channel.

        Raises:
            OdooChatError: the request failed.
        """
        if await self._queries.channels.joined_or_left():
            await self.refresh()

    async def refresh_if_changed(self) -> None:
        """Send the next of three small requests, and refresh the channels if it reports a change.

        The requests check in turn whether the user has joined or left a channel, whether a membership has changed, and
        whether a channel has changed.

        Raises:
            OdooChatError: the request failed.
        """
        self._questions += 1
        match self._questions % 3:
            case 1:
                await self.refresh_if_joined()
            case turn:
                await self._compare(of_channels=turn == 0)

    async def _compare(self, *, of_channels: bool) -> None:
        """Refresh the channels unless the last change is already known. The change is fetched before the channels."""
        kinds = [of_channels] if self._changes else [False, True]
        newest = {kind: await self._queries.channels.last_change(of_channels=kind) for kind in kinds}
        same = self._changes.get(of_channels) == newest[of_channels]
        if not same:
            await self.refresh()
        self._changes |= newest
        if not newest[of_channels].settled:
            self._changes.pop(of_channels)

    async def refresh(self) -> None:
        """Fetch the channels, publish changes, resubscribe, and deliver the messages of new channels.

        Raises:
            OdooChatError: the channels could not be fetched.
        """
        async with self._refreshing:
            with self._state.known_channels.reading() as changed:
                infos, members, top = await self._read()
            self._refreshed_at = self._now()
            before = self._catchup.known_channels
            self._catchup.known_channels = set(members)
            new = [i for i in members if i not in before]
            for channel_id in new:
                self._catchup.joined(channel_id, members[channel_id])
            self._state.counted = top
            changes = self._state.renew(infos, changed)
        # The next refresh does not repeat this, so it ends even if the caller is cancelled.
        different = bool(new) or bool(before - set(members))
        await self._background.finish("channels", lambda: self._follow(changes, new, resubscribe=different))

    async def _follow(self, changes: list[Event], new: list[int], *, resubscribe: bool) -> None:
        """Publish changes to the channels, resubscribe, and deliver the messages of new channels."""
        for event in changes:
            await self._publisher.wait_for_room(lasting=False)
            if not isinstance(event, ChannelChanged):
                self._publisher.publish(event)
            elif (now := self._state.info(event.channel.id)) is not None:  # it may have changed again, or be left
                self._publisher.publish(ChannelChanged(now))
        if resubscribe and self._bus is not None:
            log.info("channels changed; subscribing again", extra={"event": "bus.resubscribing"})
            await self._bus.resubscribe()
        after = self._catchup.floor
        while new and (self._messages_wanted or self._catchup.top):
            page = await self._queries.missing([["res_id", "in", new], ["id", ">", after]])
            await self._publisher.deliver_all(page.messages)
            if page.last is None or page.last <= after:
                break
            after = page.last
        await self._publisher.refresh_counters()

    async def _read(self) -> tuple[list[ChannelInfo], dict[int, datetime | None], int]:
        """Fetch the channels and the newest message included in their unread counts, with no new posts in between.

        If people post faster than the server responds, the counts are fetched again later.
        """
        # The counts include messages delivered earlier, unless they have been removed.
        delivered = top = self._catchup.top
        if self._catchup.quiet_since() is None:  # otherwise, the newest message is most likely known
            top = await self._queries.top(self._state.known_channels.ids())
        reads = 0
        while True:
            infos, members = await self._queries.channels.mine()
            before, top = top, await self._queries.top(members)
            reads += 1
            if top == before:
                break
            if reads == READS:
                if self._bus is not None:
                    self.refresh_later()
                break
        return infos, members, max(top, delivered)
