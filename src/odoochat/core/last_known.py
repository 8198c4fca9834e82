"""Last known: a bounded dictionary that drops the least recently set keys."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import ItemsView
from typing import Generic, TypeVar, overload

__all__ = ["LastKnown"]

D = TypeVar("D")
K = TypeVar("K")
V = TypeVar("V")


class LastKnown(Generic[K, V]):
    """Keeps the most recently set values, up to a capacity, because a server may have millions of partners.

    Args:
        capacity: maximum number of keys.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        # A plain dict would scan its freed slots each time the oldest key is removed.
        self._values: OrderedDict[K, V] = OrderedDict()

    def __setitem__(self, key: K, value: V) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._capacity:
            self._values.popitem(last=False)

    @overload
    def get(self, key: K) -> V | None: ...
    @overload
    def get(self, key: K, default: D) -> V | D: ...
    def get(self, key: K, default: D | None = None) -> V | D | None:
        """Return the value for a key, like `dict.get`.

        Args:
            key: the key.
            default: returned if the key is missing.
        """
        return self._values.get(key, default)

    def touch(self, key: K) -> None:
        """Treat a key as just set.

        Args:
            key: a key that has a value.
        """
        self._values.move_to_end(key)

    def discard(self, key: K) -> None:
        """Remove a key if present.

        Args:
            key: the key.
        """
        self._values.pop(key, None)

    def items(self) -> ItemsView[K, V]:
        """Return the keys with their values, in the order they were set."""
        return self._values.items()

    def __len__(self) -> int:
        return len(self._values)
