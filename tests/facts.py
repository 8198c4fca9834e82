"""Everything that values say: `==` compares people, channels and messages by their ids alone."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


def facts(value: object) -> Any:
    """A value as plain data, types and names included, to be compared as a whole."""
    if isinstance(value, Struct):
        return type(value).__name__, {name: facts(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, (list, tuple)):
        return [facts(each) for each in value]
    if isinstance(value, dict):
        return {key: facts(each) for key, each in value.items()}
    return value
