"""Dead letters: a full disk, a closed stderr and errors lose none of them."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
from pathlib import Path

import pytest

from odoochat.errors import ConfigError
from odoochat.webhooks.dead_letter_queue import DeadLetterQueue
from odoochat.webhooks.dead_letters import DeadLetters
from odoochat.webhooks.forwarder import Forwarder
from odoochat.webhooks.poster import DeliveryFailed
from odoochat.webhooks.webhook import Webhook, webhook_of
from tests.webhooks.messages import posted


class FullDisk(DeadLetters):
    """A file on a disk that is full for a while."""

    full = True

    def add(self, url: str, webhook: Webhook, reason: str, attempts: int, now: float) -> None:
        if self.full:
            raise ConfigError(f"cannot use the dead letter file {self.path}: database or disk is full")
        super().add(url, webhook, reason, attempts, now)


class Refusing:
    """A receiver that refuses the messages of channel 7, and records those of others."""

    url = "http://127.0.0.1:9/"

    def __init__(self) -> None:
        self.delivered: list[str] = []

    async def deliver(self, webhook: Webhook) -> None:
        if webhook.channel == 7:
            raise DeliveryFailed("HTTP 410", 1)
        self.delivered.append(webhook.id)


def ids(letters: DeadLetters) -> list[str]:
    return [letter.webhook.id for letter in letters.all()]


def id_of(number: int, channel: int = 7) -> str:
    return webhook_of(posted(number, channel), "account", 0).id


async def test_a_full_disk_stops_no_delivery_and_loses_no_letter(tmp_path: Path) -> None:
    letters, receiver = FullDisk(tmp_path / "letters.sqlite"), Refusing()
    reports: list[str] = []
    handled: list[int] = []
    async with asyncio.timeout(30), Forwarder(receiver, letters, "account", reports.append) as forwarder:
        for number in (1, 2, 3):
            await forwarder.forward(posted(number), lambda number=number: handled.append(number))
        await forwarder.forward(posted(4, channel=8), lambda: handled.append(4))
        await forwarder.finish()
        assert receiver.delivered == [id_of(4, 8)]
        assert handled == [4], "what is in memory only is not handled: the next run must deliver it again"
        assert reports == [
            f"cannot use the dead letter file {letters.path}: database or disk is full; keeping undelivered webhooks in "
            "memory until it can be written"
        ]
        letters.full = False
    assert ids(letters) == [id_of(1), id_of(2), id_of(3)]
    assert handled == [4, 1, 2, 3]
    assert "can be written again" in reports[1]


@pytest.mark.parametrize("keep", [True, False])
async def test_a_disk_that_stays_full_is_reported_at_the_end(tmp_path: Path, keep: bool) -> None:
    reports: list[str] = []
    handled: list[int] = []
    async with (
        asyncio.timeout(30),
        Forwarder(
            Refusing(), FullDisk(tmp_path / "letters.sqlite"), "account", reports.append, keep_unfinished=keep
        ) as forwarder,
    ):
        for number in (1, 2):
            await forwarder.forward(posted(number), lambda: handled.append(1))
        await forwarder.finish()
    assert forwarder.failed == 2
    assert handled == []
    assert reports[-1].startswith("2 undelivered webhooks ")
    assert ("are lost" if keep else "the next run delivers them again") in reports[-1]


async def test_letters_are_written_by_themselves_once_there_is_room_again(tmp_path: Path) -> None:
    letters = FullDisk(tmp_path / "letters.sqlite")
    stored: asyncio.Queue[int] = asyncio.Queue()
    failures: list[Exception] = []
    queue = DeadLetterQueue(
        letters, "http://127.0.0.1:9/", lambda _: None, failures.append, retry_seconds=0.01, limit=2
    )
    queue.open()
    async with asyncio.timeout(30):
        for number in (1, 2):
            await queue.add(
                Webhook(f"msg_{number}", 7, b"{}"), "HTTP 410", 1, lambda number=number: stored.put_nowait(number)
            )
        waiting = asyncio.create_task(
            queue.add(Webhook("msg_3", 7, b"{}"), "HTTP 410", 1, lambda: stored.put_nowait(3))
        )
        await queue.settle()
        assert not waiting.done(), "the memory is bounded"
        letters.full = False
        assert [await stored.get() for _ in range(3)] == [1, 2, 3]
        await waiting
        assert await queue.close([], "") == 0
    assert failures == []


def gone(_: str) -> None:
    """Report to a closed stderr."""
    raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


async def test_letters_are_written_although_stderr_is_closed(tmp_path: Path) -> None:
    letters = FullDisk(tmp_path / "letters.sqlite")
    handled: asyncio.Queue[int] = asyncio.Queue()
    async with asyncio.timeout(30), Forwarder(Refusing(), letters, "account", gone) as forwarder:
        await forwarder.forward(posted(1), lambda: handled.put_nowait(1))
        await forwarder.finish()  # the full disk is reported
        letters.full = False
    async with asyncio.timeout(30), Forwarder(Refusing(), letters, "account", gone) as forwarder:
        for number in (2, 3):
            await forwarder.forward(posted(number), lambda number=number: handled.put_nowait(number))
            await forwarder.finish()
        assert ids(letters) == [id_of(1), id_of(2), id_of(3)]
    async with asyncio.timeout(30), Forwarder(Refusing(), None, "account", gone) as forwarder:
        await forwarder.forward(posted(4), lambda: handled.put_nowait(4))
        await forwarder.finish()
    assert [handled.get_nowait() for _ in range(handled.qsize())] == [1, 2, 3, 4]


class Faulty(DeadLetters):
    """A file that fails unexpectedly for one webhook, a number of times."""

    def __init__(self, path: Path, bad: str, times: int) -> None:
        super().__init__(path)
        self.bad = bad
        self.times = times

    def add(self, url: str, webhook: Webhook, reason: str, attempts: int, now: float) -> None:
        if webhook.id == self.bad and self.times:
            self.times -= 1
            raise ZeroDivisionError
        super().add(url, webhook, reason, attempts, now)


@pytest.mark.parametrize("times", [1, 2])
async def test_an_error_of_the_writer_ends_the_block_and_the_rest_is_stored(tmp_path: Path, times: int) -> None:
    letters = Faulty(tmp_path / "letters.sqlite", id_of(1), times)
    reports: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30), Forwarder(Refusing(), letters, "account", reports.append) as forwarder:
            for number in (1, 2, 3):
                await forwarder.forward(posted(number))
            await asyncio.Event().wait()
    assert ids(letters) == [id_of(number) for number in ((1, 2, 3) if times == 1 else (2, 3))]
    assert any(text.startswith("1 undelivered webhooks are lost") for text in reports) == (times == 2)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


def fault() -> None:
    """Fail to handle a stored webhook."""
    raise ZeroDivisionError


async def test_an_error_while_closing_is_raised_after_the_rest_is_stored(tmp_path: Path) -> None:
    letters = FullDisk(tmp_path / "letters.sqlite")
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30), Forwarder(Refusing(), letters, "account", lambda _: None) as forwarder:
            await forwarder.forward(posted(1), fault)
            await forwarder.forward(posted(2))
            await forwarder.finish()
            letters.full = False
    assert ids(letters) == [id_of(1), id_of(2)]


async def test_an_error_after_storing_ends_the_block_and_the_rest_is_stored(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "letters.sqlite")
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30), Forwarder(Refusing(), letters, "account", lambda _: None) as forwarder:
            await forwarder.forward(posted(1), fault)
            await forwarder.forward(posted(2))
            await asyncio.Event().wait()
    assert ids(letters) == [id_of(1), id_of(2)]


async def test_an_error_of_the_writer_wakes_what_waits_for_it(tmp_path: Path) -> None:
    letters = Faulty(tmp_path / "letters.sqlite", "msg_1", 1)
    failures: list[Exception] = []
    queue = DeadLetterQueue(letters, "http://127.0.0.1:9/", lambda _: None, failures.append, limit=1)
    queue.open()
    async with asyncio.timeout(30):
        added = [
            asyncio.create_task(queue.add(Webhook(f"msg_{number}", 7, b"{}"), "HTTP 410", 1, lambda: None))
            for number in (1, 2, 3)
        ]
        await asyncio.gather(*added)
        await queue.settle()
        assert [type(each) for each in failures] == [ZeroDivisionError]
        assert await queue.close([Webhook("msg_4", 7, b"{}")], "stopped") == 0
    assert ids(letters) == ["msg_1", "msg_2", "msg_3", "msg_4"]


async def test_errors_of_two_channels_end_the_block_with_the_first() -> None:
    both = asyncio.Barrier(2)

    class Broken:
        url = "http://127.0.0.1:9/"

        async def deliver(self, webhook: Webhook) -> None:
            await both.wait()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(30), Forwarder(Broken(), None, "account", lambda _: None) as forwarder:
            await forwarder.forward(posted(1))
            await forwarder.forward(posted(2, channel=8))
            await asyncio.Event().wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such error")
async def test_a_dead_letter_file_that_cannot_be_created_is_refused_at_the_start(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(ConfigError, match="cannot use the dead letter file"):
        DeadLetters(blocked / "letters.sqlite").create()
