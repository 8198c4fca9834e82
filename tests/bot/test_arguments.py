"""Arguments of commands, from the words of a message."""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal

import pytest

from odoochat import Attachment, Channel, ConfigError, Person
from odoochat.bot import BadArgument, Bot, BotTester, Context, Rest, WordSource
from odoochat.bot.arguments import Words


class Colour(enum.Enum):
    RED = "red"
    DARK_BLUE = 2


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


def doubled(word: str, source: WordSource) -> str:
    return word * 2


async def asked(bot: Bot, *texts: str, **options) -> list[str]:
    """What a bot replies to each of some texts."""
    async with BotTester(bot) as tester:
        return ["|".join(await tester.say(text, **options)) for text in texts]


def test_words_in_quotes_and_mentions() -> None:
    words = Words('one "two words" @Bob Smith, “three more” it\'s last', {"@Bob Smith": 1})
    found = []
    while (word := words.take()) is not None:
        found.append(word)
    assert found == ["one", "two words", "@Bob Smith", ",", "three more", "it's", "last"]


async def test_plain_types() -> None:
    bot = Bot()

    @bot.command
    def show(a: int, b: float, c: bool, d: str = "none") -> str:
        return repr((a, b, c, d))

    assert await asked(bot, "/show 1 2,5 yes", '/show -7 .5 OFF "two words"') == [
        "(1, 2.5, True, 'none')",
        "(-7, 0.5, False, 'two words')",
    ]
    assert await asked(
        bot, "/show 1 2", "/show 1 x yes", "/show 1 2 maybe", "/show 1.5 2 yes", "/show 1 2 yes d e"
    ) == [
        "c is missing: yes or no\nUsage: /show a b c [d]",
        'b must be a number, not "x"\nUsage: /show a b c [d]',
        'c must be yes or no, not "maybe"\nUsage: /show a b c [d]',
        'a must be a whole number, not "1.5"\nUsage: /show a b c [d]',
        'unexpected argument "e"\nUsage: /show a b c [d]',
    ]


async def test_choices() -> None:
    bot = Bot()

    @bot.command
    def pick(colour: Colour, size: Literal["S", "M", 3] = "M") -> str:
        return f"{colour.name} {size!r}"

    assert await asked(bot, "/pick RED", "/pick dark_blue 3", "/pick 2 s", "/pick green", "/pick red XL") == [
        "RED 'M'",
        "DARK_BLUE 3",
        "DARK_BLUE 'S'",
        'colour must be red or dark_blue, not "green"\nUsage: /pick colour [S|M|3]',
        'size must be S, M or 3, not "XL"\nUsage: /pick colour [S|M|3]',
    ]


async def test_dates_and_times() -> None:
    bot = Bot()

    @bot.command
    def when(day: date, at: time = time(9), wait: timedelta = timedelta(), moment: datetime | None = None) -> str:
        return f"{day} {at} {wait} {moment}"

    async with BotTester(bot, now=datetime.fromisoformat("2030-01-31T23:30:00+00:00")) as tester:
        assert await tester.say("/when tomorrow") == ["2030-02-01 09:00:00 0:00:00 None"]
        assert await tester.say("/when 2030-05-01 7:30 1h30m 2030-05-01T10:00") == [
            "2030-05-01 07:30:00 1:30:00 2030-05-01 10:00:00+00:00"
        ]
        assert "must be a date such as 2030-01-31" in (await tester.say("/when soon"))[0]
        assert "must be a duration such as 10m" in (await tester.say("/when today 9:00 10x"))[0]


async def test_lists_optionals_unions_and_the_rest() -> None:
    bot = Bot()

    @bot.command
    def total(*numbers: int) -> str:
        return str(sum(numbers))

    @bot.command
    def each(names: list[str], limit: int | None = None) -> str:
        return f"{names} {limit}"

    @bot.command
    def either(value: int | str, other: bool | None) -> str:
        return f"{value!r} {other}"

    @bot.command
    def note(title: str, *, text: str) -> str:
        return f"{title}: {text}"

    @bot.command
    def marked(count: int, text: Rest) -> str:
        return text * count

    @bot.command
    def twice(word: Annotated[str, doubled]) -> str:
        return word

    assert await asked(
        bot,
        "/total",
        "/total 1 2 3",
        "/each a b",
        "/either 5",
        "/either five yes",
        "/note T any  text\n with lines",
        "/note T",
        "/marked 2 a b ",
        "/twice ab",
    ) == [
        "0",
        "6",
        "['a', 'b'] None",
        "5 None",
        "'five' True",
        "T: any  text\n with lines",
        "text is missing: any text\nUsage: /note title text…",
        "a ba b",
        "abab",
    ]


