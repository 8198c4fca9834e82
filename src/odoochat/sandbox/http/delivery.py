"""Delivers each notification to a connection once, including late commits, subject to the active faults."""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

from odoochat.sandbox.database.bus import BusRow
from odoochat.sandbox.faults import Ledger
from odoochat.sandbox.world.world import World

HISTORY = 10.0  # how far a connection looks back for late commits, in seconds


class BusDelivery:
    """A connection's subscription.

    As in Odoo, a sent id raises the floor only after ten seconds. Until then, lower ids that become visible are sent
    too; sent ids are tracked so that nothing is sent twice.
    """

    def __init__(self, world: World, ledger: Ledger, window: float = HISTORY) -> None:
        self.world = world
        self._ledger = ledger
        self._window = window
        self._keys: frozenset[str] = frozenset()
        self._floor = 0
        self._sent: dict[int, float] = {}
        self._forgotten: set[int] = set()
        self.started = False

    def subscribe(self, keys: Iterable[str], last: int) -> None:
        """Subscribe to channels; only the connection's first `last` is used."""
        self._keys = frozenset(keys)
        bus = self.world.state.bus
        if not self.started or (self._floor == 0 and not self._sent):
            beyond = self.world.state.capabilities.detects_lost_ids and last > bus.last_id()
            self._floor = 0 if beyond else int(last)
        self.started = True

    def forget(self, ids: list[int]) -> None:
        """Never deliver the rows with these ids."""
        self._forgotten.update(ids)

    def listens(self, keys: AbstractSet[str]) -> bool:
        """Return whether the connection is subscribed to one of these channels."""
        return not self._keys.isdisjoint(keys)

    def public(self) -> None:
        """Unsubscribe from all channels."""
        self._keys = frozenset()

    def recent(self) -> set[int]:
        """Return the deliverable ids from the last 50 seconds, including those below the floor."""
        return {row.id for row in self.world.state.bus.poll(self._keys, 0, self._forgotten)}

    def take(self) -> list[BusRow]:
        """Return the rows that are ready for delivery, in order."""
        if not self.started:
            return []
        self._move_floor()
        ignored = self._forgotten.union(self._sent)
        rows = self.world.state.bus.poll(self._keys, self._floor, ignored)
        now = self.world.state.clock()
        rows = [row for row in rows if not self._ledger.held(row.id)]
        self._sent.update((row.id, now) for row in rows)
        return list(self._arranged(rows))

    def _move_floor(self) -> None:
        due = self.world.state.clock() - self._window
        old = [row_id for row_id, sent in self._sent.items() if sent < due]
        for row_id in old:
            del self._sent[row_id]
        self._floor = max([self._floor, *old])

    def frames(self, rows: list[BusRow]) -> list[list[dict[str, Any]]]:
        """Encode notifications as frames."""
        return frames(rows)

    def _arranged(self, rows: list[BusRow]) -> Iterable[BusRow]:
        waiting = {row.id: row for row in rows}
        for row in rows:
            if row.id not in waiting:
                continue
            group = self._ledger.reversed_group(row.id) or [row.id]
            for row_id in reversed(group):
                found = waiting.pop(row_id, None)
                if found is not None:
                    yield found
                    if row_id in self._ledger.doubled:
                        yield found


class TopicDelivery(BusDelivery):
    """A connection's subscription in Odoo 20, with a separate position for each channel.

    † Based on the source only (addons/bus/bus_dispatcher.py): `last` applies to channels that are new to the
    connection, each channel sends its own frames, and rows are ordered only within a channel.
    """

    def __init__(self, world: World, ledger: Ledger, window: float = HISTORY) -> None:
        super().__init__(world, ledger, window)
        self._floors: dict[str, int] = {}
        self._channel_of: dict[int, str] = {}  # keyed by the id of a sent row

    def subscribe(self, keys: Iterable[str], last: int) -> None:
        """Subscribe to these channels, replacing the previous ones."""
        start = 0 if last > self.world.state.bus.last_id() else int(last)
        self._floors = {one: self._floors.get(one, start) for one in keys}
        self.started = True

    def listens(self, keys: AbstractSet[str]) -> bool:
        """Return whether the connection is subscribed to one of these channels."""
        return not self._floors.keys().isdisjoint(keys)

    def public(self) -> None:
        """Unsubscribe from all channels."""
        self._floors.clear()

    def take(self) -> list[BusRow]:
        """Return the rows that are ready for delivery."""
        self._move_floor()
        by_floor: dict[int, list[str]] = {}
        for one, floor in self._floors.items():
            by_floor.setdefault(floor, []).append(one)
        ignored = self._forgotten.union(self._sent)
        rows = [row for floor, keys in by_floor.items() for row in self.world.state.bus.poll(keys, floor, ignored)]
        now = self.world.state.clock()
        rows = sorted((row for row in rows if not self._ledger.held(row.id)), key=lambda row: row.id)
        self._sent.update((row.id, now) for row in rows)
        self._channel_of.update((row.id, row.channel) for row in rows)
        return list(self._arranged(rows))

    def _move_floor(self) -> None:
        due = self.world.state.clock() - self._window
        for row_id in [row_id for row_id, sent in self._sent.items() if sent < due]:
            del self._sent[row_id]
            channel = self._channel_of.pop(row_id)
            if channel in self._floors:
                self._floors[channel] = max(self._floors[channel], row_id)

    def frames(self, rows: list[BusRow]) -> list[list[dict[str, Any]]]:
        """Encode notifications as one frame per channel."""
        by_channel: dict[str, list[BusRow]] = {}
        for row in rows:
            by_channel.setdefault(row.channel, []).append(row)
        return [frame for one in by_channel.values() for frame in frames(one)]


def polled(world: World, row: BusRow) -> dict[str, Any]:
    """Return a notification in the format of a poll response."""
    # † The channel in 20: addons/bus/tools/notifications.py (late 19.x).
    shown = {"id": row.id, "message": row.message, "channel": json.loads(row.channel)}
    return {key: shown[key] for key in world.state.capabilities.row_keys}


def frames(rows: list[BusRow]) -> list[list[dict[str, Any]]]:
    """Encode notifications as one frame, with reordered and duplicated ones in separate frames."""
    shown = [{"id": row.id, "message": row.message} for row in rows]
    ids = [row.id for row in rows]
    if ids == sorted(set(ids)):
        return [shown] if shown else []
    return [[one] for one in shown]
