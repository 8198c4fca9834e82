"""What Odoo 15 says: the typed notifications of 16 over the long poll, members as partners, commands as pairs.

† From source only (15.0, addons/mail/models/mail_channel.py, mail_message.py, controllers/discuss.py), no live server.
"""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.accounts import ODOOBOT_PARTNER, PUBLIC_PARTNER
from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.payloads16 import Voice16
from odoochat.sandbox.versions.store import cache_key
from odoochat.sandbox.versions.voice import Json, false


class Records15(Voice16):
    """How single records look."""

    def person(self, partner_id: int) -> Json:
        row = self.partner(partner_id)
        return {
            "id": row["id"],
            "display_name": row["display_name"],
            "name": row["name"],
            "email": false(row["email"]),
            "active": bool(row["active"]),
            "im_status": self.im_status(partner_id),
            "user_id": false(row["user_id"]),
            "is_internal_user": not row["share"],
        }

    def message(self, row: Row, *, with_parent: bool = True) -> Json:
        state = self.state
        author = self.partner(row["author_id"]) if row["author_id"] else None
        notes = state.messages.notifications(row["id"])
        people = [self.partner(one) for one in state.messages.partners(row["id"])]
        formatted: Json = {
            "id": row["id"],
            "body": row["body"],
            "date": row["date"],
            "author_id": self._author(row, author),
            "email_from": false(row["email_from"]),
            "message_type": row["message_type"],
            "subtype_id": [row["subtype_id"], "Note" if row["subtype_id"] == NOTE else "Discussions"],
            "subject": false(row["subject"]),
            "model": row["model"],
            "res_id": row["res_id"],
            "record_name": self.record_name(row),
            "starred_partner_ids": state.messages.stars(row["id"]),
            "notifications": [],
            "attachment_ids": [self.file(file) for file in state.files.of_message(row["id"])],
            "tracking_value_ids": self.changes(row),
            "messageReactionGroups": [["insert-and-replace", self._groups(row["id"])]],
            "needaction_partner_ids": [note["partner_id"] for note in notes if not note["is_read"]],
            "history_partner_ids": [note["partner_id"] for note in notes if note["is_read"]],
            "is_note": row["subtype_id"] == NOTE,
            "is_discussion": row["subtype_id"] != NOTE,
            "subtype_description": False,
            "is_notification": False,
            "recipients": [{"id": person["id"], "name": person["name"]} for person in people],
            "module_icon": self.icon(row),
            "sms_ids": [],
        }
        if author and author["id"] < 0:
            formatted["guestAuthor"] = {"id": -author["id"], "name": author["name"]}
        parent = state.messages.get(row["parent_id"]) if row["parent_id"] and with_parent else None
        if parent is not None:
            formatted["parentMessage"] = self.message(parent, with_parent=False)
        return formatted

    def _author(self, message: Row, author: Row | None) -> Any:
        if author is None:
            return [0, false(message["email_from"])]
        return [author["id"], author["display_name"]] if author["id"] > 0 else False

    def _groups(self, message_id: int) -> list[Json]:
        return [
            {
                "messageId": message_id,
                "content": content,
                "count": len(given),
                "guests": [["insert-and-replace", self._named([one for one in given if one < 0])]],
                "partners": [["insert-and-replace", self._named([one for one in given if one > 0])]],
            }
            for content, given in self.state.messages.reactions(message_id).items()
        ]

    def _named(self, people: list[int]) -> list[Json]:
        return [{"id": abs(one), "name": self.partner(one)["name"]} for one in people]

    def file(self, row: Row) -> Json:
        return {
            "checksum": row["checksum"],
            "id": row["id"],
            "filename": row["name"],
            "name": row["name"],
            "mimetype": row["mimetype"],
            "is_main": False,
            "res_id": row["res_id"],
            "res_model": false(row["res_model"]),
        }

    def channel_info(self, channel: Row, uid: int | None) -> Json:
        state = self.state
        me = state.accounts.partner_of(uid) if uid is not None else 0
        member = state.channels.member(channel["id"], me)
        info: Json = {
            "avatarCacheKey": cache_key(channel["id"])[:40],
            "id": channel["id"],
            "name": channel["name"],
            "defaultDisplayMode": False,
            "description": false(channel["description"]),
            "uuid": channel["uuid"],
            "state": "open",
            "is_minimized": False,
            "channel_type": channel["channel_type"],
            "public": channel["public"],
            "group_based_subscription": channel["name"] == "general",
            "create_uid": channel["create_uid"],
            "last_message_id": false(state.channels.last_message_id(channel["id"])),
            "memberCount": len(state.channels.members(channel["id"])),
            "invitedGuests": [["insert", []]],
            "invitedPartners": [["insert", []]],
            "rtcSessions": [["insert", []]],
        }
        if uid is not None:
            info["message_needaction_counter"] = 0
            info["message_unread_counter"] = state.channels.unread(member) if member else 0
        if member is not None:
            info["seen_message_id"] = false(member["seen_message_id"])
            info["custom_channel_name"] = false(member["custom_channel_name"])
            info["is_pinned"] = bool(member["is_pinned"])
            info["last_interest_dt"] = member["last_interest_dt"]
        if channel["channel_type"] != "channel":
            info |= self._small_room(channel)
        return info

    def _small_room(self, channel: Row) -> Json:
        everyone = sorted(self.state.channels.members(channel["id"]), key=lambda one: int(one["partner_id"]))
        members = [one for one in everyone if one["partner_id"] > 0]
        guests = [one["partner_id"] for one in everyone if one["partner_id"] < 0]
        return {
            "guestMembers": [["insert", self._named(guests)]],
            "members": [self.person(one["partner_id"]) for one in members],
            "seen_partners_info": [
                {
                    "id": one["id"],
                    "partner_id": one["partner_id"],
                    "fetched_message_id": false(one["fetched_message_id"]),
                    "seen_message_id": false(one["seen_message_id"]),
                }
                for one in members
            ],
        }


