"""Commands received as FastStream messages, passed on undecoded."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from faststream import StreamMessage

__all__ = ["MessageCommand", "undecoded"]


class MessageCommand:
    """A command that the broker redelivers unless it is acknowledged; see `TakenCommand`.

    Args:
        message: the message.

    Attributes:
        ERRORS: exceptions that the broker's client raises if the connection is lost.
    """

    ERRORS: ClassVar[tuple[type[Exception], ...]] = (OSError,)

    def __init__(self, message: StreamMessage[Any]) -> None:
        self._message = message

    @property
    def body(self) -> bytes:
        """See `TakenCommand.body`."""
        body = self._message.body
        assert isinstance(body, bytes)
        return body

    async def ack(self) -> None:
        """See `TakenCommand.ack`."""
        with suppress(*self.ERRORS):
            await self._message.ack()


async def undecoded(message: Any) -> Any:
    """Return a message unchanged, because the relay decodes commands itself."""
    return message
