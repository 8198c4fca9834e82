"""The broker interface: publishing events, receiving commands, and a compare-and-set store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from odoochat.errors import OdooChatError
from odoochat.relay.outgoing import OutgoingEvent

__all__ = ["Broker", "BrokerDown", "Conflict", "Entry", "KeyValueStore", "TakenCommand"]


class BrokerDown(OdooChatError, ConnectionError):
    """Raised when the broker is unreachable or temporarily unavailable. Retry everything that was not acknowledged."""


class Conflict(Exception):
    """Raised by `KeyValueStore.write` when the entry's revision differs from the expected one."""


class Entry(Struct, frozen=True):
    """A store entry.

    Attributes:
        value: the entry's content.
        revision: changes with each write.
    """

    value: bytes
    revision: int


class KeyValueStore(Protocol):
    """A store shared by all processes of a relay."""

    async def read(self, key: str) -> Entry | None:
        """Return an entry, or None if it does not exist.

        Args:
            key: the entry's name, which can contain letters, digits, dots, hyphens, underscores and ``=``.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...

    async def read_many(self, keys: Sequence[str]) -> list[Entry | None]:
        """Return multiple entries, with None for each one that does not exist.

        Args:
            keys: the entries' names.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...

    async def write(self, key: str, value: bytes, revision: int | None) -> int:
        """Write an entry.

        Args:
            key: the entry's name.
            value: the new content.
            revision: the expected current revision; 0 if the entry must not exist, None for any.

        Returns:
            The new revision.

        Raises:
            Conflict: the entry has a different revision.
            BrokerDown: the store cannot be reached. The entry may still have been written.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove an entry if it exists.

        Args:
            key: the entry's name.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...

    async def remember(self, key: str, value: bytes) -> None:
        """Write an entry that expires after a day.

        Args:
            key: the entry's name.
            value: the content.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...

    async def recall(self, key: str) -> bytes | None:
        """Return an entry written by `remember`, or None.

        Args:
            key: the entry's name.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...


class TakenCommand(Protocol):
    """A command received from the broker but not yet acknowledged."""

    @property
    def body(self) -> bytes:
        """The command as it was sent."""
        ...

    async def ack(self) -> None:
        """Remove the command from the broker. Errors are ignored, because the broker then redelivers it."""
        ...

    async def give_back(self) -> None:
        """Have the broker redeliver the command to this or another process. Errors are ignored."""
        ...

    async def keep(self) -> None:
        """Report that the command is still in progress, so that the broker does not redeliver it."""
        ...


class Broker(Protocol):
    """A message broker.

    Attributes:
        kind: ``redis``, ``nats``, ``rabbitmq`` or ``kafka``.
    """

    kind: str

    @property
    def store(self) -> KeyValueStore | None:
        """The broker's store, or None if it has none."""
        ...

    async def open(self) -> None:
        """Connect, and create any missing streams and buckets.

        Raises:
            BrokerDown: the broker cannot be reached.
            ConfigError: the broker refuses the login or the settings.
        """
        ...

    async def close(self) -> None:
        """Disconnect; safe to call twice."""
        ...

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        """Publish events, in order within each lane.

        Args:
            events: the events.
            acked: called with each event that the broker has stored.

        Raises:
            BrokerDown: the broker did not acknowledge all events. The order within each lane is still preserved.
        """
        ...

    def commands(self, handle: Callable[[TakenCommand], Awaitable[None]]) -> AbstractAsyncContextManager[None]:
        """Receive commands while the block runs, starting with any that another process left unacknowledged.

        Args:
            handle: queues a command, and can wait to apply backpressure to the broker.
        """
        ...

    async def bury(self, body: bytes, reason: str) -> None:
        """Publish a command as a dead letter, because it cannot be run.

        Args:
            body: the command as it was sent.
            reason: why the command cannot be run, as a single line.

        Raises:
            BrokerDown: the broker cannot be reached.
        """
        ...
