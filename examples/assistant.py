"""Answer questions with a language model: a bot that edits its message as the answer arrives.

ODOOCHAT_URL=… ODOOCHAT_LOGIN=… ODOOCHAT_PASSWORD=… python examples/assistant.py

`StandIn` replaces a real model, so that the example runs without one. To use a model, pass `bot.provide` an object with
the same method.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Protocol

from odoochat.bot import Bot, Context, filters

EDIT_SECONDS = 1.0
"""Odoo notifies all members of the channel of each edit, so edit a message at most once per second."""


class Model(Protocol):
    """A language model."""

    def answer(self, history: list[str]) -> AsyncIterator[str]:
        """Iterate over the chunks of an answer.

        Args:
            history: the latest texts of the conversation, the question last.
        """
        ...


class StandIn:
    """A fake model that repeats the question."""

    async def answer(self, history: list[str]) -> AsyncIterator[str]:
        """Iterate over the words of the answer."""
        for word in f"You asked: {history[-1]}".split():
            await asyncio.sleep(0.2)
            yield f"{word} "


bot = Bot("assistant", prefix=None)
bot.provide(StandIn(), Model)


@bot.message(filters.direct | filters.mentioned)
async def answer(ctx: Context, model: Model) -> None:
    """Answer a direct message, or a message that mentions the bot."""
    history = [message.text async for message in ctx.channel.history(limit=10)][::-1]
    text, edited = "", time.monotonic()
    reply = await ctx.reply("…")
    async for piece in model.answer(history):
        text += piece
        if time.monotonic() - edited >= EDIT_SECONDS:
            await ctx.channel.edit(reply, f"{text}…", markup="markdown")
            edited = time.monotonic()
    await ctx.channel.edit(reply, text.strip() or "I have no answer.", markup="markdown")


if __name__ == "__main__":
    bot.run(state="assistant-state")
