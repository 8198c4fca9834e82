"""Delivery of notifications to one connection: each once, including late commits, with the faults that are set."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from odoochat.sandbox.database.bus import BusRow
from odoochat.sandbox.faults import Ledger
from odoochat.sandbox.world.world import World

HISTORY = 10.0  # seconds that a connection looks back for notifications committed late


class BusDelivery:
    """The subscription of one connection.

    As in Odoo, an id that was sent moves the floor only ten seconds later; until then lower ids that
    appear are sent too, and what was sent is remembered so that it is not sent again.
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
        """Subscribe to channels; only the first `last` of a connection counts."""
        self._keys = frozenset(keys)
        bus = self.world.state.bus
        if not self.started or (self._floor == 0 and not self._sent):
            beyond = self.world.state.capabilities.detects_lost_ids and last > bus.last_id()
            self._floor = 0 if beyond else int(last)
        self.started = True

    def forget(self, ids: list[int]) -> None:
        """Never deliver the rows with these ids."""
        self._forgotten.update(ids)

    def public(self) -> None:
        """Unsubscribe from all channels."""
        self._keys = frozenset()

    def recent(self) -> set[int]:
        """Return the ids of the last 50 seconds, also below the floor, that may be delivered to this connection."""
        return {row.id for row in self.world.state.bus.poll(self._keys, 0, self._forgotten)}

    def take(self) -> list[BusRow]:
        """Return the rows to deliver now, in order."""
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
        """Return notifications as frames."""
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
    """The subscription of one connection to Odoo 20, with a separate position for each channel.

    † From source only (addons/bus/bus_dispatcher.py): `last` counts for channels that are new to the connection, each
    channel sends separate frames, and only rows of one channel are in order.
    """

    def __init__(self, world: World, ledger: Ledger, window: float = HISTORY) -> None:
        super().__init__(world, ledger, window)
        self._floors: dict[str, int] = {}
        self._channel_of: dict[int, str] = {}  # by the id of a sent row

    def subscribe(self, keys: Iterable[str], last: int) -> None:
        """Subscribe to these channels instead of the previous ones."""
        start = 0 if last > self.world.state.bus.last_id() else int(last)
        self._floors = {one: self._floors.get(one, start) for one in keys}
        self.started = True

    def public(self) -> None:
        """Unsubscribe from all channels."""
        self._floors.clear()

    def take(self) -> list[BusRow]:
        """Return the rows to deliver now."""
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
        """Return notifications as one frame for each channel."""
        by_channel: dict[str, list[BusRow]] = {}
        for row in rows:
            by_channel.setdefault(row.channel, []).append(row)
        return [frame for one in by_channel.values() for frame in frames(one)]


def polled(world: World, row: BusRow) -> dict[str, Any]:
    """Return a notification as a poll answers it."""
    # † The channel in 20: addons/bus/tools/notifications.py (late 19.x).
    shown = {"id": row.id, "message": row.message, "channel": json.loads(row.channel)}
    return {key: shown[key] for key in world.state.capabilities.row_keys}


def frames(rows: list[BusRow]) -> list[list[dict[str, Any]]]:
    """Notifications as frames: one list, except that reordered and duplicated ones have their own frames."""
    shown = [{"id": row.id, "message": row.message} for row in rows]
    ids = [row.id for row in rows]
    if ids == sorted(set(ids)):
        return [shown] if shown else []
    return [[one] for one in shown]
