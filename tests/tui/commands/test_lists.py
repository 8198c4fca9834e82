"""The inbox, the starred and the pinned messages without a connection."""

from __future__ import annotations

from pathlib import Path

from odoochat.sandbox import Sandbox
from odoochat.tui.screens.dialogs import Chooser
from tests.tui.chat_pilot import ChatPilot, opened, profile


def heading(stand: ChatPilot) -> str:
    screen = stand.app.screen
    return str(screen.heading) if isinstance(screen, Chooser) else ""


async def test_lists_are_shown_offline_as_they_were_read(tmp_path: Path) -> None:
    async with Sandbox() as box:
        me, said = box.world.partner("alice"), box.world.post("bob", "general", "keep this one")
        box.world.post("carol", "support", "look @Alice", partners=(me,))
        async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
            await stand.connected()
            client = stand.screen.session.client
            assert client is not None
            await client.channel("general").star(said)
            for key, title, words in (
                ("alt+s", "Starred messages", "keep this one"),
                ("alt+i", "Inbox", "look @Alice"),
            ):
                await stand.press(key)
                await stand.until(lambda title=title: heading(stand) == title, title)
                await stand.shows(words)
                await stand.press("escape")
        port = int(box.url.rpartition(":")[2])
    async with opened(profile(f"http://127.0.0.1:{port}", "alice", "alice"), folder=tmp_path) as stand:
        await stand.press("alt+s")
        await stand.until(
            lambda: heading(stand) == "Starred messages (offline, as last fetched)", "the starred messages"
        )
        await stand.shows("keep this one")
        await stand.press("enter")
        await stand.until(lambda: getattr(stand.chat.conversation.target, "text", "") == "keep this one", "the message")
        await stand.press("alt+i")
        await stand.until(lambda: heading(stand) == "Inbox (offline, as last fetched)", "the inbox")
        assert "mark as read" not in stand.text
        await stand.press("escape", "alt+p")
        await stand.shows_toast("Pinned messages: offline, and not fetched yet")
