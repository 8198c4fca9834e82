"""What Odoo 20 says, where it differs from 19: users instead of partners, bookmarks, versions of what is told.

† From source only (late 19.x and 20.0: addons/mail/models/mail_message.py, mail_presence.py, res_users.py,
discuss/discuss_channel.py, discuss/discuss_channel_member.py, tools/discuss.py), no live server.
"""

from __future__ import annotations

from typing import Any

from odoochat.sandbox.database.bus import Key
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.poll_voice import PollVoice
from odoochat.sandbox.versions.store import Store, token
from odoochat.sandbox.versions.store_voice import INSERT
from odoochat.sandbox.versions.voice import Json, false


class Records20(PollVoice):
    """How single records look: a status is the user's, relations to channels are plain ids."""

    store_key = "store_data"

    def place(self, channel_id: int) -> Any:
        return channel_id

    # people

    def add_author(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id)
            return
        row = self.partner(partner_id)
        store.add("res.partner", {**self._named(row), "is_company": False, "main_user_id": false(row["user_id"])})
        self._add_user(store, row)

    def _add_user(self, store: Store, row: Row) -> None:
        if row["user_id"]:
            store.add("res.users", {"id": row["user_id"], "partner_id": row["id"], "share": bool(row["share"])})

    def add_person(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id, status=True)
            return
        row = self.partner(partner_id)
        self.add_reader(store, partner_id)
        self.add_author(store, partner_id)
        more = {
            "active": bool(row["active"]),
            "email": false(row["email"]),
            "partner_share": bool(row["share"]),
            "tz": False,
        }
        store.add("res.partner", {"id": row["id"], **more})
        if row["user_id"]:
            store.add("res.users", {"id": row["user_id"], "active": True})

    def add_reader(self, store: Store, partner_id: int) -> None:
        if partner_id < 0:
            self.add_guest(store, partner_id, status=True)
            return
        row = self.partner(partner_id)
        user_ids = [row["user_id"]] if row["user_id"] else []
        store.add(
            "res.partner", {**self._named(row), "mention_token": token("mention", row["id"]), "user_ids": user_ids}
        )
        for user in user_ids:
            status = {
                "id": user,
                "im_status": self.im_status(partner_id),
                "im_status_access_token": token("im_status", user),
                "partner_id": partner_id,
            }
            store.add("res.users", status)

    # messages

    def add_message(self, store: Store, row: Row, uid: int | None, *, is_parent: bool = False) -> None:
        super().add_message(store, row, uid, is_parent=is_parent)
        record = next(one for one in store.records("mail.message") if one["id"] == row["id"])
        for gone in ("starred", "trackingValues"):
            record.pop(gone, None)
        if "email_from" in record:  # who sees one sees the other
            record["reply_to"] = record["email_from"]
        if uid is not None:
            me = self.state.accounts.partner_of(uid)
            notes = self.state.messages.notifications(row["id"])
            record["is_bookmarked"] = me in self.state.messages.stars(row["id"])
            record["needaction_done"] = any(note["partner_id"] == me and note["is_read"] for note in notes)
        record["reactions"] = self._groups(row["id"])
        for thread in store.records("mail.thread"):
            if thread.pop("module_icon", None):
                thread["has_mail_thread"] = True
        self.add_polls_of(store, record, uid)

    def _groups(self, message_id: int, only: str | None = None) -> list[Json]:
        return [
            {
                "content": content,
                "count": len(partners),
                "guests": [-one for one in partners if one < 0],
                "message": message_id,
                "partners": [one for one in partners if one > 0],
                "sequence": self.state.messages.reaction_sequence(message_id, content),
            }
            for content, partners in self.state.messages.reactions(message_id).items()
            if only in (None, content)
        ]

    def _add_reactions(self, store: Store, message_id: int, only: str | None = None) -> None:
        # The groups stand in the message itself; here come only the people.
        for group in self._groups(message_id, only):
            for person in [*group["partners"], *(-one for one in group["guests"])]:
                self.add_name(store, person)

    # channels and members

    def add_channel(self, store: Store, channel: Row, uid: int | None, *, basic: bool = False) -> None:
        super().add_channel(store, channel, uid, basic=basic)
        more: Json = {"id": channel["id"], "discuss_category_id": False}
        if channel["channel_type"] != "chat":
            more["avatar_128_access_token"] = token("avatar_128", channel["id"])
        if channel["channel_type"] == "channel":
            more["is_readonly"] = False
        if channel["parent_channel_id"]:
            more["create_date"] = channel["create_date"]
            more["message_count"] = len(self.state.messages.page(channel["id"], limit=None))
        store.add("discuss.channel", more)

    def member_record(self, member: Row) -> Json:
        record = super().member_record(member)
        del record["fetched_message_id"]
        channel = self.channel(member["channel_id"])
        owner = self.state.accounts.partner_of(channel["create_uid"]) == member["partner_id"]
        role = "owner" if owner and channel["channel_type"] != "chat" else False
        return {**record, "channel_role": role}

    def own_member_record(self, member: Row) -> Json:
        record = super().own_member_record(member)
        del record["custom_channel_name"]
        return {**record, "is_favorite": self.state.channels.is_favorite(member["id"])}


