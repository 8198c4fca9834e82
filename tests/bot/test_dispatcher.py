"""The dispatcher: filters, routers, middleware, injection and errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from odoochat import Channel, Client, ConfigError, MemberJoined, Message, MessageEdited, MessagePosted, ReactionChanged
from odoochat.bot import BadArgument, Bot, BotTester, CallNext, Context, EventContext, Router, filters
from odoochat.bot.manual_clock import ManualClock
from odoochat.bot.slow_handlers import SlowHandlers
from odoochat.bot.turns import HandlerRun, Turns


class Database:
    def __init__(self) -> None:
        self.open = True


class Settings:
    colour = "red"


async def test_filters_combine_and_capture() -> None:
    bot = Bot()

    @bot.message(filters.pattern(r"SO(?P<number>\d+)(?P<suffix>[a-z])?"), filters.direct)
    async def sale(ctx: Context, number: int, suffix: str = "-") -> str:
        return f"{number + 1}{suffix}{sorted(ctx.captures)}"

    @bot.message((filters.text("Hi", "hello") | filters.contains("good morning")) & ~filters.channel("quiet"))
    async def greet(ctx: Context) -> str:
        return "hello"

    @bot.message(lambda ctx: ctx.text.endswith("?"), filters.channel_kind("channel"))
    async def question(ctx: Context) -> str:
        return "who knows"

    @bot.message(filters.mentioned)
    async def mention(ctx: Context) -> str:
        return "me?"

    @bot.message(filters.has_files)
    async def file(ctx: Context) -> str:
        return ctx.message.attachments[0].name

    @bot.message(filters.person(10_000))
    async def never(ctx: Context) -> str:
        return "never"

    async with BotTester(bot) as tester:
        assert await tester.say("see so41x") == ["42x['number', 'suffix']"]
        assert await tester.say("see SO41") == ["42-['number']"]
        assert await tester.say("see SO41", channel="general") == []
        assert await tester.say(" HELLO ") == ["hello"]
        assert await tester.say("Good Morning, all", channel="general") == ["hello"]
        assert await tester.say("hi", channel="quiet") == []
        assert await tester.say("why?") == []
        assert await tester.say("why?", channel="general") == ["who knows"]
        assert await tester.say("@Bot", mentions=["bot"]) == ["me?"]
        assert await tester.say("look", files=[("a.txt", b"")]) == ["a.txt"]


async def test_events_reach_every_listener_whose_filters_pass() -> None:
    bot = Bot()
    found: list[object] = []

    @bot.on(MessagePosted, filters.channel("general"))
    async def posted(event: MessagePosted, ctx: Context, message: Message, channel: Channel) -> None:
        assert message == event.message == ctx.message
        found.append((message.text, channel.name))

    @bot.on(MessagePosted, lambda event: event.message.text == "one")
    def again(event: MessagePosted) -> None:
        found.append("again")

    @bot.on(MessageEdited)
    async def edited(event: MessageEdited, odoo: Client) -> None:
        found.append(("edited", event.message.text, odoo.me.name))

    @bot.on(ReactionChanged)
    async def reacted(event: ReactionChanged, ctx: EventContext) -> None:
        found.append(event.content)

    @bot.on(MemberJoined)
    async def joined(event: MemberJoined) -> None:
        found.append("joined")

    async with BotTester(bot) as tester:
        await tester.say("one", channel="general")
        await tester.say("two")
        alice = await tester.client("alice")
        general = alice.channel("general")
        message = await general.send("three")
        await general.edit(message, "four")
        await general.react(message, "tada")
        await tester.say("five", channel="other")
    assert found == [
        ("one", "general"),
        "again",
        ("three", "general"),
        ("edited", "four", "Bot"),
        "🎉",
    ]


async def test_routers_nest_with_filters_middleware_and_errors() -> None:
    bot = Bot()
    outer, inner = Router("outer", where=filters.channel("general")), Router("inner", where=~filters.contains("quiet"))
    outer.include(inner)
    bot.include(outer)
    order: list[str] = []

    def noting(name: str):
        async def note(ctx: EventContext, call_next: CallNext) -> object:
            order.append(f"{name}>")
            result = await call_next()
            order.append(f"<{name}")
            return f"{result}!"

        return note

    bot.middleware(noting("bot"))
    outer.middleware(noting("outer"))
    inner.middleware(noting("inner"))

    @inner.command
    def ping() -> str:
        return "pong"

    @inner.command
    def fail(kind: str) -> str:
        raise {"key": KeyError, "value": ValueError, "zero": ZeroDivisionError}[kind](kind)

    @inner.error(KeyError)
    def missing(error: KeyError) -> str:
        return f"inner {error}"

    @bot.error(LookupError)
    def wrong(error: LookupError) -> str:
        return f"never {error}"

    @bot.error(ValueError)
    async def value(error: ValueError, ctx: Context) -> None:
        await ctx.reply(f"bot {error} in {ctx.channel.name}")

    async with BotTester(bot, channel="general") as tester:
        assert await tester.say("/ping") == ["pong!!!"]
        assert order == ["bot>", "outer>", "inner>", "<inner", "<outer", "<bot"]
        assert await tester.say("/ping", channel="other") == []
        assert await tester.say("/fail key") == ["inner 'key'"]
        assert await tester.say("/fail value") == ["bot value in general"]


async def test_a_router_cannot_include_itself() -> None:
    one, other = Router("one"), Router("other")
    one.include(other)
    with pytest.raises(ConfigError, match="includes"):
        other.include(one)


async def test_a_middleware_may_stop_the_handler() -> None:
    bot = Bot()

    @bot.middleware
    async def closed(ctx: EventContext, call_next: CallNext) -> object:
        if isinstance(ctx, Context) and ctx.author.name == "Bob":
            await ctx.reply("closed")
            return None
        return await call_next()

    @bot.message()
    async def echo(ctx: Context) -> str:
        return ctx.text

    async with BotTester(bot) as tester:
        assert await tester.say("a", by="bob") == ["closed"]
        assert await tester.say("a") == ["a"]


async def test_unexpected_errors_are_logged_and_the_bot_goes_on(caplog) -> None:
    bot = Bot()

    @bot.command
    def fail() -> str:
        raise ZeroDivisionError("by zero")

    @bot.message(filters.text("fail"))
    async def also(ctx: Context) -> None:
        raise ZeroDivisionError("again")

    @bot.message(lambda ctx: 1 / 0 > 1)
    async def never(ctx: Context) -> None:
        raise AssertionError("not reached")

    with caplog.at_level(logging.ERROR, "odoochat"):
        async with BotTester(bot) as tester:
            assert await tester.say("/fail") == ["/fail failed; see the bot's log for details."]
            assert await tester.say("fail") == []
            assert await tester.say("other") == []
            assert await tester.say("/help") != []
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert all(record.exc_info is not None for record in caplog.records)
    assert "handler test_unexpected_errors" in caplog.records[0].getMessage()


async def test_an_error_in_an_error_handler_is_logged(caplog) -> None:
    bot = Bot()

    @bot.command
    def fail() -> str:
        raise KeyError("first")

    @bot.error(KeyError)
    def worse(error: KeyError) -> str:
        raise ZeroDivisionError("second")

    with caplog.at_level(logging.ERROR, "odoochat"):
        async with BotTester(bot) as tester:
            assert await tester.say("/fail") == ["/fail failed; see the bot's log for details."]
    assert "ZeroDivisionError" in caplog.text


async def test_values_are_injected_by_type() -> None:
    bot = Bot()
    made: list[Database] = []
    closed: list[bool] = []
    bot.provide(Settings())

    @bot.provider
    async def database() -> AsyncIterator[Database]:
        made.append(Database())
        yield made[-1]
        made[-1].open = False

    @bot.provider
    def greeting() -> Iterator[bytes]:
        yield b"hello"
        closed.append(True)

    @bot.command
    async def show(database: Database, count: int, settings: Settings, me: Bot, word: bytes, odoo: Client) -> str:
        return f"{database.open} {count} {settings.colour} {me.name} {word!r} {odoo.me.name}"

    @bot.on_start
    async def started(odoo: Client, database: Database) -> None:
        made.append(database)

    hooks: list[str] = []

    @bot.on_stop
    def stopping(ctx: EventContext) -> None:
        hooks.append(f"{ctx.event!r} {made[0].open}")

    async with BotTester(bot) as tester:
        assert made[0] is made[1]
        kept = made[0]
        assert await tester.say("/show 5") == ["True 5 red bot b'hello' Bot"]
    assert hooks == ["BotStopping() True"]
    assert not kept.open
    assert closed


async def test_an_annotation_that_cannot_be_resolved_is_named() -> None:
    class Local:
        pass

    bot = Bot()

    @bot.command
    def show(value: Local) -> str:
        return ""

    with pytest.raises(ConfigError, match=r"show: name 'Local' is not defined; define or import"):
        async with BotTester(bot):
            pass


async def test_own_messages_and_system_lines_are_left_out() -> None:
    bot = Bot()
    seen: list[str] = []

    @bot.on(MessagePosted)
    async def every(event: MessagePosted) -> None:
        seen.append(event.message.text)

    @bot.message()
    async def echo(ctx: Context) -> str:
        return ctx.text

    async with BotTester(bot) as tester:
        assert await tester.say("one") == ["one"]
        # Another process with the same account is the bot as well.
        twin = await tester.client("bot")
        await (await twin.direct("alice")).send("from the twin")
        await tester.settle()
        assert await tester.say("two") == ["two"]
    assert seen == ["one", "two"]


async def test_a_missing_capture_is_an_error() -> None:
    bot = Bot()

    @bot.message()
    async def handler(ctx: Context, number: int) -> str:
        return str(number)

    async with BotTester(bot) as tester:
        assert "number is missing" in (await tester.say("text"))[0]


async def test_a_bad_argument_of_a_handler_is_answered() -> None:
    bot = Bot()

    @bot.command
    def buy(count: int) -> str:
        if count > 5:
            raise BadArgument("At most 5, please.")
        return "bought"

    async with BotTester(bot) as tester:
        assert await tester.say("/buy 6") == ["At most 5, please.\nUsage: /buy count"]


async def test_a_handler_whose_task_was_cancelled_has_failed(caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot()

    @bot.command
    async def broken(ctx: Context) -> None:
        task = asyncio.create_task(asyncio.sleep(10))
        task.cancel()
        await task

    @bot.command
    async def ping() -> str:
        return "pong"

    async with BotTester(bot) as tester:
        assert await asyncio.wait_for(tester.say("/broken"), 10) == ["/broken failed; see the bot's log for details."]
        assert await asyncio.wait_for(tester.say("/ping"), 10) == ["pong"]
    assert "unexpected CancelledError" in caplog.text


async def test_only_filters_combine() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        filters.direct & (lambda ctx: True)  # type: ignore[operator]
    with pytest.raises(TypeError, match="unsupported operand"):
        filters.direct | len  # type: ignore[operator]


async def test_every_stop_hook_runs(caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot()
    ran: list[str] = []

    @bot.on_stop
    async def first() -> None:
        raise ValueError("cannot close the first")

    @bot.on_stop
    async def second() -> None:
        ran.append("second")

    async with BotTester(bot):
        pass
    assert ran == ["second"]
    (line,) = [r for r in caplog.records if getattr(r, "event", "") == "bot.handler.failed"]
    assert line.getMessage().endswith("first: unexpected ValueError")


async def test_results_that_are_not_posted_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot()

    @bot.command
    async def seven() -> int:
        return 7

    @bot.command
    async def own(ctx: Context) -> Message:
        return await ctx.reply("mine")

    @bot.every(hours=1)
    async def report() -> str:
        return "All is well."

    async with BotTester(bot) as tester:
        assert await tester.say("/seven") == []
        assert await tester.say("/own") == ["mine"]
        assert await tester.advance(hours=1) == []
    lines = [r.getMessage() for r in caplog.records if getattr(r, "event", "") == "bot.result.unposted"]
    assert [line.rpartition("<locals>.")[2] for line in lines] == [
        "seven returned int, which is not posted; return a string",
        "report returned str, which is not posted; use ctx.send()",
    ]


async def test_a_handler_that_does_not_end_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    turns: Turns[str] = Turns(lambda run, item: asyncio.sleep(0), concurrency=1)
    run = HandlerRun(turns, "general")

    def lines() -> list[str]:
        return [r.getMessage() for r in caplog.records if getattr(r, "event", "") == "bot.handler.slow"]

    with SlowHandlers(clock, 60).watching("stuck", run):
        await clock.advance(timedelta(seconds=59), lambda: None)
        assert lines() == []
        await clock.advance(timedelta(seconds=121), lambda: None)
        assert [line.partition(";")[0] for line in lines()] == [
            "bot: handler stuck has been running for 60 s",
            "bot: handler stuck has been running for 180 s",
        ]
    await clock.advance(timedelta(days=1), lambda: None)
    assert len(lines()) == 2


async def test_a_waiting_question_is_not_reported_as_a_slow_handler(caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot()

    @bot.command
    async def ask(ctx: Context) -> str:
        return await ctx.ask("Which?", timeout=3600)

    async with BotTester(bot) as tester:
        await tester.say("/ask")
        await tester.advance(minutes=30)
        assert await tester.say("this") == ["this"]
    assert "bot.handler.slow" not in [getattr(r, "event", "") for r in caplog.records]
