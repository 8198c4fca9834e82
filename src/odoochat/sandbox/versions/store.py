"""The store dictionary (Odoo 18 and later): changed records keyed by model, merged by id."""

from __future__ import annotations

import hashlib
from typing import Any

Json = dict[str, Any]


class RecordStore:
    """Collects the records for a payload."""

    def __init__(self) -> None:
        self._models: dict[str, Any] = {}

    def add(self, model: str, record: Json, *identity: str) -> RecordStore:
        """Add a record, or merge more fields into an existing one."""
        names = identity or ("id",)
        records: list[Json] = self._models.setdefault(model, [])
        for known in records:
            if all(known.get(name) == record.get(name) for name in names):
                known.update(record)
                return self
        records.append(dict(record))
        return self

    def records(self, model: str) -> list[Json]:
        """Return a model's records."""
        found: list[Json] = self._models.get(model, [])
        return found

    def put(self, model: str, values: Json) -> RecordStore:
        """Add fields to a singleton record."""
        self._models.setdefault(model, {}).update(values)
        return self

    def data(self) -> Json:
        """Return the dictionary to send, with models and fields sorted by name."""
        return {
            model: _sorted(value) if isinstance(value, dict) else [_sorted(record) for record in value]
            for model, value in sorted(self._models.items())
        }


def _sorted(record: Json) -> Json:
    return dict(sorted(record.items()))


def token(purpose: str, record_id: int) -> str:
    """Return a realistic access token; a record always gets the same one."""
    return hashlib.sha256(f"{purpose}/{record_id}".encode()).hexdigest() + "o0x6b2f3515"


def cache_key(channel_id: int) -> str:
    """Return the cache key that a client appends to an image's URL."""
    return hashlib.sha512(str(channel_id).encode()).hexdigest()
