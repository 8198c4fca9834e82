"""Shared network: connections, TLS settings, DNS results and rate limits shared by the clients in one process."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace
from yarl import URL

from odoochat.net.connections import ConnectionPool
from odoochat.net.network import Network
from odoochat.net.pacer import Pacer
from odoochat.net.server_clients import ServerClients

__all__ = ["SharedNetwork"]


class SharedNetwork:
    """Shares connections to one or more servers between multiple clients.

    Any client can reuse an idle connection, but each client has its own cookies. Clients with different certificates or
    proxies do not share connections.

    Args:
        rate: maximum number of connection attempts per second to each server.
        at_once: maximum number of clients that connect to one server at the same time.
        cap: maximum delay between two attempts while a server is away, in seconds.
    """

    def __init__(self, *, rate: float = 35.0, at_once: int = 16, cap: float = 10.0) -> None:
        self._rate = rate
        self._at_once = at_once
        self._cap = cap
        self._connectors: dict[Network, ConnectionPool] = {}
        self._pacers: dict[str, Pacer] = {}
        self._clients: dict[str, ServerClients] = {}

    def connector(self, network: Network) -> ConnectionPool:
        """Return the connections for a proxy and certificates.

        Args:
            network: the proxy and certificates; the heartbeat is ignored.

        Raises:
            ConfigError: a file cannot be read, or contains no certificate or key.
        """
        key = replace(network, heartbeat=0.0)
        found = self._connectors.get(key)
        if found is None:
            # Each client limits its number of sockets; see `Connections`.
            found = self._connectors[key] = ConnectionPool(limit=0, ssl=network.tls())
        return found

    def pacer(self, base: URL) -> Pacer:
        """Return the pacer for a server.

        Args:
            base: the server's address.
        """
        server = str(base.origin())
        found = self._pacers.get(server)
        if found is None:
            found = self._pacers[server] = Pacer(server, rate=self._rate, at_once=self._at_once, cap=self._cap)
        return found

    def clients(self, base: URL) -> ServerClients:
        """Return the clients of a server.

        Args:
            base: the server's address.
        """
        return self._clients.setdefault(str(base.origin()), ServerClients())

    async def close(self) -> None:
        """Close all connections."""
        connectors = list(self._connectors.values())
        self._connectors.clear()
        await asyncio.gather(*(connector.end() for connector in connectors))
