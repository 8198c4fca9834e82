"""The interface through which a session notifies the chat screen."""

from __future__ import annotations

from typing import Protocol

from odoochat.events import Event

__all__ = ["NullListener", "SessionListener"]


class SessionListener(Protocol):
    """The interface of a chat screen that listens to a session."""

    def on_session_event(self, event: Event) -> None:
        """Handle an event. Called for each event after the session has applied it.

        Args:
            event: the event.
        """

    def on_session_change(self) -> None:
        """Handle a change that has no event of its own."""

    async def ask_code(self) -> str:
        """Prompt the user for the two-factor code, or return "" if they cancel."""
        ...


class NullListener:
    """The listener for a session that has no screen yet."""

    def on_session_event(self, event: Event) -> None:
        """Do nothing.

        Args:
            event: the event.
        """

    def on_session_change(self) -> None:
        """Do nothing."""

    async def ask_code(self) -> str:
        """Return an empty string instead of a code."""
        return ""
