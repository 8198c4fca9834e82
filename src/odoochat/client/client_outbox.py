"""Client outbox: the messages that have not been posted yet."""

from __future__ import annotations

from collections.abc import Iterator

from odoochat.client.connection import Connection
from odoochat.model import PendingMessage

__all__ = ["ClientOutbox"]


class ClientOutbox:
    """The messages that have not been posted yet. You can iterate over them, or cancel one.

    Args:
        connection: the open connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __iter__(self) -> Iterator[PendingMessage]:
        return iter(self._connection.outbox_runner.pending())

    def __len__(self) -> int:
        return len(self._connection.outbox_runner.pending())

    def cancel(self, message: PendingMessage | str) -> bool:
        """Cancel a message.

        Args:
            message: a message in the outbox, or its local id.

        Returns:
            Whether the message was cancelled; False if it is being sent or is no longer in the outbox.

        Raises:
            UsageError: the client is closed.
        """
        local_id = message.local_id if isinstance(message, PendingMessage) else message
        return self._connection.outbox_runner.cancel(local_id)
