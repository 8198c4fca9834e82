"""Build bots with typed commands, questions, schedules, and tests that need no server.

```python
from odoochat.bot import Bot, Context

bot = Bot()


@bot.command
async def greet(ctx: Context, times: int = 1) -> None:
    "Say hello."
    await ctx.reply("Hello! " * times)


bot.run("https://odoo.example.com", login="bot", password=secret, state="state")
```
"""

from __future__ import annotations

from odoochat.bot import filters as filters
from odoochat.bot.arguments import Rest as Rest
from odoochat.bot.bot import Bot as Bot
from odoochat.bot.bot import ConnectOptions as ConnectOptions
from odoochat.bot.bot import run as run
from odoochat.bot.commands import CommandGroup as CommandGroup
from odoochat.bot.context import CallNext as CallNext
from odoochat.bot.context import Context as Context
from odoochat.bot.context import EventContext as EventContext
from odoochat.bot.converters import WordSource as WordSource
from odoochat.bot.cooldown import Cooldown as Cooldown
from odoochat.bot.errors import BadArgument as BadArgument
from odoochat.bot.errors import BotError as BotError
from odoochat.bot.errors import NotAllowed as NotAllowed
from odoochat.bot.errors import OnCooldown as OnCooldown
from odoochat.bot.errors import QuestionCancelled as QuestionCancelled
from odoochat.bot.errors import QuestionTimedOut as QuestionTimedOut
from odoochat.bot.filters import Filter as Filter
from odoochat.bot.permissions import channel_admin as channel_admin
from odoochat.bot.permissions import internal_user as internal_user
from odoochat.bot.permissions import member_of as member_of
from odoochat.bot.router import Router as Router
from odoochat.bot.testing import BotTester as BotTester
from odoochat.bot.values import Value as Value

__all__ = [
    "BadArgument",
    "Bot",
    "BotError",
    "BotTester",
    "CallNext",
    "CommandGroup",
    "ConnectOptions",
    "Context",
    "Cooldown",
    "EventContext",
    "Filter",
    "NotAllowed",
    "OnCooldown",
    "QuestionCancelled",
    "QuestionTimedOut",
    "Rest",
    "Router",
    "Value",
    "WordSource",
    "channel_admin",
    "filters",
    "internal_user",
    "member_of",
    "run",
]
