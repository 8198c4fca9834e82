"""Dialogs in a narrow terminal, and a conversation without messages."""

from __future__ import annotations

from pathlib import Path

from odoochat.sandbox import Sandbox
from odoochat.tui import keys
from tests.tui.chat_pilot import ChatPilot, opened, profile


async def test_the_descriptions_of_keys_can_be_read_at_40_columns(box: Sandbox, tmp_path: Path) -> None:
    async with opened(profile(box.url, "alice"), folder=tmp_path, size=(40, 24)) as stand:
        await stand.press("f1")
        await stand.shows("Next unread")
        row = next(line for line in stand.text.splitlines() if "Next unread" in line)
        assert "Ctrl-N" in row
        label = max((key.label for key in keys.TABLE if key.name != "complete"), key=len)
        await stand.type(label[:20])
        await stand.shows(label[:20] + label[20:24])
        with stand.app._context():
            await stand.pilot.resize_terminal(90, 24)
        await stand.until(
            lambda: any(label in line and line.index(label) > 20 for line in stand.text.splitlines()), "two columns"
        )


async def test_a_conversation_without_messages_says_so_until_the_first_one(alice: ChatPilot) -> None:
    assert "no messages yet" not in alice.text
    await alice.press("ctrl+k")
    await alice.type("@carol")
    await alice.shows("○ Carol")
    await alice.press("enter")
    await alice.shows("Message Carol")
    await alice.shows("no messages yet")
    await alice.type("hello")
    await alice.press("enter")
    await alice.until(lambda: "no messages yet" not in alice.text, "the hint to go")
    await alice.shows("hello")
