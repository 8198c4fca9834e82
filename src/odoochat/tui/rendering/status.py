"""The truth about the link, in a few words; pure."""

from __future__ import annotations

import math

from odoochat.events import LinkChanged
from odoochat.model import Progress
from odoochat.tui.rendering.message import size_of
from odoochat.wire.content.sanitize import safe_line

__all__ = ["link_words", "progress_words"]

BAR = 10

_OPEN = {
    "websocket": "live by WebSocket",
    "peek": "polling: no WebSocket comes through",
    "longpoll": "live by long polling",
    "rpc": "polling every 2 s",
}


def link_words(link: LinkChanged, *, now: float, since: float, sessionless: bool = False) -> tuple[str, str, str]:
    """What the status line says of the link: what it is, why, and the colour: ``good``, ``middling`` or ``bad``.

    Args:
        now, since: seconds of one clock: now, and when `link` was told.
        sessionless: whether the login has no session: then nothing but polling is possible.
    """
    reason = safe_line(link.reason or "", 160)
    match link.state:
        case "open":
            words = _OPEN.get(link.via or "", "connected")
            if link.via == "rpc" and sessionless:
                words += ": your login has no session"
            return words, "", "good" if link.via in ("websocket", "longpoll") else "middling"
        case "waiting":
            left = math.ceil((link.retry_in or 0.0) - (now - since))
            return (f"reconnecting in {left} s" if left > 0 else "reconnecting now"), reason, "bad"
        case "connecting":
            return "connecting", reason, "middling"
        case _:
            return "offline", reason, "bad"


def progress_words(name: str, progress: Progress) -> str:
    """How far a file is, as a bar."""
    if not progress.total:
        return f"{name} {size_of(progress.done)}"
    share = min(progress.done / progress.total, 1.0)
    full = round(share * BAR)
    return f"{name} {'▰' * full}{'▱' * (BAR - full)} {share:.0%}"
