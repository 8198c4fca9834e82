"""Short texts for the state of the link and of transfers; pure."""

from __future__ import annotations

import math

from odoochat.events import LinkChanged
from odoochat.model import Progress
from odoochat.tui.rendering.message import size_of
from odoochat.wire.content.sanitize import safe_line

__all__ = ["link_words", "progress_words"]

BAR = 10

_OPEN = {
    "websocket": "connected (WebSocket)",
    "peek": "connected (polling; no WebSocket)",
    "longpoll": "connected (long polling)",
    "rpc": "connected (polling every 2 s)",
}


def link_words(link: LinkChanged, *, now: float, since: float, sessionless: bool = False) -> tuple[str, str, str]:
    """Return the text of the status line for the link.

    Args:
        link: the state of the link.
        now: the time, in seconds.
        since: when the link entered that state, in seconds of the same clock.
        sessionless: whether the login has no session, so that only polling is possible.

    Returns:
        The state, the reason, and how good that is: ``good``, ``middling`` or ``bad``.
    """
    reason = safe_line(link.reason or "", 160)
    match link.state:
        case "open":
            words = _OPEN.get(link.via or "", "connected")
            if link.via == "rpc" and sessionless:
                words += ": API keys have no session"
            return words, "", "good" if link.via in ("websocket", "longpoll") else "middling"
        case "waiting":
            left = math.ceil((link.retry_in or 0.0) - (now - since))
            return (f"reconnecting in {left} s" if left > 0 else "reconnecting now"), reason, "bad"
        case "connecting":
            return "connecting", reason, "middling"
        case _:
            return "offline", reason, "bad"


def progress_words(name: str, progress: Progress) -> str:
    """Return the progress of a file as a bar.

    Args:
        name: the file's name.
        progress: how far it is.
    """
    if not progress.total:
        return f"{name} {size_of(progress.done)}"
    share = min(progress.done / progress.total, 1.0)
    full = round(share * BAR)
    return f"{name} {'▰' * full}{'▱' * (BAR - full)} {share:.0%}"
