"""Server clients: tracks one process's clients on the same server, so that one can check for missed messages."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["ServerClients"]


class ServerClients:
    """Tracks the clients with a live link to one server.

    If a link loses messages without closing, the usual cause is a stalled bus on the server. One client therefore
    checks for missed messages on behalf of all; if it finds any, the others check as well.
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
            warn: a function that is called when another client finds missed messages.
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
            client: the client that found them; all other clients are warned.
        """
        for other, warn in tuple(self._clients.items()):
            if other is not client:
                warn()
