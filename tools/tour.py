"""Draw the screenshots of the chat screen's tour: `python tools/tour.py` writes docs/tour/*.svg.

The people, words and times are those of the screen's tests, so that the pictures are the same each time.
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

from tests.tui import company  # noqa: E402
from tests.tui.stand import Stand, opened  # noqa: E402

from odoochat.events import LinkChanged  # noqa: E402
from odoochat.tui.graphics.draw import draw_half_blocks  # noqa: E402
from odoochat.tui.screens.dialogs import Chooser  # noqa: E402
from odoochat.tui.settings import Settings  # noqa: E402
from odoochat.tui.widgets.composer import Composer  # noqa: E402

FOLDER = ROOT / "docs" / "tour"
SIZE = (100, 30)

Scene = Callable[[Stand], Awaitable[None]]


async def conversation(stand: Stand) -> None:
    """The conversation, with the members beside it."""
    await image(stand)
    stand.screen.add_class("with-members")
    stand.screen.on_session_change()


async def switcher(stand: Stand) -> None:
    """Ctrl-K finds channels, people and commands."""
    await stand.press("ctrl+k")
    await stand.type("re")


async def thread(stand: Stand) -> None:
    """A thread below its channel."""
    stand.chat.conversation.open(company.THREAD)


async def reactions(stand: Stand) -> None:
    """Message mode: an emoji for the chosen message."""
    await stand.press("escape")
    stand.chat.widgets.timeline.choose(102)
    await stand.press("+")
    await stand.type("ta")


async def image(stand: Stand) -> None:
    """A picture in the conversation."""
    lines = draw_half_blocks(company.picture(), 44, 10)
    assert lines is not None
    company.hang(stand.chat.pictures, lines)
    stand.chat.widgets.timeline.redraw(forget=True)


async def search(stand: Stand) -> None:
    """Search everywhere."""
    await stand.press("ctrl+g")
    await stand.type("calendar")


async def offline(stand: Stand) -> None:
    """Offline: the cache is readable, and messages wait on disk."""
    company.settle(
        stand.screen.session, LinkChanged("closed", reason="the server refused the login; press F5 to try again")
    )
    await stand.type("I will be there at three.")
    await stand.press("enter")


async def reconnecting(stand: Stand) -> None:
    """Reconnecting: the status line says when."""
    link = LinkChanged("waiting", "websocket", 4.0, "the server closed the connection (1006)")
    company.settle(stand.screen.session, link)
    stand.screen.session.link_since = time.monotonic() + 3600.0
    stand.screen.session.link = LinkChanged("waiting", "websocket", 4.0 - 3600.0, link.reason)
    await stand.type("Half a sentence stays where it is")


SCENES: tuple[tuple[Scene, str], ...] = (
    (conversation, "dark"),
    (switcher, "dark"),
    (thread, "light"),
    (reactions, "dark"),
    (image, "light"),
    (search, "dark"),
    (offline, "contrast"),
    (reconnecting, "dark"),
)


async def draw(scene: Scene, theme: str) -> str:
    """One picture."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        company.fill(folder)
        async with opened(company.profile(), folder=folder, size=SIZE, settings=Settings(theme=theme)) as stand:
            company.settle(stand.screen.session)
            await stand.pilot.pause(0.1)
            await scene(stand)
            await stand.pilot.pause(0.4)
            return stand.app.export_screenshot(title=f"odoochat: {(scene.__doc__ or '').rstrip('.')}")


def main() -> int:
    """Writes all pictures."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    Composer.blinks = Chooser.blinks = False
    FOLDER.mkdir(exist_ok=True)
    for scene, theme in SCENES:
        (FOLDER / f"{scene.__name__}.svg").write_text(asyncio.run(draw(scene, theme)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
