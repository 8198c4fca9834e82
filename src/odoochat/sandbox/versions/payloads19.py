"""What Odoo 19 says: store dictionaries with plain ids and marked-up bodies."""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.records import CHANNELS
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.store import Store, cache_key, token
from odoochat.sandbox.versions.store_voice import INSERT, StoreVoice
from odoochat.sandbox.versions.voice import Json, false

# Fields of a member that its owner's devices hear of when they change (`_sync_field_names`).
SYNCED = (
    "custom_channel_name", "custom_notifications", "last_interest_dt", "message_unread_counter", "mute_until_dt",
    "new_message_separator", "unpin_dt",
)  # fmt: skip


class Voice19(StoreVoice):
    """Odoo 19.0 as recorded from a live server."""

    worker_version = "19.0-2"
    error_code = 0

    # people

    def add_author(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id)
            return
        row = self.partner(partner_id)
        store.add(
            "res.partner",
            {**self._named(row), "is_company": False, "main_user_id": false(row["user_id"])},
        )
        self._add_user(store, row)

    def add_person(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id, status=True)
            return
        row = self.partner(partner_id)
        self.add_author(store, partner_id)
        store.add(
            "res.partner",
            {
                **self._status(row),
                "active": bool(row["active"]),
                "email": false(row["email"]),
            },
        )

    def add_reader(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id, status=True)
            return
        row = self.partner(partner_id)
        store.add("res.partner", {**self._named(row), **self._status(row)})

    def add_name(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id)
            return
        store.add("res.partner", self._named(self.partner(partner_id)))

    def _named(self, row: Row) -> Json:
        return {
            "avatar_128_access_token": token("avatar", row["id"]),
            "id": row["id"],
            "name": row["name"],
            "write_date": row["write_date"],
        }

    def _status(self, row: Row) -> Json:
        return {
            "id": row["id"],
            "im_status": self.im_status(row["id"]),
            "im_status_access_token": token("im_status", row["id"]),
            "mention_token": token("mention", row["id"]),
        }

    def _add_user(self, store: Store, row: Row) -> None:
        if row["user_id"]:
            store.add("res.users", {"id": row["user_id"], "share": bool(row["share"])})

    def add_guest(self, store: Store, person: int, *, status: bool = False) -> None:
        """A guest, in members with the status."""
        row = self.partner(person)
        record: Json = {
            "avatar_128_access_token": token("avatar", person),
            "id": -person,
            "name": row["name"],
            "write_date": row["write_date"],
        }
        if status:
            record["im_status"] = self.im_status(person)
            record["im_status_access_token"] = token("im_status", person)
        store.add("mail.guest", record)

    # messages

    def body(self, html: str) -> Any:
        """Marked as HTML, but the empty body is a plain string."""
        return ["markup", html] if html else ""

    def add_message(self, store: Store, row: Row, uid: int | None, *, is_parent: bool = False) -> None:
        state = self.state
        channel = self.state.channels.get(row["res_id"]) if row["model"] in CHANNELS else None
        name = self.record_name(row)
        record: Json = {
            "attachment_ids": [file["id"] for file in state.files.of_message(row["id"])],
            "author_guest_id": -row["author_id"] if (row["author_id"] or 0) < 0 else False,
            "author_id": row["author_id"] if (row["author_id"] or 0) > 0 else False,
            "body": self.body(row["body"]),
            "create_date": row["create_date"],
            "date": row["date"],
            "default_subject": name,
            "id": row["id"],
            "incoming_email_cc": False,
            "incoming_email_to": False,
            "message_link_preview_ids": [one["id"] for one in state.extras.previews(row["id"])],
            "message_type": row["message_type"],
            "model": row["model"],
            "partner_ids": state.messages.partners(row["id"]),
            "pinned_at": false(row["pinned_at"]),
            "reactions": [
                {"message": row["id"], "content": content} for content in state.messages.reactions(row["id"])
            ],
            "record_name": name,
            "res_id": row["res_id"],
            "scheduledDatetime": False,
            "subject": false(row["subject"]),
            "subtype_id": row["subtype_id"],
            "thread": {"id": row["res_id"], "model": row["model"]},
            "write_date": row["write_date"],
        }
        if not row["author_id"]:
            record["email_from"] = false(row["email_from"])
        # Who is in the channel's group sees these; without a group nobody does.
        if channel is None or (channel["channel_type"], channel["public"]) == ("channel", "groups"):
            record["email_from"] = false(row["email_from"])
            record["notification_ids"] = [note["id"] for note in state.messages.notifications(row["id"])]
        if not is_parent and channel is not None:
            record["parent_id"] = false(row["parent_id"])
        if uid is not None:
            me = state.accounts.partner_of(uid)
            record["needaction"] = row["id"] in state.messages.needaction(me)
            record["starred"] = me in state.messages.stars(row["id"])
            record["trackingValues"] = self.changes(row)
        store.add("mail.message", record)
        self._add_around(store, row, name)
        parent = state.messages.get(row["parent_id"]) if row["parent_id"] and not is_parent else None
        if parent is not None:
            self.add_message(store, parent, uid, is_parent=True)

    def _add_around(self, store: Store, row: Row, name: str) -> None:
        state = self.state
        for file in state.files.of_message(row["id"]):
            store.add("ir.attachment", self.file(file))
        store.add("mail.message.subtype", {"description": False, "id": row["subtype_id"]})
        thread = {"display_name": name, "id": row["res_id"], "model": row["model"], "module_icon": self.icon(row)}
        store.add("mail.thread", thread, "model", "id")
        if row["author_id"]:
            self.add_author(store, row["author_id"])
        self._add_reactions(store, row["id"])
        self.add_previews(store, row)
        for note in state.messages.notifications(row["id"]):
            store.add(
                "mail.notification",
                {
                    "failure_type": False,
                    "id": note["id"],
                    "mail_email_address": False,
                    "mail_message_id": row["id"],
                    "notification_status": "sent",
                    "notification_type": "inbox",
                    "res_partner_id": note["partner_id"],
                },
            )
            partner = self.partner(note["partner_id"])
            named = {"id": partner["id"], "name": partner["name"], "email": false(partner["email"])}
            mentioned = row["model"] in CHANNELS or partner["id"] in state.messages.partners(row["id"])
            store.add("res.partner", {**self._named(partner), **named} if mentioned else named)

    def _add_reactions(self, store: Store, message_id: int, only: str | None = None) -> None:
        for content, partners in self.state.messages.reactions(message_id).items():
            if only in (None, content):
                group = {
                    "content": content,
                    "count": len(partners),
                    "guests": [-one for one in partners if one < 0],
                    "message": message_id,
                    "partners": [one for one in partners if one > 0],
                    "sequence": self.state.messages.reaction_sequence(message_id, content),
                }
                store.add("MessageReactions", group, "message", "content")
                for partner in partners:
                    self.add_name(store, partner)

    def file(self, row: Row) -> Json:
        return {
            "checksum": row["checksum"],
            "create_date": row["create_date"],
            "file_size": row["size"],
            "has_thumbnail": False,
            "id": row["id"],
            "mimetype": row["mimetype"],
            "name": row["name"],
            "raw_access_token": token("raw", row["id"]),
            "res_name": self.file_home(row),
            "thread": false(self.thread_of(row)),
            "thumbnail_access_token": token("thumbnail", row["id"]),
            "type": "binary",
            "url": False,
            "voice_ids": [],
        }

    def edited_record(self, message: Row) -> Json:
        return {
            "attachment_ids": [file["id"] for file in self.state.files.of_message(message["id"])],
            "body": self.body(message["body"]),
            "id": message["id"],
            "parent_id": false(message["parent_id"]),
            "partner_ids": self.state.messages.partners(message["id"]),
            "pinned_at": false(message["pinned_at"]),
            "translationValue": False,
            "write_date": message["write_date"],
        }

    # channels and members

    def add_channel(self, store: Store, channel: Row, uid: int | None, *, basic: bool = False) -> None:
        kind = channel["channel_type"]
        record: Json = {
            "channel_type": kind,
            "create_uid": channel["create_uid"],
            "default_display_mode": False,
            "id": channel["id"],
            "invited_member_ids": [["ADD", []]],
            "last_interest_dt": channel["last_interest_dt"],
            "member_count": len(self.state.channels.members(channel["id"])),
            "name": channel["name"],
            "rtc_session_ids": [["ADD", []]],
            "uuid": channel["uuid"],
        }
        if kind != "chat":
            parent = channel["parent_channel_id"]
            record["avatar_cache_key"] = cache_key(channel["id"])
            record["description"] = false(channel["description"])
            record["from_message_id"] = false(channel["from_message_id"])
            record["parent_channel_id"] = self.place(parent) if parent else False
        if kind == "channel":
            record["group_ids"] = [1] if channel["name"] == "general" else []
            record["group_public_id"] = 1 if channel["public"] == "groups" else False
            if channel["public"] == "groups":
                store.add("res.groups", {"full_name": "Role / User", "id": 1})
        if kind == "group":
            record["channel_name_member_ids"] = [member["id"] for member in self.state.channels.members(channel["id"])]
        if not basic and uid is not None:
            record["fetchChannelInfoState"] = "fetched"
            record["is_editable"] = uid > 0
            record["message_needaction_counter"] = self.state.messages.needaction_in(
                channel["id"], self.state.accounts.partner_of(uid)
            )
            record["message_needaction_counter_bus_id"] = self.state.bus.last_id()
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
            "custom_channel_name": false(member["custom_channel_name"]),
            "custom_notifications": false(member["custom_notifications"]),
            "last_interest_dt": member["last_interest_dt"],
            "mute_until_dt": false(member["mute_until_dt"]),
            "rtc_inviting_session_id": False,
            "unpin_dt": false(member["unpin_dt"]),
        }

    def short_member(self, member: Row) -> Json:
        person = member["partner_id"]
        return {
            "channel_id": self.place(member["channel_id"]),
            "id": member["id"],
            **({"partner_id": person} if person > 0 else {"guest_id": -person}),
        }

    # what 19 says otherwise than 18

    def joined_payload(self, channel: Row, member: Row, inviter: int | None) -> Json:
        store = Store()
        if inviter is None:
            self.add_own(store, channel, self.state.accounts.user_of(member["partner_id"]))
        else:
            self.add_channel(store, channel, None, basic=True)
            store.add("discuss.channel.member", {"id": member["id"], "unpin_dt": false(member["unpin_dt"])})
        payload: Json = {"channel_id": channel["id"], "invite_to_rtc_call": False, self.store_key: store.data()}
        if inviter is not None:
            payload["invited_by_user_id"] = inviter
        return payload

    def members_changed(self, channel: Row, *, added: Row | None = None, removed: Row | None = None) -> None:
        store = Store()
        count = len(self.state.channels.members(channel["id"]))
        record: Json = {"id": channel["id"], "member_count": count}
        if removed is not None:
            record["channel_member_ids"] = [["DELETE", [removed["id"]]]]
        store.add("discuss.channel", record)
        if added is not None:
            store.add("discuss.channel.member", self.member_record(added))
            self.add_person(store, added["partner_id"])
        self.to_channel(channel["id"], INSERT, store.data())

    def told_left(self, channel: Row, member: Row) -> None:
        gone = {"close_chat_window": True, "id": channel["id"], "isLocallyPinned": False}
        self.to_partner(member["partner_id"], INSERT, {"discuss.channel": [gone]})

    def member_written(self, member: Row, fresh: Json, names: list[str], *, verb: bool) -> None:
        told = {name: false(value) for name, value in fresh.items() if name in SYNCED}
        if "message_unread_counter" in told:
            told["message_unread_counter_bus_id"] = self.state.bus.last_id()
        if told:
            record = {**self.short_member(member), **told}
            self.to_partner(member["partner_id"], INSERT, {"discuss.channel.member": [record]})
        if verb and names == ["custom_channel_name"]:  # said a second time by its method
            again = {"custom_channel_name": false(member["custom_channel_name"]), "id": member["id"]}
            self.to_partner(member["partner_id"], INSERT, {"discuss.channel.member": [again]})

    def pinned(self, channel: Row, member: Row) -> None:
        record = {**self.short_member(member), "unpin_dt": false(member["unpin_dt"])}
        self.to_partner(member["partner_id"], INSERT, {"discuss.channel.member": [record]})
        if member["is_pinned"]:
            uid = self.state.accounts.user_of(member["partner_id"])
            self.to_partner(member["partner_id"], INSERT, self.channel_info(channel, uid))
        else:
            closed = {"close_chat_window": True, "id": channel["id"]}
            self.to_partner(member["partner_id"], INSERT, {"discuss.channel": [closed]})

    def inbox(self, message: Row, partner_id: int) -> None:
        store = Store()
        self.add_message(store, message, self.state.accounts.user_of(partner_id))
        self.add_self_follower(store, message, partner_id)
        payload = {"message_id": message["id"], "store_data": store.data()}
        self.to_partner(partner_id, "mail.message/inbox", payload)

    def changes(self, message: Row) -> list[Json]:
        return [
            {
                "fieldInfo": {
                    "changedField": row["label"],
                    "currencyId": False,
                    "fieldType": "char",
                    "floatPrecision": None,
                    "isPropertyField": False,
                },
                "id": row["id"],
                "newValue": false(row["new"]),
                "oldValue": false(row["old"]),
            }
            for row in self.state.records.tracking(message["id"])
        ]

    def post_answer(self, message: Row, uid: int) -> Json:
        store = Store()
        self.add_message(store, message, uid)
        return {"store_data": store.data(), "message_id": message["id"]}
