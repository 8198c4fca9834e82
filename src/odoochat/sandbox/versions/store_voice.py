"""What Odoo 18 and later tell, and in which order; how single records look is left to each version."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from odoochat.sandbox.database.bus import Key
from odoochat.sandbox.database.canned_answers import described
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.versions.store import Store
from odoochat.sandbox.versions.voice import Json, Voice, false

INSERT = "mail.record/insert"


class StoreRecords(Voice):
    """How single records look; the versions differ here."""

    store_key: ClassVar[str] = "data"  # where a payload holds its store

    def thread(self, channel_id: int) -> Json:
        """How a conversation is named in a relation."""
        return {"id": channel_id, "model": self.state.channel_model}

    def place(self, channel_id: int) -> Any:
        """How a member or a thread names the conversation it belongs to."""
        return self.thread(channel_id)

    @abstractmethod
    def add_author(self, store: Store, partner_id: int) -> None:
        """Who wrote a message."""

    @abstractmethod
    def add_person(self, store: Store, partner_id: int) -> None:
        """A member, with mail address and status."""

    @abstractmethod
    def add_reader(self, store: Store, partner_id: int) -> None:
        """Somebody who has read."""

    @abstractmethod
    def add_name(self, store: Store, partner_id: int) -> None:
        """Name and picture only."""

    @abstractmethod
    def add_message(self, store: Store, row: Row, uid: int | None, *, is_parent: bool = False) -> None:
        """A message and all that belongs to it; `uid` adds what only that user sees."""

    @abstractmethod
    def file(self, row: Row) -> Json:
        """An attachment."""

    @abstractmethod
    def edited_record(self, message: Row) -> Json:
        """What an edit tells of a message."""

    @abstractmethod
    def add_channel(self, store: Store, channel: Row, uid: int | None, *, basic: bool = False) -> None:
        """A conversation."""

    @abstractmethod
    def member_record(self, member: Row) -> Json:
        """A member as others see it."""

    @abstractmethod
    def own_member_record(self, member: Row) -> Json:
        """A member as its owner sees it."""

    @abstractmethod
    def short_member(self, member: Row) -> Json:
        """What names a member in an update."""

    @abstractmethod
    def joined_payload(self, channel: Row, member: Row, inviter: int | None) -> Json:
        """What the new member gets."""

    @abstractmethod
    def members_changed(self, channel: Row, *, added: Row | None = None, removed: Row | None = None) -> None:
        """Tell the members that one came or went."""

    @abstractmethod
    def told_left(self, channel: Row, member: Row) -> None:
        """Tell the one who left."""

    @abstractmethod
    def post_answer(self, message: Row, uid: int) -> Json:
        """The answer of /mail/message/post."""

    def add_previews(self, store: Store, message: Row) -> None:
        """The previews of a message's links."""
        for row in self.state.extras.previews(message["id"]):
            if self.state.version >= 19:
                join = {"id": row["id"], "link_preview_id": row["id"], "message_id": message["id"]}
                store.add("mail.message.link.preview", join)
                store.add("mail.link.preview", {**described(row), "id": row["id"]})
            else:
                store.add("mail.link.preview", {**described(row), "id": row["id"], "message": message["id"]})

    def add_self_follower(self, store: Store, message: Row, partner_id: int) -> None:
        """How somebody follows the thread of a message, as the inbox shows it."""
        follower = self.state.records.follower(message["model"], message["res_id"], partner_id)
        mine = follower["id"] if follower else False
        thread = {"id": message["res_id"], "model": message["model"], "selfFollower": mine}
        store.add("mail.thread", thread, "model", "id")
        if follower is not None:
            who = partner_id if self.state.version >= 19 else {"id": partner_id, "type": "partner"}
            name = "partner_id" if self.state.version >= 19 else "partner"
            store.add("mail.followers", {"id": mine, "is_active": True, name: who})

    def unread_record(self, member: Row) -> Json:
        """A member's unread counter, with the bus id it belongs to."""
        return {
            "message_unread_counter": self.state.channels.unread(member),
            "message_unread_counter_bus_id": self.state.bus.last_id(),
            "new_message_separator": member["new_message_separator"],
        }


