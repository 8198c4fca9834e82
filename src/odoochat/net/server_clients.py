"""The clients of one process on the same server, which share the question for missed messages."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ServerClients"]


class ServerClients:
    """The clients with a live link to one server.

    A link that loses messages without ending does so because of the server, as a rule: its bus stands still. So one
    client that asks in the name of all is enough, and when it finds something, the others ask too.
    """

    __slots__ = ("_clients",)

    def __init__(self) -> None:
        self._clients: dict[object, Callable[[], None]] = {}

    def __len__(self) -> int:
        return len(self._clients)

    def join(self, client: object, warn: Callable[[], None]) -> None:
        """Add a client.

        Args:
            client: the client.
            warn: called when another one has found missed messages.
        """
        self._clients[client] = warn

    def leave(self, client: object) -> None:
        """Remove a client; safe to call twice.

        Args:
            client: the client.
        """
        self._clients.pop(client, None)

    def warn(self, client: object) -> None:
        """Report that a client has found messages that its link did not deliver.

        Args:
            client: the client; the others are warned.
        """
        for other, warn in tuple(self._clients.items()):
            if other is not client:
                warn()
