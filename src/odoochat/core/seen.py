"""Seen: a bounded set of ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

__all__ = ["Seen"]


class Seen:
    """Keeps the most recently added ids.

    Args:
        capacity: number of ids that are certainly kept. There may be up to a quarter more, because removing many of the
            oldest ones at once takes less time than removing one whenever another is added.
        ids: initial ids, in order.
    """

    __slots__ = ("_capacity", "_ids", "_most")

    def __init__(self, capacity: int, ids: Iterable[int] = ()) -> None:
        self._capacity = capacity
        self._most = capacity + capacity // 4
        self._ids: dict[int, None] | None = None  # most of these sets stay empty
        for number in ids:
            self.add(number)

    def add(self, number: int) -> bool:
        """Add an id.

        Args:
            number: the id.

        Returns:
            Whether the id is new.
        """
        if (ids := self._ids) is None:
            ids = self._ids = {}
        elif number in ids:
            return False
        ids[number] = None
        if len(ids) > self._most:
            for oldest in list(islice(ids, len(ids) - self._capacity)):
                del ids[oldest]
        return True

    def discard(self, number: int) -> None:
        """Remove an id.

        Args:
            number: the id.
        """
        if self._ids is not None:
            self._ids.pop(number, None)

    def clear(self) -> None:
        """Remove all ids."""
        self._ids = None

    def __contains__(self, number: object) -> bool:
        return self._ids is not None and number in self._ids

    def __len__(self) -> int:
        return len(self._ids) if self._ids is not None else 0

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids or ())
