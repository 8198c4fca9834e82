"""Member actions: type, read, show or hide a channel, and change personal channel settings."""

from __future__ import annotations

from odoochat.sandbox import errors
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.notifier import EventNotifier


class MemberActions:
    """Changes memberships.

    Args:
        state: the stored data.
        notifier: notifies clients.
    """

    def __init__(self, state: State, notifier: EventNotifier) -> None:
        self.state = state
        self.notifier = notifier

    def find(self, uid: int, channel_id: int) -> Row:
        """Return the user's membership in a channel."""
        member = self.state.members.find(channel_id, self.state.accounts.partner_of(uid))
        if member is None:
            raise errors.not_found()
        return member

    def typing(self, uid: int, channel_id: int, is_typing: bool) -> None:
        """Notify members that the user is typing or has stopped."""
        self.notifier.send("typing", self.find(uid, channel_id), is_typing)

    def read(self, uid: int, channel_id: int, message_id: int | None = None) -> int | None:
        """Mark a channel as read up to a message, by default the newest, and return the message id."""
        member = self.find(uid, channel_id)
        last = message_id or self.state.channels.last_message_id(channel_id)
        if last:
            seen = max(last, member["seen_message_id"] or 0)
            member = self.state.members.change(
                member["id"], seen_message_id=seen, last_seen_dt=self.state.now(),
                fetched_message_id=max(last, member["fetched_message_id"] or 0),
                new_message_separator=max(seen + 1, member["new_message_separator"]),
            )  # fmt: skip
        self.notifier.send("seen", member)
        return last

    def fetched(self, uid: int, channel_id: int) -> None:
        """Mark messages as fetched by the user's device; notifications are sent only in chats."""
        member, channel = self.find(uid, channel_id), self.state.channel(channel_id)
        last = self.state.channels.last_message_id(channel_id)
        if not last or last == member["fetched_message_id"] or channel["channel_type"] == "channel":
            return
        self.notifier.send("fetched", self.state.members.change(member["id"], fetched_message_id=last))

    def pin(self, uid: int, channel_id: int, *, on: bool) -> None:
        """Show or hide a channel in the user's list."""
        member = self.find(uid, channel_id)
        now = None if on else self.state.now()
        changed = self.state.members.change(member["id"], is_pinned=int(on), unpin_dt=now)
        self.notifier.send("pinned", self.state.channel(channel_id), changed)

    def write(self, member: Row, values: Row, *, by_method: bool = False) -> Row:
        """Update a member record and notify the user's devices (before Odoo 19, only if a method made the change)."""
        if "unpin_dt" in values:
            values = {**values, "is_pinned": int(not values["unpin_dt"])}
        if not self.state.capabilities.has_separator and values.get("seen_message_id"):
            # Before Odoo 18, the last read message determines what is unread.
            values = {**values, "new_message_separator": values["seen_message_id"] + 1}
        before_unread = self.state.members.unread(member)
        changed = self.state.members.change(member["id"], **values)
        fresh = {name: changed[name] for name in values if changed[name] != member[name]}
        if self.state.members.unread(changed) != before_unread:
            fresh["message_unread_counter"] = self.state.members.unread(changed)
        self.notifier.send("member_written", changed, fresh, sorted(values), by_method=by_method)
        return changed