class Voice20(Records20):
    """Odoo 20.0."""

    worker_version = "20.0-1"  # † what a 20.0 server says here was not seen

    def keys(self, uid: int | None, asked: list[str]) -> list[Key]:
        state = self.state
        head = "odoo-presence-res.users_"
        others = [name for name in asked if not name.startswith(head)]
        keys = super().keys(uid, others)
        if uid is None or uid < 0:
            return keys
        me = self.partner_key(state.accounts.partner_of(uid), "presence")
        keys = [one for one in keys if one != me]
        users = [
            int(n) for name in asked if name.startswith(head) and (n := name[len(head) :].partition("-")[0]).isdigit()
        ]
        return [*keys, self.user_key(uid), *(self.user_key(user, "presence") for user in dict.fromkeys([*users, uid]))]

    def user_key(self, uid: int, *sub: str) -> list[Any]:
        """The bus channel of a user."""
        return [self.state.name, "res.users", uid, *sub]

    # the ways out: whatever holds a store bears its version

    def to_channel(self, channel_id: int, kind: str, payload: Any) -> int:
        return super().to_channel(channel_id, kind, self._stamped(kind, payload))

    def to_partner(self, partner_id: int, kind: str, payload: Any) -> int:
        uid = self.state.accounts.user_of(partner_id) if partner_id > 0 else None
        key = self.user_key(uid) if uid else self.partner_key(partner_id)
        return self.state.bus.send(key, {"type": kind, "payload": self._stamped(kind, payload)})

    def _stamped(self, kind: str, payload: Json) -> Json:
        if kind == INSERT:
            return self.versioned(payload)
        if isinstance(payload, dict) and "store_data" in payload:
            return {**payload, "store_data": self.versioned(payload["store_data"])}
        return payload

    def versioned(self, store: Json) -> Json:
        """A store with the snapshot it was read in, by which a client tells old facts from new ones."""
        moment = 1000 + self.state.bus.last_id()
        snapshot = {"xmin": str(moment), "xmax": str(moment), "xip_bitmap": "", "current_xact_id": str(moment)}
        return {**store, "__store_version__": {"snapshot": snapshot, "written_fields_by_record": {}}}

    # what happened

    def posted(self, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None) -> None:
        super().posted(message, inboxes, temporary_id=temporary_id, silent=silent)
        super()._told_interest(self.channel(message["res_id"]), message)

    def _told_interest(self, channel: Row, message: Row) -> None:
        """Not yet: the channel's last activity is written after the commit, so it is told last."""

    def reacted(self, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
        store, groups = Store(), self._groups(message["id"], content)
        change = ["ADD", groups] if groups else ["DELETE", {"message": message["id"], "content": content}]
        store.add("mail.message", {"id": message["id"], "reactions": [change]})
        self._add_reactions(store, message["id"], content)
        self.to_thread(message, INSERT, store.data(), partner_id)
        return store.data()

    def fetched(self, member: Row) -> None:
        """20 knows no "delivered" any more."""

    def starred(self, message_ids: list[int], partner_id: int, *, on: bool) -> None:
        if message_ids:
            records = [{"id": message_id, "is_bookmarked": on} for message_id in message_ids]
            self.to_partner(partner_id, INSERT, {"mail.message": records})

    def undone(self, message_ids: list[int], uid: int) -> None:
        """Messages came back into the inbox."""
        store = Store()
        for message_id in message_ids:
            row = self.state.messages.get(message_id)
            if row is not None:
                self.add_message(store, row, uid)
        payload = {"message_ids": message_ids, "store_data": store.data()}
        self.to_partner(self.state.accounts.partner_of(uid), "mail.message/mark_as_unread", payload)

    def presence(self, partner_id: int, shown: str, status: str) -> None:
        uid = self.state.accounts.user_of(partner_id)
        model, number = ("mail.guest", -partner_id) if partner_id < 0 else ("res.users", uid)
        if not number:
            return
        key = self.partner_key(partner_id, "presence") if partner_id < 0 else self.user_key(number, "presence")
        told = self.versioned({model: [{"id": number, "im_status": shown}]})
        self.state.bus.send(key, {"type": INSERT, "payload": told})
        self.to_partner(partner_id, INSERT, {model: [{"id": number, "presence_status": status}]})

    def members_changed(self, channel: Row, *, added: Row | None = None, removed: Row | None = None) -> None:
        if removed is None:
            super().members_changed(channel, added=added)
            return
        count = len(self.state.channels.members(channel["id"]))
        store = Store().add("discuss.channel", {"id": channel["id"], "member_count": count})
        store.add("discuss.channel.member", {"id": removed["id"], "_DELETE": True})
        self.to_channel(channel["id"], INSERT, store.data())

    def removed(self, channel: Row, member: Row) -> None:
        self.members_changed(channel, removed=member)  # who was taken out learns it by this alone

    def favored(self, member: Row) -> None:
        """A conversation became or is no more somebody's favourite."""
        record = {**self.short_member(member), "is_favorite": self.state.channels.is_favorite(member["id"])}
        self.to_partner(member["partner_id"], INSERT, {"discuss.channel.member": [record]})

    # answers

    def add_boxes(self, store: Store, uid: int) -> None:
        """Counters are asked for by the tabs of the messaging menu; here only whether something is hidden."""
        me = self.state.accounts.partner_of(uid)
        members = [self.state.channels.member(room, me) for room in self.state.channels.of(me)]
        store.put("Store", {"has_hidden_channels": any(one is not None and not one["is_pinned"] for one in members)})
