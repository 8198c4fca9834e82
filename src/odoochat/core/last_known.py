"""Last known: a bounded dictionary, which forgets the keys that were set longest ago."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import ItemsView
from typing import Generic, TypeVar, overload

__all__ = ["LastKnown"]

D = TypeVar("D")
K = TypeVar("K")
V = TypeVar("V")


class LastKnown(Generic[K, V]):
    """The values that were set last, up to a capacity: a server may name millions of people.

    Args:
        capacity: number of keys that are kept.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        # A plain dict would be scanned over its freed slots each time the oldest key is taken out.
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
        """Return the value of a key, as `dict.get` does.

        Args:
            key: the key.
            default: returned when the key is not known.
        """
        return self._values.get(key, default)

    def discard(self, key: K) -> None:
        """Remove a key, if it is known.

        Args:
            key: the key.
        """
        self._values.pop(key, None)

    def items(self) -> ItemsView[K, V]:
        """Return the keys and their values, in the order in which they were set."""
        return self._values.items()

    def __len__(self) -> int:
        return len(self._values)
