"""What survives a restart: stored values and jobs."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from odoochat import ConfigError, UsageError
from odoochat.bot import Bot, BotTester, Context, EventContext, Value
from odoochat.bot.context import JobDue
from odoochat.bot.state import BotState


@dataclass
class Basket:
    items: list[str] = field(default_factory=list)


visits = Value("visits", int, default=0, per="person")
topic = Value("topic", str, default="none", per="channel")
basket = Value("basket", Basket, default=Basket(), per="member")
total = Value("total", int, default=0, per="bot")


def a_bot(ran: list[str] | None = None) -> Bot:
    bot = Bot()

    @bot.command
    async def visit(ctx: Context, item: str = "") -> str:
        visits.set(ctx, visits.get(ctx) + 1)
        total.set(ctx, total.get(ctx) + 1)
        kept = basket.get(ctx)
        kept.items.append(item)
        basket.set(ctx, kept)
        return f"{visits.get(ctx)} {total.get(ctx)} {topic.get(ctx)} {basket.get(ctx).items}"

    @bot.command
    async def about(ctx: Context, what: str) -> None:
        topic.set(ctx, what)

    @bot.command
    async def forget(ctx: Context) -> str:
        visits.delete(ctx)
        return str(visits.get(ctx))

    @bot.at("09:00")
    async def morning(ctx: EventContext) -> None:
        (ran if ran is not None else []).append(f"{ctx.now:%d %H:%M}")

    return bot


async def test_values_belong_to_people_channels_members_and_the_bot(tmp_path: Path) -> None:
    folder = str(tmp_path / "state")
    async with BotTester(a_bot(), state=folder) as tester:
        assert await tester.say("/visit a") == ["1 1 none ['a']"]
        assert await tester.say("/visit b", by="bob") == ["1 2 none ['b']"]
        await tester.say("/about cats", channel="general")
        assert await tester.say("/visit c", channel="general") == ["2 3 cats ['c']"]
    async with BotTester(a_bot(), state=folder) as tester:
        assert await tester.say("/visit d") == ["3 4 none ['a', 'd']"]
        assert await tester.say("/forget") == ["0"]
    assert (tmp_path / "state").stat().st_mode & 0o77 == 0
    assert (tmp_path / "state" / "bot.json").stat().st_mode & 0o77 == 0


async def test_without_a_folder_values_last_until_the_end() -> None:
    for _ in range(2):
        async with BotTester(a_bot()) as tester:
            assert await tester.say("/visit") == ["1 1 none ['']"]


async def test_a_value_of_another_type_is_the_default(tmp_path: Path) -> None:
    state = BotState(tmp_path)
    state.open()
    state.values["total"] = "text"
    state.touched = True
    await state.save()
    state.close()
    async with BotTester(a_bot(), state=str(tmp_path)) as tester:
        assert (await tester.say("/visit"))[0].startswith("1 1 ")


async def test_an_event_without_a_person_has_no_value_of_one() -> None:
    bot = Bot()
    errors: list[str] = []

    @bot.every(hours=1)
    async def job(ctx: EventContext) -> None:
        total.set(ctx, 5)
        try:
            visits.get(ctx)
        except UsageError as error:
            errors.append(str(error))

    async with BotTester(bot) as tester:
        await tester.advance(hours=1)
    assert errors == ["JobDue has no person; use a value with per='bot'"]


async def test_a_folder_belongs_to_one_process(tmp_path: Path) -> None:
    state = BotState(tmp_path)
    state.open()
    with pytest.raises(ConfigError, match="another process is using the state folder"):
        BotState(tmp_path).open()
    state.close()
    again = BotState(tmp_path)
    again.open()
    again.close()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"format": 99}', "\x00\x01"])
async def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "bot.json").write_text(content)
    state = BotState(tmp_path)
    with pytest.raises(ConfigError, match=r"bot\.json is not a bot state file"):
        state.open()
    (tmp_path / "bot.json").unlink()
    state.open()  # the folder was released
    state.close()


async def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(ConfigError, match="cannot use the state folder"):
        BotState(tmp_path / "state").open()


@pytest.mark.parametrize(
    ("away_until", "expected"),
    [
        ("2030-01-02T08:00", []),  # nothing missed
        ("2030-01-02T09:30", ["02 09:30"]),  # within an hour
        ("2030-01-02T11:00", []),  # too late
        ("2030-01-05T09:10", ["05 09:10"]),  # several missed: the last one
    ],
)
async def test_missed_jobs_are_made_up_for(tmp_path: Path, away_until: str, expected: list[str]) -> None:
    async with BotTester(a_bot(), state=str(tmp_path), now=datetime(2030, 1, 1, 8, tzinfo=UTC)) as tester:
        await tester.advance(hours=2)
    ran: list[str] = []
    later = datetime.fromisoformat(away_until).replace(tzinfo=UTC)
    async with BotTester(a_bot(ran), state=str(tmp_path), now=later):
        pass
    assert ran == expected


async def test_an_interrupted_job_runs_again_with_its_old_time(tmp_path: Path) -> None:
    state = BotState(tmp_path)
    state.open()
    due = datetime(2030, 1, 1, 9, tzinfo=UTC)
    state.jobs["morning"] = {"due": due.isoformat(), "done": False}
    state.touched = True
    await state.save()
    state.close()
    bot = Bot()
    found: list[tuple[object, bool]] = []

    @bot.at("09:00")
    async def morning(ctx: EventContext) -> None:
        found.append((ctx.event, ctx.retry))

    async with BotTester(bot, state=str(tmp_path), now=datetime(2030, 1, 3, 12, tzinfo=UTC)):
        pass
    assert found == [(JobDue("morning", due), True)]


async def test_keys_that_are_numbers_survive(tmp_path: Path) -> None:
    scores = Value("scores", dict[int, int], default={0: 7}, per="bot")
    bot = Bot()

    @bot.command
    async def score(ctx: Context, points: int = 0) -> str:
        found = scores.get(ctx)
        if points:
            scores.set(ctx, {**found, points: points})
        return str(scores.get(ctx))

    folder = str(tmp_path / "state")
    async with BotTester(bot, state=folder) as tester:
        assert await tester.say("/score 5") == ["{0: 7, 5: 5}"]
    async with BotTester(bot, state=folder) as tester:
        assert await tester.say("/score") == ["{0: 7, 5: 5}"]


async def test_a_value_that_cannot_be_written_spoils_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    odd = Value("odd", object, default=None, per="bot")
    bot = a_bot()

    @bot.command
    async def spoil(ctx: Context, what: str) -> None:
        odd.set(ctx, {"pair": {(1, 2): 3}, "half": "\ud800", "none": object()}[what])

    folder = str(tmp_path / "state")
    async with BotTester(bot, state=folder) as tester:
        for what in ("pair", "half", "none"):
            assert await tester.say(f"/spoil {what}") == ["/spoil failed; see the bot's log for details."]
            assert "the value 'odd' cannot be stored" in caplog.text
        await tester.say("/visit")
    async with BotTester(a_bot(), state=folder) as tester:
        assert await tester.say("/visit") == ["2 2 none ['', '']"]


async def test_a_full_disk_ends_no_schedule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    async with BotTester(a_bot(ran), state=str(tmp_path / "state"), now=datetime(2030, 1, 1, 8, tzinfo=UTC)) as tester:
        with monkeypatch.context() as full:

            def write(*_args: object, **_more: object) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            full.setattr("odoochat.bot.state.write_private", write)
            await tester.advance(hours=24)
        await tester.advance(hours=24)
    assert ran == ["01 09:00", "02 09:00"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in folders")
@pytest.mark.parametrize("kind", ["pipe", "link"])
async def test_a_lock_that_another_user_placed_is_not_used(tmp_path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(tmp_path / "lock")
    else:
        (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(ConfigError, match="cannot use the state folder"):
        BotState(tmp_path).open()
    assert not (tmp_path / "victim").exists()
