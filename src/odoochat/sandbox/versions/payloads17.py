"""What Odoo 17 says: typed notifications holding records of the web client's own models."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.bus import Key
from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.store import cache_key
from odoochat.sandbox.versions.voice import Json, Voice, false

INSERT = "mail.record/insert"


class Records17(Voice):
    """How single records look."""

    worker_version = "17.0-1"

    def thread(self, channel_id: int) -> Json:
        """How a conversation is named in a relation."""
        return {"id": channel_id, "model": "discuss.channel"}

    def persona(self, partner_id: int) -> Json:
        """A person with all that members show."""
        row = self.partner(partner_id)
        if partner_id < 0:
            return {**self._named(partner_id), "im_status": self.im_status(partner_id), "write_date": row["write_date"]}
        return {
            "id": row["id"],
            "name": row["name"],
            "email": false(row["email"]),
            "active": bool(row["active"]),
            "im_status": self.im_status(partner_id),
            "is_company": False,
            "type": "partner",
            "isInternalUser": not row["share"],
            "userId": false(row["user_id"]),
            "write_date": row["write_date"],
        }

    def member(self, member: Row) -> Json:
        """A member of a channel."""
        return {
            "create_date": member["create_date"],
            "id": member["id"],
            "persona": self.persona(member["partner_id"]),
            "thread": self.thread(member["channel_id"]),
            "lastFetchedMessage": _reference(member["fetched_message_id"]),
            "lastSeenMessage": _reference(member["seen_message_id"]),
        }

    def message(self, row: Row, *, with_parent: bool = True) -> Json:
        """A message in the shape of message_format."""
        state = self.state
        author = self.partner(row["author_id"]) if row["author_id"] else None
        notes = state.messages.notifications(row["id"])
        name = self.record_name(row)
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
            "record_name": name,
            "starred_partner_ids": state.messages.stars(row["id"]),
            "author": _author(author),
            "default_subject": name,
            "notifications": [],
            "attachments": [self.file(file) for file in state.files.of_message(row["id"])],
            "trackingValues": self.changes(row),
            "linkPreviews": self.preview_records(row),
            "reactions": [
                {
                    "content": content,
                    "count": len(partners),
                    "personas": [self._named(partner) for partner in partners],
                    "message": {"id": row["id"]},
                }
                for content, partners in state.messages.reactions(row["id"]).items()
            ],
            "pinned_at": false(row["pinned_at"]),
            "create_date": row["create_date"],
            "write_date": row["write_date"],
            "needaction_partner_ids": [note["partner_id"] for note in notes if not note["is_read"]],
            "history_partner_ids": [note["partner_id"] for note in notes if note["is_read"]],
            "is_note": row["subtype_id"] == NOTE,
            "is_discussion": row["subtype_id"] != NOTE,
            "subtype_description": False,
            "recipients": [self._named(partner) for partner in state.messages.partners(row["id"])],
            "scheduledDatetime": False,
            "module_icon": self.icon(row),
        }
        parent = state.messages.get(row["parent_id"]) if row["parent_id"] and with_parent else None
        if parent is not None:
            formatted["parentMessage"] = self.message(parent, with_parent=False)
        return formatted

    def _named(self, partner_id: int) -> Json:
        return {**_who(partner_id), "name": self.partner(partner_id)["name"]}

    def file(self, row: Row) -> Json:
        """An attachment."""
        thread = self.thread_of(row)
        return {
            "checksum": row["checksum"],
            "create_date": row["create_date"],
            "id": row["id"],
            "filename": row["name"],
            "name": row["name"],
            "size": row["size"],
            "res_name": self.file_home(row),
            "mimetype": row["mimetype"],
            "type": "binary",
            "url": False,
            "originThread": [["ADD", thread]] if thread else False,
        }

    def basic(self, channel: Row) -> Json:
        """A channel without what belongs to a member."""
        return {
            "avatarCacheKey": cache_key(channel["id"])[:40],
            "channel_type": channel["channel_type"],
            "memberCount": len(self.state.channels.members(channel["id"])),
            "id": channel["id"],
            "name": channel["name"],
            "defaultDisplayMode": False,
            "description": false(channel["description"]),
            "uuid": channel["uuid"],
            "group_based_subscription": channel["name"] == "general",
            "create_uid": channel["create_uid"],
            "authorizedGroupFullName": "User types / Internal User" if channel["public"] == "groups" else False,
            "allow_public_upload": bool(channel["allow_public_upload"]),
            "model": "discuss.channel",
        }

    def channel_info(self, channel: Row, uid: int | None) -> Json:
        state = self.state
        info = {**self.basic(channel), "is_editable": True}
        members = state.channels.members(channel["id"])
        own = [m for m in members if uid is not None and m["partner_id"] == state.accounts.partner_of(uid)]
        if uid is not None:
            info["message_needaction_counter"] = state.messages.needaction_in(
                channel["id"], state.accounts.partner_of(uid)
            )
        for member in own:
            info |= {
                "channelMembers": [["ADD", [self.member(member)]]],
                "state": "open",
                "message_unread_counter": state.channels.unread(member),
                "message_unread_counter_bus_id": state.bus.last_id(),
                "is_minimized": False,
                "custom_notifications": false(member["custom_notifications"]),
                "mute_until_dt": false(member["mute_until_dt"]),
                "seen_message_id": false(member["seen_message_id"]),
                "custom_channel_name": false(member["custom_channel_name"]),
                "is_pinned": bool(member["is_pinned"]),
                "last_interest_dt": member["last_interest_dt"],
            }
        if channel["channel_type"] != "channel":
            info["channelMembers"] = [["ADD", [self.member(member) for member in members]]]
            info["seen_partners_info"] = [
                {
                    "id": member["id"],
                    "partner_id": member["partner_id"],
                    "fetched_message_id": false(member["fetched_message_id"]),
                    "seen_message_id": false(member["seen_message_id"]),
                }
                for member in members
            ]
        return {**info, "invitedMembers": [["ADD", []]], "rtcSessions": [["ADD", []]]}


class Voice17(Records17):
    """Odoo 17.0, late, read from its source."""

    def keys(self, uid: int | None, asked: list[str]) -> list[Key]:
        state = self.state
        keys: list[Key] = [[state.name, "broadcast"]]
        if uid is None:
            return [*[[state.name, name] for name in asked], *keys]
        me = state.accounts.partner_of(uid)
        rooms = dict.fromkeys(state.channels.of(me))
        for name in asked:
            head, _, number = name.rpartition("_")
            if head == "odoo-presence-res.partner" and number.isdigit():
                keys.append(self.partner_key(int(number), "presence"))
            elif head == "discuss.channel" and number.isdigit():
                if state.channels.readable(uid, state.channels.get(int(number))):
                    rooms[int(number)] = None
            else:
                keys.append([state.name, name])
        for room in rooms:
            keys += [self.channel_key(room), self.channel_key(room, "members")]
        return [*keys, self.partner_key(me)]

    # messages

    def posted(self, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None) -> None:
        formatted = self.message(message)
        channel = self.channel(message["res_id"])
        for partner in inboxes:
            self.inbox(message, partner)
        if temporary_id is not None:
            formatted["temporary_id"] = temporary_id
        pinned = {"Thread": {**self.thread(channel["id"]), "is_pinned": True}}
        key = self.channel_key(channel["id"], "members")
        self.state.bus.send(key, {"type": INSERT, "payload": pinned})
        interest = {"id": channel["id"], "last_interest_dt": channel["last_interest_dt"]}
        self.to_channel(channel["id"], "discuss.channel/last_interest_dt_changed", interest)
        self.to_channel(channel["id"], "discuss.channel/new_message", {"id": channel["id"], "message": formatted})

    def inbox(self, message: Row, partner_id: int) -> None:
        follower = self.state.records.follower(message["model"], message["res_id"], partner_id)
        following = {"user_follower_id": follower["id"] if follower else False}
        self.to_partner(partner_id, "mail.message/inbox", {**self.message(message), **following})

    def edited(self, message: Row) -> None:
        record = {
            "id": message["id"],
            "body": message["body"],
            "attachments": [self.file(file) for file in self.state.files.of_message(message["id"])],
            "pinned_at": false(message["pinned_at"]),
            "recipients": [self._named(one) for one in self.state.messages.partners(message["id"])],
            "write_date": message["write_date"],
        }
        self.to_thread(message, INSERT, {"Message": record})

    def unlinked(self, message_ids: list[int], partner_id: int) -> None:
        self.to_partner(partner_id, "mail.message/delete", {"message_ids": message_ids})

    def reacted(self, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
        count = len(self.state.messages.reactions(message["id"]).get(content, []))
        group = {
            "content": content,
            "count": count,
            "personas": [["ADD" if add else "DELETE", _who(partner_id)]],
            "message": {"id": message["id"]},
        }
        record = {"id": message["id"], "reactions": [["ADD" if count else "DELETE", group]]}
        self.to_thread(message, INSERT, {"Message": record}, partner_id)
        return {}

    def message_pinned(self, message: Row) -> None:
        record = {"id": message["id"], "pinned_at": false(message["pinned_at"])}
        self.to_thread(message, INSERT, {"Message": record})

    def starred(self, message_ids: list[int], partner_id: int, *, on: bool) -> None:
        self.to_partner(partner_id, "mail.message/toggle_star", {"message_ids": message_ids, "starred": on})

    def done(self, message_ids: list[int], partner_id: int) -> None:
        left = len(self.state.messages.needaction(partner_id))
        payload = {"message_ids": message_ids, "needaction_inbox_counter": left}
        self.to_partner(partner_id, "mail.message/mark_as_read", payload)

    def previewed(self, message: Row) -> None:
        self.to_thread(message, INSERT, {"LinkPreview": self.preview_records(message)})

    # attention

    def typing(self, member: Row, is_typing: bool) -> None:
        told = {**self.member(member), "isTyping": is_typing}
        self.to_channel(member["channel_id"], "discuss.channel.member/typing_status", told)
        channel = self.channel(member["channel_id"])
        kind = "discuss.channel.member/typing_status"
        self.state.bus.send(channel["uuid"], {"type": kind, "payload": told})  # for visitors of a live chat

    def seen(self, member: Row) -> None:
        basic: Json = {
            "id": member["id"],
            "persona": _who(member["partner_id"]),
            "lastSeenMessage": _reference(member["seen_message_id"]),
        }
        own = {
            **self.thread(member["channel_id"]),
            "message_unread_counter": self.state.channels.unread(member),
            "message_unread_counter_bus_id": self.state.bus.last_id(),
            "seen_message_id": false(member["seen_message_id"]),
        }
        self.to_partner(member["partner_id"], INSERT, {"ChannelMember": {**basic, "thread": own}})
        if self.channel(member["channel_id"])["channel_type"] in self.seen_types:
            self.to_channel(member["channel_id"], INSERT, {"ChannelMember": basic})

    def fetched(self, member: Row) -> None:
        payload = {
            "channel_id": member["channel_id"],
            "id": member["id"],
            "last_message_id": false(member["fetched_message_id"]),
            "partner_id": member["partner_id"],
        }
        self.to_channel(member["channel_id"], "discuss.channel.member/fetched", payload)

    def presence(self, partner_id: int, shown: str, status: str) -> None:
        payload = {"im_status": shown, "presence_status": status, **self.whose_status(partner_id)}
        key = self.partner_key(partner_id, "presence")
        self.state.bus.send(key, {"type": "bus.bus/im_status_updated", "payload": payload})

    def guest_renamed(self, person: int, channels: list[int]) -> None:
        payload = {"Persona": self._named(person)}
        for channel_id in channels:
            self.to_channel(channel_id, INSERT, payload)
        self.to_partner(person, INSERT, payload)

    # conversations

    def opened(self, channel: Row, partner_id: int) -> None:
        uid = self.state.accounts.user_of(partner_id)
        self.to_partner(partner_id, INSERT, {"Thread": self.channel_info(channel, uid)})

    def joined(self, channel: Row, member: Row, inviter: int | None) -> None:
        payload: Json = {"channel": {**self.basic(channel), "is_pinned": True}}
        if inviter is not None:
            payload["invited_by_user_id"] = inviter
        self.to_partner(member["partner_id"], "discuss.channel/joined", payload)
        self._members(channel, "ADD", self.member(member))

    def _members(self, channel: Row, command: str, member: Json) -> None:
        record = {
            **self.thread(channel["id"]),
            "channelMembers": [[command, [member]]],
            "memberCount": len(self.state.channels.members(channel["id"])),
        }
        self.to_channel(channel["id"], INSERT, {"Thread": record})

    def left(self, channel: Row, member: Row) -> None:
        gone = {**self.basic(channel), "is_pinned": False, "isLocallyPinned": False}
        self.to_partner(member["partner_id"], "discuss.channel/leave", gone)
        self._members(channel, "DELETE", {"id": member["id"]})

    def changed(self, channel: Row, *fields: str) -> None:
        record = {**self.thread(channel["id"]), **{name: false(channel[name]) for name in fields}}
        self.to_channel(channel["id"], INSERT, {"Thread": record})

    def member_written(self, member: Row, fresh: Json, names: list[str], *, verb: bool) -> None:
        if verb:
            record = {**self.thread(member["channel_id"]), **{name: false(member[name]) for name in names}}
            self.to_partner(member["partner_id"], INSERT, {"Thread": record})

    def pinned(self, channel: Row, member: Row) -> None:
        if member["is_pinned"]:
            self.opened(channel, member["partner_id"])
        else:
            self.to_partner(member["partner_id"], "discuss.channel/unpin", {"id": channel["id"]})

    # answers

    def format(self, messages: list[Row], uid: int | None) -> list[Json]:
        return [{**self.message(row), "user_follower_id": False} for row in messages]

    def boot(self, uid: int) -> Json:
        state = self.state
        me = state.accounts.partner_of(uid)
        return {
            "hasLinkPreviewFeature": True,
            "hasGifPickerFeature": False,
            "hasMessageTranslationFeature": False,
            "initBusId": state.bus.last_id(),
            "channels": [self.channel_info(self.channel(room), uid) for room in state.channels.of(me)],
            "companyName": "My Company",
            "shortcodes": self.shortcodes(),
            "current_partner": {
                **self.persona(me),
                "user": {"id": uid, "isInternalUser": state.accounts.is_internal(uid)},
            },
            "current_user_id": uid,
            "current_user_settings": {"id": uid, "user_id": {"id": uid}},
            "settings": {"id": uid, "user_id": {"id": uid}},
            "currentGuest": False,
            "internalUserGroupId": 1,
            "menu_id": 82,
            "needaction_inbox_counter": len(state.messages.needaction(me)),
            "odoobot": self.persona(2),
            "starred_counter": state.messages.starred_count(me),
        }


def _reference(record_id: int | None) -> Any:
    return {"id": record_id} if record_id else False


def _who(person: int) -> Json:
    return {"id": abs(person), "type": "partner" if person > 0 else "guest"}


def _author(row: Row | None) -> Any:
    if row is None:
        return False
    if row["id"] < 0:
        return {**_who(row["id"]), "name": row["name"]}
    user = {"id": row["user_id"], "isInternalUser": not row["share"]} if row["user_id"] else False
    return {"id": row["id"], "name": row["name"], "is_company": False, "type": "partner", "user": user}
