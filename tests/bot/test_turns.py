"""Turns: order within a conversation, a limit across conversations, and the stop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from odoochat.bot.turns import HandlerRun, Turns


async def test_conversations_run_side_by_side_up_to_a_limit() -> None:
    running: list[int] = []
    peak: list[int] = []
    done: list[tuple[int, int]] = []

    async def handle(run: HandlerRun, item: tuple[int, int]) -> None:
        assert item[0] not in running
        running.append(item[0])
        peak.append(len(running))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.remove(item[0])
        done.append(item)

    turns: Turns[Any] = Turns(handle, concurrency=3)
    for number in range(10):
        for place in range(7):
            turns.put(place, (place, number))
    await asyncio.wait_for(turns.idle(), 10)
    assert max(peak) == 3
    for place in range(7):
        assert [number for where, number in done if where == place] == list(range(10))
    assert not turns.busy
    assert await turns.stop(1) == 0


async def test_a_waiting_run_does_not_count_and_continues_in_its_turn() -> None:
    order: list[str] = []
    wake: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    runs: list[HandlerRun] = []

    async def handle(run: HandlerRun, item: str) -> None:
        if item == "ask":
            runs.append(run)
            order.append("asked")
            order.append(await run.wait(wake))
            await asyncio.sleep(0)
            order.append("ended")
        elif item == "answer":
            await runs[0].lend(wake, "answered")
        else:
            order.append(item)

    turns: Turns[Any] = Turns(handle, concurrency=1)
    for item in ("ask", "one", "answer", "two"):
        turns.put("here", item)
    await asyncio.wait_for(turns.idle(), 10)
    assert order == ["asked", "one", "answered", "ended", "two"]
    assert turns.waiting == 0


async def test_an_error_does_not_stop_a_conversation(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    async def handle(run: HandlerRun, item: int) -> None:
        if item == 0:
            raise ZeroDivisionError
        done.append(item)

    turns: Turns[Any] = Turns(handle, concurrency=1)
    turns.put("here", 0)
    turns.put("here", 1)
    await asyncio.wait_for(turns.idle(), 10)
    assert done == [1]
    assert "unexpected ZeroDivisionError" in caplog.text


async def test_stop_cancels_what_takes_too_long_and_what_waits() -> None:
    cancelled: list[str] = []

    async def handle(run: HandlerRun, item: str) -> None:
        try:
            if item == "waits":
                await run.wait(asyncio.get_running_loop().create_future())
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(item)
            raise

    turns: Turns[Any] = Turns(handle, concurrency=5)
    turns.put("a", "waits")
    turns.put("b", "long")
    turns.put("b", "never begun")
    await asyncio.sleep(0.01)
    assert await turns.stop(0.01) == 3
    assert sorted(cancelled) == ["long", "waits"]
    assert not [task for task in asyncio.all_tasks() if "bot conversation" in task.get_name()]


class Odd(BaseException):
    """What a handler may raise although nothing derives from it."""


@pytest.mark.parametrize("error", [asyncio.CancelledError, Odd])
async def test_no_error_makes_a_conversation_deaf(error: type[BaseException], caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    async def handle(run: HandlerRun, item: int) -> None:
        if item == 0:
            raise error
        done.append(item)

    turns: Turns[Any] = Turns(handle, concurrency=1)
    turns.put("here", 0)
    turns.put("here", 1)
    await asyncio.wait_for(turns.idle(), 10)
    turns.put("here", 2)
    await asyncio.wait_for(turns.idle(), 10)
    assert done == [1, 2]
    assert f"unexpected {error.__name__}" in caplog.text


async def test_stop_does_not_wait_for_a_handler_that_ignores_it() -> None:
    release = asyncio.Event()

    async def handle(run: HandlerRun, item: int) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    turns: Turns[Any] = Turns(handle, concurrency=1)
    turns.put("here", 0)
    await asyncio.sleep(0)
    assert await asyncio.wait_for(turns.stop(0.01), 30) == 1
    release.set()
    while [task for task in asyncio.all_tasks() if "bot conversation" in task.get_name()]:
        await asyncio.sleep(0)


async def test_a_run_waits_for_two_answers_at_once() -> None:
    order: list[str] = []
    wakes: list[asyncio.Future[str]] = [asyncio.get_running_loop().create_future() for _ in range(2)]
    runs: list[HandlerRun] = []

    async def handle(run: HandlerRun, item: str) -> None:
        if item == "ask":
            runs.append(run)
            order.extend(await asyncio.gather(*map(run.wait, wakes)))
        elif item.isdecimal():
            await runs[0].lend(wakes[int(item)], f"answer {item}")
        else:
            order.append(item)

    turns: Turns[Any] = Turns(handle, concurrency=1)
    turns.put("here", "ask")
    await asyncio.wait_for(turns.idle(), 10)
    for place, item in (("bob", "1"), ("bob", "bob goes on"), ("here", "here goes on")):
        turns.put(place, item)
        await asyncio.wait_for(turns.idle(), 10)
    turns.put("carol", "0")
    turns.put("carol", "carol goes on")
    await asyncio.wait_for(turns.idle(), 10)
    assert order == ["bob goes on", "here goes on", "answer 0", "answer 1", "carol goes on"]
    assert turns.waiting == 0
    assert await turns.stop(1) == 0
