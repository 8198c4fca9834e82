"""The version registry: selects the table that describes a server's release."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from odoochat.errors import ProtocolError
from odoochat.model import Version
from odoochat.wire.version_table import VersionTable
from odoochat.wire.versions import odoo14, odoo15, odoo16, odoo17, odoo18, odoo19, odoo20
from odoochat.wire.versions.dialect import Dialect

__all__ = ["MAJORS", "TABLES", "dialect_for", "table_for"]

TABLES: tuple[VersionTable, ...] = (
    odoo20.TABLE,
    odoo19.TABLE,
    odoo18.TABLE,
    odoo17.TABLE,
    odoo16.TABLE,
    odoo15.TABLE,
    odoo14.TABLE,
)
"""Tables of all supported versions, newest first. To add a version, add a module and an entry here."""

MAJORS = tuple(sorted(table.major for table in TABLES))
"""Supported major versions, oldest first."""


def table_for(version: Version, tables: Sequence[VersionTable] = TABLES) -> VersionTable:
    """Return the table that describes a release.

    A release between two long-term releases is closer to the later one: ``saas-18.4`` has JSON-2 and the store routes
    from Odoo 19. A release newer than any known one uses the newest table.

    Args:
        version: the server's version.
        tables: the tables to choose from, newest first.

    Returns:
        The newest table whose first release is not later than the version.

    Raises:
        ProtocolError: the version is older than 14.
    """
    for table in tables:
        if version >= table.first:
            return table
    raise ProtocolError(f"Odoo {version} is too old: odoochat supports Odoo {tables[-1].major} and later")


def dialect_for(version: Version, tables: Sequence[VersionTable] = TABLES, *, by_session: bool = True) -> Dialect:
    """Return the dialect for a release.

    Args:
        version: the server's version.
        tables: the tables to choose from, newest first.
        by_session: whether the login has a session.

    Returns:
        A dialect with that version's requests and decoder. It is stateless and shared by all clients.

    Raises:
        ProtocolError: the version is older than Odoo 14.
    """
    if tables is TABLES:
        return _shared(version, by_session)
    return Dialect(version, table_for(version, tables), by_session=by_session)


@lru_cache(maxsize=64)
def _shared(version: Version, by_session: bool) -> Dialect:
    """Return the dialect shared by all clients of a release."""
    return Dialect(version, table_for(version), by_session=by_session)
