"""Client state: channels, people, recent messages and typing indicators, changed by events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from odoochat.core.inbox import InboxReading, InboxState
from odoochat.core.known_channels import KnownChannels
from odoochat.core.last_known import LastKnown
from odoochat.core.polls import KnownPolls
from odoochat.core.recent_messages import RecentMessages
from odoochat.core.typists import Typists
from odoochat.events import (
    ChannelChanged,
    Event,
    InboxRead,
    InboxReceived,
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    MessageSeen,
    PinChanged,
    PresenceChanged,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import Author, AuthorKind, ChannelInfo, ChannelRef, Me, Message
from odoochat.wire.content.body import is_deleted, is_edited, to_text
from odoochat.wire.content.shared_text import share
from odoochat.wire.updates import ChannelPatch, Marked, MessagePatch

__all__ = ["ClientState"]

RECENT = 5_000
USERS_REMEMBERED = 20_000
PEOPLE_REMEMBERED = 50_000

_PLAIN = ("name", "description", "unread", "last_activity", "pinned", "member_count")
"""Fields that `ChannelPatch` and `ChannelInfo` have in common."""


class ClientState:
    """Single source of truth for one client's state, updated before subscribers are notified.

    Args:
        recent: maximum number of messages to keep across all channels.

    Attributes:
        me: the current user.
        known_channels: the channels that the user is a member of.
        messages: the recent messages.
        polls: the polls of recent messages.
        inbox: the user's inbox messages and starred messages.
        counted: the id of the newest message included in the server's latest unread counts, even if it has not been
            delivered yet; 0 if all of them have been delivered.
    """

    def __init__(self, recent: int = RECENT) -> None:
        self.me = Me(0, 0, "")
        self._people: LastKnown[tuple[AuthorKind, int], Author] = LastKnown(PEOPLE_REMEMBERED)
        self.messages = RecentMessages(recent)
        self.known_channels = KnownChannels(self.messages)
        self._typists = Typists()
        self._members: LastKnown[int, Author] = LastKnown(PEOPLE_REMEMBERED)
        self._statuses: LastKnown[int, str] = LastKnown(PEOPLE_REMEMBERED)
        self._partners: LastKnown[int, int] = LastKnown(USERS_REMEMBERED)
        self.polls = KnownPolls()
        self.inbox = InboxState()
        self.counted = 0

    # ------------------------------------------------------------------- lookups

    def channel(self, channel_id: int) -> ChannelRef:
        """Return a channel's id and name; the name is empty if the user is not a member.

        Args:
            channel_id: the channel's id.
        """
        return self.known_channels.ref(channel_id)

    def author(self, kind: AuthorKind, author_id: int, name: str = "", *, display: bool = False) -> Author:
        """Return an author, and remember the name if one is given.

        Args:
            kind: the kind of author.
            author_id: the author's id, unique within the kind.
            name: the name, empty if unknown.
            display: whether the name is a ``display_name``, which is "Company, Name" for a partner with a parent
                company. Such a name never replaces a known plain name.
        """
        known = self._people.use(person := (kind, author_id))
        if known is not None and (not name or name == known.name or (display and is_name_in(known.name, name))):
            return known
        author = Author(author_id, kind, share(name))  # many clients in one process know the same people
        if name and not (display and ", " in name):
            self._people[person] = author
        return author

    def plain_name(self, partner_id: int, display: str) -> str | None:
        """Return the plain name for a partner's ``display_name``, or None if it must be fetched.

        Args:
            partner_id: the partner's id.
            display: the ``display_name``.
        """
        known = self._people.get(("partner", partner_id))
        if known is not None and is_name_in(known.name, display):
            return known.name
        return display if ", " not in display else None

    def member(self, member_id: int, author: Author | None = None) -> Author | None:
        """Return a member record's author, and remember the author if one is given.

        Args:
            member_id: the member record's id.
            author: the member, or None if unknown.
        """
        if author is not None and member_id:
            self._members[member_id] = author
        return author or self._members.get(member_id)

    def partner_of(self, uid: int, partner_id: int = 0) -> int:
        """Return a user's partner, or 0 if unknown, and remember the partner if one is given.

        Args:
            uid: the user's id.
            partner_id: the partner's id, or 0 if unknown.
        """
        if uid and partner_id and self._partners.get(uid) != partner_id:
            self._partners[uid] = partner_id
        return partner_id or self._partners.get(uid, 0)

    def status(self, partner_id: int) -> str:
        """Return a partner's last known presence status, or "" if unknown.

        Args:
            partner_id: the partner's id.
        """
        return self._statuses.get(partner_id, "")

    def channels(self) -> list[ChannelInfo]:
        """Return the user's channels."""
        return self.known_channels.all()

    def info(self, channel_id: int) -> ChannelInfo | None:
        """Return what is known about a channel, or None if the user is not a member.

        Args:
            channel_id: the channel's id.
        """
        return self.known_channels.get(channel_id)

    def message(self, message_id: int) -> Message | None:
        """Return a message, or None if it is not recent.

        Args:
            message_id: the message's id.
        """
        return self.messages.get(message_id)

    def channel_of(self, message_id: int) -> int:
        """Return a message's channel, or 0 if the message is not recent.

        Args:
            message_id: the message's id.
        """
        return self.messages.channel_of(message_id)

    def people(self) -> dict[tuple[AuthorKind, int], str]:
        """Return the names of all known authors, by kind and id."""
        return {person: author.name for person, author in self._people.items()}

    def typing(self, channel_id: int, now: float) -> list[Author]:
        """Return who is typing in a channel. As in the web client, a typing indicator expires after 60 s.

        Args:
            channel_id: the channel's id.
            now: the current time in seconds, on the same clock as for `apply`.
        """
        return [self.author(kind, number) for kind, number in self._typists.active(channel_id, now)]

    # -------------------------------------------------------------------- changes

    def renew(self, infos: Iterable[ChannelInfo], changed: Mapping[int, Iterable[str]] | None = None) -> list[Event]:
        """Replace the channels with those in the server's list.

        Args:
            infos: the user's channels.
            changed: names of fields that changed since the request, by channel id; see `KnownChannels.reading`.

        Returns:
            The events for the changes.
        """
        return self.known_channels.renew([self._counted_since(info) for info in infos], changed or {})

    def _counted_since(self, info: ChannelInfo) -> ChannelInfo:
        """Return a channel with its counts increased to include messages delivered since the server counted."""
        later = self.messages.comments_from(info.id, self.counted + 1) if self.counted else 0
        mentions = self.inbox.in_channel(info.id) if self.inbox.complete else info.needaction
        if not later and mentions == info.needaction:
            return info
        return msgspec.structs.replace(info, unread=info.unread + later, needaction=mentions)

    def patch_channel(self, patch: ChannelPatch) -> list[Event]:
        """Change individual fields of a channel.

        Args:
            patch: the changed fields.

        Returns:
            The events for the changes.
        """
        old = self.known_channels.get(patch.id)
        if old is None:
            return []
        facts: dict[str, Any] = {f: v for f in _PLAIN if (v := getattr(patch, f)) is not None}
        if patch.muted is not None:
            facts["muted"] = patch.muted[0]
        if patch.notify is not None:
            facts["notify"] = patch.notify[0]
        if old.kind == "chat":
            facts.pop("name", None)
        if patch.unread is not None and patch.unread_from is not None:
            facts["unread"] = self.known_channels.unread_from(patch.id, patch.unread_from, patch.unread)
        if not facts:
            return []
        new = self.known_channels.change(old, **facts)
        if all(value == getattr(old, fact) for fact, value in facts.items()):
            return []
        # Every message changes last_activity, so a change to that field alone is not reported.
        return [] if set(facts) == {"last_activity"} else [ChannelChanged(new)]

    def patched(self, patch: MessagePatch) -> MessageEdited | MessageDeleted | None:
        """Return the event for a patch to a message, or None if the message is not recent and must be fetched.

        Args:
            patch: the changed fields of the message.
        """
        old = self.message(patch.id)
        html = patch.html if patch.html is not None else (old.html if old else "")
        files = patch.attachments if patch.attachments is not None else (old.attachments if old else ())
        if is_deleted(html) and not files:
            return MessageDeleted(patch.id, old.channel if old else None)
        if old is None:
            return None
        new = msgspec.structs.replace(
            old, html=html, text=to_text(html), attachments=files, written=patch.written or old.written
        )
        return MessageEdited(self.personal(new))

    def apply(self, event: Event, now: float) -> None:
        """Update the state from an event.

        Args:
            event: the event.
            now: the current time in seconds, on any monotonic clock.
        """
        match event:
            case MessagePosted(message=message):
                message = self._marked(message)
                self.messages.keep(message)
                self.note_posted([message])
            case MessageEdited(message=message):
                self.messages.edit(message)
            case MessageDeleted(id=number):
                self.messages.delete(number)
            case TypingChanged(channel=channel, author=author, typing=typing):
                if typing:
                    self._typists.start(channel.id, (author.kind, author.id), now)
                else:
                    self._typists.stop(channel.id, author)
            case PinChanged(message_id=number, pinned=pinned):
                self.messages.change(number, pinned=pinned)
            case PreviewsChanged(message_id=number, previews=previews):
                self.messages.change(number, previews=previews)
            case PresenceChanged(author=Author(kind="partner", id=number), status=status):
                self._statuses[number] = status
            case ReactionChanged():
                self.messages.react(event)
            case StarChanged(message_ids=numbers, starred=starred):
                self.inbox.star(numbers, starred)
                for number in numbers:
                    self.messages.change(number, starred=starred)
            case InboxReceived(message=message):
                self._needaction(message.channel.id, self.inbox.put(message))
                self.messages.change(message.id, needaction=True)
            case InboxRead(message_ids=numbers):
                for number in numbers:
                    self._needaction(self.inbox.take(number), -1)
                    self.messages.change(number, needaction=False)
            case MessageSeen(channel=channel, author=author, message_id=last):
                if self.me.wrote(author):
                    self.known_channels.read(channel.id, last)
            case _:
                pass

    def note_posted(self, messages: Sequence[Message]) -> None:
        """Update the channels and typing indicators for posted messages, which `messages` already contains.

        Args:
            messages: the messages, in order, with `Message.mine` set.
        """
        self.known_channels.count(messages, self.counted)
        self._typists.stop_authors(messages)

    def _needaction(self, channel_id: int, change: int) -> None:
        if (info := self.known_channels.get(channel_id)) is not None:
            exact = self.inbox.complete
            self.known_channels.change(
                info, needaction=self.inbox.in_channel(channel_id) if exact else max(info.needaction + change, 0)
            )

    def count_inbox(self, marked: Marked, reading: InboxReading) -> list[ChannelChanged]:
        """Replace the inbox and starred messages with the server's lists.

        Args:
            marked: the server's lists.
            reading: changes since the lists were requested.

        Returns:
            The channels whose counts changed.
        """
        self.inbox.count(marked, reading)
        if not self.inbox.complete:
            return []
        counts = [(info, self.inbox.in_channel(info.id)) for info in self.known_channels.all()]
        return [
            ChannelChanged(self.known_channels.change(i, needaction=count))
            for i, count in counts
            if count != i.needaction
        ]

    def keep(self, messages: Iterable[Message]) -> None:
        """Cache messages that are not new.

        Args:
            messages: the messages, oldest first.
        """
        for message in messages:
            self.messages.keep(self._marked(message))

    def reuse(self, message: Message) -> None:
        """Forget that a message was deleted, because a new message has its id.

        Args:
            message: the new message.
        """
        self.messages.reuse(message.id)
        self.known_channels.reuse(message)

    def forget_messages(self) -> None:
        """Remove all messages, because their ids now refer to other messages."""
        self.messages.clear()
        self.known_channels.forget_read()

    def _marked(self, message: Message) -> Message:
        mine = self.me.wrote(message.author)
        return message if mine is message.mine else msgspec.structs.replace(message, mine=mine)

    def personal(self, message: Message) -> Message:
        """Fill in `mine` and `edited_at` for a freshly decoded message.

        Args:
            message: the message as the server sent it.

        Returns:
            The same message, or a copy with the added fields.
        """
        edited_at = message.edited_at
        if is_edited(message.html):
            edited_at = message.written or edited_at
        elif (old := self.messages.get(message.id)) is not None and old.html == message.html:
            edited_at = old.edited_at
        mine = self.me.wrote(message.author)
        if mine is message.mine and edited_at == message.edited_at:
            return message
        return msgspec.structs.replace(message, mine=mine, edited_at=edited_at)


def is_name_in(name: str, display: str) -> bool:
    """Return whether a ``display_name`` matches a plain name, with or without a leading company name.

    Source: odoo/addons/base/models/res_partner.py, `_compute_complete_name` (19.0), `_get_name` (14.0).
    """
    return display == name or display.endswith(f", {name}")
