"""Equality of values by identity: the base class, and a comparison of everything that two values say."""

from __future__ import annotations

from collections.abc import Hashable
from typing import cast

from msgspec import Struct

__all__ = ["Identified", "same_facts"]


def same_facts(one: object, other: object) -> bool:
    """Compare two values field by field, names included.

    ``==`` compares people, channels, messages and files by their ids; this function finds out whether anything
    about them changed.

    Args:
        one: a value of `odoochat.model`, a tuple of values, or a plain value.
        other: the value to compare it with.

    Returns:
        Whether both have the same type and agree in every field.
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
    """Base of values that are equal, and have equal hashes, when they identify the same thing, whatever its name is."""

    def identity(self) -> Hashable:
        """Return the identity of the value; values with equal identities are equal.

        Returns:
            A tuple of the thing's kind and its id.
        """
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Identified):
            return NotImplemented
        return self.identity() == other.identity()

    def __ne__(self, other: object) -> bool:  # msgspec defines one of its own, which compares fields
        return not self == other

    def __hash__(self) -> int:
        return hash(self.identity())