class StoreAnswers(StoreRecords):
    """What 18 and 19 answer."""

    def add_own(self, store: Store, channel: Row, uid: int | None) -> None:
        """A conversation with the own member record, as boot and joining give it."""
        self.add_channel(store, channel, uid)
        parent = self.state.channels.get(channel["parent_channel_id"] or 0)
        if parent is not None:
            self.add_own(store, parent, uid)
        source = self.state.messages.get(channel["from_message_id"] or 0)
        if source is not None:
            self.add_message(store, source, uid)
        me = self.state.accounts.partner_of(uid) if uid is not None else 0
        member = self.state.channels.member(channel["id"], me)
        if member is not None:
            store.add("discuss.channel.member", self.own_member_record(member))
            self.add_person(store, me)

    def format(self, messages: list[Row], uid: int | None, *, followers: bool = False) -> Any:
        store = Store()
        for row in messages:
            self.add_message(store, row, uid)
            if followers and uid is not None:
                self.add_self_follower(store, row, self.state.accounts.partner_of(uid))
        return {"data": store.data(), "messages": [row["id"] for row in messages]}

    def channel_info(self, channel: Row, uid: int | None) -> Json:
        store = Store()
        self.add_own(store, channel, uid)
        return store.data()

    def members(self, channel: Row) -> Json:
        """The answer of /discuss/channel/members."""
        store = Store()
        count = "member_count" if self.state.version >= 19 else "memberCount"
        rows = self.state.channels.members(channel["id"])
        store.add("discuss.channel", {"id": channel["id"], count: len(rows)})
        for member in rows:
            store.add("discuss.channel.member", self.member_record(member))
            self.add_person(store, member["partner_id"])
        return store.data()

    def boot(self, uid: int) -> Json:
        store = Store()
        self.add_boxes(store, uid)
        self.add_channels(store, uid)
        return store.data()

    def add_boxes(self, store: Store, uid: int) -> None:
        """The counters of inbox and stars; their bus id is where a client may begin to listen."""
        me, bus_id = self.state.accounts.partner_of(uid), self.state.bus.last_id()
        counters: dict[str, Callable[[], int]] = {
            "inbox": lambda: len(self.state.messages.needaction(me)),
            "starred": lambda: self.state.messages.starred_count(me),
        }
        boxes = {
            name: {"counter": count(), "counter_bus_id": bus_id, "id": name, "model": self.box_model}
            for name, count in counters.items()
        }
        rooms = [self.state.channels.member(room, me) for room in self.state.channels.of(me)]
        unread = sum(1 for member in rooms if member and self.state.channels.unread(member))
        store.put("Store", {**boxes, "initChannelsUnreadCounter": unread})

    box_model = "mail.box"

    def add_channels(self, store: Store, uid: int) -> None:
        """The conversations of a user, each with its newest message."""
        state = self.state
        for channel_id in state.channels.of(state.accounts.partner_of(uid)):
            channel = self.channel(channel_id)
            self.add_own(store, channel, uid)
            if channel["channel_type"] == "chat":
                for member in state.channels.members(channel_id):
                    if member["partner_id"] != state.accounts.partner_of(uid):
                        store.add("discuss.channel.member", self.member_record(member))
                        self.add_person(store, member["partner_id"])
            last = state.channels.last_message_id(channel_id)
            row = state.messages.get(last) if last else None
            if row is not None:
                self.add_message(store, row, uid)


