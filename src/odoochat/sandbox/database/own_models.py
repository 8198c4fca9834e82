"""Models declared by tests, and their records."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from odoochat.sandbox.database.schema import Database, Row

__all__ = ["OwnModels"]

_TYPES = {str: "char", int: "integer", float: "float", bool: "boolean", date: "date", datetime: "datetime"}


class OwnModels:
    """Stores the records of declared models; storing them does not notify clients.

    Args:
        db: the database.
        now: returns the current time in Odoo's format.
    """

    def __init__(self, db: Database, now: Callable[[], str]) -> None:
        self._db = db
        self._now = now
        self._types: dict[str, dict[str, tuple[str, str]]] = {}

    def declare(self, model: str, fields: Mapping[str, type | str]) -> None:
        """Declare a model, or replace its fields.

        Args:
            model: the technical name.
            fields: the type of each field, or a model name for a many2one.

        Raises:
            ValueError: a name or type is invalid.
        """
        if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", model):
            raise ValueError(f"{model!r} is not a technical model name; use a name like crm.lead")
        types: dict[str, tuple[str, str]] = {"name": ("char", "")}
        for name, kind in fields.items():
            if isinstance(kind, str):
                types[name] = ("many2one", kind)
            elif kind in _TYPES:
                types[name] = (_TYPES[kind], "")
            else:
                raise ValueError(f"{model}.{name} must be str, int, float, bool, date, datetime or a model name")
        self._types[model] = types

    def __contains__(self, model: object) -> bool:
        return model in self._types

    @property
    def models(self) -> list[str]:
        """The declared models."""
        return list(self._types)

    def types(self, model: str) -> dict[str, tuple[str, str]]:
        """Return each field's type, or the model that it references."""
        return self._types[model]

    def rows(self, model: str) -> list[Row]:
        """Return a model's records."""
        return [self._row(row) for row in self._db.rows("SELECT * FROM own_record WHERE model = ? ORDER BY id", model)]

    def get(self, model: str, record_id: int) -> Row | None:
        """Return a record, or None if it does not exist."""
        found = self._db.rows("SELECT * FROM own_record WHERE model = ? AND id = ?", model, record_id)
        return self._row(found[0]) if found else None

    def add(self, model: str, uid: int, values: Mapping[str, Any]) -> int:
        """Store a record and return its id."""
        now, data = self._now(), json.dumps(dict(values), default=str)
        return self._db.insert("own_record", model=model, data=data, create_uid=uid, create_date=now, write_date=now)

    def change(self, model: str, record_id: int, values: Mapping[str, Any]) -> None:
        """Change a record."""
        row = self.get(model, record_id) or {}
        data = {name: row[name] for name in self._types[model] if name in row} | dict(values)
        self._db.update("own_record", record_id, data=json.dumps(data, default=str), write_date=self._now())

    def delete(self, model: str, record_id: int) -> None:
        """Delete a record."""
        self._db.run("DELETE FROM own_record WHERE model = ? AND id = ?", model, record_id)

    def _row(self, row: Row) -> Row:
        values = dict.fromkeys(self._types[row["model"]]) | json.loads(row["data"])
        logged = {name: row[name] for name in ("id", "create_uid", "create_date", "write_date")}
        return {**values, **logged, "display_name": values["name"] or f"{row['model']},{row['id']}"}
