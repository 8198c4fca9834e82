"""Limits how many connections a server keeps open, so that silent ones neither use it up nor lock others out."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["Address", "ConnectionLimit", "address_of"]

Address = tuple[str, int]
"""A client's host and port, which identify its connection."""


def address_of(transport: asyncio.BaseTransport) -> Address:
    """Return the address of the client at the other end of a connection.

    Args:
        transport: the connection.
    """
    host, port = transport.get_extra_info("peername")[:2]
    return host, port


class ConnectionLimit:
    """The open connections of a server. At the limit, a new one replaces the oldest one without a request in progress.

    Args:
        most: maximum number of connections.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[Address, asyncio.Transport] = {}
        self._busy: set[Address] = set()

    def __len__(self) -> int:
        return sum(not each.is_closing() for each in self._open.values())

    def admit(self, transport: asyncio.Transport) -> bool:
        """Count a new connection. If there are too many, close the oldest idle one, or the new one if none is idle.

        Args:
            transport: the new connection.

        Returns:
            Whether the new connection stays open.
        """
        self._open = {address: each for address, each in self._open.items() if not each.is_closing()}
        if len(self._open) >= self._most:
            idle = next((each for each in self._open if each not in self._busy), None)
            if idle is None:
                transport.abort()
                return False
            self._open.pop(idle).abort()
        self._open[address_of(transport)] = transport
        return True

    @contextmanager
    def busy(self, address: Address) -> Generator[None]:
        """Keep a connection open while the block handles its request.

        Args:
            address: the address of the client that sent the request.
        """
        self._busy.add(address)
        try:
            yield
        finally:
            self._busy.discard(address)
