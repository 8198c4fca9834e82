"""Fields of records read over RPC, and how to compute their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.orm.binary_fields import View
from odoochat.sandbox.versions.fields import Table

Get = Callable[[View, Row], Any]


class Field(NamedTuple):
    """A record field.

    Attributes:
        get: returns the field's value for a record.
        to: the target model of a many2one.
    """

    get: Get
    to: str = ""


def column(name: str) -> Field:
    """Return a field backed by a column."""
    return Field(lambda _, row: row[name])


def flag(name: str) -> Field:
    """Return a boolean field backed by a column."""
    return Field(lambda _, row: bool(row[name]))


def link(name: str, to: str) -> Field:
    """Return a many2one field backed by a column."""
    return Field(lambda _, row: row[name], to)


def const(value: Any) -> Field:
    """Return a field with a constant value."""
    return Field(lambda _, __: value)


def columns(*names: str) -> Table[Field]:
    """Return fields backed by the columns of the same names."""
    return Table({name: column(name) for name in names})
