"""Writes dead letters to their file, keeping them in memory while the file cannot be written."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress

from msgspec import Struct

from odoochat.errors import ConfigError
from odoochat.webhooks.dead_letters import DeadLetters
from odoochat.webhooks.report import guarded
from odoochat.webhooks.webhook import Webhook

__all__ = ["DeadLetterQueue"]


class _Letter(Struct, frozen=True):
    """A letter that is not in the file yet."""

    webhook: Webhook
    reason: str
    attempts: int
    created: float
    stored: Callable[[], None]


class DeadLetterQueue:
    """Stores dead letters in order. A full disk delays them, but does not stop other deliveries.

    Args:
        letters: the file.
        url: the receiver's address.
        report: called with a sentence when the file cannot be written, and when it can be written again; its errors
            are ignored.
        fail: called with any other error. If writing itself fails, it ends, and `close` tries the letters again.
        clock: returns the current time, as a Unix timestamp.
        retry_seconds: seconds between attempts while the file cannot be written.
        limit: maximum number of letters in memory; `add` waits while there are that many.
    """

    def __init__(
        self,
        letters: DeadLetters,
        url: str,
        report: Callable[[str], None],
        fail: Callable[[Exception], None],
        *,
        clock: Callable[[], float] = time.time,
        retry_seconds: float = 5.0,
        limit: int = 10_000,
    ) -> None:
        self._letters = letters
        self._url = url
        self._report = guarded(report)
        self._fail = fail
        self._clock = clock
        self._retry_seconds = retry_seconds
        self._room = asyncio.Semaphore(limit)
        self._waiting: deque[_Letter] = deque()
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._closing = asyncio.Event()
        self._failing = False
        self._ended = False
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Start writing."""
        self._task = asyncio.create_task(self._run(), name="odoochat dead letters")

    async def close(self, rest: Iterable[Webhook], reason: str) -> int:
        """Try once more to write all letters, and stop.

        Args:
            rest: webhooks that were not attempted to the end and become letters too.
            reason: why they did not.

        Returns:
            The number of letters that could not be written.
        """
        self._closing.set()
        self._changed.set()
        if self._task is not None:
            await self._task
        self._waiting.extend(_Letter(webhook, reason, 0, self._clock(), _ignore) for webhook in rest)
        lost = 0
        while self._waiting:
            try:
                if not await self._store_first():
                    break
            except Exception as error:  # noqa: BLE001 - one bad letter must not prevent the others from being stored
                self._fail(error)
                self._waiting.popleft()
                lost += 1
        return lost + len(self._waiting)

    async def add(self, webhook: Webhook, reason: str, attempts: int, stored: Callable[[], None]) -> None:
        """Queue a letter, waiting while the memory is full.

        Args:
            webhook: the webhook.
            reason: why the last attempt failed.
            attempts: number of attempts made.
            stored: called once the letter is in the file; its errors do not stop the writing.
        """
        await self._room.acquire()
        if self._ended:
            self._room.release()  # wakes the next caller: the letters wait for `close`
        self._waiting.append(_Letter(webhook, reason, attempts, self._clock(), stored))
        if not (self._failing or self._ended):
            self._settled.clear()
        self._changed.set()

    async def settle(self) -> None:
        """Wait until every letter is in the file, or the file turns out not to be writable, or writing fails."""
        await self._settled.wait()

    async def _run(self) -> None:
        try:
            await self._write_until_closing()
        except Exception as error:  # noqa: BLE001 - the owner raises it
            self._ended = True
            self._fail(error)
            self._settled.set()
            self._room.release()

    async def _write_until_closing(self) -> None:
        while not self._closing.is_set():
            await self._changed.wait()
            self._changed.clear()
            while self._waiting and not self._closing.is_set():
                if not await self._store_first():
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._retry_seconds):
                            await self._closing.wait()
            self._settled.set()

    async def _store_first(self) -> bool:
        """Move the first letter to the file. Returns False if the file cannot be written."""
        if not await self._write(self._waiting[0]):
            return False
        letter = self._waiting.popleft()
        self._room.release()
        try:
            letter.stored()
        except Exception as error:  # noqa: BLE001 - the owner raises it; the other letters must still be written
            self._fail(error)
        return True

    async def _write(self, letter: _Letter) -> bool:
        add = self._letters.add
        try:
            await asyncio.to_thread(add, self._url, letter.webhook, letter.reason, letter.attempts, letter.created)
        except ConfigError as error:
            if not self._failing:
                self._report(f"{error}; keeping undelivered webhooks in memory until it can be written")
            self._failing = True
            self._settled.set()
            return False
        if self._failing:
            self._report(f"the dead letter file {self._letters.path} can be written again")
        self._failing = False
        return True


def _ignore() -> None:
    """Ignore that a letter was stored while the program ends."""
