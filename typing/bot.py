"""A bot as users write it: mypy --strict and pyright find no error, and no Any in what it touches."""

from __future__ import annotations

import enum
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, assert_type

import odoochat
from odoochat import Attachment, Channel, Client, MemberJoined, Message, MessageEdited, Person
from odoochat.bot import (
    BadArgument,
    Bot,
    BotTester,
    CallNext,
    Context,
    Cooldown,
    EventContext,
    QuestionTimedOut,
    Rest,
    Router,
    Value,
    WordSource,
    channel_admin,
    filters,
    internal_user,
    member_of,
)


class Size(enum.Enum):
    """Sizes of a pizza."""

    SMALL = "small"
    LARGE = "large"


@dataclass
class Money:
    """An amount."""

    cents: int


class Database:
    """A resource of the bot."""

    async def close(self) -> None:
        """Close it."""


bot = Bot("pizza", tz="Europe/Berlin")
admin = Router("admin", where=filters.direct & ~filters.has_files)
bot.include(admin)
visits = Value("visits", int, default=0, per="person")
names = Value("names", list[str], default=[], per="channel")


@bot.command
async def roll(ctx: Context, sides: int = 6) -> str:
    """Roll a die."""
    visits.set(ctx, visits.get(ctx) + 1)
    assert_type(visits.get(ctx), int)
    assert_type(names.get(ctx), list[str])
    return f"{ctx.author.name} rolled {random.randint(1, sides)}."


@bot.command("order", aliases=["o"], allow=internal_user & ~filters.direct, cooldown=Cooldown(2, timedelta(minutes=1)))
async def order(ctx: Context, size: Size, until: date | None = None, *, note: str = "") -> None:
    """Order a pizza."""
    assert_type(await ctx.ask("Which topping?"), str)
    assert_type(await ctx.ask("How many?", int, timeout=60), int)
    assert_type(await ctx.ask("Who pays?", Person), Person)
    assert_type(await ctx.choose("Which drink?", ["water", "wine"]), str)
    assert_type(await ctx.choose("How large?", list(Size)), Size)
    if await ctx.confirm("Order now?"):
        async with ctx.typing():
            assert_type(await ctx.reply(f"{size.value} {note} until {until}", markup="markdown"), Message)
        await ctx.react("🍕")


@bot.command
def pay(amount: Money, to: Person, how: Literal["cash", "card"], *receipts: Attachment) -> str:
    """Pay."""
    return f"{amount.cents} to {to.name} by {how}, {len(receipts)} receipts"


@admin.command(allow=channel_admin | member_of("base.group_system"), hidden=True)
async def announce(ctx: EventContext, database: Database, where: Channel, days: list[int], text: Rest) -> None:
    """Announce something."""
    await database.close()
    assert_type(await ctx.send(where, f"{text} {days}"), Message)


@bot.message(filters.pattern(r"SO(?P<number>\d+)"), lambda ctx: ctx.is_direct)
async def sale(ctx: Context, number: int, odoo: Client) -> str:
    assert_type(ctx.message, Message)
    assert_type(ctx.channel, Channel)
    return f"{odoo.server.url} {number}"


@bot.on(MemberJoined, filters.channel("general"), lambda event: event.author.kind == "guest")
async def welcome(event: MemberJoined, ctx: EventContext) -> None:
    await ctx.send(event.channel.id, f"Welcome, {event.author.name}!")


@bot.on(MessageEdited)
def edited(event: MessageEdited) -> None:
    assert_type(event.message.text, str)


@bot.middleware
async def timing(ctx: EventContext, call_next: CallNext) -> object:
    begun = ctx.now
    result = await call_next()
    assert_type(ctx.now - begun, timedelta)
    return result


@bot.error(QuestionTimedOut)
async def too_late(error: QuestionTimedOut, ctx: EventContext) -> str:
    return f"Too late: {error}"


@bot.converter(Money)
def money(word: str, source: WordSource) -> Money:
    if not word.isdecimal():
        raise BadArgument("must be an amount in cents")
    return Money(int(word))


@bot.provider
async def database() -> AsyncIterator[Database]:
    made = Database()
    yield made
    await made.close()


@bot.on_start
async def started(odoo: Client) -> None:
    assert_type(odoo, Client)


@bot.every(minutes=30)
@bot.at("09:00", days="mon-fri")
@bot.cron("0 9 * * 1-5", tz="Europe/Berlin")
async def standup(ctx: EventContext) -> None:
    assert_type(ctx.now, datetime)
    assert_type(await ctx.ask_person("bob", "What is next?"), str)
    assert_type(await ctx.ask_person("bob", "How many hours?", float), float)


settings = bot.group("settings", "What the bot knows.")


@settings.command("set")
async def set_value(ctx: Context, name: str, value: bool = True) -> None:
    await ctx.reply(f"{name} is {value}")


async def check_decorators_keep_types(ctx: Context, event: MemberJoined) -> None:
    """Check that a decorated function is called like the function itself."""
    assert_type(await roll(ctx, sides=20), str)
    assert_type(await order(ctx, Size.LARGE, note="hot"), None)
    assert_type(pay(Money(1), Person(1, "Bob"), "cash"), str)
    assert_type(await sale(ctx, 7, ctx.odoo), str)
    assert_type(await welcome(event, ctx), None)
    assert_type(await set_value(ctx, "colour"), None)
    assert_type(await standup(ctx), None)
    assert_type(await started(ctx.odoo), None)


async def check_tester() -> None:
    """Check the types of a test."""
    async with BotTester(bot) as tester:
        assert_type(tester, BotTester)
        assert_type(await tester.say("/roll 20", by="alice"), list[str])
        assert_type(tester.replies, list[str])
        assert_type(tester.sent, list[Message])
        assert_type(await tester.advance(hours=1), list[str])


def main() -> None:
    """Run it."""
    odoochat.run(bot, "https://odoo.example.com", login="bot", password="secret", state="state")
    bot.run(state="state", presence="online")
    assert_type(odoochat.Bot("other"), Bot)
