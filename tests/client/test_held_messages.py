"""Held messages: not handled until they are released, whatever was read after them."""

from __future__ import annotations

from pathlib import Path

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
