"""Decodes rows returned by model calls: channels and messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from odoochat.model import EPOCH, Attachment, Author, ChannelInfo, ChannelRef, Message, RecordRef
from odoochat.wire.content import body
from odoochat.wire.content.sanitize import safe_name
from odoochat.wire.content.shared_text import share
from odoochat.wire.updates import Names
from odoochat.wire.values import count, identifier, identifiers, muted_until, notified, pair, sender, text, when
from odoochat.wire.version_table import VersionTable

__all__ = ["RowDecoder"]


class RowDecoder:
    """Decodes rows from one Odoo version.

    Args:
        table: the version table.
    """

    def __init__(self, table: VersionTable) -> None:
        self._table = table

    def channel_infos(
        self,
        members: Sequence[Mapping[str, Any]],
        rows: Sequence[Mapping[str, Any]],
        others: Sequence[Mapping[str, Any]],
        me: int,
    ) -> list[ChannelInfo]:
        """Decode the user's channels.

        Args:
            members: the user's own rows from the response to `MembershipRequests.fetch_all`.
            rows: rows returned by `ChannelRequests.fetch`.
            others: other members' rows from the same response, for channels named after their members.
            me: the current user's partner id.
        """
        mine = {pair(m.get("channel_id"))[0]: m for m in members}
        people: dict[int, list[tuple[int, str]]] = {}
        for other in others:
            people.setdefault(pair(other.get("channel_id"))[0], []).append(pair(other.get("partner_id")))
        infos: list[ChannelInfo] = []
        for row in rows:
            number = identifier(row.get("id"))
            member = mine.get(number)
            if member is not None and number:
                infos.append(self._channel_info(number, row, member, people.get(number, []), me))
        return infos

    def _channel_info(
        self,
        number: int,
        row: Mapping[str, Any],
        member: Mapping[str, Any],
        people: Sequence[tuple[int, str]],
        me: int,
    ) -> ChannelInfo:
        kind = str(row.get("channel_type") or "channel")
        name = text(row.get("name"))
        if kind == "chat" or not name:
            shown = ", ".join(n for p, n in people if p != me and n)
            name = shown or name or f"channel {number}"
        counter = member if self._table.unread_on_member else row
        return ChannelInfo(
            id=number,
            name=safe_name(name),
            kind=kind,
            unread=count(counter.get("message_unread_counter")),
            last_activity=when(row.get("last_interest_dt")) or when(member.get("last_interest_dt")),
            description=text(row.get("description")),
            partners=tuple(p for p, _ in people if p),
            needaction=count(row.get("message_needaction_counter")),
            parent=pair(row.get("parent_channel_id"))[0] or None,
            muted=muted_until(member.get("mute_until_dt")),
            notify=notified(member.get("custom_notifications")),
            pinned=member.get("is_pinned") is not False,
            member_count=count(row.get("member_count")) or None,
            uuid=text(row.get("uuid")) or None,
            from_message=pair(row.get("from_message_id"))[0] or None,
        )

    def messages(
        self, rows: Sequence[Mapping[str, Any]], names: Names, files: Mapping[int, Attachment] | None = None
    ) -> list[Message]:
        """Decode ``mail.message`` rows, skipping rows without an id.

        Args:
            rows: the rows returned by the server.
            names: known names, updated in place.
            files: known files by id.
        """
        return [self.message(row, names, files) for row in rows if identifier(row.get("id"))]

    def message(self, row: Mapping[str, Any], names: Names, files: Mapping[int, Attachment] | None = None) -> Message:
        """Decode a ``mail.message`` row.

        Args:
            row: the row, which must have an id.
            names: known names, updated in place.
            files: known files by id.
        """
        known = files or {}
        html = body.body_html(row.get("body"))
        model, number = row.get("model"), identifier(row.get("res_id"))
        record = None
        if isinstance(model, str) and model != self._table.channel_model:
            record = RecordRef(model, number, body.safe_line(text(row.get("record_name"))))
        created, ids = when(row.get("create_date")), identifiers(row.get("attachment_ids"))
        return Message(
            id=row["id"],
            channel=ChannelRef(0, record.name) if record else names.channel(number),
            author=_author(row, names),
            text=share(body.to_text(html)),
            html=share(html),
            date=when(row.get("date")) or created or EPOCH,
            reply_to=pair(row.get("parent_id"))[0] or None,
            attachments=tuple([known.get(i) or Attachment(i) for i in sorted(ids)]) if ids else (),
            kind=str(row.get("message_type") or "comment"),
            written=when(row.get("write_date")),
            pinned=when(row.get("pinned_at")),
            starred=row.get(self._table.star_field) is True,
            needaction=row.get("needaction") is True,
            mentions=tuple(identifiers(row.get("partner_ids"))),
            record=record,
            subtype=pair(row.get("subtype_id"))[1],
            reactions_known=not self._table.reactions,
            subject=body.safe_line(text(row.get("subject")), 500),
            created=created,
        )


def _author(row: Mapping[str, Any], names: Names) -> Author:
    partner, name = pair(row.get("author_id"))
    if partner:
        return names.author("partner", partner, name, display=True)
    guest, name = pair(row.get("author_guest_id"))
    return names.author("guest", guest, name) if guest else sender(row.get("email_from"))
