"""Known channels: changes that arrive while rows are being fetched take precedence over the rows."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from odoochat.core.recent_messages import UNCOUNTED, RecentMessages
from odoochat.events import ChannelChanged, ChannelJoined, ChannelLeft, Event
from odoochat.model import ChannelInfo, ChannelRef, Message, same_facts

__all__ = ["KnownChannels"]


class KnownChannels:
    """The user's channels, by id.

    Args:
        messages: the recent messages, for counting the unread ones.
    """

    def __init__(self, messages: RecentMessages) -> None:
        self._messages = messages
        self._channels: dict[int, ChannelInfo] = {}
        self._read_up_to: dict[int, int] = {}
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
            messages: the messages, in order, with `Message.mine` set; the recent messages already contain them.
            counted: id of the newest message that the server's counts include.
        """
        begin = 0
        newer: set[int] = set()
        # Copying a channel takes long, so consecutive messages in the same channel are counted together.
        for place, message in enumerate(messages):
            first = messages[begin]
            if message.channel is not first.channel or message.mine is not first.mine:
                self._count_run(messages[begin:place], counted, newer)
                begin = place
        if messages:
            self._count_run(messages[begin:], counted, newer)
        for channel_id in newer:
            info = self._channels[channel_id]
            unread = min(info.unread, self._newer(channel_id))
            self.change(info, unread=unread, last_activity=info.last_activity)

    def _count_run(self, messages: Sequence[Message], counted: int, newer: set[int]) -> None:
        """Count consecutive messages of a channel; add it to `newer` if others' messages are newer than own ones."""
        last = messages[-1]
        if (info := self._channels.get(last.channel.id)) is None:
            return
        # A new message shows a hidden chat again.
        if not info.pinned and any(message.id > counted for message in messages):
            info = self.change(info, pinned=True)
        unread, mark = info.unread, self._read_up_to.get(info.id, 0)
        if last.mine:  # the user's own post marks all messages before it as read
            newest = max([message.id for message in messages])
            self._read_up_to[info.id] = max(mark, newest)
            if newest > counted:
                if not self._newer(info.id):
                    self.change(info, unread=0, last_activity=last.date)
                    return
                newer.add(info.id)
        else:
            # The server does not count a message that was committed late and is older than what the user has read
            # (observed on Odoo 14; Odoo 19 commits none).
            read_up_to = max(counted, mark)
            unread += len([m for m in messages if m.id > read_up_to and m.kind not in UNCOUNTED])
        # Rows that are being fetched may already include these messages, so their count takes precedence.
        self._channels[info.id] = msgspec.structs.replace(info, unread=unread, last_activity=last.date)

    def read(self, channel_id: int, last: int) -> None:
        """Update a channel's unread count because the user has read it.

        Args:
            channel_id: the channel's id.
            last: id of the newest message that the user has read. An older mark than the known one changes nothing.
        """
        info = self._channels.get(channel_id)
        if info is not None and last >= self._read_up_to.get(channel_id, 0):
            self._read_up_to[channel_id] = last
            self.change(info, unread=min(info.unread, self._newer(channel_id)))

    def unread_from(self, channel_id: int, first: int, unread: int) -> int:
        """Set where a channel's unread messages begin, which may be earlier than before.

        Args:
            channel_id: the channel's id.
            first: id of the first message that counts as unread.
            unread: the server's count, which may not include the newest messages.

        Returns:
            The number of unread messages.
        """
        self._read_up_to[channel_id] = first - 1
        return max(unread, self._newer(channel_id))

    def forget_read(self) -> None:
        """Forget what the user has read, because message ids now refer to other messages."""
        self._read_up_to.clear()

    def reuse(self, message: Message) -> None:
        """Count a new message as unread although its id was that of a message that the user had read.

        Args:
            message: the new message.
        """
        number = message.channel.id
        if self._read_up_to.get(number, 0) >= message.id:
            self._read_up_to[number] = message.id - 1

    def _newer(self, channel_id: int) -> int:
        """Return how many recent messages of other members are newer than what the user has read."""
        return self._messages.comments_from(channel_id, self._read_up_to[channel_id] + 1)

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
        # A user who leaves a channel and joins it again has not read anything in it. If that takes less time than a
        # refresh, only the count shows it.
        self._read_up_to = {
            number: last
            for number, last in self._read_up_to.items()
            if number in fresh and fresh[number].unread <= self._newer(number)
        }
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
