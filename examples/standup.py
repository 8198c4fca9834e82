"""Ask a team for its plans every morning and post the answers: a bot with schedules and stored values.

ODOOCHAT_URL=… ODOOCHAT_LOGIN=… ODOOCHAT_PASSWORD=… python examples/standup.py
"""

from __future__ import annotations

import os

from odoochat.bot import Bot, Context, EventContext, Rest, Value

CHANNEL = os.environ.get("STANDUP_CHANNEL", "general")

bot = Bot("stand-up", tz=os.environ.get("STANDUP_TZ", "UTC"))
answers = Value("answers", dict[str, str], default={}, per="bot")


@bot.at("09:00", days="mon-fri")
async def ask_everybody(ctx: EventContext) -> None:
    """Start a new day by asking in the channel."""
    answers.set(ctx, {})
    await ctx.send(CHANNEL, "What do you work on today? Write /today and your answer, here or to me alone.")


@bot.command
async def today(ctx: Context, text: Rest) -> str:
    """Say what you work on today.

    Args:
        text: your answer; a second one replaces it.
    """
    answers.set(ctx, {**answers.get(ctx), ctx.author.name: text})
    return "Noted."


@bot.at("10:00", days="mon-fri")
async def post_summary(ctx: EventContext) -> None:
    """Post all answers, if any."""
    if found := answers.get(ctx):
        lines = [f"- **{name}**: {text}" for name, text in sorted(found.items())]
        await ctx.send(CHANNEL, "\n".join(["Today:", "", *lines]), markup="markdown")


if __name__ == "__main__":
    bot.run(state=os.environ.get("STANDUP_STATE", "standup-state"))
