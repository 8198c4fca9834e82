"""Odoo 20: one store for everything, users where partners were, bookmarks, polls.

† From source only (late 19.x and 20.0: addons/mail/models/mail_message.py, mail_presence.py,
discuss/discuss_channel_member.py, tools/discuss.py), no live server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from odoochat.events import InboxReceived, MemberLeft, PresenceChanged, StarChanged
from odoochat.model import Message, Version
from odoochat.wire.decoders.store import Store
from odoochat.wire.envelopes.frames import Notification
from odoochat.wire.requests.call import Call
from odoochat.wire.updates import Heard, Names, Refresh
from odoochat.wire.values import dicts, identifier, identifiers, items, pair
from odoochat.wire.versions.odoo19 import Odoo19

__all__ = ["Odoo20"]

PEOPLE_REMEMBERED = 20_000


class Odoo20(Odoo19):
    """Odoo 20: one store route, ``store_data`` in payloads, ``check_outdated`` in every subscribe."""

    generation = 20
    check_outdated = True

    def __init__(self, version: Version) -> None:
        super().__init__(version)
        self._partner_of: dict[int, int] = {}

    def upload(self, name: str, data: str, mimetype: str | None) -> Call:
        """See `Dialect.upload`; ``datas`` became ``raw``."""
        call = super().upload(name, data, mimetype)
        values = dict(call.kwargs["vals_list"][0])  # type: ignore[index]
        values["raw"] = values.pop("datas")
        return Call(call.model, call.method, call.ids, {"vals_list": [values]})

    def know_user(self, uid: int, partner_id: int) -> None:
        """See `Dialect.know_user`."""
        self._partner_of[uid] = partner_id

    def decode(self, notification: Notification, names: Names) -> list[Heard]:
        """See `Dialect.decode`."""
        payload = notification.payload
        if not isinstance(payload, dict):
            return []
        store = payload if notification.type == "mail.record/insert" else payload.get("store_data")
        if isinstance(store, dict):
            self._learn(store)
        if notification.type == "mail.message/mark_as_unread":
            return self._back_in_inbox(payload, names)
        heard = super().decode(notification, names)
        if isinstance(store, dict):
            heard += self.polls.read(store)
        return heard

    def _learn(self, store: Mapping[str, Any]) -> None:
        """Whose partner a user is: a status names the user alone."""
        for row in dicts(store.get("res.users")):
            if partner := pair(row.get("partner_id"))[0]:
                self._partner_of[identifier(row.get("id"))] = partner
        for row in dicts(store.get("res.partner")):
            for user in (pair(row.get("main_user_id"))[0], *(pair(u)[0] for u in items(row.get("user_ids")))):
                if user and identifier(row.get("id")):
                    self._partner_of[user] = row["id"]
        while len(self._partner_of) > PEOPLE_REMEMBERED:
            del self._partner_of[next(iter(self._partner_of))]

    def _back_in_inbox(self, payload: Mapping[str, Any], names: Names) -> list[Heard]:
        inner = payload.get("store_data")
        data = inner if isinstance(inner, dict) else {}
        store = Store(data, names)
        ids = set(identifiers(payload.get("message_ids")))
        return [
            InboxReceived(msgspec.structs.replace(self._message(row, store, names), needaction=True))
            for row in dicts(data.get("mail.message"))
            if identifier(row.get("id")) in ids
        ]

    def _message(self, row: Mapping[str, Any], people: Store, names: Names, channel_id: int = 0) -> Message:
        message = super()._message(row, people, names, channel_id)
        return msgspec.structs.replace(message, starred=True) if row.get("is_bookmarked") is True else message

    def _records(self, payload: dict[str, Any], names: Names) -> list[Heard]:
        heard = super()._records(payload, names)
        for row in dicts(payload.get("mail.message")):
            if "body" not in row and isinstance(row.get("is_bookmarked"), bool) and identifier(row.get("id")):
                heard.append(StarChanged((row["id"],), row["is_bookmarked"]))
        for row in dicts(payload.get("res.users")):
            partner = self._partner_of.get(identifier(row.get("id")))
            if partner and isinstance(row.get("im_status"), str) and "partner_id" not in row:
                heard.append(PresenceChanged(names.author("partner", partner), row["im_status"]))
        return heard + self._members_gone(payload, names)

    def _members_gone(self, payload: Mapping[str, Any], names: Names) -> list[Heard]:
        """Somebody left or was taken out: a member record is deleted, beside the new count of its channel.

        It may be mine, and nothing else says so.
        """
        gone = [identifier(r.get("id")) for r in dicts(payload.get("discuss.channel.member")) if r.get("_DELETE")]
        channels = [identifier(r.get("id")) for r in dicts(payload.get("discuss.channel")) if "member_count" in r]
        if not gone or len(channels) != 1 or not channels[0]:
            return [Refresh()] if gone else []
        channel = names.channel(channels[0])
        left: list[Heard] = [MemberLeft(channel, a) for a in map(names.member, gone) if a is not None]
        return [*left, Refresh(channel.id)]
