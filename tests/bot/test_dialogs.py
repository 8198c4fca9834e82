"""Questions: answers, timeouts, cancelling, and what happens meanwhile."""

from __future__ import annotations

import asyncio
import enum
from datetime import UTC, datetime

import pytest

from odoochat import Person
from odoochat.bot import Bot, BotTester, Context, EventContext, QuestionCancelled, QuestionTimedOut


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


def a_bot() -> Bot:
    bot = Bot()

    @bot.command
    async def order(ctx: Context) -> str:
        count = await ctx.ask("How many?", int, timeout=60)
        size = await ctx.ask("Which size?", Size)
        who = await ctx.ask("For whom?", Person)
        return f"{count} {size.name} {who.login}"

    @bot.command
    async def sure(ctx: Context) -> str:
        return str(await ctx.confirm("Sure?"))

    @bot.command
    async def choose(ctx: Context) -> str:
        return str(await ctx.choose("Which?", [10, 20, 2]))

    @bot.command
    def ping() -> str:
        return "pong"

    @bot.message()
    async def echo(ctx: Context) -> str:
        return f"echo {ctx.text}"

    return bot


async def test_answers_have_types_and_wrong_ones_are_refused() -> None:
    async with BotTester(a_bot()) as tester:
        assert await tester.say("/order") == ["How many?"]
        assert await tester.say("lots") == ['That must be a whole number, not "lots". Try again, or write /cancel.']
        assert await tester.say("2") == ["Which size?"]
        assert "must be small or large" in (await tester.say("huge"))[0]
        assert await tester.say("LARGE") == ["For whom?"]
        assert "No user 'nobody'" in (await tester.say("nobody"))[0]
        await tester.client("bob")
        assert await tester.say("@bob") == ["2 LARGE bob"]
        assert await tester.say("@bob") == ["echo @bob"]


async def test_other_people_channels_and_commands_are_not_answers() -> None:
    async with BotTester(a_bot(), channel="general") as tester:
        assert await tester.say("/order") == ["How many?"]
        assert await tester.say("7", by="bob") == ["echo 7"]
        assert await tester.say("7", channel="other") == ["echo 7"]
        assert await tester.say("/ping") == ["pong"]
        assert await tester.say("/unknown") != ["pong"]  # no command, so it is an answer
        assert await tester.say("7") == ["Which size?"]


async def test_two_people_answer_at_the_same_time() -> None:
    async with BotTester(a_bot(), channel="general") as tester:
        await tester.say("/sure")
        await tester.say("/sure", by="bob")
        assert await tester.say("no", by="bob") == ["False"]
        assert await tester.say("Yes!") == ["True"]


@pytest.mark.parametrize(("answer", "value"), [("1", "10"), ("20", "20"), ("2", "20"), ("3.", "2"), ("10", "10")])
async def test_a_choice_by_number_or_text(answer: str, value: str) -> None:
    async with BotTester(a_bot()) as tester:
        assert await tester.say("/choose") == ["Which?\n1. 10\n2. 20\n3. 2"]
        assert await tester.say(answer) == [value]


async def test_a_question_times_out() -> None:
    async with BotTester(a_bot()) as tester:
        await tester.say("/order")
        assert await tester.advance(seconds=59) == []
        assert await tester.advance(seconds=1) == [
            "No answer within 60 seconds; send the command again when you are ready."
        ]
        assert await tester.say("2") == ["echo 2"]


async def test_a_wrong_answer_does_not_extend_the_time() -> None:
    async with BotTester(a_bot()) as tester:
        await tester.say("/order")
        await tester.advance(seconds=50)
        await tester.say("lots")
        assert len(await tester.advance(seconds=10)) == 1


async def test_cancel() -> None:
    async with BotTester(a_bot()) as tester:
        await tester.say("/order")
        assert await tester.say("/CANCEL") == ["Cancelled."]
        assert await tester.say("2") == ["echo 2"]


