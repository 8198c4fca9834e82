"""The decoder interface."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from odoochat.model import LinkPreview, Message, Reaction
from odoochat.wire.envelopes.frames import Notification, PayloadReader
from odoochat.wire.envelopes.polled import PolledReader
from odoochat.wire.updates import Names, Update

__all__ = ["Decoder"]


class Decoder(Protocol):
    """Decodes notifications and responses from one Odoo version. Stateless, and tolerant of any input shape."""

    @property
    def posts(self) -> PayloadReader | None:
        """Reads payloads of notifications about new messages, which is faster than parsing them as JSON values.

        `decode` and `steps` accept the payloads that it returns. None to parse all notifications as JSON values.
        """
        ...

    @property
    def polled(self) -> PolledReader:
        """Reads responses to long polls and peeks. `decode` and `steps` accept the notifications that it returns."""
        ...

    def is_post(self, notification: Notification) -> bool:
        """Return whether a notification is about a new message.

        Several of them in a row may be decoded before the first one is applied to the known state.

        Args:
            notification: the notification as received.
        """
        ...

    def plain_message(self, notification: Notification, names: Names) -> Message | None:
        """Decode a notification about a plain post, which is by far the most common kind, in one step.

        Args:
            notification: the notification as received.
            names: known names, updated in place.

        Returns:
            The message, for which `decode` returns a `MessagePosted`; None for any other kind of notification.
        """
        ...

    def decode(self, notification: Notification, names: Names) -> list[Update]:
        """Decode a notification.

        Args:
            notification: the notification as received.
            names: known names, updated in place.

        Returns:
            Events, changes to known state, and `Refresh` if the user's channels changed. Empty if the notification
            contains nothing relevant.
        """
        ...

    def steps(self, notification: Notification, names: Names) -> Iterable[Update | None]:
        """Decode a notification like `decode`, but in small steps, so that the caller can do other work in between.

        Args:
            notification: the notification as received; it may contain many thousands of records.
            names: known names, updated in place.

        Returns:
            The same updates as `decode`, in the same order, with None for each step that produces no update.
        """
        ...

    def page_messages(self, answer: object, names: Names, channel_id: int) -> list[Message]:
        """Decode the response from a route that returns a channel's messages.

        Args:
            answer: the server's response.
            names: known names, updated in place.
            channel_id: channel id.
        """
        ...

    def reactions_in(self, answer: object, names: Names) -> dict[int, tuple[Reaction, ...]]:
        """Decode the response to a request from `reaction_lookups`.

        Args:
            answer: the server's response.
            names: known names, updated in place.

        Returns:
            Reactions by message id; ``()`` for messages without reactions.
        """
        ...

    def previews_in(self, answer: object, names: Names, message_id: int) -> tuple[LinkPreview, ...]:
        """Decode the message's link previews from the response to `message_page`.

        Args:
            answer: the server's response.
            names: known names, updated in place.
            message_id: message id.
        """
        ...
