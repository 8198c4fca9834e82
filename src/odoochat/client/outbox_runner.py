"""Outbox runner: posts each message exactly once, in order within its channel."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict

from odoochat.client.live import LiveLink
from odoochat.client.own_posts import OwnPosts, PostResult
from odoochat.client.persistence import OutboxFile
from odoochat.client.post_callers import PostCallers
from odoochat.client.posters import CallPoster, Poster, RoutePoster, poster_for
from odoochat.client.publisher import Publisher
from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.client.timing import Timing
from odoochat.core.catchup import Catchup
from odoochat.core.outbox import QUICK_LOOKS, Outbox, OutboxEntry
from odoochat.core.retry import outcome
from odoochat.core.state import ClientState
from odoochat.errors import Blocked, ConfigError, OdooChatError, RateLimited, TimedOut, Unreachable
from odoochat.events import MessageFailed, MessagePending
from odoochat.metrics import Metrics
from odoochat.model import ChannelRef, Message, PendingMessage, RecordRef
from odoochat.wire.content import body
from odoochat.wire.requests.call import Route
from odoochat.wire.requests.messages import OutgoingMessage

__all__ = ["OutboxRunner"]

log = logging.getLogger("odoochat")

EARLIER_PROCESS_SECONDS = 10.0
"""How long after the start the server may still be processing a request from an earlier process."""


class OutboxRunner:
    """Posts the messages in the outbox, each exactly once.

    Args:
        session: sends the requests.
        outbox: the waiting messages.
        state: provides channel names.
        publisher: publishes the outcome of each message.
        own_posts: finds the message that the server created for a post.
        queries: searches for messages whose outcome is unclear.
        catchup: provides the newest message id.
        live: the live link, or None.
        patience: how long to retry posting while the server is unreachable, in seconds; 0 for a single attempt. A
            message that may have been posted is always searched for.
        file: stores the outbox across restarts.
        timing: intervals of attempts and searches.
        metrics: counts posted messages; None to count nothing.

    Attributes:
        callers: waits for the tasks that `put` returns.
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
        catchup: Catchup,
        live: LiveLink | None,
        patience: float,
        file: OutboxFile | None,
        timing: Timing,
        metrics: Metrics | None = None,
    ) -> None:
        self._session = session
        self._metrics = metrics
        self._outbox = outbox
        self._state = state
        self._publisher = publisher
        self._own_posts = own_posts
        self._by_call = CallPoster(session, queries)
        self._by_route = RoutePoster(session, queries, outbox)
        self._catchup = catchup
        self._live_link = live
        self._timing = timing
        self._patience = patience
        self._file = file
        self._unkept = False
        self._turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: dict[str, asyncio.Task[PostResult]] = {}
        self.callers = PostCallers(self._withdraw)
        self._unread: set[str] = set()
        self._few_looks: dict[str, int] = {}
        self._began = time.monotonic()

    # ------------------------------------------------------------------- sending

    def put(
        self, message: OutgoingMessage, *, place: str = "", retry: bool = False, read_back: bool = True
    ) -> asyncio.Task[PostResult]:
        """Add a message to the outbox, unless a message with the same local id is already being sent.

        Args:
            message: the message.
            place: the display name of the target record; empty for a channel.
            retry: whether another process may have posted it earlier; if so, the client searches for it first.
            read_back: whether to read the message back once it is posted. Without a live link, a message that a
                subscriber may be waiting for is always read back.

        Returns:
            A task that finishes once the message is posted, refused or cancelled.
        """
        if read_back:
            self._unread.discard(message.local_id)
        if (task := self._tasks.get(message.local_id)) is not None:
            return task
        entry = OutboxEntry(message, body.to_text(message.html), place, self._catchup.top)
        if retry:
            entry.state, entry.again = "unclear", True
            young = time.monotonic() - self._began < EARLIER_PROCESS_SECONDS
            self._few_looks[message.local_id] = QUICK_LOOKS if young else 1
        if not read_back:
            self._unread.add(message.local_id)
        self._outbox.put(entry)
        return self._begin(entry)

    def _begin(self, entry: OutboxEntry) -> asyncio.Task[PostResult]:
        self._save()
        task = asyncio.create_task(self._deliver(entry), name=f"odoochat send {entry.local_id[:8]}")
        self._tasks[entry.local_id] = task
        task.add_done_callback(lambda done: self._ended(entry.local_id, done))
        return task

    def _ended(self, local_id: str, task: asyncio.Task[PostResult]) -> None:
        self._tasks.pop(local_id, None)
        self._unread.discard(local_id)
        self._few_looks.pop(local_id, None)
        if self._metrics is not None:
            self._metrics.ended(local_id)
        if not task.cancelled():
            task.exception()  # raised to the caller who awaits the task; a message from a file has no caller

    def resume(self) -> int:
        """Resume the messages stored in the file, searching for each one before posting it.

        Returns:
            The number of resumed messages.

        Raises:
            ConfigError: the file cannot be read or is damaged.
        """
        if self._file is None:
            return 0
        kept = self._file.read()
        try:
            self._outbox.restore(kept)
        except ValueError as error:
            raise ConfigError(f"the outbox {self._file.path} is damaged ({error}); repair or remove it") from None
        for entry in self._outbox:
            if entry.again or self._timing.now() - entry.sent_at > self._timing.settled:
                self._few_looks[entry.local_id] = QUICK_LOOKS
            self._begin(entry)
        return len(self._outbox)

    def pending(self) -> list[PendingMessage]:
        """Return the messages that have not been posted yet, oldest first."""
        found: list[PendingMessage] = []
        for entry in self._outbox:
            if entry.state == "posted":
                continue
            message = entry.message
            record = RecordRef(message.model, message.channel_id, entry.place) if message.model else None
            found.append(
                PendingMessage(entry.local_id, self._where(entry), entry.text, record, entry.state, entry.attempts)
            )
        return found

    def cancel(self, local_id: str) -> bool:
        """Withdraw a message that has not been posted yet.

        Args:
            local_id: the message's local id.

        Returns:
            Whether the message was withdrawn; False if it is being posted or is no longer in the outbox.
        """
        entry = self._outbox.get(local_id)
        if entry is None or entry.state != "waiting":
            return False
        self._outbox.drop(local_id)
        self._save()
        if (task := self._tasks.get(local_id)) is not None:
            task.cancel()
        return True

    def _withdraw(self, task: asyncio.Task[PostResult]) -> None:
        """Withdraw a task's message, unless it is being posted."""
        local_id = next((i for i, t in self._tasks.items() if t is task), None)
        if local_id is not None:
            self.cancel(local_id)

    async def stop(self) -> None:
        """Stop sending messages. Those stored in the file are sent after the next start."""
        self.callers.closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._file is not None:
            self._file.close()

    async def _deliver(self, entry: OutboxEntry) -> PostResult:
        async with self._turns[entry.message.model, entry.message.channel_id]:
            try:
                number = await self._post(entry)
            except OdooChatError as error:
                self._outbox.drop(entry.local_id)
                self._save()
                channel = self._where(entry)
                text = str(error).splitlines()[0] if str(error) else type(error).__name__
                self._publisher.publish(MessageFailed(entry.local_id, channel, entry.text, text))
                raise
            if self._metrics is not None:
                self._metrics.posted(entry.local_id)
            if self._live_link is not None:
                self._live_link.wake()  # the server responds, so the link need not wait for its next attempt
            self._outbox.own(number, entry.local_id)
            self._outbox.drop_later(entry.local_id)
            self._save()
        try:
            if entry.local_id in self._unread and (self._live_link is not None or not self._own_posts.awaited):
                return PostResult(number, None)
            return PostResult(number, await self._read_back(number, entry))
        finally:
            self._outbox.drop(entry.local_id)

    def _where(self, entry: OutboxEntry) -> ChannelRef:
        return ChannelRef(0, entry.place) if entry.message.model else self._state.channel(entry.message.channel_id)

    async def _read_back(self, number: int, entry: OutboxEntry) -> Message:
        """Return the message for a post that is known to be on the server.

        Raises:
            TimedOut: the message was posted but could not be read back.
        """
        started = time.monotonic()
        tries = 0
        while True:
            at_once = self._live_link is not None and self._live_link.delivers_at_once
            try:
                if entry.message.model:
                    return await self._own_posts.on_record(number)
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

    async def _post(self, entry: OutboxEntry) -> int:
        """Retry until the message is posted exactly once, and return its id."""
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
        channel = self._where(entry)
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

    def _save(self) -> None:
        if self._file is None:
            return
        try:
            self._file.write(self._outbox.export())
        except OSError as error:
            # A full disk must not prevent a message from being posted.
            log.log(
                logging.DEBUG if self._unkept else logging.WARNING,
                "cannot store the outbox: %s",
                error,
                extra={"event": "outbox.unwritable", "error": str(error)},
            )
            self._unkept = True
        else:
            self._unkept = False
