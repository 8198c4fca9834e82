"""What Odoo 16 says: typed notifications, flat dicts, JS commands."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.bus import Key
from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.store import cache_key
from odoochat.sandbox.versions.voice import Json, Voice, false


class Records16(Voice):
    """How single records look."""

    seen_types = ("chat",)

    def person(self, partner_id: int) -> Json:
        """A partner with all that members show."""
        row = self.partner(partner_id)
        user = (
            [["insert", {"id": row["user_id"], "isInternalUser": not row["share"]}]] if row["user_id"] else [["clear"]]
        )
        return {
            "id": row["id"],
            "name": row["name"],
            "email": false(row["email"]),
            "active": bool(row["active"]),
            "im_status": self.im_status(partner_id),
            "user": user,
        }

    def persona(self, person: int) -> Json:
        """A partner or a guest."""
        if person < 0:
            guest = {"id": -person, "name": self.partner(person)["name"], "im_status": self.im_status(person)}
            return {"guest": guest}
        return {"partner": self.person(person)}

    def member(self, member: Row) -> Json:
        """A member of a channel."""
        return {
            "id": member["id"],
            "channel": {"id": member["channel_id"]},
            "persona": self.persona(member["partner_id"]),
        }

    def message(self, row: Row, *, with_parent: bool = True) -> Json:
        """A message in the shape of message_format."""
        state = self.state
        author = self.partner(row["author_id"]) if row["author_id"] else None
        notes = state.messages.notifications(row["id"])
        formatted: Json = {
            "id": row["id"],
            "body": row["body"],
            "date": row["date"],
            "email_from": false(row["email_from"]),
            "message_type": row["message_type"],
            "subtype_id": [row["subtype_id"], "Note" if row["subtype_id"] == NOTE else "Discussions"],
            "subject": false(row["subject"]),
            "model": row["model"],
            "res_id": row["res_id"],
            "record_name": self.record_name(row),
            "starred_partner_ids": state.messages.stars(row["id"]),
            "author": {"id": author["id"], "name": author["name"]} if author and author["id"] > 0 else [["clear"]],
            "guestAuthor": {"id": -author["id"], "name": author["name"]}
            if author and author["id"] < 0
            else [["clear"]],
            "notifications": [],
            "attachment_ids": [self.file(file) for file in state.files.of_message(row["id"])],
            "trackingValues": self.changes(row),
            "linkPreviews": self.preview_records(row),
            "messageReactionGroups": [
                self.group(row["id"], content, [{"id": one, "name": self.partner(one)["name"]} for one in given])
                for content, given in state.messages.reactions(row["id"]).items()
            ],
            "needaction_partner_ids": [note["partner_id"] for note in notes if not note["is_read"]],
            "history_partner_ids": [note["partner_id"] for note in notes if note["is_read"]],
            "is_note": row["subtype_id"] == NOTE,
            "is_discussion": row["subtype_id"] != NOTE,
            "subtype_description": False,
            "recipients": [
                {"id": one, "name": self.partner(one)["name"]} for one in state.messages.partners(row["id"])
            ],
            "module_icon": self.icon(row),
            "sms_ids": [],
        }
        parent = state.messages.get(row["parent_id"]) if row["parent_id"] and with_parent else None
        if parent is not None:
            formatted["parentMessage"] = self.message(parent, with_parent=False)
        return formatted

    def group(self, message_id: int, content: str, partners: list[Json]) -> Json:
        """The reactions of one emoji, inside a message."""
        return {
            "content": content,
            "count": len(partners),
            "guests": [{**one, "id": -one["id"]} for one in partners if one["id"] < 0],
            "message": {"id": message_id},
            "partners": [one for one in partners if one["id"] > 0],
        }

    def file(self, row: Row) -> Json:
        """An attachment."""
        return {
            "checksum": row["checksum"],
            "id": row["id"],
            "filename": row["name"],
            "name": row["name"],
            "mimetype": row["mimetype"],
            "type": "binary",
            "url": False,
            "originThread": [["insert", {"id": row["res_id"], "model": false(row["res_model"])}]],
        }

    def channel_data(self, channel: Row, member: Row | None) -> Json:
        """The part of a channel's header that belongs to its record."""
        data: Json = {
            "avatarCacheKey": cache_key(channel["id"])[:40],
            "channel_type": channel["channel_type"],
            "id": channel["id"],
            "memberCount": len(self.state.channels.members(channel["id"])),
        }
        if member is not None:
            data["channelMembers"] = [["insert", [self.member(member)]]]
            data["serverMessageUnreadCounter"] = self.state.channels.unread(member)
            data["custom_channel_name"] = false(member["custom_channel_name"])
        if channel["channel_type"] != "channel":
            members = self.state.channels.members(channel["id"])
            data["channelMembers"] = [["insert", [self.member(one) for one in members]]]
        return data

    def channel_info(self, channel: Row, uid: int | None) -> Json:
        state = self.state
        me = state.accounts.partner_of(uid) if uid is not None else 0
        member = state.channels.member(channel["id"], me)
        info: Json = {
            "id": channel["id"],
            "name": channel["name"],
            "defaultDisplayMode": False,
            "description": false(channel["description"]),
            "uuid": channel["uuid"],
            "state": "open",
            "is_minimized": False,
            "group_based_subscription": channel["name"] == "general",
            "create_uid": channel["create_uid"],
            "authorizedGroupFullName": "User types / Internal User" if channel["public"] == "groups" else False,
            "last_message_id": false(state.channels.last_message_id(channel["id"])),
            "invitedMembers": [["insert", []]],
            "rtcSessions": [["insert", []]],
            "channel": self.channel_data(channel, member),
        }
        if uid is not None:
            info["message_needaction_counter"] = state.messages.needaction_in(channel["id"], me)
        if member is not None:
            info["seen_message_id"] = false(member["seen_message_id"])
            info["is_pinned"] = bool(member["is_pinned"])
            info["last_interest_dt"] = member["last_interest_dt"]
        if channel["channel_type"] != "channel":
            info["seen_partners_info"] = [
                {
                    "id": one["id"],
                    "partner_id": one["partner_id"],
                    "fetched_message_id": false(one["fetched_message_id"]),
                    "seen_message_id": false(one["seen_message_id"]),
                }
                for one in state.channels.members(channel["id"])
            ]
        return info


