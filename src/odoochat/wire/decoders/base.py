"""The interface of decoders."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from odoochat.model import LinkPreview, Message, Reaction
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.updates import Names, Update

__all__ = ["Decoder"]


class Decoder(Protocol):
    """Decodes the notifications and the answers of one version; has no state, and accepts any shape."""

    def decode(self, notification: Notification, names: Names) -> list[Update]:
        """Decode a notification.

        Args:
            notification: as received.
            names: known names; new ones are remembered there.

        Returns:
            Events, changes of known facts, and `Refresh` where the user's channels changed. Empty when the
            notification contains nothing of interest.
        """
        ...

    def steps(self, notification: Notification, names: Names) -> Iterable[Update | None]:
        """Decode a notification in small steps, as `decode` does, so that the caller can do other work in between.

        Args:
            notification: as received; it may hold many thousand records.
            names: known names; new ones are remembered there.

        Returns:
            The updates of `decode` in their order, and None after a step without an update.
        """
        ...

    def page_messages(self, answer: object, names: Names, channel_id: int) -> list[Message]:
        """Decode the answer of a route for a channel's messages.

        Args:
            answer: the server's answer.
            names: known names; new ones are remembered there.
            channel_id: id of the channel.
        """
        ...

    def reactions_in(self, answer: object, names: Names) -> dict[int, tuple[Reaction, ...]]:
        """Decode the answer to one of `reaction_lookups`.

        Args:
            answer: the server's answer.
            names: known names; new ones are remembered there.

        Returns:
            Reactions by message id; messages without any have ``()``.
        """
        ...

    def previews_in(self, answer: object, names: Names, message_id: int) -> tuple[LinkPreview, ...]:
        """Decode the answer to `message_page` for the link previews of its message.

        Args:
            answer: the server's answer.
            names: known names; new ones are remembered there.
            message_id: id of the message.
        """
        ...
