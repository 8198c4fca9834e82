"""The examples of docs/bot.md: each bot starts, the tests pass, and the calls have the arguments that exist."""

from __future__ import annotations

import asyncio
import inspect
import sys
import types
from pathlib import Path

import pytest

import odoochat
from odoochat.bot import Bot, BotTester
from tests.test_docs import BLOCKS, BOTS, Block, named

EXAMPLES = [block for block in BLOCKS if block.page == BOTS and block.language == "python"]


def executed(block: Block, name: str) -> types.ModuleType:
    """A module with the code of a block."""
    module = types.ModuleType(name)
    exec(compile("\n" * (block.line - 1) + block.code, block.page, "exec", dont_inherit=True), vars(module))  # noqa: S102
    return module


@pytest.fixture(autouse=True)
def my_bot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first example is the module that others import."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELPER_PASSWORD", "secret")
    monkeypatch.setitem(sys.modules, "my_bot", executed(EXAMPLES[0], "my_bot"))


@pytest.mark.parametrize("block", EXAMPLES, ids=named)
def test_an_example(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    real, ran = inspect.signature(odoochat.run), []
    monkeypatch.setattr(odoochat, "run", lambda *args, **kwargs: ran.append(real.bind(*args, **kwargs)))
    module = executed(block, "example")
    for name, value in list(vars(module).items()):
        if name.startswith("test_"):
            value()
    bot = getattr(module, "bot", None)

    async def start(found: Bot) -> None:
        async with BotTester(found) as tester:
            await tester.say("/help")

    if isinstance(bot, Bot):
        asyncio.run(start(bot))
    assert bot is not None or ran or "test_" in block.code
