"""Sends the notifications for an event as a given Odoo version does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from odoochat.sandbox.database.bus import Key
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions import attention_events as attention
from odoochat.sandbox.versions import channel_events as channels
from odoochat.sandbox.versions import message_events as messages
from odoochat.sandbox.versions import poll_events as polls
from odoochat.sandbox.versions.payloads import FlatPayloads
from odoochat.sandbox.versions.sender import BusSender
from odoochat.sandbox.versions.store_payloads import StorePayloads
from odoochat.sandbox.versions.subscriptions import subscribed_keys

Handler = Callable[..., Any]

# Notifications that each version sends for an event; events missing from a version are not sent.
EVENTS: dict[int, dict[str, Handler]] = {}
EVENTS[14] = {
    "posted": messages.posted,
    "inbox": messages.inbox,
    "starred": messages.starred14,
    "done": messages.done14,
    "emptied": messages.emptied14,
    "transient": messages.transient14,
    "typing": attention.typing14,
    "seen": attention.seen14,
    "fetched": attention.fetched14,
    "opened": channels.opened14,
    "joined": channels.joined14,
    "left": channels.left14,
    "pinned": channels.pinned14,
}
EVENTS[15] = EVENTS[14] | {
    "edited": messages.edited_flat,
    "unlinked": messages.unlinked,
    "file_deleted": messages.file_deleted,
    "reacted": messages.reacted15,
    "starred": messages.starred15,
    "done": messages.done15,
    "emptied": messages.done15,
    "transient": messages.transient15,
    "seen": attention.seen15,
    "opened": channels.opened15,
    "joined": channels.joined15,
    "left": channels.left15,
    "changed": channels.changed15,
    "deleted": channels.deleted15,
    "member_written": channels.member_written15,
    "pinned": channels.pinned15,
    "guest_renamed": attention.guest_renamed16,
    "settings": attention.settings15,
}
EVENTS[16] = EVENTS[15] | {
    "typing": attention.typing16,
    "joined": channels.joined16,
    "changed": channels.changed16,
    "previewed": messages.previewed16,
}
EVENTS[17] = EVENTS[16] | {
    "reacted": messages.reacted17,
    "message_pinned": messages.message_pinned17,
    "previewed": messages.previewed17,
    "seen": attention.seen17,
    "joined": channels.joined17,
    "left": channels.left17,
    "presence": attention.presence17,
}
EVENTS[18] = EVENTS[17] | {
    "edited": messages.edited_store,
    "reacted": messages.reacted18,
    "message_pinned": messages.message_pinned18,
    "previewed": messages.previewed18,
    "typing": attention.typing18,
    "seen": attention.seen18,
    "separated": attention.separated18,
    "opened": channels.opened18,
    "joined": channels.joined18,
    "left": channels.left18,
    "canned_changed": attention.canned_changed18,
}
EVENTS[19] = EVENTS[18] | {
    "joined": channels.joined19,
    "left": channels.left19,
    "member_written": channels.member_written19,
    "pinned": channels.pinned19,
    "status_chosen": attention.status_chosen19,
}
EVENTS[20] = EVENTS[19] | {
    "starred": messages.starred20,
    "undone": messages.undone20,
    "removed": channels.removed18,
    "presence": attention.presence20,
    "status_chosen": attention.status_chosen20,
    "favored": channels.favored20,
    "poll_deleted": polls.poll_deleted,
    "poll_chosen": polls.chosen,
    "poll_counted": polls.counted,
}
del EVENTS[20]["fetched"]  # Odoo 20 no longer has "delivered"
_ALL = {name for events in EVENTS.values() for name in events}


class EventNotifier:
    """Notifies a database's clients of events.

    Args:
        state: the stored data; its version determines what is sent.

    Attributes:
        payloads: builds responses with messages and channels in the version's format.
        capabilities: other differences between versions.
        sender: sends individual notifications.
    """

    payloads: FlatPayloads | StorePayloads

    def __init__(self, state: State) -> None:
        self._state = state
        self.follow_version()

    def follow_version(self) -> None:
        """Switch to the database's current version, which may have changed."""
        state = self._state
        self.capabilities = state.capabilities
        self.payloads = StorePayloads(state) if self.capabilities.store else FlatPayloads(state)
        self.sender = BusSender(self.payloads)
        self._events = EVENTS[int(state.version)]

    def has(self, event: str) -> bool:
        """Return whether this version sends notifications for an event."""
        return event in self._events

    def send(self, event: str, *values: Any, **options: Any) -> Any:
        """Send the notifications for an event, in the version's order.

        Args:
            event: a name in EVENTS.
            *values: positional arguments for the handler, without the sender.
            **options: keyword arguments for the handler.

        Returns:
            The response of the route that caused the event, if the handler provides one.
        """
        if event not in _ALL:
            raise KeyError(event)
        handler = self._events.get(event)
        return handler(self.sender, *values, **options) if handler is not None else None

    def keys(self, uid: int | None, asked: list[str]) -> list[Key]:
        """Return the bus channels that a connection subscribes to.

        Args:
            uid: the connected user's id, negative for a guest, None without a session.
            asked: channel names requested by the client.
        """
        return subscribed_keys(self.sender, uid, asked)
