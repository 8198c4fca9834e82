"""The life of a bot: arguments, secrets, and a server that is away."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from pathlib import Path

import pytest

import odoochat
from odoochat import ConfigError, MessagePosted
from odoochat.bot import Bot, ConnectOptions, Context
from odoochat.sandbox import Sandbox
from odoochat.secret import Secret, hide_secrets


@pytest.mark.parametrize("prefix", ["", " ", ["/", ""]])
def test_wrong_prefixes(prefix: str | list[str]) -> None:
    with pytest.raises(ConfigError, match="prefix must be a string"):
        Bot(prefix=prefix)


def test_wrong_concurrency() -> None:
    with pytest.raises(ConfigError, match="concurrency must be at least 1"):
        Bot(concurrency=0)


def test_options_are_those_of_connect() -> None:
    taken = set(inspect.signature(odoochat.connect).parameters) - {"url", "state", "live"}
    assert set(ConnectOptions.__annotations__) == taken


async def test_without_an_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ODOOCHAT_URL", "ODOOCHAT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(ConfigError, match="no server; pass its address, set ODOOCHAT_URL"):
        await Bot().start()


async def test_no_variable_of_a_traceback_holds_a_secret(tmp_path: Path) -> None:
    async with Sandbox() as box:
        with pytest.raises(odoochat.BadCredentials) as caught:
            await Bot().start(box.url, login="carol", password="hunter2-wrong", state=tmp_path / "state")
    frames = list(traceback.walk_tb(caught.value.__traceback__))
    assert len(frames) > 3
    for frame, _ in frames:
        if "odoochat/src" in frame.f_code.co_filename or "/src/odoochat/" in frame.f_code.co_filename:
            assert "hunter2" not in repr(frame.f_locals), frame.f_code.co_name
    options = {"password": "hunter2", "login": "carol", "totp": None}
    hide_secrets(options)
    assert isinstance(options["password"], Secret)
    assert options["login"] == "carol"


async def test_a_message_is_handled_after_the_start_when_the_server_was_away(tmp_path: Path) -> None:
    bot = Bot()
    handled: list[tuple[str, bool]] = []

    @bot.message()
    async def answer(ctx: Context) -> str:
        handled.append((ctx.text, ctx.retry))
        if len(handled) == 1:
            raise odoochat.Unreachable("the server is away")
        return f"re {ctx.text}"

    async with Sandbox() as box, odoochat.connect(box.url, login="alice", password="alice") as alice:
        chat = await alice.direct("carol")
        events = alice.events(MessagePosted)
        for number in range(2):
            stop = asyncio.Event()
            running = asyncio.create_task(
                bot.start(box.url, login="carol", password="carol", state=tmp_path / "state", stop=stop)
            )
            if number == 0:
                while box.connections < 2:  # Alice's and the bot's
                    await asyncio.sleep(0.01)
                await chat.send("hello")
                while not handled:
                    await asyncio.sleep(0.01)
            else:
                while not isinstance(event := await events.get(30), MessagePosted) or event.message.mine:
                    pass
                assert event.message.text == "re hello"
            stop.set()
            await running
    assert handled == [("hello", False), ("hello", True)]


async def test_the_same_folder_twice(tmp_path: Path) -> None:
    async with Sandbox() as box:
        stop = asyncio.Event()
        bot = Bot()
        ready = asyncio.Event()
        bot.on_start(ready.set)
        one = asyncio.create_task(bot.start(box.url, login="carol", password="carol", state=tmp_path, stop=stop))
        await asyncio.wait_for(ready.wait(), 30)
        with pytest.raises(ConfigError, match="another process is using the state folder"):
            await Bot().start(box.url, login="carol", password="carol", state=tmp_path)
        stop.set()
        await one
