"""Last known: a bounded dictionary that drops the least recently set keys."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable
from itertools import islice
from typing import Generic, TypeVar, overload

__all__ = ["LastKnown"]

D = TypeVar("D")
K = TypeVar("K")
V = TypeVar("V")


class LastKnown(Generic[K, V]):
    """Keeps the most recently set values, because a server may have millions of partners.

    Args:
        capacity: number of keys that are certainly kept. There may be up to a quarter more, because removing many of
            the oldest ones at once takes less time than removing one whenever another is added.
        values: initial keys and values, in order.
    """

    __slots__ = ("_capacity", "_most", "_values")

    def __init__(self, capacity: int, values: Iterable[tuple[K, V]] = ()) -> None:
        self._capacity = capacity
        self._most = capacity + capacity // 4
        self._values: dict[K, V] = {}
        for key, value in values:
            self[key] = value

    def __setitem__(self, key: K, value: V) -> None:
        values = self._values
        if key in values:
            del values[key]
        values[key] = value
        if len(values) > self._most:
            for oldest in list(islice(values, len(values) - self._capacity)):
                del values[oldest]

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

    def use(self, key: K) -> V | None:
        """Return the value for a key, which then counts as just set.

        The order is left alone while at most half of the capacity is in use, because no key will be removed soon.

        Args:
            key: the key.

        Returns:
            The value, or None if the key is missing.
        """
        values = self._values
        value = values.get(key)
        if value is not None and len(values) * 2 > self._capacity:
            values[key] = values.pop(key)
        return value

    def discard(self, key: K) -> None:
        """Remove a key if present.

        Args:
            key: the key.
        """
        self._values.pop(key, None)

    def clear(self) -> None:
        """Remove all keys."""
        self._values = {}

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def items(self) -> ItemsView[K, V]:
        """Return the keys with their values, in the order they were set."""
        return self._values.items()

    def __len__(self) -> int:
        return len(self._values)