class StoreVoice(StoreAnswers):
    """What 18 and 19 tell, in the order they tell it."""

    def keys(self, uid: int | None, asked: list[str]) -> list[Key]:
        state = self.state
        keys: list[Key] = [[state.name, "broadcast"]]
        if uid is None:
            return [*[[state.name, name] for name in asked], *keys, [state.name, "res.groups", 11]]
        me = state.accounts.partner_of(uid)
        readable = state.channels.readable_ids(uid)
        rooms = dict.fromkeys(room for room in state.channels.of(me) if room in readable)
        if uid < 0:
            own = [[state.name, name] for name in asked] + [self.channel_key(room) for room in rooms]
            return [*keys, *own, [state.name, "res.groups", 11], self.partner_key(me), self.partner_key(me, "presence")]
        for name in asked:
            head, _, number = name.rpartition("_")
            number = number.partition("-")[0]
            if head == "odoo-presence-res.partner" and number.isdigit():
                keys.append(self.partner_key(int(number), "presence"))
            elif head == state.channel_model and number.isdigit():
                if state.channels.readable(uid, state.channels.get(int(number))):
                    rooms[int(number)] = None
            else:
                keys.append([state.name, name])
        sub = "internal_users" if state.version >= 19 else "members"
        for room in rooms:
            keys += [self.channel_key(room), self.channel_key(room, sub)]
        keys += [[state.name, "res.groups", group] for group in (16, 1, 7)]
        return [*keys, self.partner_key(me), self.partner_key(me, "presence")]

    def posted(self, message: Row, inboxes: list[int], *, temporary_id: Any = None, silent: Any = None) -> None:
        channel = self.channel(message["res_id"])
        self._told_interest(channel, message)
        member = self.state.channels.member(channel["id"], message["author_id"] or 0)
        if member is not None and member["new_message_separator"] > message["id"]:
            record = {**self.short_member(member), "new_message_separator": member["new_message_separator"]}
            if message["message_type"] == "comment":
                base = self.state.bus.last_id() - 1
                record |= {**self.unread_record(member), "message_unread_counter_bus_id": base}
            self.to_partner(member["partner_id"], INSERT, {"discuss.channel.member": [record]})
        for partner in inboxes:
            self.inbox(message, partner)
        store = Store()
        self.add_message(store, message, None)
        payload: Json = {self.store_key: store.data(), "id": channel["id"]}
        if temporary_id is not None:
            payload["temporary_id"] = temporary_id
        if silent is not None:
            payload["silent"] = silent
        self.to_channel(channel["id"], "discuss.channel/new_message", payload)

    def _told_interest(self, channel: Row, message: Row) -> None:
        if message["message_type"] == "comment":
            record = {"id": channel["id"], "last_interest_dt": channel["last_interest_dt"]}
            self.to_channel(channel["id"], INSERT, {"discuss.channel": [record]})

    def edited(self, message: Row) -> None:
        store = Store().add("mail.message", self.edited_record(message))
        for file in self.state.files.of_message(message["id"]):
            store.add("ir.attachment", self.file(file))
        parent = self.state.messages.get(message["parent_id"]) if message["parent_id"] else None
        if parent is not None:
            self.add_message(store, parent, None, is_parent=True)
        self.to_thread(message, INSERT, store.data())

    def unlinked(self, message_ids: list[int], partner_id: int) -> None:
        self.to_partner(partner_id, "mail.message/delete", {"message_ids": message_ids})

    def reacted(self, message: Row, content: str, partner_id: int, *, add: bool) -> Json:
        store = Store()
        one = {"message": message["id"], "content": content}
        given = self.state.messages.reactions(message["id"]).get(content)
        change = ["ADD", [one]] if given else ["DELETE", one]
        store.add("mail.message", {"id": message["id"], "reactions": [change]})
        self._add_reactions(store, message["id"], content)
        self.to_thread(message, INSERT, store.data(), partner_id)
        return store.data()

    @abstractmethod
    def _add_reactions(self, store: Store, message_id: int, only: str | None = None) -> None:
        """The groups of reactions of a message."""

    def typing(self, member: Row, is_typing: bool) -> None:
        now = self.state.now()
        record = {**self.member_record(member), "isTyping": is_typing, "is_typing_dt": now}
        store = Store().add("discuss.channel.member", record)
        self.add_person(store, member["partner_id"])
        self.to_channel(member["channel_id"], INSERT, store.data())

    def seen(self, member: Row) -> None:
        channel = self.channel(member["channel_id"])
        record = {**self.short_member(member), "seen_message_id": false(member["seen_message_id"])}
        store = Store().add("discuss.channel.member", record)
        self.add_reader(store, member["partner_id"])
        base = self.state.bus.last_id()
        if channel["channel_type"] in self.seen_types:
            self.to_channel(channel["id"], INSERT, store.data())
        else:
            self.to_partner(member["partner_id"], INSERT, store.data())
        unread = {**self.short_member(member), **self.unread_record(member)}
        unread["message_unread_counter_bus_id"] = base
        self.to_partner(member["partner_id"], INSERT, {"discuss.channel.member": [unread]})

    def separated(self, member: Row) -> None:
        """The line "new messages" moved."""
        record = {**self.short_member(member), **self.unread_record(member)}
        self.to_partner(member["partner_id"], INSERT, {"discuss.channel.member": [record]})

    def fetched(self, member: Row) -> None:
        payload = {
            "channel_id": member["channel_id"],
            "id": member["id"],
            "last_message_id": false(member["fetched_message_id"]),
            "partner_id": member["partner_id"],
        }
        self.to_channel(member["channel_id"], "discuss.channel.member/fetched", payload)

    def opened(self, channel: Row, partner_id: int) -> None:
        store = Store()
        self.add_own(store, channel, self.state.accounts.user_of(partner_id))
        if channel["channel_type"] != "channel":
            for member in self.state.channels.members(channel["id"]):
                if member["partner_id"] != partner_id:
                    store.add("discuss.channel.member", self.member_record(member))
                    self.add_person(store, member["partner_id"])
        self.to_partner(partner_id, INSERT, store.data())

    def joined(self, channel: Row, member: Row, inviter: int | None) -> None:
        payload = self.joined_payload(channel, member, inviter)
        self.to_partner(member["partner_id"], "discuss.channel/joined", payload)
        self.members_changed(channel, added=member)

    def left(self, channel: Row, member: Row) -> None:
        self.told_left(channel, member)
        self.members_changed(channel, removed=member)

    def changed(self, channel: Row, *fields: str) -> None:
        record = {"id": channel["id"], **{name: false(channel[name]) for name in fields}}
        self.to_channel(channel["id"], INSERT, {"discuss.channel": [record]})

    def previewed(self, message: Row) -> None:
        name = "message_link_preview_ids" if self.state.version >= 19 else "linkPreviews"
        ids = [row["id"] for row in self.state.extras.previews(message["id"])]
        store = Store().add("mail.message", {"id": message["id"], name: ids})
        self.add_previews(store, message)
        self.to_thread(message, INSERT, store.data())

    def canned_changed(self, row: Row, *, deleted: bool = False) -> None:
        shown = {name: row[name] for name in ("id", "source", "substitution")}
        record = {"_DELETE": True, "id": row["id"]} if deleted else shown
        partner = self.state.accounts.partner_of(row["create_uid"])
        self.to_partner(partner, INSERT, {"mail.canned.response": [record]})

    def guest_renamed(self, person: int, channels: list[int]) -> None:
        store = Store()
        self.add_name(store, person)
        for channel_id in channels:
            self.to_channel(channel_id, INSERT, store.data())
        self.to_partner(person, INSERT, store.data())

    def message_pinned(self, message: Row) -> None:
        record = {"id": message["id"], "pinned_at": false(message["pinned_at"])}
        self.to_thread(message, INSERT, {"mail.message": [record]})

    def starred(self, message_ids: list[int], partner_id: int, *, on: bool) -> None:
        payload = {"message_ids": message_ids, "starred": on}
        self.to_partner(partner_id, "mail.message/toggle_star", payload)

    def done(self, message_ids: list[int], partner_id: int) -> None:
        left = len(self.state.messages.needaction(partner_id))
        payload = {"message_ids": message_ids, "needaction_inbox_counter": left}
        self.to_partner(partner_id, "mail.message/mark_as_read", payload)

    def presence(self, partner_id: int, shown: str, status: str) -> None:
        payload = {
            "presence_status": status, "im_status": shown, **self.whose_status(partner_id),
        }  # fmt: skip
        key = self.partner_key(partner_id, "presence")
        self.state.bus.send(key, {"type": "bus.bus/im_status_updated", "payload": payload})
