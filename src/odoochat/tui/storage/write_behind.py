"""Collects cache writes and writes messages in batches after a short delay."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from odoochat.model import ChannelInfo, Message
from odoochat.tui.storage.cache import Cache

__all__ = ["WriteBehind"]

KEEP_SECONDS = 0.5
KEEP_COUNT = 25
"""Maximum number of messages per batch; indexing more would delay the handling of keys."""

REMEMBERED = 10_000
"""Maximum number of messages whose last change is remembered."""

RETRY_SECONDS = 2.0
KEEP_REFUSED = 2_000
"""Maximum number of messages to keep in memory while the archive is not writable."""


class WriteBehind:
    """The cache, including pending writes.

    Args:
        cache: the cache to write to.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._messages: dict[int, Message] = {}
        self._channels: Mapping[int, ChannelInfo] | None = None
        self._later: asyncio.TimerHandle | None = None
        self._changes = 0
        self._changed: OrderedDict[int, int] = OrderedDict()

    @property
    def changes(self) -> int:
        """Number of changes so far; used by `keep`."""
        return self._changes

    def _note(self, message_id: int) -> None:
        self._changes += 1
        self._changed.pop(message_id, None)
        self._changed[message_id] = self._changes
        if len(self._changed) > REMEMBERED:
            self._changed.popitem(last=False)

    def get(self, message_id: int) -> Message | None:
        """Return a message, or None if it is unknown.

        Args:
            message_id: the message's id.
        """
        return self._messages.get(message_id) or self._cache.get(message_id)

    def keep(self, messages: Iterable[Message], asked: int | None = None) -> list[Message]:
        """Store messages.

        Args:
            messages: the messages.
            asked: the value of `changes` at the time of the request. Messages that have changed since are not replaced,
                because the response may be older than the change. None if the messages are newer than the stored ones.

        Returns:
            The messages as stored, without those deleted since the request. A message without reaction data keeps the
            reactions of its stored version.
        """
        kept: list[Message] = []
        for message in messages:
            if asked is not None and self._changed.get(message.id, 0) > asked:
                if (newer := self.get(message.id)) is not None:
                    kept.append(newer)
                continue
            kept.append(self._with_reactions(message))
        for message in kept:
            self._messages[message.id] = message
            self._note(message.id)
        if len(self._messages) >= KEEP_COUNT and self._cache.error is None:
            self.flush()
        else:
            self._flush_soon()
        return kept

    def _with_reactions(self, message: Message) -> Message:
        if message.reactions_known or message.reactions or (old := self.get(message.id)) is None:
            return message
        return msgspec.structs.replace(message, reactions=old.reactions)

    def keep_channels(self, channels: Mapping[int, ChannelInfo]) -> None:
        """Schedule the user's channels to be written. Their state at the time of writing is what gets stored.

        Args:
            channels: the channels, keyed by id.
        """
        self._channels = channels
        self._flush_soon()

    def drop(self, message_id: int) -> None:
        """Remove a message.

        Args:
            message_id: the message's id.
        """
        self._messages.pop(message_id, None)
        self._cache.drop(message_id)
        self._note(message_id)

    def _flush_soon(self) -> None:
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(KEEP_SECONDS, self.flush)

    def _retry_later(self) -> None:
        with suppress(RuntimeError):  # the event loop may be gone when the screen closes
            self._later = asyncio.get_running_loop().call_later(RETRY_SECONDS, self.flush)

    def flush(self) -> None:
        """Write all pending data immediately."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._messages:
            if self._cache.keep(self._messages.values()) or len(self._messages) > KEEP_REFUSED:
                self._messages.clear()
            else:  # another process is writing, or the disk is full
                self._retry_later()
        if self._channels is not None:
            self._cache.keep_channels(self._channels.values())
            self._channels = None
