"""Remembers across restarts which images could not be decoded."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

__all__ = ["PictureAttempts"]


class PictureAttempts:
    """Records images that could not be decoded, so that they are not retried on every start.

    Each attempt is recorded before it starts, so that an attempt that crashes the process is detected on the next
    start. After `MAX_UNFINISHED` crashes, the image is not retried.

    Args:
        read: a function that returns a stored value by its name, or an empty string if there is none.
        write: a function that stores a value under a name.
    """

    MAX_UNFINISHED = 2
    MAX_KEPT = 2_000
    FACT = "pictures"

    def __init__(self, read: Callable[[str], str], write: Callable[[str, str], None]) -> None:
        self._write = write
        try:
            self._counts = msgspec.json.decode(read(self.FACT) or "{}", type=dict[int, int])
        except msgspec.MsgspecError:
            self._counts = {}

    def refused(self, attachment_id: int) -> bool:
        """Return whether an image must not be decoded again.

        Args:
            attachment_id: the attachment id.
        """
        return self._counts.get(attachment_id, 0) >= self.MAX_UNFINISHED

    def begin(self, attachment_id: int) -> None:
        """Record that an image is about to be decoded.

        Args:
            attachment_id: the attachment id.
        """
        self._set(attachment_id, self._counts.get(attachment_id, 0) + 1)

    def failed(self, attachment_id: int) -> None:
        """Record that an image cannot be decoded.

        Args:
            attachment_id: the attachment id.
        """
        self._set(attachment_id, self.MAX_UNFINISHED)

    def succeeded(self, attachment_id: int) -> None:
        """Record that an image was decoded or that the attempt was cancelled.

        Args:
            attachment_id: the attachment id.
        """
        if self._counts.pop(attachment_id, None) is not None:
            self._store()

    def forget(self) -> None:
        """Clear all records."""
        self._counts.clear()
        self._store()

    def _set(self, attachment_id: int, count: int) -> None:
        self._counts.pop(attachment_id, None)
        self._counts[attachment_id] = count
        while len(self._counts) > self.MAX_KEPT:
            del self._counts[next(iter(self._counts))]
        self._store()

    def _store(self) -> None:
        self._write(self.FACT, msgspec.json.encode(self._counts).decode())
