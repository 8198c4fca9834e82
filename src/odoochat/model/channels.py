"""Channels and records, with their counters."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC, datetime

from msgspec import Struct

from odoochat.model.identity import Identified

__all__ = ["FOREVER", "CannedResponse", "ChannelInfo", "ChannelRef", "Counters", "RecordRef"]

FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The value that Odoo stores for "muted until unmuted".

Source: addons/mail/controllers/discuss/settings.py (17.0), mute_until_dt.
"""


class ChannelRef(Identified, frozen=True, eq=False):
    """A channel's id and its name at the time. Equal to any `ChannelRef` or `ChannelInfo` with the same id.

    Attributes:
        id: the channel's id; 0 for a message on a record.
        name: the display name; empty if unknown.
    """

    id: int
    name: str = ""

    def identity(self) -> Hashable:
        """Return the channel's id, or its name if the id is 0 because the message is on a record."""
        return ("channel", self.id) if self.id else ("channel", 0, self.name)


class ChannelInfo(Identified, frozen=True, eq=False):
    """One of the current user's channels. Equal to any `ChannelInfo` or `ChannelRef` with the same id.

    Attributes:
        id: the ``discuss.channel`` id (``mail.channel`` up to Odoo 16).
        name: the display name; for a direct chat, the other member's name.
        kind: Odoo's ``channel_type``: ``channel``, ``chat``, ``group``, ``livechat``…
        unread: number of unread messages.
        last_activity: time of the last activity, in UTC; None if the server did not send it.
        description: the topic.
        partners: partner ids of the members, if known (always known for direct chats).
        needaction: number of the channel's messages in the current user's inbox.
        parent: id of the parent channel if this is a thread (Odoo 18 and later), otherwise None.
        muted: when the mute ends (Odoo 17 and later), or `FOREVER` if it lasts until unmuted; None if not muted.
        notify: which messages notify the current user (Odoo 17 and later): ``all``, ``mentions`` or ``no_notif``; None
            for the user's own default.
        pinned: whether it is shown in the current user's channel list.
        member_count: number of members, or None if the server did not send it.
        uuid: the secret part of the invitation link, or None if the server did not send it.
        from_message: id of the parent channel's message that started the thread, or None.
    """

    id: int
    name: str
    kind: str = "channel"
    unread: int = 0
    last_activity: datetime | None = None
    description: str = ""
    partners: tuple[int, ...] = ()
    needaction: int = 0
    parent: int | None = None
    muted: datetime | None = None
    notify: str | None = None
    pinned: bool = True
    member_count: int | None = None
    uuid: str | None = None
    from_message: int | None = None

    def identity(self) -> Hashable:
        """Return the channel's id."""
        return self.ref.identity()

    @property
    def ref(self) -> ChannelRef:
        """The channel's id and name."""
        return ChannelRef(self.id, self.name)


class RecordRef(Identified, frozen=True, eq=False):
    """A business document with a discussion (chatter). Equal to any `RecordRef` with the same model and id.

    Attributes:
        model: its model's technical name, e.g. ``sale.order``.
        id: the record's id.
        name: the display name; empty if the server sent none.
    """

    model: str
    id: int
    name: str = ""

    def identity(self) -> Hashable:
        """Return the record's model and id."""
        return ("record", self.model, self.id)


class CannedResponse(Struct, frozen=True):
    """A canned response, stored on the server.

    Attributes:
        id: the ``mail.shortcode`` or ``mail.canned.response`` id.
        shortcut: the abbreviation that users type.
        text: the text that is sent.
    """

    id: int
    shortcut: str
    text: str


class Counters(Struct, frozen=True):
    """Sizes of the current user's mailboxes.

    Attributes:
        inbox: number of messages in the inbox.
        starred: number of messages starred by the current user (bookmarked in Odoo 20).
    """

    inbox: int = 0
    starred: int = 0
