"""The mouse: conversations, messages, links and rows of dialogs are clicked, the wheel scrolls."""

from __future__ import annotations

from typing import Any

import pytest

from odoochat.sandbox import Sandbox
from odoochat.tui.screens.dialogs import Chooser
from tests.tui.chat_pilot import ChatPilot


def where(stand: ChatPilot, words: str) -> tuple[int, int]:
    """The cell in the middle of words on the screen."""
    for y, line in enumerate(stand.text.split("\n")):
        if words in line:
            return line.index(words) + len(words) // 2, y
    raise AssertionError(f"{words!r} is not on the screen:\n{stand.text}")


async def click(stand: ChatPilot, words: str) -> None:
    await stand.pilot.click(offset=where(stand, words))
    await stand.pilot.pause(0.05)


async def test_a_conversation_is_opened(alice: ChatPilot) -> None:
    await click(alice, "# random")
    await alice.until(lambda: alice.chat.conversation.info.name == "random")
    assert alice.chat.widgets.composer.has_focus


async def test_a_message_is_chosen(alice: ChatPilot) -> None:
    await click(alice, "coffee machine")
    assert "coffee" in getattr(alice.chat.conversation.target, "text", "")
    assert alice.chat.widgets.timeline.has_focus


async def test_a_link_is_opened(alice: ChatPilot, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(alice.screen.commands.messages, "open_link", opened.append)
    box.world.post("bob", "general", "look at https://example.com/x.")
    await alice.shows("https://example.com/x")
    await click(alice, "https://example.com/x")
    assert opened == ["https://example.com/x"]


async def test_a_row_of_a_dialog_is_taken(alice: ChatPilot) -> None:
    await alice.press("ctrl+k")
    await alice.until(lambda: isinstance(alice.app.screen, Chooser))
    await alice.type("support")
    await alice.shows("# support")
    y = next(i for i, line in enumerate(alice.text.split("\n")) if "│ # support" in line)
    await alice.pilot.click(offset=(12, y))
    await alice.until(lambda: alice.chat.conversation.info.name == "support")


async def test_the_wheel_scrolls_and_a_member_is_written_to(alice: ChatPilot, box: Sandbox) -> None:
    for number in range(60):
        box.world.post("bob", "general", f"line {number}.")
    await alice.shows("line 59.")
    timeline: Any = alice.chat.widgets.timeline
    before = timeline.scroll_y
    for _ in range(4):
        timeline._on_mouse_scroll_up(_wheel(timeline))
        await alice.pilot.pause(0.05)
    await alice.until(lambda: timeline.scroll_y < before)
    await alice.press("f6")
    await alice.shows("○ Carol")
    await click(alice, "○ Carol")
    await alice.until(
        lambda: alice.chat.conversation.info.kind == "chat" and alice.chat.conversation.info.name == "Carol"
    )


def _wheel(widget: Any) -> Any:
    from textual.events import MouseScrollUp

    return MouseScrollUp(widget, 2, 2, 0, -1, 0, False, False, False, 2, 2)
