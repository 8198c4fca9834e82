"""Payloads for Odoo 18 and later: stores of records keyed by model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from odoochat.sandbox.database.link_previews import described
from odoochat.sandbox.database.schema import Row
from odoochat.sandbox.database.state import State
from odoochat.sandbox.versions.channels import CHANNEL, MEMBER, OWN_MEMBER, SHORT_MEMBER
from odoochat.sandbox.versions.fields import Facts, false, in_channel
from odoochat.sandbox.versions.files import FILE
from odoochat.sandbox.versions.messages import INBOX_ENTRY, MESSAGE, icon, record_name
from odoochat.sandbox.versions.people import AUTHOR, GUEST, GUEST_STATUS, NAME, ROLES, follower_person
from odoochat.sandbox.versions.people import MEMBER as MEMBER_ROLE
from odoochat.sandbox.versions.polls import add_polls
from odoochat.sandbox.versions.reactions import reaction_groups
from odoochat.sandbox.versions.store import Json, RecordStore


class StorePayloads:
    """Builds payloads for Odoo 18 to 20.

    Args:
        state: the stored data.
    """

    def __init__(self, state: State) -> None:
        self.facts = Facts(state)
        self.capabilities = state.capabilities

    # people

    def add_person(self, store: RecordStore, partner_id: int, role: str = MEMBER_ROLE) -> None:
        """Add a partner and its user, or a guest (negative id), with the fields for a role."""
        shown, row = ROLES[self.facts.version][role], self.facts.partner(partner_id)
        if partner_id < 0:
            record = GUEST[self.facts.version].of(self.facts, row)
            if shown.status:
                record |= GUEST_STATUS[self.facts.version].of(self.facts, row)
            store.add("mail.guest", record)
            return
        store.add("res.partner", shown.partner.of(self.facts, row))
        if shown.user and row["user_id"]:
            store.add("res.users", shown.user.of(self.facts, row))

    # messages

    def add_message(self, store: RecordStore, row: Row, uid: int | None, *, nested: bool = False) -> None:
        """Add a message and the records that it references.

        Args:
            store: the store to add to.
            row: the message row.
            uid: id of the user whose marks are included, None for no user.
            nested: whether the message is added as the parent of a reply.
        """
        facts = self.facts.read_by(uid)._replace(nested=nested)
        store.add("mail.message", MESSAGE[facts.version].of(facts, row))
        for add in _AROUND[facts.version]:
            add(self, store, row, facts)

    def add_reactions(self, store: RecordStore, message: Row, only: str | None = None) -> None:
        """Add a message's reaction groups, and the people who reacted.

        Args:
            store: the store to add to.
            message: the message row.
            only: limit to this emoji; None for all.
        """
        for group in reaction_groups(self.facts, message, only):
            if self.facts.version < 20:  # Odoo 20 embeds reactions in the message
                store.add("MessageReactions", group, "message", "content")
            for person in self.facts.state.marks.reactions(message["id"])[group["content"]]:
                self.add_person(store, person, NAME)

    def add_previews(self, store: RecordStore, message: Row) -> None:
        """Add a message's link previews."""
        for row in self.facts.state.previews.of_message(message["id"]):
            if self.facts.version >= 19:
                join = {"id": row["id"], "link_preview_id": row["id"], "message_id": message["id"]}
                store.add("mail.message.link.preview", join)
                store.add("mail.link.preview", {**described(row), "id": row["id"]})
            else:
                store.add("mail.link.preview", {**described(row), "id": row["id"], "message": message["id"]})

    def add_self_follower(self, store: RecordStore, message: Row, partner_id: int) -> None:
        """Add a partner's follower record for a message's thread, as shown in the inbox."""
        follower = self.facts.state.records.follower(message["model"], message["res_id"], partner_id)
        mine = follower["id"] if follower else False
        thread = {"id": message["res_id"], "model": message["model"], "selfFollower": mine}
        store.add("mail.thread", thread, "model", "id")
        if follower is not None:
            who = follower_person(self.facts, partner_id)
            store.add("mail.followers", {"id": mine, "is_active": True, **who})

    def file(self, row: Row) -> Json:
        """Return an attachment's payload."""
        return FILE[self.facts.version].of(self.facts, row)

    # channels and members

    def add_channel(self, store: RecordStore, channel: Row, uid: int | None) -> None:
        """Add a channel as seen by the user."""
        facts = self.facts.read_by(uid)
        record = CHANNEL[facts.version].of(facts, channel)
        if record.get("group_public_id"):
            store.add("res.groups", {"full_name": "Role / User", "id": 1})
        store.add("discuss.channel", record)

    def add_member(self, store: RecordStore, member: Row) -> None:
        """Add a member as seen by other members, including the person."""
        store.add("discuss.channel.member", MEMBER[self.facts.version].of(self.facts, member))
        self.add_person(store, member["partner_id"])

    def add_members(self, store: RecordStore, channel: Row, *, without: int | None = None) -> None:
        """Add a channel's members, except the given partner's."""
        for member in self.facts.state.members.of_channel(channel["id"]):
            if member["partner_id"] != without:
                self.add_member(store, member)

    def short_member(self, member: Row) -> Json:
        """Return the fields that identify a member in an update."""
        return SHORT_MEMBER[self.facts.version].of(self.facts, member)

    def add_own(self, store: RecordStore, channel: Row, uid: int | None) -> None:
        """Add a channel and the user's membership and, for a thread, its parent channel and starting message."""
        state = self.facts.state
        self.add_channel(store, channel, uid)
        parent = state.channels.get(channel["parent_channel_id"] or 0)
        if parent is not None:
            self.add_own(store, parent, uid)
        source = state.messages.get(channel["from_message_id"] or 0)
        if source is not None:
            self.add_message(store, source, uid)
        member = self.facts.read_by(uid).own_member(channel)
        if member is not None:
            store.add("discuss.channel.member", OWN_MEMBER[self.facts.version].of(self.facts, member))
            self.add_person(store, member["partner_id"])

    def add_last_message(self, store: RecordStore, channel_id: int, uid: int) -> None:
        """Add a channel's newest message."""
        last = self.facts.state.channels.last_message_id(channel_id)
        row = self.facts.state.messages.get(last) if last else None
        if row is not None:
            self.add_message(store, row, uid)

    # responses

    def format(self, messages: list[Row], uid: int | None, *, followers: bool = False) -> Any:
        """Return messages in the format of the history routes: the ids, and a store."""
        store = RecordStore()
        for row in messages:
            self.add_message(store, row, uid)
            if followers and uid is not None:
                self.add_self_follower(store, row, self.facts.state.accounts.partner_of(uid))
        return {"data": store.data(), "messages": [row["id"] for row in messages]}

    def channel_info(self, channel: Row, uid: int | None) -> Json:
        """Return a channel in the format returned by methods that create or join one."""
        store = RecordStore()
        self.add_own(store, channel, uid)
        return store.data()

    def members(self, channel: Row, uid: int | None) -> Json:
        """Return a channel's members."""
        store = RecordStore()
        count = len(self.facts.state.members.of_channel(channel["id"]))
        store.add("discuss.channel", {"id": channel["id"], self.capabilities.count_field: count})
        self.add_members(store, channel)
        return store.data()

    def posted(self, message: Row, uid: int) -> Json:
        """Return the response for /mail/message/post."""
        data = self.updated(message, uid)
        return {"store_data": data, "message_id": message["id"]} if self.facts.version >= 19 else data

    def updated(self, message: Row, uid: int) -> Json:
        """Return the response for /mail/message/update_content."""
        store = RecordStore()
        self.add_message(store, message, uid)
        return store.data()

    def files(self, rows: list[Row]) -> Json:
        """Return a channel's attachments."""
        store = RecordStore()
        for row in rows:
            store.add("ir.attachment", self.file(row))
        return {"store_data": store.data(), "count": len(rows)} if self.facts.version >= 19 else store.data()

    def boot(self, uid: int) -> Json:
        """Return a user's counters and channels."""
        store = RecordStore()
        self.add_boxes(store, uid)
        self.add_channels(store, uid)
        return store.data()

    def add_boxes(self, store: RecordStore, uid: int) -> None:
        """Add the inbox and star counters, with the bus id that a client can subscribe from.

        † Odoo 20 adds counters only if a tab in the messaging menu requests them; otherwise it reports only
        whether any channel is hidden.
        """
        state, me = self.facts.state, self.facts.read_by(uid).me
        rooms = [member for room in state.members.channels_of(me) if (member := state.members.find(room, me))]
        if self.facts.version >= 20:
            store.put("Store", {"has_hidden_channels": any(not member["is_pinned"] for member in rooms)})
            return
        counters = {"inbox": len(state.marks.needaction(me)), "starred": state.marks.starred_count(me)}
        bus_id = state.bus.last_id()
        boxes = {
            name: {"counter": count, "counter_bus_id": bus_id, "id": name, "model": "mail.box"}
            for name, count in counters.items()
        }
        unread = sum(1 for member in rooms if state.members.unread(member))
        store.put("Store", {**boxes, "initChannelsUnreadCounter": unread})

    def add_channels(self, store: RecordStore, uid: int) -> None:
        """Add a user's channels, each with its newest message."""
        me = self.facts.state.accounts.partner_of(uid)
        for channel_id in self.facts.state.members.channels_of(me):
            channel = self.facts.channel(channel_id)
            self.add_own(store, channel, uid)
            if channel["channel_type"] == "chat":
                self.add_members(store, channel, without=me)
            self.add_last_message(store, channel_id, uid)

    def versioned(self, store: Json) -> Json:
        """Return a store in its final form, ready to send.

        † In Odoo 20, the store identifies the snapshot it was read from, so that a client can detect stale values.
        """
        if not self.capabilities.snapshots:
            return store
        moment = str(1000 + self.facts.state.bus.last_id())
        snapshot = {"xmin": moment, "xmax": moment, "xip_bitmap": "", "current_xact_id": moment}
        return {**store, "__store_version__": {"snapshot": snapshot, "written_fields_by_record": {}}}


