"""The search dialog searches the archive: with filters, and while the server is away."""

from __future__ import annotations

from pathlib import Path

from odoochat.sandbox import Sandbox
from tests.tui.chat_pilot import ChatPilot, opened, profile


async def search(stand: ChatPilot, text: str) -> None:
    await stand.press("escape", "escape", "ctrl+g")
    await stand.type(text)


async def test_filters_are_understood_and_mistakes_are_named(alice: ChatPilot, box: Sandbox) -> None:
    box.world.post("carol", "general", "the Müsli is empty")
    box.world.post("bob", "general", "which muesli?")
    await alice.shows("which muesli?")
    await search(alice, "from:carol musli")
    await alice.until(lambda: "Carol: the Müsli is empty" in alice.text)
    await search(alice, "has:wings x")
    await alice.shows("has:wings is unknown")
    await search(alice, "from:nobody-here x")
    await alice.shows("no such author in the archive")


async def test_what_was_read_is_found_while_the_server_is_away(box: Sandbox, tmp_path: Path) -> None:
    box.world.post("bob", "general", "a needle in the hay")
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await stand.shows("a needle")
    await box.close()
    async with opened(profile(box.url, "alice", "alice"), folder=tmp_path) as stand:
        await search(stand, "need from:bob")
        await stand.shows("Bob: a needle in the hay")
