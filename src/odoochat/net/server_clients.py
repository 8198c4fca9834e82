"""Server clients: the clients of one process on the same server, which share the query for missed messages."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ServerClients"]


class ServerClients:
    """Tracks the clients with a live link to one server.

    If a link loses messages without ending, the cause is usually the server: its bus has stalled. It is therefore
    enough that one client queries on behalf of all; if it finds something, the others query as well.
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
            warn: called if another client has found missed messages.
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
