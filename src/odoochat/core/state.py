"""The state of a client: channels, people, recent messages, who is typing. Events change it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import msgspec

from odoochat.core.inbox import InboxState
from odoochat.core.polls import KnownPolls
from odoochat.core.seen import Seen
from odoochat.events import (
    ChannelChanged,
    ChannelJoined,
    ChannelLeft,
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
from odoochat.model import Author, AuthorKind, ChannelInfo, ChannelRef, Me, Message, Reaction, same_facts
from odoochat.wire.content.body import is_deleted, is_edited, to_text
from odoochat.wire.updates import ChannelPatch, MessagePatch

__all__ = ["ClientState"]

RECENT = 5_000
TYPING_SECONDS = 60.0
USERS_REMEMBERED = 20_000


class ClientState:
    """The one place where the client's knowledge stands; it changes before anyone hears of it.

    Args:
        recent: messages that are kept, over all channels.

    Attributes:
        boxes: what waits in my inbox, and what bears my star.
        counted: messages up to this id are in the unread counts that the server gave last, though they may be delivered
            only now; 0 when all are delivered.
    """

    def __init__(self, recent: int = RECENT) -> None:
        self.me = Me(0, 0, "")
        self._channels: dict[int, ChannelInfo] = {}
        self._people: dict[tuple[AuthorKind, int], str] = {}
        self._messages: OrderedDict[int, Message] = OrderedDict()
        self._comments: dict[int, list[int]] = {}
        self._reactions: dict[int, dict[str, Reaction]] = {}
        self._recent = recent
        self._deleted = Seen(1_000)
        self._typing: dict[int, dict[tuple[AuthorKind, int], float]] = {}
        self._read_up_to: dict[int, int] = {}
        self._members: dict[int, Author] = {}
        self._statuses: dict[int, str] = {}
        self._partners: dict[int, int] = {}
        self.polls = KnownPolls()
        self.inbox = InboxState()
        self.counted = 0

    # ------------------------------------------------------------------- answers

    def channel(self, channel_id: int) -> ChannelRef:
        """The channel with that id, with an empty name when it is not mine."""
        info = self._channels.get(channel_id)
        return info.ref if info else ChannelRef(channel_id)

    def author(self, kind: AuthorKind, author_id: int, name: str = "", *, display: bool = False) -> Author:
        """The author with that id; a name that is given is remembered.

        Args:
            display: whether the name is a ``display_name``, which is "Company, Name" for a partner with a parent
                company: of those the plain name that is known stays.
        """
        known = self._people.get((kind, author_id), "")
        if not name or (display and known and is_name_in(known, name)):
            return Author(author_id, kind, known)
        if not (display and ", " in name):
            self._people[kind, author_id] = name
        return Author(author_id, kind, name)

    def plain_name(self, partner_id: int, display: str) -> str | None:
        """The plain name that belongs to a partner's ``display_name``, None when it must be asked for."""
        known = self._people.get(("partner", partner_id), "")
        if known and is_name_in(known, display):
            return known
        return display if ", " not in display else None

    def member(self, member_id: int, author: Author | None = None) -> Author | None:
        """Whose member record that is; one that is given is remembered."""
        if author is not None and member_id:
            self._members[member_id] = author
        return author or self._members.get(member_id)

    def partner_of(self, uid: int, partner_id: int = 0) -> int:
        """Return the partner of a user, 0 when unknown, and remember the partner when one is given.

        Args:
            uid: id of the user.
            partner_id: of the partner, 0 when unknown.
        """
        if uid and partner_id:
            self._partners[uid] = partner_id
            while len(self._partners) > USERS_REMEMBERED:
                del self._partners[next(iter(self._partners))]
        return partner_id or self._partners.get(uid, 0)

    def status(self, partner_id: int) -> str:
        """Whether somebody is there, as it was last heard; empty when it was not."""
        return self._statuses.get(partner_id, "")

    def channels(self) -> list[ChannelInfo]:
        """My channels."""
        return list(self._channels.values())

    def info(self, channel_id: int) -> ChannelInfo | None:
        """A channel of mine."""
        return self._channels.get(channel_id)

    def message(self, message_id: int) -> Message | None:
        """A message, when it is a recent one."""
        found = self._messages.get(message_id)
        if found is None or (reactions := self._reactions.pop(message_id, None)) is None:
            return found
        found = msgspec.structs.replace(found, reactions=tuple(reactions.values()))
        self._messages[message_id] = found
        return found

    def channel_of(self, message_id: int) -> int:
        """Where a message stands, 0 when it is not a recent one."""
        message = self._messages.get(message_id)
        return message.channel.id if message else 0

    def was_deleted(self, message_id: int) -> bool:
        """Whether a message is known to be gone."""
        return message_id in self._deleted

    def people(self) -> dict[tuple[AuthorKind, int], str]:
        """Names of everybody who was heard of."""
        return dict(self._people)

    def typing(self, channel_id: int, now: float) -> list[Author]:
        """Who is typing in a channel; the web client forgets a typist after 60 s without news, and so is it here."""
        typists = self._typing.get(channel_id, {})
        return [self.author(kind, i) for (kind, i), since in typists.items() if now - since < TYPING_SECONDS]

    # -------------------------------------------------------------------- changes

    def renew(self, infos: Iterable[ChannelInfo]) -> list[Event]:
        """Takes my channels as the server lists them; gives what changed."""
        fresh = {info.id: self._counted_since(info) for info in infos}
        events: list[Event] = [ChannelLeft(old.ref) for i, old in self._channels.items() if i not in fresh]
        for number, info in fresh.items():
            old = self._channels.get(number)
            if old is None:
                events.append(ChannelJoined(info))
            elif not same_facts(old, info):
                events.append(ChannelChanged(info))
        self._channels = fresh
        return events

    def _counted_since(self, info: ChannelInfo) -> ChannelInfo:
        """With what was delivered after the server counted."""
        later = self._comments_from(info.id, self.counted + 1) if self.counted else 0
        return msgspec.structs.replace(info, unread=info.unread + later) if later else info

    def patch_channel(self, patch: ChannelPatch) -> list[Event]:
        """Takes single facts of a channel; gives what changed."""
        old = self._channels.get(patch.id)
        if old is None:
            return []
        plain = ("name", "description", "unread", "last_activity", "pinned", "member_count")
        facts: dict[str, Any] = {f: v for f in plain if (v := getattr(patch, f)) is not None}
        facts |= {f: v[0] for f in ("muted", "notify") if (v := getattr(patch, f)) is not None}
        if old.kind == "chat":
            facts.pop("name", None)
        if patch.unread is not None and patch.unread_from is not None:
            facts["unread"] = max(patch.unread, self._comments_from(patch.id, patch.unread_from))
        new = msgspec.structs.replace(old, **facts)
        if same_facts(new, old):
            return []
        self._channels[patch.id] = new
        # Each message moves last_activity: that alone is no news.
        return [] if set(facts) == {"last_activity"} else [ChannelChanged(new)]

    def patched(self, patch: MessagePatch) -> MessageEdited | MessageDeleted | None:
        """The event that a patch of a message makes, None when the message is not a recent one and must be fetched."""
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
        """Takes an event in."""
        match event:
            case MessagePosted(message=message):
                self._keep(message)
                self._typing.get(message.channel.id, {}).pop((message.author.kind, message.author.id), None)
                self._count(message)
            case MessageEdited(message=message):
                if message.id in self._messages:
                    message = self.with_known_reactions(message)
                    self._reactions.pop(message.id, None)
                    self._messages[message.id] = message
            case MessageDeleted(id=number):
                self._forget(number)
                self._deleted.add(number)
            case TypingChanged(channel=channel, author=author, typing=typing):
                typists = self._typing.setdefault(channel.id, {})
                typists.pop((author.kind, author.id), None)
                if typing:
                    typists[author.kind, author.id] = now
            case PinChanged(message_id=number, pinned=pinned):
                self._mark(number, pinned=pinned)
            case PreviewsChanged(message_id=number, previews=previews):
                self._mark(number, previews=previews)
            case PresenceChanged(author=Author(kind="partner", id=number), status=status):
                self._statuses[number] = status
            case ReactionChanged():
                self._react(event)
            case StarChanged(message_ids=numbers, starred=starred):
                self.inbox.star(numbers, starred)
                for number in numbers:
                    self._mark(number, starred=starred)
            case InboxReceived(message=message):
                self._needaction(message.channel.id, self.inbox.put(message))
                self._mark(message.id, needaction=True)
            case InboxRead(message_ids=numbers):
                for number in numbers:
                    self._needaction(self.inbox.take(number), -1)
                    self._mark(number, needaction=False)
            case MessageSeen(channel=channel, author=author, message_id=last):
                self._seen(channel.id, author, last)
            case _:
                pass

    def _mark(self, message_id: int, **facts: Any) -> None:
        if (old := self.message(message_id)) is not None:
            self._messages[message_id] = msgspec.structs.replace(old, **facts)

    def _react(self, event: ReactionChanged) -> None:
        old = self._messages.get(event.message_id)
        if old is None:
            return
        # Kept by emoji until the message is read: one frame may hold thousands for one message.
        there = self._reactions.setdefault(event.message_id, {r.content: r for r in old.reactions})
        if event.count:
            there[event.content] = Reaction(event.content, event.count, event.authors)
        else:
            there.pop(event.content, None)

    def _needaction(self, channel_id: int, change: int) -> None:
        if (info := self._channels.get(channel_id)) is not None:
            count = max(info.needaction + change, 0)
            self._channels[channel_id] = msgspec.structs.replace(info, needaction=count)

    def keep(self, messages: Iterable[Message]) -> None:
        """Remembers messages that are no news."""
        for message in messages:
            self._keep(message)

    def forget_messages(self) -> None:
        """Forgets all messages: their ids mean others now."""
        self._messages.clear()
        self._comments.clear()
        self._reactions.clear()
        self._deleted = Seen(1_000)

    def personal(self, message: Message) -> Message:
        """Complete a message that was just decoded with `mine` and `edited_at`.

        Args:
            message: the message as the server sent it.

        Returns:
            The same message, or a copy with what this client knows about it.
        """
        edited_at = message.edited_at
        if is_edited(message.html):
            edited_at = message.written or edited_at
        elif (old := self._messages.get(message.id)) is not None and old.html == message.html:
            edited_at = old.edited_at
        mine = self._is_me(message.author)
        if mine is message.mine and edited_at == message.edited_at:
            return message
        return msgspec.structs.replace(message, mine=mine, edited_at=edited_at)

    def with_known_reactions(self, message: Message) -> Message:
        """The message with the reactions that are known of it, when it does not hold all of them itself."""
        old = self.message(message.id)
        if message.reactions_known or old is None or message.reactions:
            return message
        return msgspec.structs.replace(message, reactions=old.reactions, reactions_known=old.reactions_known)

    def learn_reactions(self, messages: Iterable[Message]) -> None:
        """Takes the reactions of messages that were just read; those that are not recent ones are left out."""
        for message in messages:
            self._mark(message.id, reactions=message.reactions, reactions_known=True)

    def _keep(self, message: Message) -> None:
        message = self.with_known_reactions(message)
        self._forget(message.id)
        self._messages[message.id] = message
        if message.kind == "comment" and not self._is_me(message.author):
            insort(self._comments.setdefault(message.channel.id, []), message.id)
        while len(self._messages) > self._recent:
            self._forget(next(iter(self._messages)))

    def _forget(self, number: int) -> None:
        self._reactions.pop(number, None)
        old = self._messages.pop(number, None)
        if old is None or (ids := self._comments.get(old.channel.id)) is None:
            return
        at = bisect_left(ids, number)
        if at < len(ids) and ids[at] == number:
            del ids[at]

    def _count(self, message: Message) -> None:
        info = self._channels.get(message.channel.id)
        if info is None:
            return
        # Only comments count as unread (FACTS of 19, section 6); my own post reads all before it.
        new = message.kind == "comment" and message.id > self.counted
        unread = 0 if self._is_me(message.author) else info.unread + new
        self._channels[info.id] = msgspec.structs.replace(info, unread=unread, last_activity=message.date)

    def _seen(self, channel_id: int, author: Author, last: int) -> None:
        info = self._channels.get(channel_id)
        if info is None or not self._is_me(author):
            return
        if last >= self._read_up_to.get(channel_id, 0):
            self._read_up_to[channel_id] = last
            unread = self._comments_from(channel_id, last + 1)
            self._channels[channel_id] = msgspec.structs.replace(info, unread=min(info.unread, unread))

    def _comments_from(self, channel_id: int, first: int) -> int:
        """Comments of others in a channel, from a message on, among the recent ones."""
        ids = self._comments.get(channel_id, [])
        return len(ids) - bisect_left(ids, first)

    def _is_me(self, author: Author) -> bool:
        return author == self.me.author


def is_name_in(name: str, display: str) -> bool:
    """Whether a ``display_name`` is that of a partner with a plain name: the same, or with a company before it.

    Source: odoo/addons/base/models/res_partner.py, `_compute_complete_name` (19.0), `_get_name` (14.0).
    """
    return display == name or display.endswith(f", {name}")
