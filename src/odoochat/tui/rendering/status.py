"""Formats short descriptions of the link and of file transfers; pure."""

from __future__ import annotations

import math

from odoochat.events import LinkChanged
from odoochat.model import Progress
from odoochat.plural import counted
from odoochat.tui.rendering.message import size_of
from odoochat.wire.content.sanitize import safe_line

__all__ = ["SPINNER", "link_details", "link_words", "progress_words"]

BAR = 10

_OPEN = {"websocket": "connected", "longpoll": "connected", "peek": "polling", "rpc": "polling every 2 s"}
_DETAILS = {
    "websocket": "a WebSocket: messages arrive at once",
    "longpoll": "long polling: messages arrive at once",
    "peek": "something on the network path blocks WebSockets; the bus is polled over plain HTTP",
    "rpc": "the server is polled every 2 s",
}
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


def link_words(link: LinkChanged, *, now: float, since: float, waiting: int = 0) -> tuple[str, str, str]:
    """Describe the link for the status line.

    Args:
        link: the link's state.
        now: the current time, in seconds.
        since: when the link entered its current state, in seconds on the same clock.
        waiting: number of unsent messages.

    Returns:
        The state, the reason and a rating: ``good``, ``middling`` or ``bad``.
    """
    reason = safe_line(link.reason or "", 160)
    wait = f" · {counted(waiting, 'message waits', 'messages wait')}" if waiting else ""
    match link.state:
        case "open":
            return (
                _OPEN.get(link.via or "", "connected"),
                "",
                "good" if link.via in ("websocket", "longpoll") else "middling",
            )
        case "waiting":
            left = math.ceil((link.retry_in or 0.0) - (now - since))
            return f"offline{wait} · " + (f"retry in {left} s" if left > 0 else "trying again"), reason, "bad"
        case "connecting":
            return f"connecting{wait}", reason, "middling"
        case _:
            return f"offline{wait} · F5 tries again", reason, "bad"


def link_details(link: LinkChanged, *, sessionless: bool) -> str:
    """Describe the link in detail, for a notice.

    Args:
        link: the link's state.
        sessionless: whether the login has no session, in which case only polling is possible.
    """
    if link.state != "open":
        return f"offline: {safe_line(link.reason or 'unknown reason', 200)}"
    words = _DETAILS.get(link.via or "", "connected")
    if link.via == "rpc" and sessionless:
        words += ", because an API key has no session; log in with a password for a live connection"
    return f"connected with {words}" if link.via in ("websocket", "longpoll") else f"polling: {words}"


def progress_words(name: str, progress: Progress) -> str:
    """Format the progress of a file transfer as a bar.

    Args:
        name: the file's name.
        progress: the progress.
    """
    if not progress.total:
        return f"{name} {size_of(progress.done)}"
    share = min(progress.done / progress.total, 1.0)
    full = round(share * BAR)
    return f"{name} {'▰' * full}{'▱' * (BAR - full)} {share:.0%}"
