"""The budget of frames: Odoo closes a WebSocket that sends more than ten frames in two seconds (code 1013)."""

from __future__ import annotations

__all__ = ["FrameBudget"]


class FrameBudget:
    """Counts the frames of one connection.

    Pongs, pings and the close count too at the server (addons/bus/websocket.py `_limit_rate`) and are sent by the
    WebSocket library on its own: so we stay well below.

    Args:
        frames: that may go out within `window` seconds.
    """

    def __init__(self, frames: int = 6, window: float = 2.2) -> None:
        self._frames = frames
        self._window = window
        self._sent: list[float] = []

    def wait(self, now: float) -> float:
        """Seconds until a frame may be sent; 0 takes it from the budget."""
        while self._sent and self._sent[0] <= now - self._window:
            del self._sent[0]
        if len(self._sent) < self._frames:
            self._sent.append(now)
            return 0.0
        # Rounding may make it 0, which would read as leave to send.
        return max(self._sent[0] + self._window - now, 0.001)
