"""The publisher: a message whose state change fails is not lost."""

from __future__ import annotations

from typing import Any

import pytest

import odoochat
from odoochat import MessagePosted
from odoochat.core.recent_messages import RecentMessages
from odoochat.sandbox import Sandbox
from tests.timings import QUICK


@pytest.mark.parametrize(("version", "transport"), [(14, "longpoll"), (19, "websocket"), (19, "rpc")])
@pytest.mark.parametrize("times", [1, 2])
async def test_an_error_in_the_state_loses_no_later_message_and_delivers_none_twice(
    version: int, transport: Any, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = times
    whole = RecentMessages.keep

    def keep(self: RecentMessages, message: odoochat.Message) -> None:
        nonlocal left
        if left and message.text == "fragile":
            left -= 1
            raise RuntimeError("the state cannot be changed")
        whole(self, message)

    monkeypatch.setattr(RecentMessages, "keep", keep)
    async with (
        Sandbox(version) as box,
        odoochat.connect(box.url, login="alice", password="alice", transport=transport, timing=QUICK) as alice,
    ):
        received = alice.events(MessagePosted)
        await alice.link.wait_open(20)
        box.world.post("bob", "general", "fragile")
        while left:
            box.world.post("bob", "general", "filler")
            assert (await received.get(20)).message.text in ("filler", "fragile")
        box.world.post("bob", "general", "last")
        texts = [event.message.text async for event in until_last(received)]
        assert texts.count("fragile") <= 1


async def until_last(received: odoochat.Subscription[MessagePosted]) -> Any:
    while True:
        event = await received.get(20)
        yield event
        if event.message.text == "last":
            return


async def test_a_message_whose_state_change_failed_once_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = False
    whole = RecentMessages.keep

    def keep(self: RecentMessages, message: odoochat.Message) -> None:
        nonlocal failed
        if not failed and message.text == "one":
            failed = True
            raise RuntimeError("the state cannot be changed")
        whole(self, message)

    monkeypatch.setattr(RecentMessages, "keep", keep)
    async with (
        Sandbox(19) as box,
        odoochat.connect(box.url, login="alice", password="alice", timing=QUICK) as alice,
    ):
        received = alice.events(MessagePosted)
        await alice.link.wait_open(20)
        box.world.post("bob", "general", "one")
        assert (await received.get(20)).message.text == "one"
        assert failed
        box.world.post("bob", "general", "two")
        assert (await received.get(20)).message.text == "two"