async def test_errors_of_questions_can_be_handled() -> None:
    bot = Bot()
    found: list[str] = []

    @bot.command
    async def ask(ctx: Context) -> str:
        try:
            return await ctx.ask("?", timeout=5)
        except (QuestionTimedOut, QuestionCancelled) as error:
            found.append(type(error).__name__)
            return "then not"

    async with BotTester(bot) as tester:
        await tester.say("/ask")
        assert await tester.say("!cancel") == ["then not"]
        await tester.say("/ask")
        assert await tester.advance(seconds=5) == ["then not"]
    assert found == ["QuestionCancelled", "QuestionTimedOut"]


async def test_a_job_asks_a_person() -> None:
    bot = Bot()

    @bot.every(hours=1)
    async def standup(ctx: EventContext) -> None:
        done = await ctx.ask_person("alice", "What did you do?")
        hours = await ctx.ask_person("alice", "How long?", float)
        await ctx.send("#general", f"{done}, {hours}")

    async with BotTester(bot, now=datetime(2030, 1, 1, 8, tzinfo=UTC)) as tester:
        await tester.say("hello", channel="general")
        assert await tester.advance(hours=1) == ["What did you do?"]
        assert await tester.say("slept") == ["How long?"]
        assert await tester.say("1,5") == ["slept, 1.5"]
        assert tester.sent[0].channel.name == "general"


async def test_the_order_of_a_conversation_holds_while_a_handler_waits() -> None:
    bot = Bot()
    order: list[str] = []

    @bot.command
    async def first(ctx: Context) -> None:
        order.append("asks")
        order.append(f"answer {await ctx.ask('?')}")

    @bot.message()
    async def other(ctx: Context) -> None:
        order.append(ctx.text)

    async with BotTester(bot, channel="general") as tester:
        alice, bob = await tester.client("alice"), await tester.client("bob")
        await tester.say("begin")
        for person, text in ((alice, "/first"), (bob, "one"), (alice, "mine"), (bob, "two"), (alice, "three")):
            last = await person.channel("general").send(text)
        await tester.say("end")
        assert last.id
    assert order == ["begin", "asks", "one", "answer mine", "two", "three", "end"]


async def test_a_question_of_a_type_that_no_answer_has_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    bot = Bot()

    @bot.command
    async def numbers(ctx: Context) -> str:
        return str(await ctx.ask("Which?", list[int]))

    @bot.command
    async def table(ctx: Context) -> str:
        return str(await ctx.ask("Which?", dict))

    async with BotTester(bot) as tester:
        for command, name in (("/numbers", "list[int]"), ("/table", "dict")):
            assert await tester.say(command) == [f"{command} failed; see the bot's log for details."]
            assert f"cannot convert an answer to {name}" in caplog.text


async def test_a_wrong_answer_is_refused_with_a_sentence() -> None:
    bot = Bot()

    @bot.command
    async def who(ctx: Context) -> str:
        return (await ctx.ask("Who?", Person)).name

    async with BotTester(bot) as tester:
        await tester.say("/who")
        (answer,) = await tester.say("xyz")
        assert answer.startswith("No user 'xyz'")
        assert answer.endswith(". Try again, or write /cancel.")


async def test_two_people_are_asked_at_once() -> None:
    bot = Bot()

    @bot.command
    async def both(ctx: Context) -> str:
        return " ".join(await asyncio.gather(ctx.ask_person("bob", "Ready?"), ctx.ask_person("carol", "Ready?")))

    @bot.command
    async def ping() -> str:
        return "pong"

    async with BotTester(bot) as tester:
        await tester.client("bob")
        await tester.client("carol")
        await tester.say("/both")
        await tester.say("no", by="carol")
        assert await tester.say("/ping", by="carol") == ["pong"]
        await tester.say("yes", by="bob")
        assert tester.sent[-1].text == "yes no"
