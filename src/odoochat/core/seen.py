"""A bounded memory of ids."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

__all__ = ["Seen"]


class Seen:
    """The newest ids that were added, up to a number of them."""

    def __init__(self, capacity: int, ids: Iterable[int] = ()) -> None:
        self._capacity = capacity
        # A plain dict would be scanned over its freed slots each time the oldest id is taken out.
        self._ids: OrderedDict[int, None] = OrderedDict()
        for number in ids:
            self.add(number)

    def add(self, number: int) -> bool:
        """Adds an id; tells whether it was not there."""
        if number in self._ids:
            return False
        self._ids[number] = None
        if len(self._ids) > self._capacity:
            self._ids.popitem(last=False)
        return True

    def discard(self, number: int) -> None:
        """Forgets an id."""
        self._ids.pop(number, None)

    def clear(self) -> None:
        """Forgets all."""
        self._ids.clear()

    def __contains__(self, number: object) -> bool:
        return number in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)
