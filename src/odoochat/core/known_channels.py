"""Known channels: changes that arrive while rows are being fetched take precedence over the rows."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from odoochat.events import ChannelChanged, ChannelJoined, ChannelLeft, Event
from odoochat.model import ChannelInfo, ChannelRef, Message, same_facts

__all__ = ["KnownChannels"]


class KnownChannels:
    """The user's channels, by id."""

    def __init__(self) -> None:
        self._channels: dict[int, ChannelInfo] = {}
        self._refs: dict[int, ChannelRef] = {}
        self._readings: list[dict[int, set[str]]] = []

    def get(self, channel_id: int) -> ChannelInfo | None:
        """Return what is known about a channel, or None if the user is not a member.

        Args:
            channel_id: the channel's id.
        """
        return self._channels.get(channel_id)

    def ref(self, channel_id: int) -> ChannelRef:
        """Return a channel's id and name. The name is "" if the user is not a member.

        The same object is returned until the name changes.

        Args:
            channel_id: the channel's id.
        """
        ref = self._refs.get(channel_id)
        if ref is None:
            if (info := self._channels.get(channel_id)) is None:
                return ChannelRef(channel_id)
            ref = self._refs[channel_id] = info.ref
        return ref

    def all(self) -> list[ChannelInfo]:
        """Return all channels."""
        return list(self._channels.values())

    def ids(self) -> set[int]:
        """Return the ids of the channels."""
        return set(self._channels)

    def count(self, messages: Sequence[Message], counted: int) -> None:
        """Update the unread counts and the times of the last activity for messages that were posted.

        Args:
            messages: the messages, in order, with `Message.mine` set.
            counted: id of the newest message that the server's counts include.
        """
        begin = 0
        # Copying a channel takes long, so consecutive messages in the same channel are counted together.
        for place, message in enumerate(messages):
            first = messages[begin]
            if message.channel is not first.channel or message.mine is not first.mine:
                self._count_run(messages[begin:place], counted)
                begin = place
        if messages:
            self._count_run(messages[begin:], counted)

    def _count_run(self, messages: Sequence[Message], counted: int) -> None:
        last = messages[-1]
        if (info := self._channels.get(last.channel.id)) is None:
            return
        new = [message.kind for message in messages if message.id > counted]
        if new and not info.pinned:  # a new message shows a hidden chat again
            info = self.change(info, pinned=True)
        if last.mine:  # the user's own post marks all messages before it as read
            self.change(info, unread=0, last_activity=last.date)
        else:
            # Rows that are being fetched may already include these messages, so their count takes precedence.
            unread = info.unread + new.count("comment")  # only comments count as unread (observed on Odoo 19)
            self._channels[info.id] = msgspec.structs.replace(info, unread=unread, last_activity=last.date)

    def change(self, info: ChannelInfo, **facts: Any) -> ChannelInfo:
        """Change fields of a channel, even while rows are being fetched.

        Args:
            info: the channel.
            facts: new values for `ChannelInfo` fields.

        Returns:
            The changed channel.
        """
        new = self._channels[info.id] = msgspec.structs.replace(info, **facts)
        if "name" in facts:
            self._refs.pop(info.id, None)
        for changed in self._readings:
            changed.setdefault(info.id, set()).update(facts)
        return new

    @contextmanager
    def reading(self) -> Generator[dict[int, set[str]]]:
        """Record which fields change while the server's rows are being fetched.

        Yields:
            The names of the changed fields by channel id, for `renew`.
        """
        changed: dict[int, set[str]] = {}
        self._readings.append(changed)
        try:
            yield changed
        finally:
            self._readings = [each for each in self._readings if each is not changed]

    def renew(self, infos: Iterable[ChannelInfo], changed: Mapping[int, Iterable[str]]) -> list[Event]:
        """Replace the channels with those in the server's list.

        Args:
            infos: the user's channels.
            changed: names of fields that changed since the request, by channel id; these fields are kept.

        Returns:
            The events for the changes.
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
        self._refs = {
            number: ref
            for number, ref in self._refs.items()
            if (named := fresh.get(number)) is not None and named.name == ref.name
        }
        return events

    def _kept(self, info: ChannelInfo, facts: Iterable[str]) -> ChannelInfo:
        old = self._channels.get(info.id)
        newer = {fact: getattr(old, fact) for fact in facts} if old is not None else {}
        return msgspec.structs.replace(info, **newer) if newer else info
