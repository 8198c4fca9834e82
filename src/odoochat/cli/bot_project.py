"""The files that ``odoochat bot new`` creates; ``NAME`` becomes the module's name and ``TITLE`` the bot's."""

from __future__ import annotations

__all__ = ["FILES"]

BOT = '''\
"""A bot for Odoo Discuss."""

from __future__ import annotations

import random

from odoochat.bot import Bot, Context

bot = Bot("TITLE")


@bot.command
async def roll(ctx: Context, sides: int = 6) -> str:
    """Roll a die.

    Args:
        sides: number of sides.
    """
    return f"{ctx.author.name} rolled {random.randint(1, sides)}."


@bot.command
async def lunch(ctx: Context) -> None:
    """Order lunch."""
    dish = await ctx.choose("What would you like?", ["soup", "salad"])
    count = await ctx.ask("For how many people?", int, timeout=120)
    if await ctx.confirm(f"Order {count} × {dish}?"):
        await ctx.reply("Ordered.")


if __name__ == "__main__":
    bot.run(state="state")
'''

TEST = '''\
"""Tests for the bot, which run without Odoo."""

from __future__ import annotations

import asyncio

from NAME import bot
from odoochat.bot import BotTester


def test_roll() -> None:
    async def talk() -> None:
        async with BotTester(bot) as tester:
            assert await tester.say("/roll 1") == ["Alice rolled 1."]

    asyncio.run(talk())


def test_lunch() -> None:
    async def talk() -> None:
        async with BotTester(bot) as tester:
            assert await tester.say("/lunch") == ["What would you like?\\n1. soup\\n2. salad"]
            assert await tester.say("soup") == ["For how many people?"]
            assert await tester.say("3") == ["Order 3 × soup? (yes/no)"]
            assert await tester.say("yes") == ["Ordered."]

    asyncio.run(talk())
'''

README = """\
# TITLE

A bot for Odoo Discuss, built with odoochat.

## Test it without Odoo

odoochat is not on a package index yet, so in a new environment, install it from the folder with its sources first.

    pip install "/path/to/odoochat[bot,cli]"
    pip install -e ".[test]"
    pytest

## Run it

Create a separate user for the bot in Odoo, then:

    export ODOOCHAT_URL=https://odoo.example.com ODOOCHAT_LOGIN=TITLE
    read -rs ODOOCHAT_PASSWORD && export ODOOCHAT_PASSWORD
    odoochat bot run NAME:bot --state state --reload

Send it `/help` in a direct chat. In the browser, Odoo handles `/help` itself; send `!help` there. Omit `--reload` in
production. The `state` folder records which messages were handled, so no message is lost in a restart.
"""

PROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "TITLE"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["odoochat[bot,cli]"]

[project.optional-dependencies]
test = ["pytest"]

[tool.setuptools]
py-modules = ["NAME"]

[tool.pytest.ini_options]
pythonpath = ["."]
"""

IGNORED = """\
__pycache__/
*.egg-info/
.venv/
.pytest_cache/
state/
.env
"""

FILES = {
    "NAME.py": BOT,
    "test_NAME.py": TEST,
    "README.md": README,
    "pyproject.toml": PROJECT,
    ".gitignore": IGNORED,
}
"""Template file contents, keyed by path in the project."""
