"""The store dictionary of 18 and later: records by model, merged by id, only what changed."""

from __future__ import annotations

import hashlib
from typing import Any

Json = dict[str, Any]


class RecordStore:
    """Collects records for one payload."""

    def __init__(self) -> None:
        self._models: dict[str, Any] = {}

    def add(self, model: str, record: Json, *identity: str) -> RecordStore:
        """Add a record, or more fields of one that is there."""
        names = identity or ("id",)
        records: list[Json] = self._models.setdefault(model, [])
        for known in records:
            if all(known.get(name) == record.get(name) for name in names):
                known.update(record)
                return self
        records.append(dict(record))
        return self

    def records(self, model: str) -> list[Json]:
        """Return the records of a model."""
        found: list[Json] = self._models.get(model, [])
        return found

    def put(self, model: str, values: Json) -> RecordStore:
        """Add to a record there is only one of."""
        self._models.setdefault(model, {}).update(values)
        return self

    def data(self) -> Json:
        """Return the dictionary as it is sent: everything in the order of its name."""
        return {
            model: _sorted(value) if isinstance(value, dict) else [_sorted(record) for record in value]
            for model, value in sorted(self._models.items())
        }


def _sorted(record: Json) -> Json:
    return dict(sorted(record.items()))


def token(purpose: str, record_id: int) -> str:
    """Return an access token with the look of a real one; always the same for the same record."""
    return hashlib.sha256(f"{purpose}/{record_id}".encode()).hexdigest() + "o0x6b2f3515"


def cache_key(channel_id: int) -> str:
    """What a client adds to a picture's address, so that it may keep the picture."""
    return hashlib.sha512(str(channel_id).encode()).hexdigest()
