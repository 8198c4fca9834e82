"""What a relay needs of a message broker: events in, commands out, and a store with compare-and-set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct

from odoochat.errors import OdooChatError
from odoochat.relay.outgoing import OutgoingEvent

__all__ = ["Broker", "BrokerDown", "Conflict", "Entry", "KeyValueStore", "TakenCommand"]


class BrokerDown(OdooChatError, ConnectionError):
    """Raised when the broker cannot be reached, or refuses for now; what was not acknowledged is to be tried again."""


class Conflict(Exception):
    """Raised by `KeyValueStore.write`: the entry has another revision than the expected one."""


class Entry(Struct, frozen=True):
    """An entry of a store.

    Attributes:
        value: its content.
        revision: changes with each write.
    """

    value: bytes
    revision: int


class KeyValueStore(Protocol):
    """A store that all processes of a relay share."""

    async def read(self, key: str) -> Entry | None:
        """Return an entry, None when there is none.

        Args:
            key: its name: letters, digits, dots, hyphens, underscores and ``=``.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...

    async def read_many(self, keys: Sequence[str]) -> list[Entry | None]:
        """Return entries, None for each that does not exist.

        Args:
            keys: their names.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...

    async def write(self, key: str, value: bytes, revision: int | None) -> int:
        """Write an entry.

        Args:
            key: its name.
            value: the new content.
            revision: the revision that it must have now; 0 when it must not exist, None for any.

        Returns:
            The new revision.

        Raises:
            Conflict: it has another revision.
            BrokerDown: the store cannot be reached; it may have been written.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove an entry, if there is one.

        Args:
            key: its name.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...

    async def remember(self, key: str, value: bytes) -> None:
        """Write an entry that the store removes by itself after a day.

        Args:
            key: its name.
            value: the content.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...

    async def recall(self, key: str) -> bytes | None:
        """Return what `remember` wrote, None when there is nothing.

        Args:
            key: its name.

        Raises:
            BrokerDown: the store cannot be reached.
        """
        ...


class TakenCommand(Protocol):
    """A command that was taken out of the broker and has not been acknowledged yet."""

    @property
    def body(self) -> bytes:
        """What was sent."""
        ...

    async def ack(self) -> None:
        """Remove it from the broker; errors are ignored, as it is delivered again then."""
        ...

    async def give_back(self) -> None:
        """Let the broker deliver it again, to this process or another one; errors are ignored."""
        ...

    async def keep(self) -> None:
        """Report that it is still being handled, so that the broker does not deliver it again."""
        ...


class Broker(Protocol):
    """A message broker.

    Attributes:
        kind: ``redis``, ``nats``, ``rabbitmq`` or ``kafka``.
    """

    kind: str

    @property
    def store(self) -> KeyValueStore | None:
        """The store of the broker; None when it has none."""
        ...

    async def open(self) -> None:
        """Connect, and create what is missing there.

        Raises:
            BrokerDown: it cannot be reached.
            ConfigError: it refuses the login or the settings.
        """
        ...

    async def close(self) -> None:
        """Disconnect; safe to call twice."""
        ...

    async def publish(self, events: Sequence[OutgoingEvent], acked: Callable[[OutgoingEvent], None]) -> None:
        """Publish events, those of one lane in their order.

        Args:
            events: the events.
            acked: called with each event that the broker has stored.

        Raises:
            BrokerDown: some were not acknowledged; none of them was stored after a later one of its lane.
        """
        ...

    def commands(self, handle: Callable[[TakenCommand], Awaitable[None]]) -> AbstractAsyncContextManager[None]:
        """Take commands while the block runs: first those that another process took and did not acknowledge.

        Args:
            handle: queues a command; it may wait to slow the broker down.
        """
        ...

    async def bury(self, body: bytes, reason: str) -> None:
        """Publish a command that cannot be carried out as a dead letter.

        Args:
            body: the command as it was sent.
            reason: why, in one line.

        Raises:
            BrokerDown: the broker cannot be reached.
        """
        ...
