"""Pictures of every screen, in dark, light, and 60 by 16; they must not change unseen.

After a change that is meant: ``ODOOCHAT_SNAPSHOTS=write python -m pytest tests/tui/screens/test_snapshots.py``, then look at them.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from textual.widgets import Input

from odoochat.events import LinkChanged, MessagePosted
from odoochat.tui.graphics.draw import draw_half_blocks
from odoochat.tui.settings import Settings
from odoochat.wire.content.body import to_text
from tests.tui import company
from tests.tui.chat_pilot import ChatPilot, opened

FOLDER = Path(__file__).parent / "snapshots"
LOOKS = {"dark": ("dark", (100, 30)), "light": ("light", (100, 30)), "small": ("dark", (60, 16))}

Act = Callable[[ChatPilot], Awaitable[None]]
SCREENS: dict[str, Act] = {}


def screen(function: Act) -> Act:
    SCREENS[function.__name__] = function
    return function


@screen
async def conversation(stand: ChatPilot) -> None:
    """As it opens."""


@screen
async def message_mode(stand: ChatPilot) -> None:
    await stand.press("escape", "up", "up", "up")


@screen
async def switcher(stand: ChatPilot) -> None:
    await stand.press("ctrl+k")
    await stand.type("su")


@screen
async def search(stand: ChatPilot) -> None:
    await stand.press("ctrl+g")
    await stand.type("calendar")


@screen
async def keys(stand: ChatPilot) -> None:
    await stand.press("f1")


@screen
async def reaction(stand: ChatPilot) -> None:
    await stand.press("escape", "+")


@screen
async def answer(stand: ChatPilot) -> None:
    await stand.press("escape", "r")
    await stand.type("Thank you, @ca")


@screen
async def thread(stand: ChatPilot) -> None:
    stand.chat.conversation.open(company.THREAD)


@screen
async def members(stand: ChatPilot) -> None:
    stand.screen.add_class("with-members")


@screen
async def direct_chat(stand: ChatPilot) -> None:
    stand.chat.conversation.open(company.CHAT)


@screen
async def picture(stand: ChatPilot) -> None:
    lines = draw_half_blocks(company.picture(), 40, 8)
    assert lines is not None
    company.hang(stand.chat.pictures, lines)
    stand.chat.widgets.timeline.redraw(forget=True)


@screen
async def formats(stand: ChatPilot) -> None:
    said = company.messages()[9]
    message = msgspec.structs.replace(said, id=111, text=to_text(company.FORMATTED), html=company.FORMATTED)
    stand.screen.session.keep([message])
    stand.screen.session.deliver(MessagePosted(message))


@screen
async def offline(stand: ChatPilot) -> None:
    company.settle(stand.screen.session, LinkChanged("closed", reason="the password was changed: log in again"))
    await stand.type("This waits on disk.")
    await stand.press("enter")
    stand.screen.session.drafts.unsent[0].text = "This waits on disk."


@screen
async def file_picker(stand: ChatPilot) -> None:
    folder = Path(stand.app._cache) / "files"
    folder.mkdir()
    (folder / "plan.pdf").write_bytes(b"x" * 12_345)
    (folder / "notes").mkdir()
    os.chdir(folder)
    await stand.press("ctrl+o")
    stand.app.screen.query_one(Input).value = "./"


@pytest.mark.parametrize("styles", LOOKS)
@pytest.mark.parametrize("name", SCREENS)
async def test_it_looks_as_it_did(name: str, styles: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    company.fill(tmp_path)
    theme, size = LOOKS[styles]
    settings = Settings(theme=theme)
    async with opened(company.profile(), folder=tmp_path, size=size, settings=settings) as stand:
        company.settle(stand.screen.session)
        await stand.pilot.pause(0.05)
        await SCREENS[name](stand)
        await stand.pilot.pause(0.1)
        await stand.pilot.pause()
        svg = stand.app.export_screenshot(title=f"odoochat: {name.replace('_', ' ')}")
    kept = FOLDER / f"{name}-{styles}.svg"
    if os.environ.get("ODOOCHAT_SNAPSHOTS") == "write":
        kept.write_text(svg, "utf-8")
    assert kept.exists(), "write it first: see the head of this file"
    if svg != kept.read_text("utf-8"):
        (tmp_path / kept.name).write_text(svg, "utf-8")
        pytest.fail(f"{kept.name} has changed: compare it with {tmp_path / kept.name}")
