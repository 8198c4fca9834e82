"""Typists: who is typing in each channel."""

from __future__ import annotations

from collections.abc import Sequence

from odoochat.core.last_known import LastKnown
from odoochat.model import Author, AuthorKind, Message

__all__ = ["MOST", "Typists"]

CHANNELS = 5_000
MOST = 100
"""Number of authors remembered per channel; see `LastKnown`."""

SECONDS = 60.0

Who = tuple[AuthorKind, int]


class Typists:
    """Tracks who is typing. As in the web client, a typing indicator expires after 60 s."""

    def __init__(self) -> None:
        self._since: LastKnown[int, LastKnown[Who, float]] = LastKnown(CHANNELS)

    def start(self, channel_id: int, who: Who, now: float) -> None:
        """Record that an author is typing.

        Args:
            channel_id: the channel's id.
            who: kind and id of the author.
            now: the current time in seconds, on any monotonic clock.
        """
        typists = self._since.get(channel_id) or LastKnown[Who, float](MOST)
        typists[who] = now
        self._since[channel_id] = typists

    def stop(self, channel_id: int, author: Author) -> None:
        """Record that an author stopped typing.

        Args:
            channel_id: the channel's id.
            author: the author.
        """
        if (typists := self._since.get(channel_id)) is not None:
            typists.discard((author.kind, author.id))

    def stop_authors(self, messages: Sequence[Message]) -> None:
        """Record that the authors of posted messages stopped typing.

        Args:
            messages: the messages.
        """
        if len(self._since):
            for message in messages:
                self.stop(message.channel.id, message.author)

    def active(self, channel_id: int, now: float) -> list[Who]:
        """Return who is typing in a channel.

        Args:
            channel_id: the channel's id.
            now: the current time in seconds, on the same clock as for `start`.
        """
        typists = self._since.get(channel_id)
        return [who for who, since in typists.items() if now - since < SECONDS] if typists is not None else []
