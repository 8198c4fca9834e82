"""Session listener: the interface through which a session notifies the chat screen."""

from __future__ import annotations

from typing import Protocol

from odoochat.events import Event

__all__ = ["NullListener", "SessionListener"]


class SessionListener(Protocol):
    """The screen of a session."""

    def on_session_event(self, event: Event) -> None:
        """Called with every event, after the session has applied it.

        Args:
            event: the event.
        """

    def on_session_change(self) -> None:
        """Called after a change that has no event."""

    async def ask_code(self) -> str:
        """Ask the user for the two-factor code; empty if they give none."""
        ...


class NullListener:
    """The listener of a session that no screen shows yet."""

    def on_session_event(self, event: Event) -> None:
        """Do nothing.

        Args:
            event: the event.
        """

    def on_session_change(self) -> None:
        """Do nothing."""

    async def ask_code(self) -> str:
        """Give no code."""
        return ""
