"""Pictures on a terminal that shows pixels: what goes out, when, and what is taken back."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import odoochat
from odoochat.sandbox import Sandbox
from odoochat.tui.app import ChatApp
from odoochat.tui.graphics.gallery import Gallery
from odoochat.tui.graphics.placements import FIRST, LAST
from odoochat.tui.graphics.probe import CELL, COLOURS, QUERY
from odoochat.tui.graphics.terminal import TerminalGraphics
from odoochat.tui.settings import Settings
from tests.tui import company
from tests.tui.chat_pilot import ChatPilot, opened, profile

from .test_kitty import commands
from .test_probe import KITTY, PLAIN, XTERM_340

CELLS = re.compile(f"[{chr(FIRST)}-{chr(LAST)}]+")


class Slate:
    """A terminal, as its driver shows it.

    Attributes:
        out: what was written of pictures.
    """

    translate: Callable[[str], str] | None = None
    on_input: Callable[[str], str] | None = None
    on_leave: Callable[[], None] | None = None
    cell: tuple[int, int] | None = None

    def __init__(self) -> None:
        self.out: list[str] = []
        self.app: ChatApp | None = None

    def raw(self, data: str) -> None:
        self.out.append(data)

    def process_message(self, message: Any) -> None:
        assert self.app is not None
        self.app.post_message(message)

    def answer(self, text: str) -> None:
        assert self.on_input is not None
        assert self.on_input(text) == ""

    def commands(self, action: str) -> list[int]:
        """The numbers of what was sent, or freed."""
        text = "".join(each for each in self.out if each.startswith("\x1b_G"))
        return [int(keys["i"]) for keys, _ in commands(text) if keys.get("a") == action]


@pytest.fixture
def slate(monkeypatch: pytest.MonkeyPatch) -> Slate:
    """The terminal of any screen that is opened then."""
    made = Slate()

    def painter(app: ChatApp) -> Slate:
        made.app = app
        return made

    monkeypatch.setattr(ChatApp, "_painter", painter)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("TMUX", "STY", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
async def sunny(box: Sandbox, tmp_path: Path) -> Sandbox:
    """A server where a picture stands in #general, and words below it."""
    path = tmp_path / "sunrise.png"
    path.write_bytes(company.picture())
    async with odoochat.connect(box.url, login="bob", password="bob") as bob:
        await bob.channel("general").upload(path, "look")
        for number in range(30):
            await bob.channel("general").send(f"words {number}")
    return box


def shown(stand: ChatPilot) -> list[str]:
    """The cells of pictures on the screen, line by line."""
    return CELLS.findall(stand.text)


async def look(stand: ChatPilot) -> None:
    """Scrolls to the picture."""
    messages = stand.chat.widgets.timeline.window.messages
    await stand.until(lambda: any(message.attachments for message in messages), "a picture in the window")
    stand.chat.widgets.timeline.to_top(next(message.id for message in messages if message.attachments))
    await stand.shows("▤ sun")


async def test_a_picture_is_sent_once_and_freed_at_the_end(sunny: Sandbox, slate: Slate, tmp_path: Path) -> None:
    async with opened(profile(sunny.url, "alice"), folder=tmp_path) as stand:
        assert slate.out == [QUERY]
        slate.answer(KITTY)
        await stand.connected()
        await look(stand)
        await stand.until(lambda: len(shown(stand)) == 3, "the picture")
        assert [len(line) for line in shown(stand)] == [12] * 3  # 96 by 48 pixels in cells of 8 by 17
        (number,) = slate.commands("T")
        assert slate.translate is not None
        assert slate.translate(shown(stand)[1]).startswith(
            f"\x1b[27;38;2;{number >> 16};{number >> 8 & 255};{number & 255}m"
        )
        # Scrolled away and back, below a dialog, left and opened again, in a smaller window: it is there, and sent once.
        stand.chat.conversation.to_newest()
        await stand.until(lambda: not shown(stand))
        await look(stand)
        await stand.press("ctrl+k")
        await stand.shows("Go to")
        await stand.press("escape")
        await stand.until(lambda: len(shown(stand)) == 3)
        stand.chat.conversation.open(
            next(n for n, info in stand.screen.session.channels.items() if info.name == "random")
        )
        await stand.until(lambda: not shown(stand))
        stand.chat.conversation.open(
            next(n for n, info in stand.screen.session.channels.items() if info.name == "general")
        )
        await look(stand)
        await stand.pilot.resize_terminal(70, 24)
        await stand.idle()
        await look(stand)
        await stand.until(lambda: len(shown(stand)) == 3)
        assert (slate.commands("T"), slate.commands("d")) == ([number], [])
        # An editor takes the screen, and gives it back.
        assert slate.on_leave is not None
        slate.on_leave()
        assert slate.commands("d") == [number]
        stand.app.app_resume_signal.publish(stand.app)
        await stand.until(lambda: slate.commands("T") == [number, number])
    slate.on_leave()
    assert slate.commands("d") == [number, number]


