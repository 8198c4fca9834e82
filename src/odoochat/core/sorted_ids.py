"""Sorted ids: a sorted list of ids from which the lowest ones can be removed cheaply."""

from __future__ import annotations

from bisect import bisect_left, insort

__all__ = ["SortedIds"]

SLACK = 256
"""Minimum number of removed ids before the list is compacted."""


class SortedIds:
    """Distinct ids in ascending order; adding the highest id and removing the lowest take constant time."""

    __slots__ = ("_ids", "_start")

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._start = 0  # earlier ids have been removed; shifting the rest each time would take longer

    def add(self, number: int) -> None:
        """Add an id.

        Args:
            number: the id, which must not be in the list yet.
        """
        ids = self._ids
        if not ids or number > ids[-1]:
            ids.append(number)
        else:
            insort(ids, number, self._start)

    def discard(self, number: int) -> None:
        """Remove an id if present.

        Args:
            number: the id.
        """
        ids, start = self._ids, self._start
        # Usually the lowest id is removed; a search would read ids all over the memory.
        at = start if start < len(ids) and ids[start] == number else bisect_left(ids, number, start)
        if at == len(ids) or ids[at] != number:
            return
        if at > start:
            del ids[at]
            return
        self._drop_lowest(1)

    def discard_all(self, numbers: list[int]) -> None:
        """Remove the ids that are present.

        Args:
            numbers: the ids.
        """
        start, end = self._start, self._start + len(numbers)
        if self._ids[start:end] == numbers:  # usually the lowest ids are removed
            self._drop_lowest(len(numbers))
        else:
            for number in numbers:
                self.discard(number)

    def _drop_lowest(self, count: int) -> None:
        self._start += count
        if self._start >= SLACK and self._start * 2 >= len(self._ids):
            del self._ids[: self._start]
            self._start = 0

    def count_from(self, first: int) -> int:
        """Return how many ids are greater than or equal to a given id.

        Args:
            first: the lowest id to count.
        """
        return len(self._ids) - bisect_left(self._ids, first, self._start)

    def __len__(self) -> int:
        return len(self._ids) - self._start
