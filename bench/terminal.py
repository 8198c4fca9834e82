"""The chat screen in a terminal.

The time that a person waits: `odoochat chat general` starts in a pseudo-terminal, as from a shell, and a key is pressed
immediately. This measures the time until the terminal shows the newest message, and until it shows the key's character
in the composer, which the first frame draws with the text typed so far. The channel has 20,000 messages, all of them in
the archive on disk; the server is a sandbox in a separate process. The other side is a Textual app with a line of text
and an input, in the same terminal. Both run from compiled bytecode. The chat screen turns the garbage collector on
after its first paint; the Textual app never turns it off.
"""

from __future__ import annotations

import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from fcntl import ioctl
from pathlib import Path

import pyte

from bench.figures import Figure
from bench.help import PROGRAM
from bench.results import ROOT

MESSAGES = 20_000
NEWEST, KEY = "newestofall", "Ω"
SIZE = 120, 36
SECONDS = 30.0
ANSWERS = {b"\x1b[c": b"\x1b[?62;22c", b"\x1b[?2026$p": b"\x1b[?2026;2$y"}
"""Responses of a terminal to the queries of both sides."""

WHY = {
    "start": """Textual needs 135 to 150 ms of CPU time for its smallest app: imports, its own style sheets, and the
    driver. The chat screen needs 20 ms more until its first frame: 12 for imports, the rest for settings, the archive
    (SQLite), the channel list, and drawing the newest messages and the text typed so far.""",
}

TEXTUAL = f"""
from textual.app import App
from textual.widgets import Input, Static
class Small(App):
    def compose(self):
        yield Static("{NEWEST}")
        yield Input()
Small().run()
"""


def environment(home: Path) -> dict[str, str]:
    """Return the environment variables for both sides.

    Args:
        home: folder for settings, archive and state.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ODOOCHAT_", "XDG_"))
        and name not in ("COLUMNS", "LINES", "TERM_PROGRAM", "TMUX", "STY", "PYTHONDONTWRITEBYTECODE")
    }
    return kept | {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "HOME": str(home), "ODOOCHAT_PASSWORD": "alice",
        "ODOOCHAT_LOGIN": "alice", "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"), "XDG_STATE_HOME": str(home / "state"),
    }  # fmt: skip


def waits(command: Sequence[str], home: Path) -> tuple[float, float]:
    """Start a program in a terminal, press a key immediately, and end the program.

    Args:
        command: the program and its arguments.
        home: see `environment`.

    Returns:
        Milliseconds until the terminal shows the newest message, and until it shows the key.
    """
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    settings = termios.tcgetattr(theirs)
    settings[3] &= ~termios.ECHO  # otherwise, the terminal itself shows the key before the program reads it
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(home), cwd=home, start_new_session=True
    )
    os.close(theirs)
    try:
        os.write(ours, KEY.encode())
        chunks = _read(ours, begun)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return _shown(chunks)


def _read(descriptor: int, begun: float) -> list[tuple[float, bytes]]:
    """Read the program's output until it contains both texts, with the time of each piece."""
    chunks: list[tuple[float, bytes]] = []
    seen, wanted = b"", [NEWEST.encode(), KEY.encode()]
    while not all(text in seen for text in wanted):
        ready, _, _ = select.select([descriptor], [], [], SECONDS)
        if not ready:
            raise TimeoutError(f"not on the screen after {SECONDS:.0f} s: {seen[-2000:]!r}")
        data = os.read(descriptor, 65_536)
        chunks.append(((time.perf_counter() - begun) * 1000, data))
        for question, answer in ANSWERS.items():
            if question in data:
                os.write(descriptor, answer)
        seen += data
    return chunks


def _shown(chunks: Sequence[tuple[float, bytes]]) -> tuple[float, float]:
    """Return when a terminal first showed the newest message, and when it first showed the key."""
    screen = pyte.Screen(*SIZE)
    stream = pyte.ByteStream(screen)
    found: dict[str, float] = {}
    for at, data in chunks:
        stream.feed(data)
        shown = "\n".join(screen.display)
        for text in (NEWEST, KEY):
            if text in shown:
                found.setdefault(text, at)
    return found[NEWEST], found[KEY]


def prepare(url: str, home: Path) -> None:
    """Fill the archive as if odoochat had been used for a while.

    Args:
        url: the server's address.
        home: see `environment`.
    """
    subprocess.run(
        [PROGRAM, "sync", "general", "--url", url, "--login", "alice"], check=True, env=environment(home),
        stdout=subprocess.DEVNULL,
    )  # fmt: skip


def run(*, quick: bool = False) -> list[Figure]:
    """Measure both in turn.

    Args:
        quick: whether to take only a few measurements.
    """
    rounds, count = (2, 500) if quick else (15, MESSAGES)
    mine: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory(prefix="odoochat-bench-") as name:
        filled, home = Path(name) / "filled", Path(name) / "home"
        filled.mkdir()
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.archive", "serve", str(count), NEWEST],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            prepare(url, filled)
            chat = [str(PROGRAM), "chat", "general", "--url", url, "--login", "alice"]
            for number in range(-1, rounds):
                for command, kept in ((chat, mine), ([sys.executable, "-c", TEXTUAL], theirs))[
                    :: 1 if number % 2 else -1
                ]:
                    shutil.copytree(filled, home)  # without the draft of the round before
                    measured = waits(command, home)
                    shutil.rmtree(home)
                    if number >= 0:  # the first round compiles
                        kept.append(measured)
        finally:
            server.communicate("")
    against = "small Textual app"
    return [
        Figure("start to newest message", "ms", [m[0] for m in mine], [m[0] for m in theirs], 1.3, against=against),
        Figure(
            "start to the key pressed at once", "ms", [m[1] for m in mine], [m[1] for m in theirs], 1.6, against=against
        ),
    ]
