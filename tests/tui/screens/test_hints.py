"""The hints and the mode below the composer."""

from __future__ import annotations

from pathlib import Path

from odoochat.sandbox import Sandbox
from odoochat.tui.rendering.bars import mode_word, paint
from tests.tui.chat_pilot import opened, profile


async def test_a_paint_before_the_focus_event_is_handled_shows_the_new_mode(box: Sandbox, tmp_path: Path) -> None:
    async with opened(profile(box.url, "alice"), folder=tmp_path) as stand:
        await stand.connected()
        timeline, composer = stand.chat.widgets.timeline, stand.chat.widgets.composer
        # Textual changes `has_focus` when the widget handles its event; on a busy machine a paint may come before.
        stand.screen.set_focus(timeline)
        paint(stand.chat)
        assert not timeline.has_focus
        assert mode_word(stand.chat) == "MESSAGE"
        await stand.shows("Esc write")
        stand.screen.set_focus(composer)
        paint(stand.chat)
        assert mode_word(stand.chat) == "WRITE"
        await stand.shows("Esc messages")


async def test_a_change_of_the_focus_alone_changes_the_hints(box: Sandbox, tmp_path: Path) -> None:
    async with opened(profile(box.url, "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await stand.shows("Esc messages")
        stand.screen.set_focus(stand.chat.widgets.timeline)
        await stand.shows("MESSAGE")
        stand.screen.set_focus(stand.chat.widgets.composer)
        await stand.shows("WRITE")


async def test_a_narrow_status_line_leaves_out_the_account_first(box: Sandbox, tmp_path: Path) -> None:
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path, size=(60, 16)) as stand:
        await stand.connected()
        await stand.until(lambda: "Alice · alice" in stand.text.splitlines()[-1], "the account")
        box.faults.delay(600.0)
        await stand.type("on its way")
        await stand.press("enter")
        await stand.until(lambda: "connected · sending 1" in stand.text.splitlines()[-1], "what is sent")
        box.faults.clear()
        box.world.post("carol", "support", "look", partners=(box.world.partner("alice"),))
        await stand.until(lambda: "1 mention · " in stand.text.splitlines()[-1], "the mention")
        await stand.shows("connected · sending 1")
