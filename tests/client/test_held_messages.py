"""Messages that nothing has handled when the client is closed: they come again after a restart, and only then."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

import odoochat
from odoochat import MessagePosted
from odoochat.sandbox import Sandbox


async def take(subscription: odoochat.Subscription[MessagePosted]) -> odoochat.Message:
    event = await subscription.get(10)
    assert isinstance(event, MessagePosted)
    return event.message


async def test_a_message_that_was_not_released_comes_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox() as box, odoochat.connect(box.url, login="bob", password="bob") as bob:
        async with odoochat.connect(box.url, login="ann", password="ann", state=state) as ann:
            messages = ann.events(MessagePosted)
            for text in ("one", "two", "three"):
                await bob.channel("general").send(text)
            taken = [await take(messages) for _ in range(3)]
            for message in taken:
                messages.hold(message)
            messages.release(taken[1])
        async with odoochat.connect(box.url, login="ann", password="ann", state=state) as ann:
            messages = ann.events(MessagePosted)
            assert [(await take(messages)).text for _ in range(2)] == ["one", "three"]
            await bob.channel("general").send("four")
            assert (await take(messages)).text == "four"


async def test_released_messages_do_not_come_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox() as box, odoochat.connect(box.url, login="bob", password="bob") as bob:
        async with odoochat.connect(box.url, login="ann", password="ann", state=state) as ann:
            messages = ann.events(MessagePosted)
            await bob.channel("general").send("one")
            message = await take(messages)
            messages.hold(message)
            messages.release(message)
        async with odoochat.connect(box.url, login="ann", password="ann", state=state) as ann:
            messages = ann.events(MessagePosted)
            await bob.channel("general").send("two")
            assert (await take(messages)).text == "two"


async def waiting(box: Sandbox, messages: odoochat.Subscription[MessagePosted], *texts: str) -> None:
    """Posts messages, and waits until they can be read."""
    for text in texts:
        box.world.post("bob", "general", text)
    async with asyncio.timeout(10):
        while messages.pending < len(texts):
            await asyncio.sleep(0.005)


async def after_the_restart(box: Sandbox, state: Path) -> list[str]:
    """Returns the messages that come again."""
    async with odoochat.connect(box.url, login="ann", password="ann", state=state) as ann:
        messages, texts = ann.events(MessagePosted), list[str]()
        box.world.post("bob", "general", "end")
        while (text := (await take(messages)).text) != "end":
            texts.append(text)
        return texts


@pytest.mark.parametrize("failure", [None, RuntimeError("broken")])
async def test_messages_in_a_subscription_that_is_closed_first_come_again(
    tmp_path: Path, failure: Exception | None
) -> None:
    state = tmp_path / "state"
    async with Sandbox() as box:
        with contextlib.suppress(RuntimeError):
            async with (
                odoochat.connect(box.url, login="ann", password="ann", state=state) as ann,
                ann.events(MessagePosted) as messages,
            ):
                await waiting(box, messages, "one", "two", "three")
                assert (await take(messages)).text == "one"
                if failure is not None:
                    raise failure
        assert await after_the_restart(box, state) == (["two", "three"] if failure is None else ["one", "two", "three"])


async def test_messages_that_another_subscription_has_received_do_not_come_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox() as box:
        async with odoochat.connect(box.url, login="ann", password="ann", state=state) as ann:
            first, second = ann.events(MessagePosted), ann.events(MessagePosted)
            await waiting(box, second, "one", "two")
            second.close()
            assert [(await take(first)).text for _ in range(2)] == ["one", "two"]
            first.close()
        assert await after_the_restart(box, state) == []


async def test_messages_that_the_program_has_closed_and_gone_on_without_do_not_come_again(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox() as box:
        async with odoochat.connect(box.url, login="ann", password="ann", state=state) as ann:
            async with ann.events(MessagePosted) as messages:
                await waiting(box, messages, "one", "two")
            async with ann.events(MessagePosted) as messages:
                await waiting(box, messages, "three")
                assert (await take(messages)).text == "three"
        assert await after_the_restart(box, state) == []


async def test_what_comes_again_after_a_restart_cannot_be_read_after_the_end(tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with Sandbox() as box:
        async with odoochat.connect(box.url, login="ann", password="ann", state=state) as ann:
            messages = ann.events(MessagePosted)
            await waiting(box, messages, "one", "two", "three")
            assert (await take(messages)).text == "one"
        assert [event async for event in messages] == []
        assert await after_the_restart(box, state) == ["two", "three"]
