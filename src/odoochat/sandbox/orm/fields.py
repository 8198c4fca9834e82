"""Fields of the records that RPC reads: how the value of each is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.orm.binary_fields import View
from odoochat.sandbox.versions.fields import Table

Get = Callable[[View, Row], Any]


class Field(NamedTuple):
    """A field.

    Attributes:
        get: returns its value for a record.
        to: model that a many2one points to.
    """

    get: Get
    to: str = ""


def column(name: str) -> Field:
    """Return a field that is a column of the same meaning."""
    return Field(lambda _, row: row[name])


def flag(name: str) -> Field:
    """Return a column that is true or false."""
    return Field(lambda _, row: bool(row[name]))


def link(name: str, to: str) -> Field:
    """Return a column that is another record's id."""
    return Field(lambda _, row: row[name], to)


def const(value: Any) -> Field:
    """Return a field the sandbox does not fill."""
    return Field(lambda _, __: value)


def columns(*names: str) -> Table[Field]:
    """Return fields with the values of the columns of the same name."""
    return Table({name: column(name) for name in names})
