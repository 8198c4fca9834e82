"""What keys make of the composer's text before there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from textual import events
from textual.app import App

from odoochat.tui.keyboard import Keyboard
from odoochat.tui.settings import ChatSettings
from odoochat.tui.typeahead import Typeahead


async def applied(before: str, keys: Sequence[events.Event], settings: ChatSettings) -> tuple[str, int]:
    """The text after the keys, and how many of them do not wait any longer."""
    keyboard = Keyboard(App(), lambda _: asyncio.sleep(0), print)
    for each in keys:
        await keyboard.put(each)
    typeahead = Typeahead(keyboard, settings)
    shown = typeahead.preview(before)
    assert len(keyboard.waiting) == len(keys)
    assert typeahead.take(before) == shown
    assert list(keyboard.waiting) == list(keys[len(keys) - len(keyboard.waiting) :])
    return shown, len(keys) - len(keyboard.waiting)


def typed(*names: str) -> list[events.Event]:
    return [events.Key(name, name if len(name) == 1 else None) for name in names]


@pytest.mark.parametrize(
    ("keys", "after", "count"),
    [
        (typed(), "draft", 0),
        (typed("a", "ü", "猫"), "draftaü猫", 3),
        (typed("a", "backspace", "backspace"), "draf", 3),
        (typed(*["backspace"] * 7), "", 7),
        (typed("a", "enter", "b"), "drafta", 1),
        (typed("escape", "b"), "draft", 0),
        (typed("a", "ctrl+k", "b"), "drafta", 1),
        (typed("a", "left", "b"), "drafta", 1),
        ([*typed("a"), events.Paste("pasted"), *typed("b")], "drafta", 1),
        ([events.Key("space", " "), events.Key("question_mark", "?")], "draft ?", 2),
        ([events.Key("ctrl+j", "\n"), *typed("b")], "draft", 0),
    ],
)
async def test_keys_are_applied_until_one_does_more_than_to_edit(
    keys: list[events.Event], after: str, count: int
) -> None:
    assert await applied("draft", keys, ChatSettings()) == (after, count)


@pytest.mark.parametrize("own", ["b", "f1, b", "ctrl+p,b"])
async def test_a_character_that_the_settings_give_to_a_command_is_no_text(own: str) -> None:
    settings = ChatSettings(bindings={"switch": own})
    assert await applied("", typed("a", "b", "c"), settings) == ("a", 1)


async def test_backspace_may_be_the_key_of_a_command() -> None:
    assert await applied("ab", typed("backspace"), ChatSettings(bindings={"send": "backspace"})) == ("ab", 0)


async def test_keys_of_messages_are_text() -> None:
    assert await applied("", typed("k", "j", "x"), ChatSettings(keys="vim")) == ("kjx", 3)


async def test_once_the_keyboard_delivers_keys_itself_none_is_taken() -> None:
    keyboard = Keyboard(App(), lambda _: asyncio.sleep(0), print)
    await keyboard.put(events.Key("a", "a"))
    keyboard.open = True
    assert Typeahead(keyboard, ChatSettings()).take("text") == "text"
    assert len(keyboard.waiting) == 1
