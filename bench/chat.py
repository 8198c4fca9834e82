"""The chat screen without a terminal.

CPU time from the start of the interpreter until the frame that contains the newest message, the conversation list and
the draft from the cache, compared with an empty app's first frame. Both run without a terminal, from compiled bytecode,
and with the garbage collector off until then, like `odoochat chat`. Reading the command line and the profile is not
included; the section with a terminal covers the whole start.

The first frame is a lightweight, read-only screen, which also shows the text typed so far. The widgets cover it in the
next frame, which the row with the composer measures. Keys that do more than edit the text, such as Enter, are buffered
until then.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.figures import Figure

WHY = {
    "open to first paint": """The empty app draws nothing. The chat screen imports 12 ms more, reads the archive
    (SQLite) and the list of channels, and draws the newest messages, all in the first frame.""",
    "open to the paint with the composer": """30 widgets take 60 ms of CPU time after the first frame: importing them,
    parsing and applying their style sheets, mounting, and three paints, because Textual lays them out in several
    steps.""",
}

MESSAGES = 50_000
RAIN = 200
KEYS = 150
SCROLLED = 100_000

PAINTED = """
def first(app, there):
    # Process time when the application has painted what `there` looks for; then it leaves.
    display, found = app._display, []
    def painted(screen, renderable):
        display(screen, renderable)
        if renderable is None or app._batch_count or found or not there():
            return
        found.append(time.process_time() * 1000)
        app.exit()
    app._display = painted
    app.run(headless=True)
    print(*found)
"""

EMPTY = f"""
import gc, time
gc.disable()
from textual.app import App
{PAINTED}
first(App(), lambda: True)
"""

OPEN = f"""
import gc, sys, time
gc.disable()  # as `odoochat chat` does until its first paint
from pathlib import Path
from odoochat.tui.app import ChatApp, Profile
from odoochat.tui.settings import Settings
{PAINTED}
folder, until = Path(sys.argv[1]), sys.argv[2]
app = ChatApp([Profile("bench", "alice", lambda _: None)], "channel 1", settings=Settings(), cache=folder, state=folder)
def newest():
    if until == "composer" and app.focused is None:
        return False
    lines = app.screen._compositor.render_strips()
    return any("message 49999" in segment.text for line in lines for segment in line)
