"""Identity: a base class for values that are compared by identity, and a function that compares all fields."""

from __future__ import annotations

from collections.abc import Hashable
from typing import cast

from msgspec import Struct

__all__ = ["Identified", "same_facts"]


def same_facts(one: object, other: object) -> bool:
    """Compare two values field by field, including names.

    ``==`` compares people, channels, messages and files by their ids; this function detects whether any of their fields
    changed.

    Args:
        one: a value from `odoochat.model`, a tuple of values, or a plain value.
        other: the value to compare it with.

    Returns:
        Whether both have the same type and equal fields.
    """
    if isinstance(one, Struct) and isinstance(other, Struct):
        if type(one) is not type(other):
            return False
        return all(same_facts(getattr(one, f), getattr(other, f)) for f in one.__struct_fields__)
    if isinstance(one, tuple) and isinstance(other, tuple):
        first, second = cast("tuple[object, ...]", one), cast("tuple[object, ...]", other)
        return len(first) == len(second) and all(map(same_facts, first, second))
    return one == other


class Identified(Struct, frozen=True, eq=False):
    """Base class for values that compare and hash equal if they refer to the same object on the server."""

    def identity(self) -> Hashable:
        """Return the value's identity; values with equal identities are equal.

        Returns:
            A tuple of the object's type and id.
        """
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identified):
            return NotImplemented
        return self.identity() == other.identity()

    def __ne__(self, other: object) -> bool:  # msgspec defines its own, which compares fields
        return not self == other

    def __hash__(self) -> int:
        return hash(self.identity())