class Voice15(Records15):
    """Odoo 15.0."""

    session_age = 90 * 86400

    def posted(self, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None) -> None:
        formatted = self.message(message)
        channel = self.channel(message["res_id"])
        for partner in inboxes:
            self.inbox(message, partner)
        kind, payload = "mail.channel/new_message", {"id": channel["id"], "message": formatted}
        self.to_channel(channel["id"], kind, payload)
        if channel["public"] == "public":
            self.state.bus.send(channel["uuid"], {"type": kind, "payload": payload})  # for those without a login
        if channel["channel_type"] == "channel":
            return
        for member in self.state.channels.members(channel["id"]):
            told = {"id": channel["id"], "last_interest_dt": member["last_interest_dt"]}
            self.to_partner(member["partner_id"], "mail.channel/last_interest_dt_changed", told)

    def edited(self, message: Row) -> None:
        files = [
            {**self.file(file), "originThread": [["insert", {"id": file["res_id"], "model": false(file["res_model"])}]]}
            for file in self.state.files.of_message(message["id"])
        ]
        payload = {"id": message["id"], "body": message["body"], "attachments": [["insert-and-replace", files]]}
        self.to_thread(message, "mail.message/insert", payload)

    def reacted(self, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
        given = self.state.messages.reactions(message["id"]).get(content, [])
        who = [["insert" if add else "insert-and-unlink", {"id": abs(partner_id)}]]
        group = {
            "messageId": message["id"],
            "content": content,
            "count": len(given),
            "guests": who if partner_id < 0 else [],
            "partners": who if partner_id > 0 else [],
        }
        command = "insert" if given else "insert-and-unlink"
        payload = {"id": message["id"], "messageReactionGroups": [[command, group]]}
        self.to_thread(message, "mail.message/insert", payload, partner_id)
        return payload

    def typing(self, member: Row, is_typing: bool) -> None:
        channel = self.channel(member["channel_id"])
        kind = "mail.channel.partner/typing_status"
        told = {
            "channel_id": channel["id"],
            "is_typing": is_typing,
            "partner_id": member["partner_id"],
            "partner_name": self.partner(member["partner_id"])["name"],
        }
        self.to_channel(channel["id"], kind, told)
        self.state.bus.send(channel["uuid"], {"type": kind, "payload": told})  # for visitors of a live chat

    def joined(self, channel: Row, member: Row, inviter: int | None) -> None:
        uid = self.state.accounts.user_of(member["partner_id"])
        by = inviter if inviter is not None else false(uid)
        payload = {"channel": self.channel_info(channel, uid), "invited_by_user_id": by}
        self.to_partner(member["partner_id"], "mail.channel/joined", payload)
        row = self.partner(member["partner_id"])
        if row["id"] < 0:
            self._counted(channel, members=[["insert", []]], guestMembers=[["insert", self._named([row["id"]])]])
            return
        someone = {"id": row["id"], "im_status": self.im_status(row["id"]), "name": row["name"]}
        self._counted(channel, members=[["insert", [someone]]], guestMembers=[["insert", []]])

    def left(self, channel: Row, member: Row) -> None:
        uid = self.state.accounts.user_of(member["partner_id"])
        told = {**self.channel_info(channel, uid), "is_pinned": False}
        self.to_partner(member["partner_id"], "mail.channel/leave", told)
        name = "members" if member["partner_id"] > 0 else "guestMembers"
        self._counted(channel, **{name: [["insert-and-unlink", {"id": abs(member["partner_id"])}]]})

    def _counted(self, channel: Row, **commands: list[Any]) -> None:
        count = len(self.state.channels.members(channel["id"]))
        payload: Json = {"id": channel["id"], "memberCount": count, **commands}
        self.to_channel(channel["id"], "mail.channel/insert", payload)

    def changed(self, channel: Row, *fields: str) -> None:
        for name in fields:
            self.to_channel(channel["id"], "mail.channel/insert", {"id": channel["id"], name: false(channel[name])})

    def boot(self, uid: int) -> Json:
        state = self.state
        me = state.accounts.partner_of(uid)
        return {
            "channels": [self.channel_info(self.channel(room), uid) for room in state.channels.of(me)],
            "commands": [],
            "companyName": "My Company",
            "currentGuest": False,
            "current_partner": self.person(me),
            "current_user_id": uid,
            "current_user_settings": {"id": uid, "user_id": uid},
            "mail_failures": [],
            "menu_id": 82,
            "needaction_inbox_counter": len(state.messages.needaction(me)),
            "partner_root": self.person(ODOOBOT_PARTNER),
            "public_partners": [self.person(PUBLIC_PARTNER)],
            "shortcodes": self.shortcodes(),
            "starred_counter": state.messages.starred_count(me),
        }
