"""Outbox: a queue of messages to send, each with a local id.

Theory of operation. Every message gets a local id before anything is sent, and is posted with a `Message-Id` derived
from it. If the outcome of a post is unclear (no response, a lost connection, an error after the commit), the client
searches the server for that `Message-Id` before posting again. It searches several times, because a message whose
request is still in progress is not visible yet. Messages in one channel are posted one at a time, in order.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

from odoochat.model import Me, Message
from odoochat.wire.content.body import to_text
from odoochat.wire.requests.messages import OutgoingMessage

__all__ = ["QUICK_LOOKS", "Outbox", "OutboxEntry"]

QUICK_LOOKS = 3
"""Number of searches after an idle connection turned out to be closed. The server has most likely
never seen the request, so searching for 1.5 s is enough."""

OWN = 1_000

State = Literal["waiting", "sending", "unclear", "posted"]


class OutboxEntry(Struct):
    """A message that has not been posted yet.

    Attributes:
        message: the message to post.
        text: its text.
        place: display name of the target record; empty for a channel.
        after: id of the newest known message when this message was written; the search ignores older messages.
        state: ``waiting``, ``sending``, ``unclear`` (it may be on the server), or ``posted``.
        attempts: number of attempts so far.
        looks: number of searches since the last attempt.
        sent_at: when the last attempt began, as a Unix timestamp; 0 before the first one.
        again: whether only an earlier process could have posted the message. A few searches are then enough, even after
            another restart.
    """

    message: OutgoingMessage
    text: str
    place: str = ""
    after: int = 0
    state: State = "waiting"
    attempts: int = 0
    looks: int = 0
    sent_at: float = 0.0
    again: bool = False

    @property
    def local_id(self) -> str:
        """32 hex digits that identify the message."""
        return self.message.local_id


class Outbox:
    """The waiting messages by channel, in order."""

    def __init__(self) -> None:
        self._entries: dict[str, OutboxEntry] = {}
        self._own: OrderedDict[int, str] = OrderedDict()

    def own(self, number: int, local_id: str) -> None:
        """Record the id that the server assigned to a message, so that it is recognized when received."""
        self._own[number] = local_id
        if len(self._own) > OWN:
            self._own.popitem(last=False)

    def owns(self, number: int) -> bool:
        """Return whether an id belongs to a message that this client posted."""
        return number in self._own

    def recognise(self, message: Message, me: Me) -> Message:
        """Return a message with its local id filled in if this client posted it.

        Odoo 17 and later return the local id. On earlier versions, a message is recognized by its channel, author and
        text, because only the first entry in a channel's queue can be in progress.
        """
        if message.local_id is not None or not me.wrote(message.author):
            return message
        if message.id in self._own:
            return msgspec.structs.replace(message, local_id=self._own[message.id])
        there = (
            e for e in self._entries.values() if not e.message.model and e.message.channel_id == message.channel.id
        )
        # The id of a posted entry is known, so another message with its text belongs to the next entry.
        under_way = (e for e in there if e.state in ("sending", "unclear"))
        entry = next((e for e in under_way if to_text(e.message.html) == message.text), None)
        if entry is None:
            return message
        return msgspec.structs.replace(message, local_id=entry.local_id)

    def put(self, entry: OutboxEntry) -> None:
        """Append a message to its channel's queue."""
        self._entries[entry.local_id] = entry

    def first(self, channel_id: int) -> OutboxEntry | None:
        """Return a channel's next message, or None if there is none."""
        return next((e for e in self._entries.values() if e.message.channel_id == channel_id), None)

    def get(self, local_id: str) -> OutboxEntry | None:
        """Return a message by its local id, or None if it is not in the outbox."""
        return self._entries.get(local_id)

    def sending(self, local_id: str, now: float) -> None:
        """Record that a message is being posted.

        Args:
            local_id: the message's local id.
            now: the current time, as a Unix timestamp.
        """
        entry = self._entries[local_id]
        entry.state, entry.attempts, entry.looks, entry.again = "sending", entry.attempts + 1, 0, False
        entry.sent_at = now

    def unclear(self, local_id: str) -> None:
        """Record that a message may be on the server, so the client must search for it before posting it again."""
        self._entries[local_id].state = "unclear"

    def not_sent(self, local_id: str) -> None:
        """Record that a message is definitely not on the server, so it can be posted again."""
        self._entries[local_id].state = "waiting"

    def drop_later(self, local_id: str) -> None:
        """Stop exporting a posted message, but keep it until it is received, so that it can be recognized."""
        self._entries[local_id].state = "posted"

    def drop(self, local_id: str) -> OutboxEntry | None:
        """Remove a message that was posted, refused or cancelled."""
        return self._entries.pop(local_id, None)

    def __iter__(self) -> Iterator[OutboxEntry]:
        return iter(list(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    def export(self) -> bytes:
        """Return all waiting messages as JSON."""
        return msgspec.json.encode([e for e in self._entries.values() if e.state != "posted"])

    def restore(self, data: bytes) -> None:
        """Restore the messages returned by `export`, marking those that were being sent as ``unclear``.

        Raises:
            ValueError: `data` is not a valid export.
        """
        try:
            entries: list[Any] = msgspec.json.decode(data, type=list[OutboxEntry])
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise ValueError(str(error)) from None
        for entry in entries:
            if entry.state == "sending":
                entry.state = "unclear"
            entry.looks = 0
            self.put(entry)
