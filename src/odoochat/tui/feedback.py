"""Feedback: toasts, errors of background jobs, and reasons why a command is not possible now."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from textual.screen import Screen

from odoochat.errors import OdooChatError
from odoochat.tui.session import ChatSession
from odoochat.wire.content.sanitize import safe_line

__all__ = ["Feedback"]

log = logging.getLogger("odoochat")

MAX_TOASTS = 8
REPEAT_SECONDS = 3.0
NOT_CONNECTED = "not connected to the server; press F5 to try again"


class Feedback:
    """Shows outcomes and errors to the user.

    Args:
        session: runs jobs in the background.
        screen: shows the toasts.
        hold_keys: called with a job and its name; keys wait for its end.
    """

    def __init__(
        self,
        session: ChatSession,
        screen: Screen[Any],
        hold_keys: Callable[[asyncio.Task[Any], str], None],
    ) -> None:
        self._session = session
        self._screen = screen
        self._hold_keys = hold_keys
        self._last: tuple[str, str, float] = ("", "", 0.0)
        self._ends: deque[float] = deque()

    def toast(self, text: str, severity: Any = "information") -> None:
        """Show a text for a few seconds; it is cleaned, and never read as markup.

        The same text is not shown twice in a row, and no more than `MAX_TOASTS` are shown at once.

        Args:
            text: the text.
            severity: ``information``, ``warning`` or ``error``.
        """
        now = time.monotonic()
        timeout = 6 if severity == "information" else 10
        while self._ends and self._ends[0] < now:
            self._ends.popleft()
        repeated = (text, severity) == self._last[:2] and now - self._last[2] < REPEAT_SECONDS
        if repeated or len(self._ends) >= MAX_TOASTS:
            return
        self._last = (text, severity, now)
        self._ends.append(now + timeout)
        self._screen.app.notify(safe_line(text, 300), severity=severity, timeout=timeout, markup=False)

    def ring(self) -> None:
        """Ring the terminal's bell."""
        self._screen.app.bell()

    def lead(self, job: Coroutine[Any, Any, Any], name: str) -> None:
        """Run a coroutine that ends in another channel, mode or dialog, like `run`; keys wait for its end.

        Args:
            job: the coroutine.
            name: what it does, for the user.
        """
        self._hold_keys(self.run(job, name), name)

    def run(self, job: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run a coroutine that asks the server in the background; its error is shown.

        Args:
            job: the coroutine.
            name: what it does, for the error.

        Returns:
            The task.
        """

        async def reported() -> None:
            try:
                await job
            except (OdooChatError, OSError) as error:
                self.toast(f"{name}: {error}", "error")
            except Exception as error:  # noqa: BLE001 - a mistake of ours must not go unseen
                self.defect(error)

        return self._session.run(reported(), name)

    def defect(self, error: Exception) -> None:
        """Show and log an internal error; the chat continues.

        Args:
            error: the error.
        """
        log.error("internal error", exc_info=error, extra={"event": "screen.error"})
        self.toast(f"internal error; please report it: {type(error).__name__}: {error}", "error")

    def online(self) -> bool:
        """Return whether the server can be reached; shows a toast when it cannot."""
        if self._session.client is None:
            self.toast(NOT_CONNECTED, "warning")
            return False
        return True

    def able(self, feature: str) -> bool:
        """Return whether the server can be reached and has a feature of docs/features.md; shows a toast when not.

        Args:
            feature: its name in docs/features.md.
        """
        if not self.online() or self._session.client is None:
            return False
        try:
            self._session.client.server.require(feature)
        except OdooChatError as error:
            self.toast(str(error), "warning")
            return False
        return True
