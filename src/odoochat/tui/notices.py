"""When to notify, and how: the terminal's own notification, notify-send, and the bell."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Mapping

from odoochat.model import ChannelInfo, Message
from odoochat.wire.content.sanitize import safe_line

__all__ = ["notice_of", "send_notice", "terminal_sequence", "wanted"]


def wanted(message: Message, info: ChannelInfo, *, me: int, how: str, muted: bool, on_screen: bool) -> bool:
    """Whether a message is worth a notification.

    Args:
        how: ``all``, ``mentions`` (and direct chats) or ``none``.
        on_screen: whether it can be seen now.
    """
    if how == "none" or on_screen or message.is_system or message.author.id == me:
        return False
    to_me = me in message.mentions
    if muted:
        return False
    return how == "all" or to_me or info.kind in ("chat", "group")


def notice_of(message: Message, info: ChannelInfo) -> tuple[str, str]:
    """Title and words of a notification; safe ones."""
    who = safe_line(message.author.name, 40) or "somebody"
    title = who if info.kind == "chat" else f"{who} in {safe_line(info.name, 40)}"
    return title, safe_line(message.text, 160) or "a file"


def terminal_sequence(title: str, words: str, environ: Mapping[str, str] | None = None) -> str:
    """The escape by which the terminal itself notifies: OSC 777 where it is known, else OSC 9; empty for none."""
    environ = os.environ if environ is None else environ
    title, words = (re.sub(r"[;\x00-\x1f\x7f-\x9f]", " ", text) for text in (title, words))
    term, program = environ.get("TERM", ""), environ.get("TERM_PROGRAM", "")
    if term.startswith(("rxvt", "foot")) or program in ("WezTerm", "ghostty") or "VTE_VERSION" in environ:
        return f"\x1b]777;notify;{title};{words}\x1b\\"
    if program in ("iTerm.app", "WindowsTerminal") or "KITTY_WINDOW_ID" in environ or "WT_SESSION" in environ:
        return f"\x1b]9;{title}: {words}\x1b\\"
    return ""


async def send_notice(title: str, words: str) -> bool:
    """Notifies by notify-send, where there is a desktop to hear it; tells whether it was tried."""
    program = shutil.which("notify-send")
    if program is None or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    try:
        process = await asyncio.create_subprocess_exec(
            program, "--app-name=odoochat", "--", title, words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(5):
            await process.wait()
    except (OSError, TimeoutError):
        return False
    return True
