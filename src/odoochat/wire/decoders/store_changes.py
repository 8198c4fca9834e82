"""Decodes changes in store records (Odoo 18 and later): edits, deletions, reactions, pins, stars, memberships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from odoochat.events import (
    MemberJoined,
    MemberLeft,
    MessageDeleted,
    MessageSeen,
    PinChanged,
    PreviewsChanged,
    ReactionChanged,
    StarChanged,
    TypingChanged,
)
from odoochat.model import AuthorKind, Reaction
from odoochat.wire.content import body
from odoochat.wire.decoders.store_records import StoreRecords
from odoochat.wire.updates import ChannelPatch, MessagePatch, Names, Refresh, Update
from odoochat.wire.values import count, dicts, identifier, is_array, items, muted_until, notified, pair, when

__all__ = ["Merged", "channel_changes", "departures", "member_changes", "message_changes"]


class Merged:
    """Updates from one store, merging patches per channel and keeping only each member's last read mark.

    Attributes:
        updates: the updates, ordered by first occurrence.
    """

    def __init__(self) -> None:
        self.updates: list[Update] = []
        self._patches: dict[int, int] = {}
        self._marks: dict[tuple[int, AuthorKind, int], int] = {}

    def add(self, update: Update) -> None:
        """Add the next update from the store.

        Args:
            update: the update.
        """
        kept = self.updates
        place: int | None = None
        if isinstance(update, ChannelPatch):
            place = self._patches.setdefault(update.id, len(kept))
        elif isinstance(update, MessageSeen):
            author = update.author
            place = self._marks.setdefault((update.channel.id, author.kind, author.id), len(kept))
        if place is None or place == len(kept):
            kept.append(update)
        elif isinstance(update, ChannelPatch):
            facts = {f: v for f in update.__struct_fields__ if (v := getattr(update, f)) is not None}
            kept[place] = msgspec.structs.replace(kept[place], **facts)
        else:
            kept[place] = update


def message_changes(row: dict[str, Any], store: StoreRecords) -> Iterator[Update]:
    """Decode changes to a message.

    Args:
        row: the ``mail.message`` record.
        store: the store that contains the record.
    """
    number = identifier(row.get("id"))
    if not number:
        return
    if row.get("_DELETE"):
        yield MessageDeleted(number)
        return
    if "body" in row and "thread" not in row:
        files = store.files(row["attachment_ids"]) if "attachment_ids" in row else None
        html = body.body_html(row["body"])
        yield MessagePatch(number, html=html, written=when(row.get("write_date")), attachments=files)
    for command in items(row.get("reactions")):
        if is_array(command) and len(command) == 2 and command[0] in ("ADD", "DELETE"):
            for group in dicts(command[1]):
                if isinstance(content := group.get("content"), str):
                    there = store.changed_reaction(number, group) if command[0] == "ADD" else None
                    now = there or Reaction(content, 0)
                    yield ReactionChanged(number, content, now.count, now.authors)
    if "body" not in row and "pinned_at" in row:
        yield PinChanged(number, when(row["pinned_at"]))
    if "body" not in row and isinstance(row.get("is_bookmarked"), bool):
        yield StarChanged((number,), row["is_bookmarked"])
    if "body" not in row and (shown := store.previews(row)) is not None:
        yield PreviewsChanged(number, shown)


def _membership(row: dict[str, Any], store: StoreRecords, names: Names) -> Iterator[Update]:
    """Decode joins and departures from the commands in ``channelMembers`` (Odoo 18) or ``channel_member_ids`` (19).

    Odoo 19 sends only new members' memberships.
    """
    channel = names.channel(identifier(row.get("id")))
    for command in items(row.get("channelMembers", row.get("channel_member_ids"))):
        if is_array(command) and len(command) == 2 and command[0] in ("ADD", "DELETE"):
            for _, author in store.members(command[1]):
                if author is not None:
                    yield (MemberJoined if command[0] == "ADD" else MemberLeft)(channel, author)
    if (
        "channel_type" not in row
        and "channel_member_ids" not in row
        and ("member_count" in row or "memberCount" in row)
    ):
        yield from (MemberJoined(channel, author) for author in store.newcomers(channel.id))


def member_changes(row: dict[str, Any], store: StoreRecords, names: Names) -> list[Update]:
    """Decode changes to a membership: typing, read marks, counters, settings.

    Args:
        row: the ``discuss.channel.member`` record.
        store: the store that contains the record.
        names: known names, updated in place.
    """
    channel = pair(row.get("thread") or row.get("channel_id"))[0]
    author = store.persona(row)
    if not channel or author is None:
        return []
    updates: list[Update] = []
    if "isTyping" in row:
        # A typing member's record contains `seen_message_id` even though nothing was read.
        return [TypingChanged(names.channel(channel), author, bool(row["isTyping"]))]
    names.member(identifier(row.get("id")), author)
    if (last := pair(row.get("seen_message_id"))[0]) and "create_date" not in row:
        updates.append(MessageSeen(names.channel(channel), author, last))
    if (unread := row.get("message_unread_counter")) is not None and count(unread) == unread:
        separator = identifier(row.get("new_message_separator")) or None
        updates.append(ChannelPatch(channel, unread=unread, unread_from=separator))
    if "mute_until_dt" in row:
        updates.append(ChannelPatch(channel, muted=(muted_until(row["mute_until_dt"]),)))
    if "custom_notifications" in row:
        updates.append(ChannelPatch(channel, notify=(notified(row["custom_notifications"]),)))
    if "unpin_dt" in row:
        updates.append(ChannelPatch(channel, pinned=not row["unpin_dt"]))
    return updates


def channel_changes(row: dict[str, Any], store: StoreRecords, names: Names) -> Iterator[Update]:
    """Decode changes to a channel and its members.

    Args:
        row: the ``discuss.channel`` record.
        store: the store that contains the record.
        names: known names, updated in place.
    """
    number = identifier(row.get("id"))
    if not number:
        return
    name, description = row.get("name"), row.get("description")
    patch = ChannelPatch(
        number,
        name=name if isinstance(name, str) else None,
        description=description if isinstance(description, str) else None,
        last_activity=when(row.get("last_interest_dt")),
        member_count=count(row.get("member_count", row.get("memberCount"))) or None,
    )
    if patch != ChannelPatch(number):
        yield patch
    # The server sends new members the complete record, with its type; the other keys indicate that the user left.
    if row.get("channel_type") or row.get("close_chat_window") or "isLocallyPinned" in row or row.get("_DELETE"):
        yield Refresh(number)
    yield from _membership(row, store, names)


def departures(payload: Mapping[str, Any], names: Names) -> list[Update]:
    """Decode departures and removals (Odoo 20), which arrive as a deleted membership with the new member count.

    The departed member may be the current user; no other notification reports this.

    Args:
        payload: the store payload.
        names: known names, used to look up the members.
    """
    gone = [identifier(r.get("id")) for r in dicts(payload.get("discuss.channel.member")) if r.get("_DELETE")]
    channels = [identifier(r.get("id")) for r in dicts(payload.get("discuss.channel")) if "member_count" in r]
    if not gone or len(channels) != 1 or not channels[0]:
        return [Refresh()] if gone else []
    channel = names.channel(channels[0])
    left: list[Update] = [MemberLeft(channel, a) for a in map(names.member, gone) if a is not None]
    return [*left, Refresh(channel.id)]
