"""A bot that tests start in a process of its own: it answers each message once, and asks a question."""

from __future__ import annotations

import os

from odoochat.bot import Bot, Context, Value, filters

bot = Bot("answering")
count = Value("count", int, default=0, per="person")


@bot.command
async def order(ctx: Context) -> None:
    """Order something, in three steps."""
    count.set(ctx, count.get(ctx) + 1)
    what = await ctx.ask("What?", timeout=600)
    number = await ctx.ask("How many?", int, timeout=600)
    await ctx.reply(f"ordered {number} {what}")


@bot.message(filters.contains("message"))
async def answer(ctx: Context) -> None:
    """Answer in two messages, so that a kill may come between them."""
    await ctx.reply(f"first: {ctx.text}")
    await ctx.reply(f"second: {ctx.text}")


if __name__ == "__main__":
    bot.run(os.environ["BOT_URL"], db="sandbox", login="carol", password="carol", state=os.environ["BOT_STATE"])
