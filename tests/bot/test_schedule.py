"""When jobs are due: intervals, times of day, cron expressions and time zones."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from odoochat import ConfigError
from odoochat.bot import Bot, BotTester, EventContext, Router
from odoochat.bot.clock import SystemClock
from odoochat.bot.context import JobDue
from odoochat.bot.jobs import JobRunner
from odoochat.bot.schedule import At, Cron, Every, Once, days_of, zone
from odoochat.bot.state import BotState

BERLIN = ZoneInfo("Europe/Berlin")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_every_is_aligned() -> None:
    every = Every(timedelta(minutes=30))
    assert every.after(moment("2030-01-01T10:07")) == moment("2030-01-01T10:30")
    assert every.after(moment("2030-01-01T10:30")) == moment("2030-01-01T11:00")
    with pytest.raises(ConfigError, match="positive"):
        Every(timedelta())


def test_a_time_of_day_follows_the_time_zone() -> None:
    nine = At(time(9), range(7), BERLIN)
    assert nine.after(moment("2030-01-15T00:00")) == moment("2030-01-15T08:00")
    assert nine.after(moment("2030-01-15T08:00")) == moment("2030-01-16T08:00")
    assert nine.after(moment("2030-07-15T07:00")) == moment("2030-07-16T07:00")
    # 31 March 2030: the clock goes from 2:00 to 3:00.
    assert At(time(2, 30), range(7), BERLIN).after(moment("2030-03-30T23:30")) == moment("2030-03-31T01:30")


def test_days_of_the_week() -> None:
    assert days_of("mon-fri") == [0, 1, 2, 3, 4]
    assert days_of("Sat, sunday") == [5, 6]
    assert days_of("fri-mon") == [0, 4, 5, 6]
    assert days_of("") == list(range(7))
    with pytest.raises(ConfigError, match="is not a list of weekdays"):
        days_of("someday")
    friday = moment("2030-01-04T12:00")
    assert At(time(9), days_of("mon-fri"), UTC).after(friday) == moment("2030-01-07T09:00")


def test_cron() -> None:
    assert Cron("0 9 * * 1-5", BERLIN).after(moment("2030-01-04T12:00")) == moment("2030-01-07T08:00")
    assert Cron("*/15 * * * *", UTC).after(moment("2030-01-04T12:00")) == moment("2030-01-04T12:15")
    with pytest.raises(ConfigError, match="is not a cron expression"):
        Cron("every day", UTC)


def test_without_cronsim_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cronsim", None)
    with pytest.raises(ConfigError, match=r'^cron schedules need the cronsim package: pip install "cronsim>=2\.6"$'):
        Cron("0 9 * * 1-5", UTC)


def test_once_and_zones() -> None:
    once = Once(moment("2030-01-01T10:00"))
    assert once.after(moment("2030-01-01T09:00")) == moment("2030-01-01T10:00")
    assert once.after(moment("2030-01-01T10:00")) is None
    assert zone(None, UTC) is UTC
    assert zone(BERLIN, UTC) is BERLIN
    for wrong in ("Nowhere/Town", "../etc/passwd", ""):
        with pytest.raises(ConfigError, match="unknown time zone"):
            zone(wrong, UTC)


async def test_jobs_run_in_the_order_of_their_times() -> None:
    bot, router = Bot(tz="Europe/Berlin"), Router("more")
    bot.include(router)
    ran: list[str] = []

    def note(ctx: EventContext) -> None:
        ran.append(f"{ctx.now:%d %H:%M}")

    @bot.at("09:00", days="mon-fri")
    async def morning(ctx: EventContext) -> None:
        note(ctx)

    @router.every(hours=12)
    def half(ctx: EventContext) -> None:
        note(ctx)

    @bot.cron("30 8 * * *", tz="UTC")
    def utc(ctx: EventContext) -> None:
        note(ctx)

    @bot.at(datetime(2030, 1, 4, 20, 0))  # noqa: DTZ001 - in the time zone of the bot
    def single(ctx: EventContext) -> None:
        note(ctx)

    async with BotTester(bot, now=moment("2030-01-04T07:00")) as tester:  # a Friday
        await tester.advance(days=1)
    assert ran == ["04 09:00", "04 09:30", "04 13:00", "04 20:00", "05 01:00"]


async def test_wrong_schedules_are_named() -> None:
    bot = Bot()
    with pytest.raises(ConfigError, match="'25:00' is not a time of day"):
        bot.at("25:00")
    with pytest.raises(ConfigError, match="unknown time zone"):
        bot.at("9:00".zfill(5), tz="Mars/Base")
    with pytest.raises(ConfigError, match="positive"):
        bot.every()
    with pytest.raises(ConfigError, match="days= requires a time of day"):
        bot.at(datetime(2030, 1, 1, tzinfo=UTC), days="mon")
    with pytest.raises(ConfigError, match="unknown time zone"):
        Bot(tz="Mars/Base")


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_clock_that_is_set_back_by_a_year_stops_no_job(at_once: bool) -> None:
    """It is set back right after a run, or while the next one is waited for."""
    shown, right = moment("2027-05-01T09:00"), moment("2026-05-01T08:59")
    seen: asyncio.Event = asyncio.Event()
    runs: asyncio.Queue[datetime] = asyncio.Queue()

    def read() -> datetime:
        if shown == right:
            seen.set()
        return shown

    def put(due: JobDue, _: bool) -> None:
        nonlocal shown
        runs.put_nowait(due.due)
        runner.ended(due.due)
        if at_once:
            shown = right

    bot = Bot()

    @bot.at("09:00", tz="UTC")
    async def report() -> None: ...

    runner = JobRunner(bot.jobs[0], UTC, BotState(), SystemClock(read, 0.001), put)
    shown -= timedelta(minutes=1)
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(30):
        await asyncio.sleep(0)
        shown += timedelta(minutes=1)
        assert await runs.get() == moment("2027-05-01T09:00")
        if not at_once:
            await asyncio.sleep(0.01)
        shown = right
        await seen.wait()
        await asyncio.sleep(0)
        shown += timedelta(minutes=1)
        assert await runs.get() == moment("2026-05-01T09:00")
    running.cancel()


async def test_a_small_correction_of_the_clock_repeats_no_run() -> None:
    times = [moment("2026-05-01T08:59"), moment("2026-05-01T07:58"), moment("2026-05-01T09:00")]
    await SystemClock(lambda: times.pop(0), 0).sleep_until(moment("2026-05-01T09:00"))
    assert times == []
