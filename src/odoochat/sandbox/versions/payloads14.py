"""What Odoo 14 says: untyped notifications on (database, model, id), as recorded from a live server."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.accounts import ODOOBOT_PARTNER, PUBLIC_PARTNER
from odoochat.sandbox.database.bus import Key
from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.voice import Json, Voice, false

COMMANDS: list[Json] = [
    {"help": "Show a helper message", "name": "help"},
    {"help": "Leave this channel", "name": "leave"},
    {"channel_types": ["channel", "chat"], "help": "List users in the current channel", "name": "who"},
]


class Records14(Voice):
    """How single records look."""

    def message(self, row: Row) -> Json:
        """One message in the shape of message_format."""
        state = self.state
        author = self.partner(row["author_id"]) if row["author_id"] else None
        notes = state.messages.notifications(row["id"])
        on_channel = row["model"] in CHANNELS
        return {
            "id": row["id"],
            "body": row["body"],
            "date": row["date"],
            "author_id": [author["id"], author["display_name"]] if author else [0, false(row["email_from"])],
            "email_from": false(row["email_from"]),
            "message_type": row["message_type"],
            "subtype_id": [row["subtype_id"], "Note" if row["subtype_id"] == NOTE else "Discussions"],
            "subject": false(row["subject"]),
            "model": row["model"],
            "res_id": row["res_id"],
            "record_name": self.record_name(row),
            "channel_ids": [row["res_id"]] if on_channel else [],
            "partner_ids": state.messages.partners(row["id"]),
            "starred_partner_ids": state.messages.stars(row["id"]),
            "moderation_status": "accepted" if on_channel else False,
            "notifications": [],
            "attachment_ids": [self.file(file) for file in state.files.of_message(row["id"])],
            "tracking_value_ids": [
                {
                    "changed_field": one["label"],
                    "field_type": "char",
                    "id": one["id"],
                    "new_value": false(one["new"]),
                    "old_value": false(one["old"]),
                }
                for one in state.records.tracking(row["id"])
            ],
            "needaction_partner_ids": [note["partner_id"] for note in notes if not note["is_read"]],
            "history_partner_ids": [note["partner_id"] for note in notes if note["is_read"]],
            "is_note": row["subtype_id"] == NOTE,
            "is_discussion": row["subtype_id"] != NOTE,
            "subtype_description": False,
            "is_notification": False,
            "module_icon": self.icon(row),
            "sms_ids": [],
        }

    def file(self, row: Row) -> Json:
        """One attachment as messages carry it."""
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

    def channel_header(self, channel: Row, partner_id: int | None, info: str | None = None) -> Json:
        """A channel in the shape of channel_info, as this partner sees it."""
        state = self.state
        member = state.channels.member(channel["id"], partner_id) if partner_id is not None else None
        header: Json = {
            "id": channel["id"],
            "name": channel["name"],
            "uuid": channel["uuid"],
            "state": "open",
            "is_minimized": False,
            "channel_type": channel["channel_type"],
            "public": channel["public"],
            "mass_mailing": False,
            "moderation": False,
            "is_moderator": False,
            "group_based_subscription": channel["name"] == "general",
            "create_uid": channel["create_uid"],
        }
        if info:
            header["info"] = info
        header["last_message_id"] = false(state.channels.last_message_id(channel["id"]))
        if member is not None or info == "unsubscribe":
            header |= {
                "message_needaction_counter": state.messages.needaction_in(channel["id"], partner_id or 0),
                "message_unread_counter": state.channels.unread(member) if member else 0,
                "seen_message_id": false(member["seen_message_id"]) if member else False,
                "custom_channel_name": false(member["custom_channel_name"]) if member else False,
                "is_pinned": bool(member["is_pinned"]) if member else False,
            }
        if channel["channel_type"] == "chat":
            header |= self._chat_people(channel)
        return header

    def _chat_people(self, channel: Row) -> Json:
        members = self.state.channels.members(channel["id"])
        people = [self.partner(member["partner_id"]) for member in members]
        return {
            "members": [
                {
                    "id": person["id"],
                    "name": person["name"],
                    "email": false(person["email"]),
                    "im_status": self.im_status(person["id"]),
                }
                for person in people
            ],
            "seen_partners_info": [
                {
                    "id": member["id"],
                    "partner_id": member["partner_id"],
                    "fetched_message_id": false(member["fetched_message_id"]),
                    "seen_message_id": false(member["seen_message_id"]),
                }
                for member in members
            ],
        }

    def _person(self, partner_id: int) -> Json:
        row = self.partner(partner_id)
        return {
            "id": row["id"],
            "display_name": row["display_name"],
            "name": row["name"],
            "active": bool(row["active"]),
            "im_status": self.im_status(partner_id),
        }

    def _tell(self, channel_id: int, message: Json) -> None:
        self.state.bus.send(self.channel_key(channel_id), message)

    def _whisper(self, partner_id: int, message: Json) -> None:
        self.state.bus.send(self.partner_key(partner_id), message)


class Voice14(Records14):
    """Odoo 14.0."""

    session_age = 90 * 86400
    seen_types = ("chat",)

    def keys(self, uid: int | None, asked: list[str]) -> list[Key]:
        keys: list[Key] = list(asked)
        if uid is not None:
            me = self.state.accounts.partner_of(uid)
            keys += [self.channel_key(room) for room in self.state.channels.of(me)]
            keys += [self.partner_key(me), [self.state.name, "ir.needaction", me]]
        return keys

    # messages

    def posted(self, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None) -> None:
        if message["subtype_id"] == NOTE:
            return  # a note in a channel is told to nobody
        payload = self.message(message)
        for partner in inboxes:
            self.inbox(message, partner)
        self._tell(message["res_id"], payload)

    def inbox(self, message: Row, partner_id: int) -> None:
        self.state.bus.send([self.state.name, "ir.needaction", partner_id], self.message(message))

    def edited(self, message: Row) -> None:
        """14 tells nobody."""

    def unlinked(self, message_ids: list[int], partner_id: int) -> None:
        """14 tells nobody: its "deletion" belongs to moderation."""

    def reacted(self, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
        """14 has no reactions."""
        return {}

    def starred(self, message_ids: list[int], partner_id: int, *, on: bool) -> None:
        self._whisper(partner_id, {"type": "toggle_star", "message_ids": message_ids, "starred": on})

    def done(self, message_ids: list[int], partner_id: int) -> None:
        rows = [self.state.messages.get(message) for message in message_ids]
        rooms = sorted({row["res_id"] for row in rows if row is not None and row["model"] in CHANNELS})
        told = {"type": "mark_as_read", "message_ids": message_ids, "channel_ids": rooms}
        self._whisper(partner_id, told)

    def emptied(self, message_ids: list[int], partner_id: int) -> None:
        self._whisper(partner_id, {"type": "mark_as_read", "message_ids": message_ids})

    # who is doing what

    def typing(self, member: Row, is_typing: bool) -> None:
        channel = self.channel(member["channel_id"])
        told = {
            "info": "typing_status",
            "is_typing": is_typing,
            "partner_id": member["partner_id"],
            "partner_name": self.partner(member["partner_id"])["name"],
        }
        self._tell(channel["id"], told)
        self.state.bus.send(channel["uuid"], told)  # for visitors of a live chat

    def seen(self, member: Row) -> None:
        told: Json = {
            "info": "channel_seen",
            "last_message_id": false(member["seen_message_id"]),
            "partner_id": member["partner_id"],
        }
        if self.channel(member["channel_id"])["channel_type"] in self.seen_types:
            self._tell(member["channel_id"], told)
        else:
            self._whisper(member["partner_id"], {**told, "channel_id": member["channel_id"]})

    def fetched(self, member: Row) -> None:
        told = {
            "id": member["id"],
            "info": "channel_fetched",
            "last_message_id": false(member["fetched_message_id"]),
            "partner_id": member["partner_id"],
        }
        self._tell(member["channel_id"], told)

    def settings(self, uid: int) -> Json:
        """14 has no such model."""
        return {}

    def transient(self, partner_id: int, channel_id: int, body: str) -> None:
        self._whisper(partner_id, {"body": body, "channel_ids": [channel_id], "info": "transient_message"})

    def file_deleted(self, attachment_id: int, message: Row) -> None:
        """14 tells nobody."""

    # conversations

    def opened(self, channel: Row, partner_id: int) -> None:
        info = "creation" if channel["channel_type"] == "channel" else None
        self._whisper(partner_id, self.channel_header(channel, partner_id, info))

    def joined(self, channel: Row, member: Row, inviter: int | None) -> None:
        info = "join" if inviter is None else None
        self._whisper(member["partner_id"], self.channel_header(channel, member["partner_id"], info))

    def left(self, channel: Row, member: Row) -> None:
        self._whisper(member["partner_id"], self.channel_header(channel, member["partner_id"], "unsubscribe"))

    def changed(self, channel: Row, *fields: str) -> None:
        """14 tells nobody."""

    def pinned(self, channel: Row, member: Row) -> None:
        info = None if member["is_pinned"] else "unsubscribe"
        header = self.channel_header(channel, member["partner_id"], info)
        # As seen on a live server, the header is made before the change is in the database.
        self._whisper(member["partner_id"], {**header, "is_pinned": not member["is_pinned"]})

    def deleted(self, channel_id: int) -> None:
        """14 tells nobody."""

    # answers

    def format(self, messages: list[Row], uid: int | None) -> list[Json]:
        return [self.message(row) for row in messages]

    def channel_info(self, channel: Row, uid: int | None) -> Json:
        partner = self.state.accounts.partner_of(uid) if uid is not None else None
        return self.channel_header(channel, partner)

    def boot(self, uid: int) -> Json:
        state = self.state
        me = state.accounts.partner_of(uid)
        slots: dict[str, list[Json]] = {
            "channel_channel": [],
            "channel_direct_message": [],
            "channel_private_group": [],
        }
        for channel_id in state.channels.of(me):
            channel = self.channel(channel_id)
            header = self.channel_header(channel, me)
            if channel["channel_type"] == "chat":
                if header["is_pinned"]:
                    slots["channel_direct_message"].append(header)
            else:
                private = channel["public"] == "private"
                slots["channel_private_group" if private else "channel_channel"].append(header)
        return {
            "needaction_inbox_counter": len(state.messages.needaction(me)),
            "starred_counter": state.messages.starred_count(me),
            "channel_slots": slots,
            "mail_failures": [],
            "commands": COMMANDS,
            "mention_partner_suggestions": [],
            "shortcodes": self.shortcodes(),
            "menu_id": 82,
            "moderation_counter": 0,
            "moderation_channel_ids": [],
            "partner_root": self._person(ODOOBOT_PARTNER),
            "public_partner": self._person(PUBLIC_PARTNER),
            "public_partners": [self._person(PUBLIC_PARTNER)],
            "current_partner": self._person(me),
            "current_user_id": uid,
        }
