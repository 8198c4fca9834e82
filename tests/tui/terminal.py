"""`odoochat chat` in a pseudo-terminal: typed into as a person types, read as a person reads."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pyte

SECONDS = 30.0
KEYS = {
    "enter": "\r", "escape": "\x1b[27u", "tab": "\t", "up": "\x1b[A", "down": "\x1b[B", "left": "\x1b[D",
    "right": "\x1b[C", "backspace": "\x7f", "f1": "\x1bOP", "f3": "\x1bOR", "f5": "\x1b[15~", "f6": "\x1b[17~",
    "f7": "\x1b[18~", "pageup": "\x1b[5~",
    "home": "\x1b[H", "end": "\x1b[F", "alt+enter": "\x1b\r",
}  # fmt: skip
"""What a terminal sends for a key. Escape is sent as kitty's protocol does: it needs no pause before the next key."""


def keys(*names: str) -> str:
    """What a terminal sends for keys: names of `KEYS`, ``ctrl+k`` and others like it, or characters."""
    return "".join(KEYS.get(n) or (chr(ord(n[5:]) & 31) if n.startswith("ctrl+") else n) for n in names)


class Terminal:
    """A terminal with the chat screen in it.

    Attributes:
        screen: what the terminal shows.
        process: the chat.
    """

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int, size: tuple[int, int]) -> None:
        self.screen = pyte.Screen(*size)
        self.process = process
        self._stream = pyte.ByteStream(self.screen)
        self._descriptor = descriptor
        self._changed = asyncio.Event()
        os.set_blocking(descriptor, False)
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, 65_536)
        except OSError:
            data = b""
        if data:
            self._stream.feed(data)
        else:
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self._changed.set()

    @property
    def lines(self) -> list[str]:
        """The lines of the screen, without blanks at their ends."""
        return [line.rstrip() for line in self._display]

    @property
    def _display(self) -> list[str]:
        # pyte's own `display` fails while a program draws over the second half of a wide character.
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return ["".join(row[x].data for x in range(self.screen.columns)) for row in rows]

    @property
    def text(self) -> str:
        """All that is on the screen."""
        return "\n".join(self.lines)

    def line(self, words: str) -> str:
        """The first line that holds some words."""
        return next(line for line in self.lines if words in line)

    def place(self, words: str) -> tuple[int, int]:
        """The column and row where some words begin."""
        for y, line in enumerate(self._display):
            if words in line:
                return line.index(words), y
        raise AssertionError(f"{words!r} is not on the screen:\n{self.text}")

    def cell(self, words: str) -> Any:
        """The look of the first cell of some words: their colours, and whether they are bold."""
        x, y = self.place(words)
        return self.screen.buffer[y][x]

    async def until(self, wanted: Callable[[], object], what: str = "") -> None:
        """Waits for something on the screen."""
        try:
            async with asyncio.timeout(SECONDS):
                while not wanted():
                    self._changed.clear()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.2):
                            await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"in vain: {what or wanted}\n{self.text}") from None

    async def shows(self, *words: str) -> None:
        """Waits until all these words are on the screen."""
        await self.until(lambda: all(each in self.text for each in words), f"{words} on the screen")

    async def hides(self, words: str) -> None:
        """Waits until these words are not on the screen."""
        await self.until(lambda: words not in self.text, f"{words!r} to go")

    def type(self, *names: str) -> None:
        """Types keys in one burst."""
        os.write(self._descriptor, keys(*names).encode())

    def paste(self, text: str) -> None:
        """Pastes a text."""
        os.write(self._descriptor, f"\x1b[200~{text}\x1b[201~".encode())

    def click(self, words: str, offset: int = 0) -> None:
        """Clicks on the place where some words are."""
        x, y = self.place(words)
        place = f"{x + 1 + offset};{y + 1}"
        os.write(self._descriptor, f"\x1b[<0;{place}M\x1b[<0;{place}m".encode())

    def hover(self, words: str, offset: int = 0) -> None:
        """Moves the pointer over the place where some words are."""
        x, y = self.place(words)
        os.write(self._descriptor, f"\x1b[<35;{x + 1 + offset};{y + 1}M".encode())

    def close(self) -> None:
        """Closes the terminal, as its window does. As this is not its controlling terminal, the chat gets no SIGHUP."""
        if self._descriptor >= 0:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    async def ended(self) -> int:
        """Waits for the end of the chat, and returns its exit code."""
        async with asyncio.timeout(SECONDS):
            return await asyncio.to_thread(self.process.wait)


@asynccontextmanager
async def terminal(
    url: str,
    folder: Path,
    *,
    login: str = "alice",
    channel: str = "general",
    size: tuple[int, int] = (100, 30),
    until: str = "connected",
) -> AsyncIterator[Terminal]:
    """A terminal with the chat of one user, connected; with the settings, drafts and cache of a folder."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    left_out = ("COLUMNS", "LINES", "TERM_PROGRAM", "TMUX", "STY")
    environment = {n: v for n, v in os.environ.items() if not n.startswith("ODOOCHAT_") and n not in left_out}
    environment |= {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "ODOOCHAT_PASSWORD": login, "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"), "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_STATE_HOME": str(folder / "state"), "TEXTUAL_ANIMATIONS": "none",
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "odoochat",
        "chat",
        *([channel] if channel else []),
        "--url",
        url,
        "--login",
        login,
    ]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=folder, start_new_session=True
    )
    os.close(theirs)
    made = Terminal(process, ours, size)
    try:
        await made.shows(until)
        yield made
    finally:
        process.kill()
        process.wait()
        made.close()
