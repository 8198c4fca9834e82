"""A sandbox that cannot start closes everything that it has opened."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from odoochat.sandbox import Sandbox


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """The SQLite connections that are opened during the test."""
    found: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def noted(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        found.append(connect(*args, **kwargs))
        return found[-1]

    monkeypatch.setattr(sqlite3, "connect", noted)
    return found


def assert_closed(connections: list[sqlite3.Connection]) -> None:
    assert connections
    for connection in connections:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


async def test_a_port_that_is_taken(opened: list[sqlite3.Connection]) -> None:
    async with Sandbox(19) as first:
        before = len(opened)
        with pytest.raises(OSError, match="address already in use"):
            await Sandbox(19, first.port, databases=["second"]).start()
        assert_closed(opened[before:])


def test_a_file_that_is_no_database(opened: list[sqlite3.Connection], tmp_path: Path) -> None:
    file = tmp_path / "no.db"
    file.write_text("a text that is long enough to be looked at " * 20)
    with pytest.raises(sqlite3.DatabaseError):
        Sandbox(19, path=str(file))
    assert_closed(opened)


def test_a_version_that_is_unknown(opened: list[sqlite3.Connection]) -> None:
    with pytest.raises(ValueError, match="13"):
        Sandbox(13)
    assert_closed(opened)
