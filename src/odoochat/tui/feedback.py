"""Shows notices, errors from background jobs, and the reason when a command is unavailable."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from textual.screen import Screen

from odoochat.errors import OdooChatError
from odoochat.tui.session import ChatSession
from odoochat.wire.content.sanitize import safe_line

__all__ = ["Feedback", "Notice"]

log = logging.getLogger("odoochat")

MAX_NOTICES = 8
LONG_SECONDS = 0.3
"""Seconds that a job must run before it is shown."""
NOT_CONNECTED = "not connected to the server; press F5 to try again"


class Notice(NamedTuple):
    """Text that is shown for a few seconds.

    Attributes:
        text: one line, safe to print in a terminal.
        severity: ``information``, ``warning`` or ``error``.
        end: when the notice expires, in seconds on the monotonic clock.
    """

    text: str
    severity: str
    end: float


class Feedback:
    """Shows notices and errors to the user.

    Args:
        session: the user's session, which runs jobs in the background.
        screen: the screen, used to ring the bell.
        hold_keys: a function that takes a job and its name, and holds keys until the job ends.
        on_change: a function that is called when the screen needs repainting.

    Attributes:
        notices: the current notices, oldest first.
    """

    def __init__(
        self,
        session: ChatSession,
        screen: Screen[Any],
        hold_keys: Callable[[asyncio.Task[Any], str], None],
        on_change: Callable[[], None],
    ) -> None:
        self._session = session
        self._screen = screen
        self._hold_keys = hold_keys
        self._on_change = on_change
        self.notices: deque[Notice] = deque(maxlen=MAX_NOTICES)
        self._jobs: dict[object, tuple[str, float]] = {}

    def toast(self, text: str, severity: Any = "information") -> None:
        """Show text for a few seconds. The text is sanitized and never interpreted as markup.

        Text already shown in a current notice is not repeated.

        Args:
            text: the text.
            severity: ``information``, ``warning`` or ``error``.
        """
        now = time.monotonic()
        notice = Notice(safe_line(text, 300), severity, now + (6 if severity == "information" else 10))
        kept = [each for each in self.notices if each[:2] != notice[:2]]
        self.notices = deque([*kept, notice], MAX_NOTICES)
        self._on_change()

    @property
    def busy(self) -> str:
        """The name of the longest-running slow job; an empty string if there is none."""
        now = time.monotonic()
        return next((name for name, begun in self._jobs.values() if now - begun > LONG_SECONDS), "")

    def expire(self) -> None:
        """Remove expired notices."""
        now = time.monotonic()
        if any(each.end < now for each in self.notices):
            self.notices = deque((each for each in self.notices if each.end >= now), MAX_NOTICES)
            self._on_change()

    def clear(self) -> None:
        """Remove all notices."""
        self.notices.clear()
        self._on_change()

    def ring(self) -> None:
        """Ring the terminal's bell."""
        self._screen.app.bell()

    def lead(self, job: Coroutine[Any, Any, Any], name: str) -> None:
        """Like `run`, but for a coroutine that switches the channel, mode or dialog: keys are held until it ends.

        Args:
            job: the coroutine.
            name: a description of the job, shown to the user.
        """
        self._hold_keys(self.run(job, name), name)

    def run(self, job: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run a coroutine in the background, showing an error if it fails.

        Args:
            job: the coroutine.
            name: a description of the job, shown with an error.

        Returns:
            The task.
        """

        async def reported() -> None:
            self._jobs[job] = name, time.monotonic()
            try:
                await job
            except (OdooChatError, OSError) as error:
                self.toast(f"{name}: {error}", "error")
            except Exception as error:  # noqa: BLE001 - our own bugs must not go unnoticed
                self.defect(error)
            finally:
                del self._jobs[job]

        return self._session.run(reported(), name)

    def defect(self, error: Exception) -> None:
        """Show and log an internal error without exiting the chat screen.

        Args:
            error: the error.
        """
        log.error("internal error", exc_info=error, extra={"event": "screen.error"})
        self.toast(f"internal error; please report it: {type(error).__name__}: {error}", "error")

    def online(self) -> bool:
        """Return whether the client is connected, showing a notice if it is not."""
        if self._session.client is None:
            self.toast(NOT_CONNECTED, "warning")
            return False
        return True

    def able(self, feature: str) -> bool:
        """Return whether the client is connected and the server supports a feature, showing a notice if not.

        Args:
            feature: the feature's name in docs/features.md.
        """
        if not self.online() or self._session.client is None:
            return False
        try:
            self._session.client.server.require(feature)
        except OdooChatError as error:
            self.toast(str(error), "warning")
            return False
        return True
