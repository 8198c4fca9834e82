"""Commands: names, aliases, groups, permissions, cooldowns and the help."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from odoochat import ConfigError
from odoochat.bot import Bot, BotTester, Context, Cooldown, Filter, Router, filters


def a_bot() -> Bot:
    bot = Bot()

    @bot.command("roll", aliases=["r"])
    def roll_dice(sides: int = 6) -> str:
        """Roll a die.

        The die is fair.

        Args:
            sides: number of sides, which
                is at least 1.
        """
        return f"rolled {sides}"

    config = bot.group("config", "What the bot knows.")

    @config.command("set")
    def set_value(name: str, value: str) -> str:
        """Set a value."""
        return f"{name}={value}"

    colours = config.group("colour")

    @colours.command(aliases=["rm"])
    def remove(name: str) -> str:
        """Remove a colour."""
        return f"removed {name}"

    @bot.command(hidden=True)
    def secret_thing() -> str:
        return "hidden"

    return bot


async def test_prefixes_aliases_and_groups() -> None:
    async with BotTester(a_bot()) as tester:
        assert await tester.say("/roll 20") == ["rolled 20"]
        assert await tester.say("!R 7") == ["rolled 7"]
        assert await tester.say("/config set a b") == ["a=b"]
        assert await tester.say("/CONFIG colour rm red") == ["removed red"]
        assert await tester.say("/secret-thing") == ["hidden"]
        assert await tester.say("@Bot roll 3") == ["rolled 3"]
        assert await tester.say("@Bot, config set a b") == ["a=b"]
        assert await tester.say("@Bot what do you think?") == []
        assert await tester.say("roll") == []
        assert await tester.say("/ roll") == []


async def test_help() -> None:
    async with BotTester(a_bot()) as tester:
        assert await tester.say("/help") == [
            "/config colour remove - Remove a colour.\n"
            "/config set - Set a value.\n"
            "/help - Show what this bot can do.\n"
            "/roll - Roll a die.\n\n"
            "/help COMMAND shows the arguments of a command."
        ]
        assert await tester.say("/help roll") == [
            "Usage: /roll [sides]\n\nRoll a die.\n\nThe die is fair.\n\n"
            "sides: number of sides, which is at least 1 (a whole number, optional)\n\nAliases: /r"
        ]
        assert (await tester.say("!help /config set"))[0].startswith("Usage: /config set name value")
        assert "/config set - Set a value." in (await tester.say("/help config"))[0]
        assert await tester.say("/help rol") == ["There is no command /rol; did you mean /roll?"]


async def test_unknown_commands_are_answered_in_direct_chats_only() -> None:
    async with BotTester(a_bot()) as tester:
        assert await tester.say("/xyz") == ["There is no command /xyz; /help lists all commands."]
        assert "/config set - Set a value." in (await tester.say("/config"))[0]
        assert await tester.say("/xyz", channel="general") == []


async def test_an_unknown_command_may_be_an_ordinary_message() -> None:
    bot = a_bot()

    @bot.message()
    async def echo(ctx: Context) -> str:
        return ctx.text

    async with BotTester(bot) as tester:
        assert await tester.say("/xyz") == ["/xyz"]
        assert await tester.say("/roll") == ["rolled 6"]


async def test_permissions() -> None:
    bot = Bot()
    ann_only = Filter(lambda ctx: isinstance(ctx, Context) and ctx.author.name == "Ann", "Ann")

    @bot.command(allow=ann_only)
    def open_door() -> str:
        return "open"

    @bot.command(allow=~ann_only & filters.direct)
    def knock() -> str:
        return "knock"

    async with BotTester(bot) as tester:
        assert await tester.say("/open-door") == ["/open-door is for Ann only."]
        assert await tester.say("/open-door", by="ann") == ["open"]
        assert await tester.say("/knock") == ["knock"]
        assert await tester.say("/knock", channel="general") == ["/knock is for not Ann and direct chats only."]


async def test_cooldowns() -> None:
    bot = Bot()

    @bot.command(cooldown=Cooldown(2, timedelta(minutes=1)))
    def often(count: int = 1) -> str:
        return "yes"

    @bot.command(cooldown=Cooldown(1, 60, per="channel"))
    def once() -> str:
        return "once"

    async with BotTester(bot) as tester:
        assert await tester.say("/often x") != ["yes"]  # a wrong argument is no use
        assert await tester.say("/often") == ["yes"]
        await tester.advance(seconds=20)
        assert await tester.say("/often") == ["yes"]
        assert await tester.say("/often") == ["Not so fast: try again in 40 s."]
        assert await tester.say("/often", by="bob") == ["yes"]
        await tester.advance(seconds=40)
        assert await tester.say("/often") == ["yes"]
        assert await tester.say("/once", channel="general") == ["once"]
        assert await tester.say("/once", by="bob", channel="general") != ["once"]
        assert await tester.say("/once", channel="other") == ["once"]


async def test_names_of_commands_are_unique_and_one_word() -> None:
    bot = a_bot()
    other = Router("other")
    bot.include(other)

    @other.command("r")
    def again() -> str:
        return ""

    with pytest.raises(ConfigError, match="two commands are named 'r'"):
        async with BotTester(bot):
            pass
    with pytest.raises(ConfigError, match="use a single word"):
        bot.command("two words")(again)


async def test_a_bot_without_prefix_has_no_commands() -> None:
    bot = Bot(prefix=None)

    @bot.message()
    async def echo(ctx: Context) -> str:
        return f"echo {ctx.text}"

    async with BotTester(bot) as tester:
        assert await tester.say("/help") == ["echo /help"]


async def test_a_help_of_ones_own() -> None:
    bot = Bot(prefix="?")

    @bot.command("help")
    def own_help() -> str:
        return "own"

    async with BotTester(bot) as tester:
        assert await tester.say("?help") == ["own"]
        assert await tester.say("/help") == []


async def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    cooldown = Cooldown(1, 60)
    bot = Bot()

    @bot.command(cooldown=cooldown)
    def often() -> str:
        return "yes"

    begin = datetime(2030, 1, 1, tzinfo=UTC)
    for now in (begin, begin - timedelta(days=365)):
        async with BotTester(bot, now=now) as tester:
            assert await tester.say("/often") == ["yes"]