async def test_people_channels_and_files(tmp_path) -> None:
    bot = Bot()

    @bot.command
    def assign(who: Person, where: Channel | None = None) -> str:
        return f"{who.login} {where.name if where else None}"

    @bot.command
    def keep(ctx: Context, first: Attachment, *others: Attachment) -> str:
        return f"{first.name} {[other.name for other in others]} {ctx.text}"

    @bot.command
    def files(found: list[Attachment]) -> str:
        return f"{[file.name for file in found]}"

    async with BotTester(bot) as tester:
        await tester.say("hello", channel="general", by="bob")
        assert await tester.say("/assign bob general") == ["bob general"]
        assert await tester.say("/assign @Bob #general", mentions=["bob"]) == ["bob general"]
        assert "no user 'nobody'" in (await tester.say("/assign nobody"))[0]
        assert await tester.say("/keep", files=[("a.txt", b"1"), ("b.txt", b"2")]) == ["a.txt ['b.txt']"]
        assert (await tester.say("/keep"))[0].startswith("first is missing: a file")
        assert await tester.say("/files", files=[("c.txt", b"1")]) == ["['c.txt']"]


async def test_types_of_ones_own() -> None:
    bot = Bot()

    @bot.command
    def pay(amount: Money) -> str:
        return str(amount.cents)

    @bot.converter(Money)
    async def money(word: str, source: WordSource) -> Money:
        if not word.endswith("€"):
            raise BadArgument("must be an amount such as 5€")
        return Money(100 * int(word[:-1]))

    assert await asked(bot, "/pay 5€", "/pay 5") == ["500", "amount must be an amount such as 5€\nUsage: /pay amount"]


async def test_a_type_without_a_converter_is_an_error_at_the_start() -> None:
    bot = Bot()

    @bot.command
    def pay(amount: Money) -> str:
        return str(amount.cents)

    with pytest.raises(ConfigError, match="parameter 'amount' has the type Money.*bot.converter"):
        await asked(bot, "/pay 5")


async def test_durations_are_exact_or_refused() -> None:
    bot = Bot()

    @bot.command
    async def wait(span: timedelta) -> str:
        return str(span.total_seconds())

    async with BotTester(bot) as tester:
        assert await tester.say("/wait 2000000s") == ["2000000.0"]
        for text in ("9" * 400 + "d", "1000000w" * 200):
            (answer,) = await tester.say(f"/wait {text}")
            assert answer.startswith("span must be a shorter duration, not ")


async def test_a_time_without_a_zone_is_one_of_the_bot() -> None:
    bot = Bot(tz="Europe/Berlin")

    @bot.command
    async def when(at: datetime) -> str:
        return at.astimezone(UTC).isoformat()

    async with BotTester(bot) as tester:
        assert await tester.say("/when 2030-12-31T17:00") == ["2030-12-31T16:00:00+00:00"]
        assert await tester.say("/when 2030-12-31T17:00+00:00") == ["2030-12-31T17:00:00+00:00"]


class Counted(str):
    """A text that counts the characters that are copied from it."""

    __slots__ = ()
    copied = 0

    def __getitem__(self, key: Any) -> Counted:
        found = Counted(super().__getitem__(key))
        Counted.copied += len(found)
        return found

    def strip(self, chars: str | None = None, /) -> Counted:
        return Counted(super().strip(chars))

    def lstrip(self, chars: str | None = None, /) -> Counted:
        found = Counted(super().lstrip(chars))
        Counted.copied += len(found)
        return found


@pytest.mark.parametrize("text", ["a " * 1000, "«a " * 1000])
def test_the_words_of_a_long_text_are_taken_in_linear_time(text: str) -> None:
    Counted.copied = 0
    words = Words(Counted(text))
    found: list[str] = []
    while (word := words.take()) is not None:
        found.append(word)
    assert found == text.split()
    assert Counted.copied < 10 * len(text)


@pytest.mark.parametrize("html", ["<a>" * 60_000, "<a " * 60_000])
def test_unclosed_links_take_linear_time(html: str) -> None:
    import subprocess
    import sys

    code = (
        "import sys; from odoochat.bot.converters import _LINK; html = sys.stdin.read(); assert not _LINK.findall(html)"
    )
    subprocess.run([sys.executable, "-c", code], input=html, text=True, timeout=30, check=True)


async def test_a_command_without_arguments_refuses_words() -> None:
    bot = Bot()

    @bot.command
    async def close() -> str:
        return "closed"

    async with BotTester(bot) as tester:
        assert await tester.say("/close not yet") == ['unexpected argument "not yet"\nUsage: /close']
        assert await tester.say("/close ") == ["closed"]
