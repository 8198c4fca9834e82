"""Post attempts: posts one message exactly once, retrying until its outcome is known."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from odoochat.client.live import LiveLink
from odoochat.client.own_posts import OwnPosts
from odoochat.client.posters import CallPoster, Poster, RoutePoster, poster_for
from odoochat.client.publisher import Publisher
from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.client.timing import Timing
from odoochat.core.outbox import QUICK_LOOKS, Outbox, OutboxEntry
from odoochat.core.retry import outcome
from odoochat.core.state import ClientState
from odoochat.errors import Blocked, OdooChatError, RateLimited, TimedOut, Unreachable
from odoochat.events import MessagePending
from odoochat.model import ChannelRef, Message
from odoochat.wire.requests.call import Route

__all__ = ["PostAttempts"]

log = logging.getLogger("odoochat")


class PostAttempts:
    """Posts the entries of the outbox, and reads back the messages that the server creates.

    Args:
        session: sends the requests.
        outbox: records how far each attempt got.
        state: provides channel names.
        publisher: publishes each attempt.
        own_posts: finds the message that the server created for a post.
        queries: searches for messages whose outcome is unclear.
        live: the live link, or None.
        patience: see `OutboxRunner`.
        save: a function that stores the outbox, called whenever an entry's state changes.
        timing: intervals of attempts and searches.
    """

    def __init__(
        self,
        session: Session,
        outbox: Outbox,
        *,
        state: ClientState,
        publisher: Publisher,
        own_posts: OwnPosts,
        queries: ServerQueries,
        live: LiveLink | None,
        patience: float,
        save: Callable[[], None],
        timing: Timing,
    ) -> None:
        self._session = session
        self._outbox = outbox
        self._state = state
        self._publisher = publisher
        self._own_posts = own_posts
        self._by_call = CallPoster(session, queries)
        self._by_route = RoutePoster(session, queries, outbox)
        self._live_link = live
        self._patience = patience
        self._save = save
        self._timing = timing
        self._few_looks: dict[str, int] = {}

    def limit_searches(self, local_id: str, count: int) -> None:
        """Search for a message at most a number of times before posting it again.

        Args:
            local_id: the message's local id.
            count: the number of searches.
        """
        self._few_looks[local_id] = count

    def forget(self, local_id: str) -> None:
        """Remove what is known about a message that has been posted, refused or cancelled.

        Args:
            local_id: the message's local id.
        """
        self._few_looks.pop(local_id, None)

    def where(self, entry: OutboxEntry) -> ChannelRef:
        """Return the channel of a message; for a message on a record, one with the id 0 and the record's name.

        Args:
            entry: the message.
        """
        return ChannelRef(0, entry.place) if entry.message.model else self._state.channel(entry.message.channel_id)

    async def post(self, entry: OutboxEntry) -> int:
        """Retry until a message is posted exactly once.

        Args:
            entry: the message.

        Returns:
            The message's id.

        Raises:
            OdooChatError: the server refused the message, or the client's patience ended.
        """
        started = time.monotonic()
        tries = 0
        while True:
            try:
                if entry.state == "unclear":
                    if (found := await self._look(entry)) is not None:
                        return found
                    self._outbox.not_sent(entry.local_id)
                return await self._post_once(entry)
            except OdooChatError as error:
                what = outcome(error)
                if entry.state == "sending":
                    if what == "not done":
                        self._outbox.not_sent(entry.local_id)
                    elif what == "unclear":
                        self._outbox.unclear(entry.local_id)
                        self._note_stale(entry, error)
                    self._save()
                if what == "refused":
                    raise
                left = started + self._patience_with(entry, error) - time.monotonic()
                pause = self._pause_before(tries)
                if isinstance(error, Blocked) and error.retry_after is not None:
                    pause = max(pause, error.retry_after)
                    left = left if pause <= left else 0.0
                if left <= 0:
                    raise self._given_up(entry, error) from error
                log.log(
                    logging.DEBUG if tries else logging.INFO,
                    "sending failed: %s -> %s",
                    error,
                    "searching for the message" if entry.state == "unclear" else "retrying",
                    extra={"event": "send.failed", "error": str(error)},
                )
                await self._pause(min(left, pause))
                tries += 1

    def _patience_with(self, entry: OutboxEntry, error: OdooChatError) -> float:
        """Return how many seconds after the first attempt to keep retrying, given the last error."""
        if entry.state == "unclear":
            return max(self._patience, 2 * sum(self._timing.looks))
        if isinstance(error, Blocked) and error.retry_after is None and not isinstance(error, RateLimited):
            return min(self._patience, self._timing.refused)
        return self._patience

    def _pause_before(self, tries: int) -> float:
        pauses = self._timing.send_pauses
        return pauses[min(tries, len(pauses) - 1)]

    async def _pause(self, seconds: float) -> None:
        if self._live_link is None or self._live_link.status.opened.is_set():
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._live_link.status.opened.wait()
        except TimeoutError:
            pass

    def _given_up(self, entry: OutboxEntry, error: OdooChatError) -> OdooChatError:
        if entry.state == "unclear":
            return TimedOut(f"unclear whether the message was posted: {error} (Message-Id {entry.message.message_id})")
        return error

    async def _post_once(self, entry: OutboxEntry) -> int:
        poster = self._poster(entry)
        call = poster.request(entry)
        self._outbox.sending(entry.local_id, self._timing.now())
        self._save()
        channel = self.where(entry)
        self._publisher.publish(MessagePending(entry.local_id, channel, entry.text, entry.attempts))
        answer = await self._session.do(call)
        how = call.path if isinstance(call, Route) else f"{call.model}.{call.method}"
        log.info(
            "sent by %s to %s",
            how,
            channel.name or channel.id,
            extra={"event": "send.posted", "how": how, "place": channel.name or str(channel.id)},
        )
        return poster.posted_id(answer)

    def _poster(self, entry: OutboxEntry) -> Poster:
        return poster_for(entry, self._session, self._by_call, self._by_route)

    def _note_stale(self, entry: OutboxEntry, error: OdooChatError) -> None:
        """Record whether a closed idle connection caused the failure, in which case fewer searches suffice."""
        if isinstance(error, Unreachable) and error.stale:
            self._few_looks[entry.local_id] = QUICK_LOOKS
        else:
            self._few_looks.pop(entry.local_id, None)

    async def _look(self, entry: OutboxEntry) -> int | None:
        """Search for a message whose outcome is unclear, and return its id, or None if it was definitely not posted.

        A request that is still being processed is not visible yet, so the client searches several times. Only searches
        that the server answered count.

        Raises:
            LinkError, ProtocolError: the server did not respond; the outcome remains unclear.
        """
        looks = self._timing.looks[: self._few_looks.get(entry.local_id)]
        while entry.looks < len(looks):
            await asyncio.sleep(looks[entry.looks])
            found = await self._poster(entry).find(entry)
            entry.looks += 1
            if found is not None:
                log.info(
                    "unclear message was posted: id %d", found.id, extra={"event": "send.found", "message_id": found.id}
                )
                return found.id
        return None

    async def read_back(self, number: int, entry: OutboxEntry) -> Message:
        """Return the message for a post that is known to be on the server.

        Args:
            number: the message's id.
            entry: the post.

        Raises:
            TimedOut: the message was posted but could not be read back.
        """
        started = time.monotonic()
        tries = 0
        while True:
            at_once = self._live_link is not None and self._live_link.delivers_at_once
            try:
                if entry.message.model:
                    return await self._own_posts.fetch(number)
                return await self._own_posts.in_channel(
                    number, entry.message.channel_id, patience=1.0 if at_once else 0.0
                )
            except OdooChatError as error:
                if outcome(error) == "refused":
                    raise
                left = started + max(self._patience, 2 * sum(self._timing.looks)) - time.monotonic()
                if left <= 0:
                    text = f"the message was posted (id {number}), but could not be read back: {error}"
                    raise TimedOut(text) from error
                log.debug("checking message %d: %s", number, error)
                await self._pause(min(left, self._pause_before(tries)))
                tries += 1
