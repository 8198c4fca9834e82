"""What others changed while the screen was closed, or is shown from the archive, is right after opening and after F5."""

from __future__ import annotations

import uuid
from pathlib import Path

import msgspec
import pytest

import odoochat
from odoochat.model import Message, Reaction
from odoochat.sandbox import Sandbox
from tests.contract.servers import Server, real
from tests.tui.chat_pilot import ChatPilot, opened, profile


def shown(stand: ChatPilot) -> dict[int, Message]:
    return {m.id: m for m in stand.chat.widgets.timeline.window.messages}


def reactions(stand: ChatPilot, number: int) -> list[tuple[str, int]]:
    message = shown(stand).get(number)
    return [(r.content, r.count) for r in message.reactions] if message is not None else []


def text(stand: ChatPilot, number: int) -> str:
    message = shown(stand).get(number)
    return message.text if message is not None else ""


async def repaired(url: str, db: str, folder: Path) -> None:
    """Changes messages while the screen is closed, then while it is open without news of them."""
    async with odoochat.connect(url, db=db, login="bob", password="bob") as bob:
        channel = await bob.create(f"repairs {uuid.uuid4().hex[:8]}", people=["alice"])
        edited, reacted, deleted, late = [await channel.send(f"text {n}") for n in range(4)]
        await channel.react(reacted, "🎉")
        place = str(channel.id)
        alice = profile(url, "alice", "alice", db=db)
        async with opened(alice, folder=folder, channel=place) as stand:
            await stand.connected()
            await stand.until(lambda: len(shown(stand)) >= 4 and reactions(stand, reacted.id) == [("🎉", 1)])
        await channel.edit(edited, "other words")
        await channel.unreact(reacted, "🎉")
        await channel.react(reacted, "👍")
        await channel.delete(deleted)
        for n in range(70):  # more than the page that is always read again
            await channel.send(f"filler {n}")
        async with opened(alice, folder=folder, channel=place) as stand:
            await stand.connected()
            await stand.idle()
            while edited.id not in shown(stand):
                await stand.press("pageup")
                await stand.idle()
            await stand.until(lambda: text(stand, edited.id) == "other words")
            await stand.until(lambda: reactions(stand, reacted.id) == [("👍", 1)])
            await stand.until(lambda: not text(stand, deleted.id))
            # Changes of which no notification tells, and F5: the messages are far above the newest page.
            window, session = stand.chat.widgets.timeline.window, stand.screen.session
            old = shown(stand)
            assert old[late.id].text == "text 3"
            stale = [
                with_text(old[late.id], "never said"),
                with_text(old.get(deleted.id, old[late.id]), "not deleted yet", deleted.id),
                msgspec.structs.replace(old[reacted.id], reactions=(Reaction("🎉", 1, (bob.me.author,)),)),
            ]
            session.keep(stale)
            for each in stale:
                window.put(each)
            await stand.until(lambda: text(stand, deleted.id) == "not deleted yet")
            await stand.press("f5")
            await stand.until(lambda: text(stand, late.id) == "text 3")
            await stand.until(lambda: reactions(stand, reacted.id) == [("👍", 1)])
            await stand.until(lambda: not text(stand, deleted.id))
            await stand.idle()
            kept = session.get(late.id)
            assert kept is not None and kept.text == "text 3"
            kept = session.get(deleted.id)
            assert kept is None or not kept.text


def with_text(message: Message, text: str, number: int | None = None) -> Message:
    return msgspec.structs.replace(message, id=number or message.id, text=text, html=f"<p>{text}</p>")


async def test_changes_of_others_are_seen_on_a_sandbox(box: Sandbox, tmp_path: Path) -> None:
    await repaired(box.url, box.db, tmp_path)


@pytest.mark.odoo
async def test_changes_of_others_are_seen_on_a_real_server(tmp_path: Path) -> None:
    server: Server = real(19)
    await repaired(server.url, server.db, tmp_path)
