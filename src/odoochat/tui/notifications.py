"""Desktop notifications: selects messages, builds notifications and sends them to the desktop."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import sys
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from odoochat.model import Author, ChannelInfo, Message
from odoochat.plural import counted
from odoochat.tui.rendering.wrap import excerpt
from odoochat.wire.content.sanitize import safe_name

__all__ = ["Notifier", "is_wanted", "notification_of", "send_to_desktop", "terminal_sequence"]

log = logging.getLogger("odoochat")

BURST = 3
PAUSE_SECONDS = 5.0
TIMEOUT_SECONDS = 5.0
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "\\": "⧵", ";": " "})
"""Characters to replace, because some terminals pass text to a program that interprets markup and escapes."""


def is_wanted(message: Message, info: ChannelInfo, *, me: int, how: str, muted: bool, on_screen: bool) -> bool:
    """Return whether to send a notification for a message.

    Args:
        message: the message.
        info: the message's channel.
        me: the user's partner id.
        how: ``all``, ``mentions`` (and direct chats) or ``none``.
        muted: whether the user muted the channel.
        on_screen: whether the message is currently visible.
    """
    if how == "none" or on_screen or message.is_system or message.author == Author(me) or muted:
        return False
    return how == "all" or me in message.mentions or info.kind in ("chat", "group")


def notification_of(message: Message, info: ChannelInfo) -> tuple[str, str]:
    """Return the title and text of a message's notification, each as a single safe line.

    Args:
        message: the message.
        info: the channel.
    """
    who = safe_name(message.author.name, 40) or "unknown"
    title = who if info.kind == "chat" else f"{who} in {safe_name(info.name, 40)}"
    return title, excerpt(message.text, 160) or "sent a file"


def terminal_sequence(title: str, text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return the escape sequence that makes the terminal show a notification; empty if none is supported.

    OSC 777 is used if supported, otherwise OSC 9. Characters that a terminal's helper program could interpret as markup
    or an escape are replaced.

    Args:
        title: title of the notification.
        text: text of the notification.
        environ: the environment variables; `os.environ` if omitted.
    """
    environ = os.environ if environ is None else environ
    title, text = (re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", each).translate(_HARMLESS) for each in (title, text))
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if term.startswith(("rxvt", "foot")) or program in ("WezTerm", "ghostty") or "VTE_VERSION" in environ:
        return f"\x1b]777;notify;{title};{text}\x1b\\"
    if program in ("iTerm.app", "WindowsTerminal") or "KITTY_WINDOW_ID" in environ or "WT_SESSION" in environ:
        return f"\x1b]9;{title}: {text}\x1b\\"
    return ""


async def send_to_desktop(title: str, text: str) -> bool:
    """Send a notification over the session bus, or with ``notify-send`` if the bus is not accessible.

    On the bus, only the user can see the text, whereas program arguments are visible to every user on the machine.

    Args:
        title: title of the notification.
        text: text of the notification, as plain text.

    Returns:
        Whether the desktop accepted the notification.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await _send_by_bus(title, text) or await _send_by_program(title, text)
    except TimeoutError:
        return False


def _escaped(text: str) -> str:
    """Escape all markup in some text. Source: Desktop Notifications Specification 1.2, "Markup"."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def _send_by_bus(title: str, text: str) -> bool:
    """Call ``Notify`` of the Desktop Notifications Specification 1.2 on the session bus."""
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    if not address:
        return False
    try:
        from jeepney import DBusAddress, MessageType, new_method_call  # type: ignore[import-untyped]
        from jeepney.io.asyncio import open_dbus_router  # type: ignore[import-untyped]
    except ImportError:
        return False
    server = DBusAddress(
        "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "org.freedesktop.Notifications"
    )
    try:
        async with open_dbus_router() as router:
            capabilities = await router.send_and_get_reply(new_method_call(server, "GetCapabilities"))
            if capabilities.header.message_type is MessageType.error:
                return False
            body = _escaped(text) if "body-markup" in capabilities.body[0] else text
            values: tuple[Any, ...] = ("odoochat", 0, "", title, body, [], {}, -1)
            sent = await router.send_and_get_reply(new_method_call(server, "Notify", "susssasa{sv}i", values))
            return sent.header.message_type is not MessageType.error
    except Exception as error:  # noqa: BLE001 - on any failure of the bus or its library, try the program
        log.debug("notifying over the session bus: %s", error)
        return False


async def _send_by_program(title: str, text: str) -> bool:
    """Run ``notify-send``, which interprets markup and backslashes. Source: libnotify, tools/notify-send.c."""
    program = shutil.which("notify-send")
    if program is None or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    body = _escaped(text).replace("\\", "\\\\")
    try:
        process = await asyncio.create_subprocess_exec(
            program, "--app-name=odoochat", "--", _escaped(title).replace("\\", "\\\\"), body,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        return await process.wait() == 0
    except OSError:
        return False


class Notifier:
    """Sends notifications, up to a limit within a given period; any more are only counted.

    Args:
        write: a function that sends an escape sequence to the terminal.
        run: a function that runs a coroutine in the background.
        ring: a function that rings the terminal's bell.
        pause: the period, in seconds, within which at most `BURST` notifications are sent individually.
    """

    def __init__(
        self,
        write: Callable[[str], None],
        run: Callable[[Coroutine[Any, Any, Any], str], object],
        ring: Callable[[], None],
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._pause_seconds = pause
        self._write = write
        self._run = run
        self._ring = ring
        self._sent = 0
        self._held = 0
        self._pause: asyncio.TimerHandle | None = None

    def notify(self, title: str, text: str, *, bell: bool) -> None:
        """Send a notification, or only count it if too many were sent recently.

        Args:
            title: title of the notification.
            text: text of the notification.
            bell: whether to ring the bell.
        """
        if self._pause is None:
            self._pause = asyncio.get_running_loop().call_later(self._pause_seconds, self._resume, bell)
        if self._sent >= BURST:
            self._held += 1
        else:
            self._send(title, text, bell=bell)

    def close(self) -> None:
        """Discard the count of unsent notifications."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    def _resume(self, bell: bool) -> None:
        held, self._held, self._sent, self._pause = self._held, 0, 0, None
        if held:
            self.notify("odoochat", counted(held, "more message"), bell=bell)

    def _send(self, title: str, text: str, *, bell: bool) -> None:
        self._sent += 1
        if sequence := terminal_sequence(title, text):
            self._write(sequence)
        else:
            self._run(send_to_desktop(title, text), "notification")
        if bell:
            self._ring()
