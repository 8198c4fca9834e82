"""Drives a chat screen in tests: presses keys and reads the screen as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual._context import active_app
from textual.app import App
from textual.message_pump import MessagePump
from textual.pilot import Pilot

import odoochat
from odoochat.tui.app import ChatApp, Profile
from odoochat.tui.controller import ChatController
from odoochat.tui.profiles import ServerUser
from odoochat.tui.screens.chat import ChatScreen
from odoochat.tui.settings import Settings

SECONDS = 15.0
TURNS = 20  # event loop iterations without a message after which the application counts as idle


async def handled(min_sleep: float = 0.0, max_sleep: float = SECONDS) -> None:
    """Wait until the running application has nothing left to handle.

    Textual's own implementation measures CPU load for at least 20 ms, twice per key, which is slow on an idle machine
    and unreliable on a busy one.

    Args:
        min_sleep: ignored; an argument of `textual._wait.wait_for_idle`, which this replaces.
        max_sleep: maximum time to wait, in seconds.
    """
    app = active_app.get()
    end = asyncio.get_running_loop().time() + max_sleep
    quiet = 0
    while quiet < TURNS and asyncio.get_running_loop().time() < end:
        quiet = 0 if any(queued(pump) for pump in pumps(app)) else quiet + 1
        await asyncio.sleep(0)


def pumps(app: App[Any]) -> Iterator[MessagePump]:
    """The application and every screen and widget in it."""
    yield app
    for screen in app.screen_stack:
        yield from screen.walk_children(with_self=True)


def queued(pump: MessagePump) -> bool:
    """Whether a widget has pending messages or callbacks."""
    return bool(pump.message_queue_size or pump._next_callbacks)


class ChatPilot:
    """A running chat application and its pilot."""

    def __init__(self, app: ChatApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> ChatScreen:
        return self.app.chat

    @property
    def chat(self) -> ChatController:
        return self.app.chat.controller

    @property
    def text(self) -> str:
        """The text on the screen."""
        with self.app._context():  # a test may look at two applications
            strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in strips)

    @property
    def toasts(self) -> str:
        """The text of all toasts."""
        return "\n".join(n.text for n in self.chat.feedback.notices)

    async def press(self, *keys: str) -> None:
        with self.app._context():
            await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        names = {" ": "space", "\n": "alt+enter"}
        await self.press(*(names.get(c, c) for c in text))

    async def until(self, wanted: Callable[[], object], what: str = "") -> None:
        """Wait until a condition is true."""
        end = asyncio.get_running_loop().time() + SECONDS
        while not wanted():
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"timed out waiting for {what or wanted}\n{self.text}\n{self.toasts}")
            with self.app._context():
                await self.pilot.pause(0.01)

    async def shows(self, words: str) -> None:
        await self.until(lambda: words in self.text, f"{words!r} on the screen")

    async def shows_toast(self, words: str) -> None:
        await self.until(lambda: words in self.toasts, f"a toast with {words!r}")

    async def connected(self) -> None:
        await self.until(
            lambda: self.screen.session.client is not None and self.screen.session.link.state == "open", "a link"
        )
        await self.until(lambda: self.chat.conversation.channel in self.screen.session.checked, "the conversation")
        await self.pilot.pause(0.05)

    async def idle(self) -> None:
        """Wait until background work is done."""
        await self.until(lambda: self.screen.session.idle, "idleness")
        await self.pilot.pause(0.05)


def profile(url: str, login: str, place: str = "", **options: Any) -> Profile:
    """Return a profile for a test server, where the password is the login."""
    given: dict[str, Any] = {"login": login, "password": login, "patience": 600.0, "timeout": 5.0, **options}
    user = ServerUser(url, login=given["login"] or "")
    return Profile(login, place, lambda _ask: odoochat.connect(url, **given), user)


@asynccontextmanager
async def opened(
    *profiles: Profile,
    folder: Path,
    size: tuple[int, int] = (100, 30),
    settings: Settings | None = None,
    channel: str = "general",
) -> AsyncIterator[ChatPilot]:
    """Run a chat screen."""
    app = ChatApp(profiles, channel, settings=settings or Settings(), cache=folder, state=folder)
    async with app.run_test(size=size, notifications=True) as pilot:
        while not app.at_work:
            await pilot.pause(0.01)
        await pilot.pause()
        yield ChatPilot(app, pilot)