async def test_a_window_too_narrow_gets_a_smaller_picture(sunny: Sandbox, slate: Slate, tmp_path: Path) -> None:
    async with opened(profile(sunny.url, "alice"), folder=tmp_path) as stand:
        slate.answer(KITTY)
        await stand.connected()
        await look(stand)
        await stand.until(lambda: len(shown(stand)) == 3)
        await stand.pilot.resize_terminal(14, 24)
        await stand.until(lambda: len(slate.commands("T")) == 2)
        await look(stand)
        await stand.until(lambda: shown(stand) and max(map(len, shown(stand))) < 12)
        assert slate.commands("d") == slate.commands("T")[:1]


async def test_sixels_fit_the_cells_and_are_drawn_anew_when_these_change(
    sunny: Sandbox, slate: Slate, tmp_path: Path
) -> None:
    slate.cell = (9, 19)
    async with opened(profile(sunny.url, "alice"), folder=tmp_path) as stand:
        slate.answer(XTERM_340)
        await stand.until(lambda: COLOURS in slate.out)
        slate.answer("\x1b[?1;0;1024S")
        await stand.connected()
        await look(stand)
        await stand.until(lambda: len(shown(stand)) == 3)
        assert slate.translate is not None
        assert '\x1bP0;1;0q"1;1;99;19' in slate.translate(shown(stand)[0])
        slate.cell = (12, 24)
        await stand.pilot.resize_terminal(100, 29)
        await stand.until(lambda: CELL in slate.out)
        await look(stand)
        await stand.until(lambda: [len(line) for line in shown(stand)] == [8] * 2)
        assert '\x1bP0;1;0q"1;1;96;24' in slate.translate(shown(stand)[0])
        # Another theme has another ground.
        translate = slate.translate
        assert "96;24#0;2;8;9;11#" in translate(shown(stand)[0])
        stand.app.use_theme("light")
        await stand.until(lambda: shown(stand) and "96;24#0;2;100;100;100#" in translate(shown(stand)[0]))
        assert [each for each in slate.out if each.startswith("\x1b_G")] == []


async def test_without_an_answer_it_is_blocks_until_there_is_one(sunny: Sandbox, slate: Slate, tmp_path: Path) -> None:
    async with opened(profile(sunny.url, "alice"), folder=tmp_path) as stand:
        await stand.connected()
        await look(stand)
        await stand.shows("▀▀▀▀▀▀")
        slate.answer(KITTY)
        await stand.until(lambda: shown(stand))
        assert "▀" not in stand.text


