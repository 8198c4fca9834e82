"""Outbox runner: posts each message exactly once, in order within its channel."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict

from odoochat.client.live import LiveLink
from odoochat.client.own_posts import OwnPosts, PostResult
from odoochat.client.persistence import OutboxFile
from odoochat.client.post_attempts import PostAttempts
from odoochat.client.post_callers import PostCallers
from odoochat.client.publisher import Publisher
from odoochat.client.queries import ServerQueries
from odoochat.client.session import Session
from odoochat.client.timing import Timing
from odoochat.core.catchup import Catchup
from odoochat.core.outbox import QUICK_LOOKS, Outbox, OutboxEntry
from odoochat.core.state import ClientState
from odoochat.errors import ConfigError, OdooChatError
from odoochat.events import MessageFailed
from odoochat.metrics import Metrics
from odoochat.model import PendingMessage, RecordRef
from odoochat.wire.content import body
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
        self._metrics = metrics
        self._outbox = outbox
        self._publisher = publisher
        self._own_posts = own_posts
        self._attempts = PostAttempts(
            session,
            outbox,
            state=state,
            publisher=publisher,
            own_posts=own_posts,
            queries=queries,
            live=live,
            patience=patience,
            save=self._save,
            timing=timing,
        )
        self._catchup = catchup
        self._live_link = live
        self._timing = timing
        self._file = file
        self._unkept = False
        self._turns: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: dict[str, asyncio.Task[PostResult]] = {}
        self.callers = PostCallers(self._withdraw)
        self._unread: set[str] = set()
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
            self._attempts.limit_searches(message.local_id, QUICK_LOOKS if young else 1)
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
        self._attempts.forget(local_id)
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
                self._attempts.limit_searches(entry.local_id, QUICK_LOOKS)
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
                PendingMessage(
                    entry.local_id, self._attempts.where(entry), entry.text, record, entry.state, entry.attempts
                )
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
                number = await self._attempts.post(entry)
            except OdooChatError as error:
                self._outbox.drop(entry.local_id)
                self._save()
                channel = self._attempts.where(entry)
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
            return PostResult(number, await self._attempts.read_back(number, entry))
        finally:
            self._outbox.drop(entry.local_id)

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