# Records referenced by a message, in the order in which each version adds them.

_Add = Callable[[StorePayloads, RecordStore, Row, Facts], None]


def _files(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    for file in facts.state.files.of_message(row["id"]):
        store.add("ir.attachment", payloads.file(file))


def _subtype(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    store.add("mail.message.subtype", {"description": False, "id": row["subtype_id"]})


def _thread(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    shown: Json = {"module_icon": icon(facts, row)} if facts.version < 20 else {"has_mail_thread": True}
    if facts.version >= 19:
        shown["display_name"] = record_name(facts, row)
    store.add("mail.thread", {"id": row["res_id"], "model": row["model"], **shown}, "model", "id")


def _author(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    if row["author_id"]:
        payloads.add_person(store, row["author_id"], AUTHOR)


def _recipients(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    for partner in facts.state.marks.partners(row["id"]):
        payloads.add_person(store, partner, NAME)


def _entries(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    for entry in facts.state.marks.notifications(row["id"]):
        store.add("mail.notification", INBOX_ENTRY[facts.version].of(facts, entry))


def _notified(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    # Odoo 19 and later add each entry along with its partner.
    for entry in facts.state.marks.notifications(row["id"]):
        store.add("mail.notification", INBOX_ENTRY[facts.version].of(facts, entry))
        partner = facts.partner(entry["partner_id"])
        shown = {"id": partner["id"], "name": partner["name"], "email": false(partner["email"])}
        mentioned = in_channel(row) or partner["id"] in facts.state.marks.partners(row["id"])
        if mentioned:
            shown |= ROLES[facts.version][NAME].partner.of(facts, partner)
        store.add("res.partner", shown)


def _reactions(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    payloads.add_reactions(store, row)


def _previews(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    payloads.add_previews(store, row)


def _parent(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    parent = facts.parent(row)
    if parent is not None:
        payloads.add_message(store, parent, facts.uid, nested=True)


def _polls(payloads: StorePayloads, store: RecordStore, row: Row, facts: Facts) -> None:
    for start in add_polls(store, row, facts):
        payloads.add_message(store, start, facts.uid)


_AROUND: dict[int, tuple[_Add, ...]] = {
    18: (_files, _thread, _author, _recipients, _entries, _reactions, _previews, _parent),
    19: (_files, _subtype, _thread, _author, _reactions, _previews, _notified, _parent),
}
_AROUND[20] = (*_AROUND[19], _polls)