async def test_the_setting_decides(
    sunny: Sandbox, slate: Slate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(profile(sunny.url, "alice"), folder=tmp_path, settings=Settings(images="off")) as stand:
        assert slate.out == []
        await stand.connected()
        await look(stand)

        def choose(images: Any) -> None:
            monkeypatch.setattr("odoochat.tui.app.load", lambda _: Settings(images=images))
            stand.app.reload_settings()

        choose("auto")
        assert slate.out == [QUERY]
        slate.answer(PLAIN)
        await stand.shows("▀▀▀▀▀▀")
        choose("kitty")
        await stand.until(lambda: shown(stand))
        choose("blocks")
        await stand.shows("▀▀▀▀▀▀")
        assert slate.commands("d") == slate.commands("T")
        choose("off")
        await stand.until(lambda: "▀" not in stand.text)
        assert slate.out.count(QUERY) == 1


async def test_few_are_kept_and_the_others_are_freed(
    box: Sandbox, slate: Slate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("odoochat.tui.graphics.gallery.MAX_PICTURES", 3)
    path = tmp_path / "sunrise.png"
    path.write_bytes(company.picture())
    async with odoochat.connect(box.url, login="bob", password="bob") as bob:
        for number in range(5):
            await bob.channel("general").upload(path, f"look {number}")
    async with opened(profile(box.url, "alice"), folder=tmp_path, size=(100, 60)) as stand:
        slate.answer(KITTY)
        await stand.connected()
        await stand.until(lambda: len(shown(stand)) == 9, "three pictures")
        await stand.idle()
        sent, freed = slate.commands("T"), slate.commands("d")
        assert len(sent) <= 5  # those that were given up are not fetched again while the conversation stands there
        assert len(sent) - len(freed) == 3
        assert set(freed) < set(sent)
        assert len(shown(stand)) == 9


async def test_where_no_more_go_in_it_is_blocks(sunny: Sandbox, slate: Slate, tmp_path: Path) -> None:
    async with opened(profile(sunny.url, "alice"), folder=tmp_path) as stand:
        slate.answer(KITTY)
        stand.app.graphics.placements._room = lambda cells: None
        await stand.connected()
        await look(stand)
        await stand.shows("▀▀▀▀▀▀")
        assert slate.commands("T") == []


async def test_headless_it_is_blocks(sunny: Sandbox, tmp_path: Path) -> None:
    for images, wanted in (("kitty", "blocks"), ("off", "off")):
        async with opened(profile(sunny.url, "alice"), folder=tmp_path, settings=Settings(images=images)) as stand:  # type: ignore[arg-type]
            graphics, pictures = stand.app.graphics, stand.chat.pictures
            assert isinstance(graphics, TerminalGraphics)
            assert isinstance(pictures, Gallery)
            assert graphics.mode.kind == wanted


# ------------------------------------------------------------------------------- a real terminal's ends

DRIVEN = """
import sys
from textual.app import App
from odoochat.tui.graphics.probe import QUERY, ProbeReader
from odoochat.tui.graphics.driver import ScreenDriver

class Driven(App):
    received = ""
    def on_mount(self):
        driver = self._driver
        driver.translate = lambda text: text.replace("picture", "PIXELS")
        driver.on_input = ProbeReader(lambda told: driver.write(f"<told {told.name} {driver.cell}>")).feed
        driver.on_leave = lambda: driver.write("<leaving>")
        driver.write("a picture")
        driver.raw("a picture as it is" + QUERY)
    def on_key(self, event):
        self.received += f"<{event.key}>" if "+" in event.key else event.character or event.key
        if event.key == "q":
            self.exit(self.received)

print("received", Driven(driver_class=ScreenDriver).run(), "and no more")
"""


def test_the_driver_writes_pictures_and_hears_answers_and_keys() -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    before = termios.tcgetattr(theirs)
    environment = {**os.environ, "TERM": "xterm-256color"}
    command = [sys.executable, "-c", DRIVEN]
    out = b""
    os.write(ours, b"e\r")  # Enter before the driver is there: the terminal makes a newline of it

    def read(until: bytes) -> None:
        nonlocal out
        end = time.monotonic() + 30
        while until not in out:
            assert time.monotonic() < end, out[-500:]
            if select.select([ours], [], [], 1)[0]:
                out += os.read(ours, 65_536)

    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as running:
        try:
            read(QUERY.encode())
            assert b"a PIXELS" in out
            assert b"a picture as it is" in out
            os.write(ours, b"a\x1bP>|kitty(0.41")
            os.write(ours, ".1)\x1b\\bé\x1b[?62;c\x1b[A".encode())
            read(b"<told kitty None>")
            os.write(ours, b"\x1b\r\x1b[27;2;13~\r\n")
            os.write(ours, b"q")
            read(b"and no more")
            assert running.wait(10) == 0
        finally:
            running.kill()
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)
    assert "received e\rabéup<alt+enter><shift+enter>\r<ctrl+j>q and no more" in out.decode()
    assert 0 < out.index(b"<leaving>") < out.index(b"\x1b[?1049l")
