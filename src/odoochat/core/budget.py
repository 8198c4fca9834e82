"""Frame budget: Odoo closes a WebSocket that sends more than ten frames in two seconds (code 1013)."""

from __future__ import annotations

__all__ = ["FrameBudget"]


class FrameBudget:
    """Limits the rate at which frames are sent on one connection.

    The server also counts pings, pongs and the close frame (addons/bus/websocket.py `_limit_rate`), which the WebSocket
    library sends on its own, so the budget stays well below the server's limit.

    Args:
        frames: maximum number of frames within `window` seconds.
    """

    def __init__(self, frames: int = 6, window: float = 2.2) -> None:
        self._frames = frames
        self._window = window
        self._sent: list[float] = []

    def wait(self, now: float) -> float:
        """Return the number of seconds until a frame may be sent. If it is 0, the frame counts as sent."""
        while self._sent and self._sent[0] <= now - self._window:
            del self._sent[0]
        if len(self._sent) < self._frames:
            self._sent.append(now)
            return 0.0
        # Rounding may make it 0, which would allow the caller to send.
        return max(self._sent[0] + self._window - now, 0.001)
