"""Draws the screenshots for the chat screen's tour: `python tools/tour.py` writes docs/tour/*.svg.

The people, words and times are those of the screen's tests, so the images are the same each time.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import msgspec  # noqa: E402
from tests.tui import company  # noqa: E402
from tests.tui.chat_pilot import ChatPilot, opened  # noqa: E402

from odoochat.events import LinkChanged, MessagePosted  # noqa: E402
from odoochat.tui.graphics.draw import draw_half_blocks  # noqa: E402
from odoochat.tui.screens.dialogs import Chooser  # noqa: E402
from odoochat.tui.settings import Settings  # noqa: E402
from odoochat.tui.widgets.composer import Composer  # noqa: E402
from odoochat.wire.content.body import to_text  # noqa: E402

FOLDER = ROOT / "docs" / "tour"
USUAL = (100, 30)

Scene = Callable[[ChatPilot], Awaitable[None]]

TABLE = (
    "<h3>Release 1.4</h3><p>What is done, and what is left:</p><table><tr><th>part</th><th>state</th><th>who</th></tr>"
    "<tr><td>calendar</td><td>done</td><td>Bob</td></tr><tr><td>speed</td><td>in review</td><td>Dave</td></tr></table>"
    "<p>Try it:</p><pre>def answer(question: str) -> int:\n    # always right\n    return 42</pre>"
    "<blockquote><p>Only water.</p></blockquote>"
)


async def conversation(stand: ChatPilot) -> None:
    """The conversation, with the members beside it."""
    await image(stand)
    stand.screen.add_class("with-members")
    stand.screen.on_session_change()


async def switcher(stand: ChatPilot) -> None:
    """Ctrl-K finds channels, people and commands."""
    await stand.press("ctrl+k")
    await stand.type("re")


async def thread(stand: ChatPilot) -> None:
    """A thread beside its channel, on a wide screen."""
    for reply in company.messages():
        stand.chat.conversation.threads.posted(reply)
    stand.chat.conversation.open(company.THREAD)
    await stand.pilot.pause(0.2)
    stand.chat.feedback.clear()  # the server used for the images has no channel


async def formats(stand: ChatPilot) -> None:
    """Headings, tables, code and quotes."""
    await say(stand, TABLE)


async def compose(stand: ChatPilot) -> None:
    """An answer with files and Markdown."""
    folder = stand.app.temporary_folder()
    for name, size in (("plan.pdf", 48_213), ("notes.txt", 1_204)):
        (folder / name).write_bytes(b"x" * size)
    await stand.press("escape", "up", "r")
    stand.screen.commands.uploads.add([folder / "plan.pdf", folder / "notes.txt"])
    await stand.type("Looks **good**, see `plan.pdf`, @ca")


async def compact(stand: ChatPilot) -> None:
    """The compact density."""


async def small(stand: ChatPilot) -> None:
    """60 by 16: one line to write in, and the switcher instead of the list."""


async def message(stand: ChatPilot) -> None:
    """Message mode in 80 by 24."""
    await stand.press("escape", "up")


async def say(stand: ChatPilot, html: str) -> None:
    """Post something as Bob."""
    known = company.messages()[6]
    posted = msgspec.structs.replace(known, id=111, text=to_text(html), html=html, reply_to=None)
    stand.screen.session.keep([posted])
    stand.screen.session.deliver(MessagePosted(posted))


async def reactions(stand: ChatPilot) -> None:
    """Message mode: an emoji for the chosen message."""
    await stand.press("escape")
    stand.chat.widgets.timeline.choose(102)
    await stand.press("+")
    await stand.type("ta")


async def image(stand: ChatPilot) -> None:
    """A picture in the conversation."""
    lines = draw_half_blocks(company.picture(), 44, 10)
    assert lines is not None
    company.hang(stand.chat.pictures, lines)
    stand.chat.widgets.timeline.redraw(forget=True)


async def search(stand: ChatPilot) -> None:
    """Search everywhere."""
    await stand.press("ctrl+g")
    await stand.type("calendar")


async def offline(stand: ChatPilot) -> None:
    """Offline: the cache is readable, and messages wait on disk."""
    company.settle(
        stand.screen.session, LinkChanged("closed", reason="the server refused the login; press F5 to try again")
    )
    await stand.type("I will be there at three.")
    await stand.press("enter")


async def reconnecting(stand: ChatPilot) -> None:
    """Reconnecting: the status line says when."""
    link = LinkChanged("waiting", "websocket", 4.0, "the server closed the connection (1006)")
    company.settle(stand.screen.session, link)
    stand.screen.session.link_since = time.monotonic() + 3600.0
    stand.screen.session.link = LinkChanged("waiting", "websocket", 4.0 - 3600.0, link.reason)
    await stand.type("Half a sentence stays where it is")


SCENES: tuple[tuple[Scene, str, tuple[int, int]], ...] = (
    (conversation, "dark", (120, 36)),
    (switcher, "dark", USUAL),
    (thread, "light", (160, 32)),
    (reactions, "dark", USUAL),
    (compose, "light", USUAL),
    (formats, "dark", USUAL),
    (compact, "light", (110, 24)),
    (image, "light", USUAL),
    (search, "dark", USUAL),
    (offline, "contrast", USUAL),
    (reconnecting, "dark", USUAL),
    (message, "dark", (80, 24)),
    (small, "light", (60, 16)),
)


async def draw(scene: Scene, theme: str, size: tuple[int, int]) -> str:
    """Draw one image."""
    settings = Settings(theme=theme, density="compact" if scene is compact else "comfortable")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        company.fill(folder)
        async with opened(company.profile(), folder=folder, size=size, settings=settings) as stand:
            company.settle(stand.screen.session)
            company.pin(stand.chat.conversation)
            await stand.pilot.pause(0.1)
            await scene(stand)
            await stand.pilot.pause(0.4)
            return stand.app.export_screenshot(title=f"odoochat: {(scene.__doc__ or '').rstrip('.')}")


def main() -> int:
    """Write all images."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    Composer.blinks = Chooser.blinks = False
    FOLDER.mkdir(exist_ok=True)
    for scene, theme, size in SCENES:
        (FOLDER / f"{scene.__name__}.svg").write_text(asyncio.run(draw(scene, theme, size)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