first(app, newest)
"""


def _fill(folder: Path, count: int) -> None:
    """Fill a cache of 20 channels, with half of the messages in the first one."""
    from odoochat.model import Author, ChannelInfo, ChannelRef, Me, Message
    from odoochat.tui.storage.cache import Cache

    begun = datetime(2026, 1, 1, tzinfo=UTC)
    cache = Cache(folder / "alice.sqlite")
    cache.note_me(Me(7, 10, "Alice", "alice"))
    infos = [ChannelInfo(n, f"channel {n}", last_activity=begun + timedelta(days=n)) for n in range(1, 21)]
    cache.keep_channels(infos)
    cache.keep(
        Message(
            number,
            ChannelRef(1 if number % 2 else number % 20 + 1),
            Author(11 + number % 7, "partner", f"Person {number % 7}"),
            f"message {number}: some words, as people write them to each other in the morning",
            "",
            begun + timedelta(minutes=number),
        )
        for number in range(count)
    )
    for info in infos:
        cache.set_low(info.id, 0)
    cache.close()


def _milliseconds(folder: Path, code: str, *arguments: str) -> float:
    command = [sys.executable, "-c", code, *arguments]
    # Both sides run from compiled bytecode, like packages installed by pip.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout.split()[-1])


def first_paint(folder: Path, rounds: int = 9) -> list[Figure]:
    """Compare the CPU time until the newest message is painted with the first paint of an empty app.

    Also measure the time until the first paint with the composer, which receives the keys pressed before.
    """
    ours: list[float] = []
    whole: list[float] = []
    raw: list[float] = []
    for number in range(rounds + 1):
        times = [
            _milliseconds(folder, EMPTY),
            _milliseconds(folder, OPEN, str(folder), "messages"),
            _milliseconds(folder, OPEN, str(folder), "composer"),
        ]
        if number:  # the first round compiles
            for kept, each in zip((raw, ours, whole), times, strict=True):
                kept.append(each)
    return [
        Figure(f"open to first paint, {MESSAGES:,} cached, CPU", "ms", ours, raw, 1.2, against="empty Textual app"),
        Figure("open to the paint with the composer, CPU", "ms", whole, raw, 2.0, against="empty Textual app"),
        Figure("open to first paint, CPU", "ms", ours, [1000.0], 1.0, against="1 s", limit=True),
    ]


class _Never:
    async def open(self) -> Any:
        await asyncio.Event().wait()


def _app(folder: Path) -> Any:
    from odoochat.tui.app import ChatApp, Profile
    from odoochat.tui.settings import Settings

    profile = Profile("bench", "alice", lambda _: _Never())
    return ChatApp([profile], "channel 1", settings=Settings(), cache=folder, state=folder)


async def key_to_paint(folder: Path, keys: int = KEYS) -> Figure:
    """Compare the time from a key to the changed cell, while 200 messages per second arrive, with 50 ms."""
    from odoochat.events import MessagePosted
    from odoochat.model import Author, ChannelRef, Message

    app = _app(folder)
    waits: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.3)
        screen = app.chat
        over = False

        async def rain() -> None:
            number = 2 * MESSAGES
            due = time.perf_counter()
            while not over:
                number += 1
                channel = ChannelRef(1 if number % 2 else 2)
                author = Author(11 + number % 7, "partner", f"Person {number % 7}")
                event = MessagePosted(Message(number, channel, author, f"rain {number}", "", datetime.now(UTC)))
                screen.session.deliver(event)
                due += 1 / RAIN
                await asyncio.sleep(max(due - time.perf_counter(), 0))

        task = asyncio.create_task(rain())
        await asyncio.sleep(0.5)
        from textual import events

        for at in range(keys):
            character = "abcdefghij"[at % 10]
            begun = time.perf_counter()
            app.post_message(events.Key(character, character))
            while character not in _composed(app)[-1:]:
                await asyncio.sleep(0)
            waits.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.02)
        over = True
        await task
    return Figure(f"key to paint while {RAIN} messages/s arrive", "ms", waits, [50.0], 1.0, against="50 ms", limit=True)


def _composed(app: Any) -> str:
    """Return the composer's part of the screen, as last painted."""
    composer = app.chat.controller.widgets.composer
    region = composer.content_region  # without the frame
    # The compositor's own renders contain what is sent to the terminal, without pending repaints.
    if composer._repaint_regions or app.screen._dirty_widgets:
        return ""
    lines = app.screen._compositor.render_strips()[region.y : region.bottom]
    return "".join(segment.text for line in lines for segment in line.crop(region.x, region.right)).rstrip()


async def memory(folder: Path, scroll: int = SCROLLED) -> Figure:
    """Compare the resident memory after scrolling each tenth of the messages with that after the first."""
    app = _app(folder)
    sizes: list[float] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause(0.3)
        chat = app.chat.controller
        scrolled, up = 0, True
        while scrolled < scroll:
            edge = chat.widgets.timeline.window.messages[0 if up else -1].id
            if up:
                chat.widgets.timeline.scroll_to(y=0, animate=False, immediate=True)
                chat.conversation.load(top=True)
            else:
                chat.widgets.timeline.scroll_to(y=chat.widgets.timeline.max_scroll_y, animate=False, immediate=True)
                chat.conversation.load(top=False)
            await pilot.pause()
            now = chat.widgets.timeline.window.messages[0 if up else -1].id
            moved = abs(now - edge) // 2  # every other message is in this channel
            if not moved:
                up = not up
            scrolled += moved
            if scrolled // (scroll // 10) > len(sizes):
                sizes.append(_resident())
    return Figure(
        f"memory while {scroll:,} messages are scrolled", "MB", sizes[1:], sizes[:1], 1.1, against="that at a tenth"
    )


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6


def run(*, quick: bool = False) -> list[Figure]:
    """Measure all of them.

    Args:
        quick: whether to take only a few measurements.
    """
    rounds, keys, scroll = (2, 20, 30_000) if quick else (15, KEYS, SCROLLED)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder, MESSAGES)
        figures = first_paint(folder, rounds)
        figures.append(asyncio.run(key_to_paint(folder, keys)))
        # Runs in its own process, because memory left by the previous steps does not belong to the screen, and on
        # other files, because the messages that arrived in the previous step are now in the archive.
        still = folder / "scrolled"
        still.mkdir()
        _fill(still, MESSAGES)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            figures.append(pool.submit(_scrolled, still, scroll).result())
        return figures


def _scrolled(folder: Path, scroll: int) -> Figure:
    return asyncio.run(memory(folder, scroll))


if __name__ == "__main__":
    for figure in run():
        print(figure.line())
