"""Known channels: what changes while the server's rows are read is newer than these rows."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from odoochat.events import ChannelChanged, ChannelJoined, ChannelLeft, Event
from odoochat.model import ChannelInfo, ChannelRef, same_facts

__all__ = ["KnownChannels"]


class KnownChannels:
    """The user's channels, by id."""

    def __init__(self) -> None:
        self._channels: dict[int, ChannelInfo] = {}
        self._refs: dict[int, ChannelRef] = {}
        self._readings: list[dict[int, set[str]]] = []

    def get(self, channel_id: int) -> ChannelInfo | None:
        """Return what is known of a channel, None when the user is not a member.

        Args:
            channel_id: the channel.
        """
        return self._channels.get(channel_id)

    def ref(self, channel_id: int) -> ChannelRef:
        """Return a channel's id and name, the same object while the name stays; "" when the user is not a member.

        Args:
            channel_id: the channel.
        """
        info = self._channels.get(channel_id)
        if info is None:
            return ChannelRef(channel_id)
        ref = self._refs.get(channel_id)
        if ref is None or ref.name != info.name:
            ref = self._refs[channel_id] = info.ref
        return ref

    def all(self) -> list[ChannelInfo]:
        """Return all channels."""
        return list(self._channels.values())

    def put(self, info: ChannelInfo) -> None:
        """Replace a channel by a copy whose counts include one more message.

        Args:
            info: the channel.
        """
        self._channels[info.id] = info

    def change(self, info: ChannelInfo, **facts: Any) -> ChannelInfo:
        """Change facts of a channel, also in rows that are being read.

        Args:
            info: the channel.
            facts: fields of `ChannelInfo`.

        Returns:
            The changed channel.
        """
        new = self._channels[info.id] = msgspec.structs.replace(info, **facts)
        for changed in self._readings:
            changed.setdefault(info.id, set()).update(facts)
        return new

    @contextmanager
    def reading(self) -> Generator[dict[int, set[str]]]:
        """Record which facts change while the server's rows are read.

        Yields:
            The names of the facts by channel id, for `renew`.
        """
        changed: dict[int, set[str]] = {}
        self._readings.append(changed)
        try:
            yield changed
        finally:
            self._readings = [each for each in self._readings if each is not changed]

    def renew(self, infos: Iterable[ChannelInfo], changed: Mapping[int, Iterable[str]]) -> list[Event]:
        """Replace the channels by those that the server lists.

        Args:
            infos: the user's channels.
            changed: facts that changed since they were requested, by channel id; they stay.

        Returns:
            What changed.
        """
        fresh = {info.id: self._kept(info, changed.get(info.id, ())) for info in infos}
        events: list[Event] = [ChannelLeft(old.ref) for i, old in self._channels.items() if i not in fresh]
        for number, info in fresh.items():
            old = self._channels.get(number)
            if old is None:
                events.append(ChannelJoined(info))
            elif not same_facts(old, info):
                events.append(ChannelChanged(info))
        self._channels = fresh
        self._refs = {number: ref for number, ref in self._refs.items() if number in fresh}
        return events

    def _kept(self, info: ChannelInfo, facts: Iterable[str]) -> ChannelInfo:
        old = self._channels.get(info.id)
        newer = {fact: getattr(old, fact) for fact in facts} if old is not None else {}
        return msgspec.structs.replace(info, **newer) if newer else info