class Voice16(Records16):
    """Odoo 16.0, read from its source."""

    def keys(self, uid: int | None, asked: list[str]) -> list[Key]:
        state = self.state
        keys: list[Key] = [*asked, "broadcast"]
        if uid is None:
            return keys
        me = state.accounts.partner_of(uid)
        return [*keys, self.partner_key(me), *[self.channel_key(room) for room in state.channels.of(me)]]

    # messages

    def posted(self, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None) -> None:
        formatted = self.message(message)
        channel = self.channel(message["res_id"])
        for partner in inboxes:
            self.inbox(message, partner)
        if channel["channel_type"] != "channel":
            for member in self.state.channels.members(channel["id"]):
                self.to_partner(
                    member["partner_id"],
                    "mail.channel/last_interest_dt_changed",
                    {
                        "id": channel["id"],
                        "isServerPinned": bool(member["is_pinned"]),
                        "last_interest_dt": member["last_interest_dt"],
                    },
                )
        payload = {"id": channel["id"], "message": formatted}
        self.to_channel(channel["id"], "mail.channel/new_message", payload)

    def inbox(self, message: Row, partner_id: int) -> None:
        self.to_partner(partner_id, "mail.message/inbox", self.message(message))

    def edited(self, message: Row) -> None:
        payload = {
            "id": message["id"],
            "body": message["body"],
            "attachments": [self.file(file) for file in self.state.files.of_message(message["id"])],
        }
        self.to_thread(message, "mail.message/insert", payload)

    def unlinked(self, message_ids: list[int], partner_id: int) -> None:
        self.to_partner(partner_id, "mail.message/delete", {"message_ids": message_ids})

    def reacted(self, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
        given = self.state.messages.reactions(message["id"]).get(content, [])
        who = [["insert" if add else "insert-and-unlink", {"id": abs(partner_id)}]]
        group = {
            "content": content,
            "count": len(given),
            "guests": who if partner_id < 0 else [],
            "message": {"id": message["id"]},
            "partners": who if partner_id > 0 else [],
        }
        command = "insert" if given else "insert-and-unlink"
        payload = {"id": message["id"], "messageReactionGroups": [[command, group]]}
        self.to_thread(message, "mail.message/insert", payload, partner_id)
        answered = {**group, "message": f"{{'id': {message['id']}}}"}  # a slip of 16 that clients must stand
        return {"id": message["id"], "messageReactionGroups": [[command, answered]]}

    def starred(self, message_ids: list[int], partner_id: int, *, on: bool) -> None:
        payload = {"message_ids": message_ids, "starred": on}
        self.to_partner(partner_id, "mail.message/toggle_star", payload)

    def done(self, message_ids: list[int], partner_id: int) -> None:
        left = len(self.state.messages.needaction(partner_id))
        payload = {"message_ids": message_ids, "needaction_inbox_counter": left}
        self.to_partner(partner_id, "mail.message/mark_as_read", payload)

    def previewed(self, message: Row) -> None:
        self.to_thread(message, "mail.link.preview/insert", self.preview_records(message))

    # attention

    def typing(self, member: Row, is_typing: bool) -> None:
        kind, told = "mail.channel.member/typing_status", {**self.member(member), "isTyping": is_typing}
        self.to_channel(member["channel_id"], kind, told)
        uuid = self.channel(member["channel_id"])["uuid"]
        self.state.bus.send(uuid, {"type": kind, "payload": told})  # for visitors of a live chat

    def seen(self, member: Row) -> None:
        payload = {
            "channel_id": member["channel_id"],
            "last_message_id": false(member["seen_message_id"]),
            "partner_id": member["partner_id"],
        }
        kind = f"{self.state.member_model}/seen"
        if self.channel(member["channel_id"])["channel_type"] in self.seen_types:
            self.to_channel(member["channel_id"], kind, payload)
        else:
            self.to_partner(member["partner_id"], kind, payload)

    def fetched(self, member: Row) -> None:
        payload = {
            "channel_id": member["channel_id"],
            "id": member["id"],
            "last_message_id": false(member["fetched_message_id"]),
            "partner_id": member["partner_id"],
        }
        self.to_channel(member["channel_id"], f"{self.state.member_model}/fetched", payload)

    def guest_renamed(self, person: int, channels: list[int]) -> None:
        payload = {"id": -person, "name": self.partner(person)["name"]}
        for channel_id in channels:
            self.to_channel(channel_id, "mail.guest/insert", payload)
        self.to_partner(person, "mail.guest/insert", payload)

    # conversations

    def opened(self, channel: Row, partner_id: int) -> None:
        uid = self.state.accounts.user_of(partner_id)
        self.to_partner(partner_id, "mail.channel/legacy_insert", self.channel_info(channel, uid))

    def joined(self, channel: Row, member: Row, inviter: int | None) -> None:
        uid = self.state.accounts.user_of(member["partner_id"])
        payload = {"channel": self.channel_info(channel, uid), "invited_by_user_id": false(inviter)}
        self.to_partner(member["partner_id"], "mail.channel/joined", payload)
        self._members(channel, "insert", self.member(member))

    def _members(self, channel: Row, command: str, member: Json) -> None:
        payload = {
            "id": channel["id"],
            "memberCount": len(self.state.channels.members(channel["id"])),
            "channelMembers": [[command, [member]]],
        }
        self.to_channel(channel["id"], "mail.channel/insert", payload)

    def left(self, channel: Row, member: Row) -> None:
        uid = self.state.accounts.user_of(member["partner_id"])
        self.to_partner(member["partner_id"], "mail.channel/leave", self.channel_info(channel, uid))
        self._members(channel, "insert-and-unlink", {"id": member["id"]})

    def changed(self, channel: Row, *fields: str) -> None:
        record = {"id": channel["id"], "model": "mail.channel"}
        payload = {**record, **{name: false(channel[name]) for name in fields}}
        self.to_channel(channel["id"], "mail.thread/insert", payload)

    def member_written(self, member: Row, fresh: Json, names: list[str], *, verb: bool) -> None:
        if verb:
            payload = {"id": member["channel_id"], **{name: false(member[name]) for name in names}}
            self.to_partner(member["partner_id"], "mail.channel/insert", payload)

    def pinned(self, channel: Row, member: Row) -> None:
        if member["is_pinned"]:
            self.opened(channel, member["partner_id"])
        else:
            self.to_partner(member["partner_id"], "mail.channel/unpin", {"id": channel["id"]})

    # answers

    def format(self, messages: list[Row], uid: int | None) -> list[Json]:
        return [self.message(row) for row in messages]

    def boot(self, uid: int) -> Json:
        state = self.state
        me = state.accounts.partner_of(uid)
        return {
            "channels": [self.channel_info(self.channel(room), uid) for room in state.channels.of(me)],
            "companyName": "My Company",
            "currentGuest": False,
            "current_partner": self.person(me),
            "current_user_id": uid,
            "current_user_settings": {"id": uid, "user_id": [["insert", {"id": uid}]]},
            "hasLinkPreviewFeature": True,
            "internalUserGroupId": 1,
            "menu_id": 82,
            "needaction_inbox_counter": len(state.messages.needaction(me)),
            "partner_root": self.person(2),
            "shortcodes": self.shortcodes(),
            "starred_counter": state.messages.starred_count(me),
        }
