"""Recent messages: a bounded cache of messages, kept up to date with later changes."""

from __future__ import annotations

from collections.abc import Iterable, KeysView
from itertools import islice
from typing import Any

import msgspec

from odoochat.core.seen import Seen
from odoochat.core.sorted_ids import SortedIds
from odoochat.events import ReactionChanged
from odoochat.model import Message, Reaction

__all__ = ["UNCOUNTED", "RecentMessages"]

UNCOUNTED = ("notification", "user_notification")
"""The kinds of messages that do not count as unread.

Source: addons/mail/models/discuss/discuss_channel_member.py, `_compute_message_unread` (19.0); mail_thread.py,
`_get_message_unread` (14.0).
"""

DELETED = 1_000
"""Maximum number of deleted messages whose ids are kept."""


class RecentMessages:
    """The most recently received or fetched messages across all channels.

    Args:
        capacity: number of messages that are certainly kept. There may be an eighth more, because removing many of
            the oldest ones at once takes less time than removing one whenever another is added.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._most = capacity + capacity // 8
        self._messages: dict[int, Message] = {}
        self._comments: dict[int, SortedIds] = {}
        self._reactions: dict[int, dict[str, Reaction]] = {}
        self._reacted: set[int] = set()
        self._deleted = Seen(DELETED)

    def get(self, message_id: int) -> Message | None:
        """Return a message, or None if it is not recent.

        Args:
            message_id: the message's id.
        """
        found = self._messages.get(message_id)
        if found is None or message_id not in self._reacted:
            return found
        self._reacted.discard(message_id)
        found = msgspec.structs.replace(found, reactions=tuple(self._reactions[message_id].values()))
        self._messages[message_id] = found
        return found

    @property
    def ids(self) -> KeysView[int]:
        """The ids of the recent messages."""
        return self._messages.keys()

    @property
    def deleted(self) -> Seen:
        """The ids of messages that are known to have been deleted."""
        return self._deleted

    def channel_of(self, message_id: int) -> int:
        """Return a message's channel, or 0 if the message is not recent.

        Args:
            message_id: the message's id.
        """
        message = self._messages.get(message_id)
        return message.channel.id if message else 0

    def was_deleted(self, message_id: int) -> bool:
        """Return whether a message is known to have been deleted.

        Args:
            message_id: the message's id.
        """
        return message_id in self._deleted

    def comments_from(self, channel_id: int, first: int) -> int:
        """Count other members' messages in a channel that can be unread, starting from a given message.

        Args:
            channel_id: the channel's id.
            first: id of the first message to count.
        """
        ids = self._comments.get(channel_id)
        return ids.count_from(first) if ids is not None else 0

    # ------------------------------------------------------------------- changes

    def keep(self, message: Message) -> None:
        """Add or replace a message.

        Args:
            message: the message, with `Message.mine` set.
        """
        number = message.id
        if number in self._messages:
            message = self.with_known_reactions(message)
            self.forget(number)
        self._messages[number] = message
        if message.kind not in UNCOUNTED and not message.mine:
            if (ids := self._comments.get(message.channel.id)) is None:
                ids = self._comments[message.channel.id] = SortedIds()
            ids.add(number)
        if len(self._messages) > self._most:
            self._forget_oldest(len(self._messages) - self._capacity)

    def edit(self, message: Message) -> None:
        """Replace a message if it is recent.

        Args:
            message: the current version of the message.
        """
        if message.id in self._messages:
            message = self.with_known_reactions(message)
            self._forget_reactions(message.id)
            self._messages[message.id] = message

    def change(self, message_id: int, **facts: Any) -> None:
        """Change some fields of a message if it is recent.

        Args:
            message_id: the message's id.
            facts: new values for `Message` fields.
        """
        if (old := self.get(message_id)) is not None:
            if "reactions" in facts:
                self._forget_reactions(message_id)
            self._messages[message_id] = msgspec.structs.replace(old, **facts)

    def react(self, event: ReactionChanged) -> None:
        """Change one reaction to a message if the message is recent.

        Args:
            event: the current reaction.
        """
        old = self._messages.get(event.message_id)
        if old is None:
            return
        # Reactions are keyed by emoji and made a tuple on access: one frame may contain thousands for a single message.
        if (reactions := self._reactions.get(event.message_id)) is None:
            reactions = self._reactions[event.message_id] = {r.content: r for r in old.reactions}
        self._reacted.add(event.message_id)
        if event.count:
            reactions[event.content] = Reaction(event.content, event.count, event.authors)
        else:
            reactions.pop(event.content, None)

    def with_known_reactions(self, message: Message) -> Message:
        """Add the known reactions to a message that does not contain all of its reactions.

        Args:
            message: the message.

        Returns:
            The same message, or a copy with reactions.
        """
        old = self.get(message.id)
        if message.reactions_known or old is None or message.reactions:
            return message
        return msgspec.structs.replace(message, reactions=old.reactions, reactions_known=old.reactions_known)

    def learn_reactions(self, messages: Iterable[Message]) -> None:
        """Store the reactions of fetched messages that are recent.

        Args:
            messages: the fetched messages.
        """
        for message in messages:
            self.change(message.id, reactions=message.reactions, reactions_known=True)

    def learn_details(self, message_id: int, full: Message) -> None:
        """Store a message's file details and its author's plain name, if the message is recent.

        Args:
            message_id: the message's id.
            full: the message with these details. Files added or removed in the meantime are left alone.
        """
        known = self.get(message_id)
        if known is not None:
            files = {a.id: a for a in full.attachments}
            attachments = tuple(a if a.name else files.get(a.id, a) for a in known.attachments)
            self.change(message_id, author=full.author, attachments=attachments)

    def delete(self, message_id: int) -> None:
        """Remove a message that the server has deleted.

        Args:
            message_id: the message's id.
        """
        self.forget(message_id)
        self._deleted.add(message_id)

    def reuse(self, message_id: int) -> None:
        """Forget that a message was deleted, because a new message has its id.

        Args:
            message_id: the message's id.
        """
        self._deleted.discard(message_id)

    def forget(self, message_id: int) -> None:
        """Remove a message from the cache.

        Args:
            message_id: the message's id.
        """
        if (old := self._messages.pop(message_id, None)) is None:
            return
        if message_id in self._reactions:
            self._forget_reactions(message_id)
        if (ids := self._comments.get(old.channel.id)) is not None:
            ids.discard(message_id)

    def _forget_oldest(self, count: int) -> None:
        by_channel: dict[int, list[int]] = {}
        for number in list(islice(self._messages, count)):
            message = self._messages.pop(number)
            if number in self._reactions:
                self._forget_reactions(number)
            by_channel.setdefault(message.channel.id, []).append(number)
        for channel_id, numbers in by_channel.items():
            if (ids := self._comments.get(channel_id)) is not None:
                ids.discard_all(numbers)

    def _forget_reactions(self, message_id: int) -> None:
        self._reactions.pop(message_id, None)
        self._reacted.discard(message_id)

    def clear(self) -> None:
        """Remove all messages, because their ids now refer to other messages."""
        self._messages.clear()
        self._comments.clear()
        self._reactions.clear()
        self._reacted.clear()
        self._deleted.clear()
