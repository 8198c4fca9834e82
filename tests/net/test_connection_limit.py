"""Limits of open connections: the oldest idle one makes room, a busy one never."""

from __future__ import annotations

import asyncio

import pytest

from odoochat.net.connection_limit import ConnectionLimit, address_of


class Connection(asyncio.Transport):
    """A connection of a client with a port of its own."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        rest = (0, 0) if ":" in host else ()
        super().__init__({"peername": (host, port, *rest)})
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True


def admitted(limit: ConnectionLimit, *ports: int) -> list[Connection]:
    connections = [Connection(port) for port in ports]
    for connection in connections:
        limit.admit(connection)
    return connections


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_client_has_an_address(host: str) -> None:
    assert address_of(Connection(1, host)) == (host, 1)


def test_the_oldest_makes_room() -> None:
    limit = ConnectionLimit(3)
    connections = admitted(limit, *range(50))
    assert [c.closing for c in connections] == [True] * 47 + [False] * 3
    assert len(limit) == 3


def test_a_request_in_progress_keeps_its_connection() -> None:
    limit = ConnectionLimit(2)
    first, second = admitted(limit, 1, 2)
    with limit.busy(address_of(first)):
        third, fourth = admitted(limit, 3, 4)
        assert [c.closing for c in (first, second, third, fourth)] == [False, True, True, False]
    admitted(limit, 5)
    assert first.closing, "idle again, and the oldest"


def test_without_an_idle_connection_the_new_one_is_refused() -> None:
    limit = ConnectionLimit(1)
    [first] = admitted(limit, 1)
    with limit.busy(address_of(first)):
        refused = Connection(2)
        assert not limit.admit(refused)
        assert refused.closing
    assert not first.closing
    assert limit.admit(Connection(3))


def test_what_its_client_closed_does_not_count() -> None:
    limit = ConnectionLimit(2)
    first, second = admitted(limit, 1, 2)
    second.close()
    assert len(limit) == 1
    admitted(limit, 3)
    assert not first.closing


def test_a_failed_request_leaves_its_connection_idle() -> None:
    limit = ConnectionLimit(1)
    [first] = admitted(limit, 1)
    with pytest.raises(ValueError, match="x"), limit.busy(address_of(first)):
        raise ValueError("x")
    assert limit.admit(Connection(2))
    assert first.closing
