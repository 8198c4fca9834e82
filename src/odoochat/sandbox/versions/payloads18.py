"""How Odoo 18 writes single records into a store dictionary: personas, threads, messages, members."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.messages import NOTE
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.store import Store, cache_key
from odoochat.sandbox.versions.store_voice import INSERT, StoreVoice
from odoochat.sandbox.versions.voice import Json, false


def persona(partner_id: int) -> Json:
    """How a person is named in a relation."""
    return {"id": abs(partner_id), "type": "partner" if partner_id > 0 else "guest"}


class Voice18(StoreVoice):
    """Odoo 18.0, read from its source: relations as objects, bodies as plain HTML."""

    worker_version = "18.0-7"

    # people

    def add_author(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id)
            return
        row = self.partner(partner_id)
        store.add(
            "res.partner",
            {
                "id": row["id"],
                "isInternalUser": not row["share"],
                "is_company": False,
                "name": row["name"],
                "userId": false(row["user_id"]),
                "write_date": row["write_date"],
            },
        )

    def add_person(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id, status=True)
            return
        row = self.partner(partner_id)
        self.add_author(store, partner_id)
        store.add(
            "res.partner",
            {
                "active": bool(row["active"]),
                "email": false(row["email"]),
                "id": row["id"],
                "im_status": self.im_status(row["id"]),
            },
        )

    def add_reader(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id, status=True)
            return
        row = self.partner(partner_id)
        store.add("res.partner", {"id": row["id"], "im_status": self.im_status(row["id"]), "name": row["name"]})

    def add_name(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id)
            return
        row = self.partner(partner_id)
        store.add("res.partner", {"id": row["id"], "name": row["name"], "write_date": row["write_date"]})

    def add_guest(self, store: Store, person: int, *, status: bool = False) -> None:
        """A guest, in members with the status."""
        row = self.partner(person)
        record: Json = {"id": -person, "name": row["name"], "write_date": row["write_date"]}
        store.add("mail.guest", {**record, "im_status": self.im_status(person)} if status else record)

    # messages

    def add_message(self, store: Store, row: Row, uid: int | None, *, is_parent: bool = False) -> None:
        state = self.state
        name = self.record_name(row)
        record: Json = {
            "attachment_ids": [file["id"] for file in state.files.of_message(row["id"])],
            "author": persona(row["author_id"]) if row["author_id"] else False,
            "body": row["body"],
            "create_date": row["create_date"],
            "date": row["date"],
            "default_subject": name,
            "email_from": false(row["email_from"]),
            "id": row["id"],
            "is_discussion": row["subtype_id"] != NOTE,
            "is_note": row["subtype_id"] == NOTE,
            "linkPreviews": [one["id"] for one in state.extras.previews(row["id"])],
            "message_type": row["message_type"],
            "model": row["model"],
            "notifications": [note["id"] for note in state.messages.notifications(row["id"])],
            "pinned_at": false(row["pinned_at"]),
            "reactions": [
                {"message": row["id"], "content": content} for content in state.messages.reactions(row["id"])
            ],
            "recipients": [persona(partner) for partner in state.messages.partners(row["id"])],
            "record_name": name,
            "res_id": row["res_id"],
            "scheduledDatetime": False,
            "subject": false(row["subject"]),
            "subtype_description": False,
            "thread": {"id": row["res_id"], "model": row["model"]},
            "write_date": row["write_date"],
        }
        if uid is not None:
            me = state.accounts.partner_of(uid)
            record["needaction"] = row["id"] in state.messages.needaction(me)
            record["starred"] = me in state.messages.stars(row["id"])
            record["trackingValues"] = self.changes(row)
        parent = state.messages.get(row["parent_id"]) if row["parent_id"] and not is_parent else None
        if parent is not None:
            record["parentMessage"] = parent["id"]
        store.add("mail.message", record)
        self._add_around(store, row)
        if parent is not None:
            self.add_message(store, parent, uid, is_parent=True)

    def _add_around(self, store: Store, row: Row) -> None:
        state = self.state
        for file in state.files.of_message(row["id"]):
            store.add("ir.attachment", self.file(file))
        store.add(
            "mail.thread", {"id": row["res_id"], "model": row["model"], "module_icon": self.icon(row)}, "model", "id"
        )
        if row["author_id"]:
            self.add_author(store, row["author_id"])
        for partner in state.messages.partners(row["id"]):
            self.add_name(store, partner)
        for note in state.messages.notifications(row["id"]):
            store.add(
                "mail.notification",
                {
                    "failure_type": False,
                    "id": note["id"],
                    "message": row["id"],
                    "notification_status": "sent",
                    "notification_type": "inbox",
                    "persona": persona(note["partner_id"]),
                },
            )
        self._add_reactions(store, row["id"])
        self.add_previews(store, row)

    def _add_reactions(self, store: Store, message_id: int, only: str | None = None) -> None:
        for content, partners in self.state.messages.reactions(message_id).items():
            if only in (None, content):
                group = {
                    "content": content,
                    "count": len(partners),
                    "message": message_id,
                    "personas": [persona(partner) for partner in partners],
                    "sequence": self.state.messages.reaction_sequence(message_id, content),
                }
                store.add("MessageReactions", group, "message", "content")
                for partner in partners:
                    self.add_name(store, partner)

    def file(self, row: Row) -> Json:
        return {
            "checksum": row["checksum"],
            "create_date": row["create_date"],
            "filename": row["name"],
            "id": row["id"],
            "mimetype": row["mimetype"],
            "name": row["name"],
            "res_name": self.file_home(row),
            "size": row["size"],
            "thread": false(self.thread_of(row)),
            "type": "binary",
            "url": False,
            "voice": False,
        }

    def edited_record(self, message: Row) -> Json:
        return {
            "attachment_ids": [file["id"] for file in self.state.files.of_message(message["id"])],
            "body": message["body"],
            "id": message["id"],
            "pinned_at": false(message["pinned_at"]),
            "recipients": [persona(partner) for partner in self.state.messages.partners(message["id"])],
            "write_date": message["write_date"],
        }

    # channels and members

    def _basic(self, channel: Row) -> Json:
        return {
            "allow_public_upload": bool(channel["allow_public_upload"]),
            "authorizedGroupFullName": "User types / Internal User" if channel["public"] == "groups" else False,
            "avatarCacheKey": cache_key(channel["id"]),
            "channel_type": channel["channel_type"],
            "create_uid": channel["create_uid"],
            "defaultDisplayMode": False,
            "description": false(channel["description"]),
            "group_based_subscription": channel["name"] == "general",
            "id": channel["id"],
            "last_interest_dt": channel["last_interest_dt"],
            "memberCount": len(self.state.channels.members(channel["id"])),
            "name": channel["name"],
            "uuid": channel["uuid"],
        }

    def add_channel(self, store: Store, channel: Row, uid: int | None, *, basic: bool = False) -> None:
        record = self._basic(channel)
        if not basic:
            parent = channel["parent_channel_id"]
            record |= {
                "fetchChannelInfoState": "fetched",
                "from_message_id": false(channel["from_message_id"]),
                "invitedMembers": [["ADD", []]],
                "is_editable": uid is None or uid > 0,
                "parent_channel_id": self.thread(parent) if parent else False,
                "rtcSessions": [["ADD", []]],
            }
        if not basic and uid is not None:
            record["message_needaction_counter"] = self.state.messages.needaction_in(
                channel["id"], self.state.accounts.partner_of(uid)
            )
            record["message_needaction_counter_bus_id"] = self.state.bus.last_id()
            member = self.state.channels.member(channel["id"], self.state.accounts.partner_of(uid))
            if member is not None:
                record |= {
                    "custom_channel_name": false(member["custom_channel_name"]),
                    "custom_notifications": false(member["custom_notifications"]),
                    "is_pinned": bool(member["is_pinned"]),
                    "mute_until_dt": false(member["mute_until_dt"]),
                    "state": "closed",
                }
        store.add("discuss.channel", record)

    def member_record(self, member: Row) -> Json:
        return {
            **self.short_member(member),
            "create_date": member["create_date"],
            "fetched_message_id": false(member["fetched_message_id"]),
            "last_seen_dt": false(member["last_seen_dt"]),
            "seen_message_id": false(member["seen_message_id"]),
        }

    def own_member_record(self, member: Row) -> Json:
        return {
            **self.member_record(member),
            **self.unread_record(member),
            "last_interest_dt": member["last_interest_dt"],
        }

    def short_member(self, member: Row) -> Json:
        return {
            "id": member["id"],
            "persona": persona(member["partner_id"]),
            "thread": self.thread(member["channel_id"]),
        }

    # events

    def _told_interest(self, channel: Row, message: Row) -> None:
        record = {"id": channel["id"], "is_pinned": True}
        key = self.channel_key(channel["id"], "members")
        self.state.bus.send(key, {"type": INSERT, "payload": {"discuss.channel": [record]}})

    def joined_payload(self, channel: Row, member: Row, inviter: int | None) -> Json:
        header = {**self._basic(channel), "model": "discuss.channel", "is_pinned": True}
        payload: Json = {"channel": header, "open_chat_window": False}
        if inviter is not None:
            payload["invited_by_user_id"] = inviter
        return payload

    def members_changed(self, channel: Row, *, added: Row | None = None, removed: Row | None = None) -> None:
        store = Store()
        record: Json = {"id": channel["id"], "memberCount": len(self.state.channels.members(channel["id"]))}
        if removed is not None:
            record["channelMembers"] = [["DELETE", [removed["id"]]]]
        store.add("discuss.channel", record)
        if added is not None:
            store.add("discuss.channel.member", self.member_record(added))
            self.add_person(store, added["partner_id"])
        self.to_channel(channel["id"], INSERT, store.data())

    def told_left(self, channel: Row, member: Row) -> None:
        gone = {"id": channel["id"], "isLocallyPinned": False, "is_pinned": False}
        self.to_partner(member["partner_id"], "discuss.channel/leave", {"discuss.channel": [gone]})

    def member_written(self, member: Row, fresh: Json, names: list[str], *, verb: bool) -> None:
        if verb:
            record = {"id": member["channel_id"], **{name: false(member[name]) for name in names}}
            self.to_partner(member["partner_id"], INSERT, {"discuss.channel": [record]})

    def pinned(self, channel: Row, member: Row) -> None:
        if not member["is_pinned"]:
            self.to_partner(member["partner_id"], "discuss.channel/unpin", {"id": channel["id"]})
            return
        uid = self.state.accounts.user_of(member["partner_id"])
        self.to_partner(member["partner_id"], INSERT, self.channel_info(channel, uid))

    def inbox(self, message: Row, partner_id: int) -> None:
        store = Store()
        self.add_message(store, message, self.state.accounts.user_of(partner_id))
        self.add_self_follower(store, message, partner_id)
        self.to_partner(partner_id, "mail.message/inbox", store.data())

    def post_answer(self, message: Row, uid: int) -> Any:
        store = Store()
        self.add_message(store, message, uid)
        return store.data()
