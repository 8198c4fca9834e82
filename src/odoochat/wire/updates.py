"""What a notification turns out to say: events, changes of what is known, or that my channels must be read again."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from odoochat.events import Event
from odoochat.model import Attachment, Author, AuthorKind, ChannelRef

__all__ = ["ChannelPatch", "CountersPatch", "Heard", "MessagePatch", "Names", "Refresh"]


class Names(Protocol):
    """What is known of channels and people; decoding fills names in from it."""

    def channel(self, channel_id: int) -> ChannelRef:
        """The channel with that id, with an empty name when unknown."""
        ...

    def author(self, kind: AuthorKind, author_id: int, name: str = "", *, display: bool = False) -> Author:
        """The author with that id; a name that is given is remembered.

        Args:
            display: whether the name is a ``display_name``, which may hold a company's name before the person's.
        """
        ...

    def channel_of(self, message_id: int) -> int:
        """Where a message stands, 0 when it is not a recent one."""
        ...

    def member(self, member_id: int, author: Author | None = None) -> Author | None:
        """Whose member record that is; one that is given is remembered."""
        ...


class MessagePatch(Struct, frozen=True):
    """Some facts of a message changed; what is None is as before."""

    id: int
    html: str | None = None
    written: datetime | None = None
    attachments: tuple[Attachment, ...] | None = None


class CountersPatch(Struct, frozen=True):
    """The server counted what waits in my inbox, or what bears my star; what is None is as before."""

    inbox: int | None = None
    starred: int | None = None


class ChannelPatch(Struct, frozen=True):
    """Some facts of a channel changed; what is None is as before.

    Attributes:
        muted, notify: see `ChannelInfo`; a tuple of one, as None is a value of theirs.
        unread_from: the first message that `unread` counts. The server's count is of the moment when it was made: what
            has come since from there on counts too.
    """

    id: int
    name: str | None = None
    description: str | None = None
    unread: int | None = None
    last_activity: datetime | None = None
    unread_from: int | None = None
    pinned: bool | None = None
    member_count: int | None = None
    muted: tuple[datetime | None] | None = None
    notify: tuple[str | None] | None = None


class Refresh(Struct, frozen=True):
    """My channels may have changed: they must be read again, and the subscription made anew."""

    channel_id: int | None = None


Heard = Event | MessagePatch | ChannelPatch | CountersPatch | Refresh
