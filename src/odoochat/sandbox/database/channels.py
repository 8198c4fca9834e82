"""Channels and their members."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable

from odoochat.sandbox.database.accounts import Accounts
from odoochat.sandbox.database.schema import Database, Row, marks

_IN_CHANNEL = "model IN ('mail.channel', 'discuss.channel')"  # of a message, not of a record's


class Channels:
    """The channels of one database and their members; storing them notifies no client."""

    def __init__(
        self, db: Database, now: Callable[[], str], accounts: Accounts, *, grouped: Callable[[], bool]
    ) -> None:
        self._db = db
        self._now = now
        self._accounts = accounts
        self._grouped = grouped  # whether a channel's group of readers binds its members too, as since 17

    def create(
        self,
        name: str,
        channel_type: str = "channel",
        *,
        creator: int = 1,
        public: str | None = None,
        partners: Iterable[int] = (),
        description: str | None = None,
        parent: int | None = None,
        from_message: int | None = None,
        long_uuid: bool = False,
    ) -> int:
        """Create a new channel with these partners in it; returns its id."""
        now = self._now()
        channel_id = self._db.insert(
            "channel", name=name, channel_type=channel_type, create_uid=creator, description=description,
            public=public or ("groups" if channel_type == "channel" else "private"),
            uuid=str(uuid.uuid4()) if long_uuid else secrets.token_urlsafe(8)[:10], parent_channel_id=parent,
            from_message_id=from_message, last_interest_dt=now, create_date=now, write_date=now,
        )  # fmt: skip
        for partner in dict.fromkeys(partners):
            self.add(channel_id, partner)
        return channel_id

    def get(self, channel_id: int) -> Row | None:
        """Return a channel that was not deleted."""
        return self._db.row("SELECT * FROM channel WHERE id = ? AND active", channel_id)

    def all(self) -> list[Row]:
        """Return every channel."""
        return self._db.rows("SELECT * FROM channel WHERE active ORDER BY id")

    def by_name(self, name: str) -> Row | None:
        """Return the channel of a name."""
        return self._db.row("SELECT * FROM channel WHERE name = ? AND active", name)

    def change(self, channel_id: int, **values: object) -> None:
        """Write some fields."""
        self._db.update("channel", channel_id, write_date=self._now(), **values)

    def delete(self, channel_id: int) -> None:
        """Remove a channel, its members and messages."""
        self._db.run("DELETE FROM channel WHERE id = ?", channel_id)
        self._db.run("DELETE FROM member WHERE channel_id = ?", channel_id)
        self._db.run(f"DELETE FROM message WHERE res_id = ? AND {_IN_CHANNEL}", channel_id)

    # members

    def add(self, channel_id: int, partner_id: int, *, pinned: bool = True) -> Row:
        """Add a member; returns the new or existing record."""
        found = self.member(channel_id, partner_id)
        if found is not None:
            return found
        now = self._now()
        self._db.insert(
            "member", channel_id=channel_id, partner_id=partner_id, last_interest_dt=now, create_date=now,
            write_date=now, is_pinned=int(pinned), unpin_dt=None if pinned else now,
        )  # fmt: skip
        made = self.member(channel_id, partner_id)
        assert made is not None
        return made

    def remove(self, member_id: int) -> None:
        """Remove a member."""
        self._db.run("DELETE FROM member WHERE id = ?", member_id)

    def member(self, channel_id: int, partner_id: int) -> Row | None:
        """Return the member record of a partner in a channel."""
        return self._db.row("SELECT * FROM member WHERE channel_id = ? AND partner_id = ?", channel_id, partner_id)

    def member_by_id(self, member_id: int) -> Row | None:
        """Return a member record."""
        return self._db.row("SELECT * FROM member WHERE id = ?", member_id)

    def members(self, channel_id: int) -> list[Row]:
        """Return all members of a channel, by id."""
        return self._db.rows("SELECT * FROM member WHERE channel_id = ? ORDER BY id", channel_id)

    def all_members(self) -> list[Row]:
        """Return all member records, by id."""
        return self._db.rows("SELECT * FROM member ORDER BY id")

    def partners(self, channel_id: int) -> list[int]:
        """Return the partner ids in a channel."""
        return self._db.column(
            "SELECT partner_id FROM member WHERE channel_id = ? AND partner_id > 0 ORDER BY id", channel_id
        )

    def change_member(self, member_id: int, **values: object) -> Row:
        """Write some fields of a member; returns the new record."""
        self._db.update("member", member_id, write_date=self._now(), **values)
        changed = self.member_by_id(member_id)
        assert changed is not None
        return changed

    def of(self, partner_id: int) -> list[int]:
        """Return ids of the channels of a partner."""
        return self._db.column(
            "SELECT m.channel_id FROM member m JOIN channel c ON c.id = m.channel_id"
            " WHERE m.partner_id = ? AND c.active ORDER BY m.channel_id", partner_id,
        )  # fmt: skip

    def threads(
        self, parent_id: int, *, term: str | None = None, before: int | None = None, limit: int | None = None
    ) -> list[Row]:
        """Return the threads below a channel, newest first."""
        return self._db.rows(
            "SELECT * FROM channel WHERE parent_channel_id = ? AND active AND (? IS NULL OR id < ?)"
            " AND (? IS NULL OR found_in(name, ?)) ORDER BY id DESC LIMIT ?",
            parent_id, before, before, term, term or "", -1 if limit is None else limit,
        )  # fmt: skip

    def is_favorite(self, member_id: int) -> bool:
        """Return whether a channel is a favourite of its member (20)."""
        return self._db.value("SELECT 1 FROM favorite WHERE member_id = ?", member_id) is not None

    def favor(self, member_id: int, *, on: bool) -> bool:
        """Mark a channel as a favourite or not; returns whether that changed."""
        if self.is_favorite(member_id) == on:
            return False
        self._db.run("DELETE FROM favorite WHERE member_id = ?", member_id)
        if on:
            self._db.insert("favorite", member_id=member_id)
        return True

    # questions

    def readable(self, uid: int | None, channel: Row | None) -> bool:
        """Return whether a user may read the channel, as members do, and employees when it is open to them."""
        if channel is None or uid is None:
            return False
        if self._closed_to(uid, channel):
            return False
        if self.member(channel["id"], self._accounts.partner_of(uid)) is not None:
            return True
        open_to_all = channel["channel_type"] == "channel" and channel["public"] != "private"
        return open_to_all and self._accounts.is_internal(uid)

    def _closed_to(self, uid: int, channel: Row) -> bool:
        # A channel with a group of readers is closed to a portal user even as its member (seen on live 19).
        grouped = channel["channel_type"] == "channel" and channel["public"] == "groups"
        return grouped and uid > 0 and self._grouped() and not self._accounts.is_internal(uid)

    def readable_ids(self, uid: int) -> set[int]:
        """Return all channels this user may read."""
        open_ids: list[int] = []
        if self._accounts.is_internal(uid):
            open_ids = self._db.column(
                "SELECT id FROM channel WHERE active AND channel_type = 'channel' AND public != 'private'"
            )
        mine = self.of(self._accounts.partner_of(uid))
        if uid > 0 and self._grouped() and not self._accounts.is_internal(uid):
            mine = [room for room in mine if not self._closed_to(uid, self.get(room) or {})]
        return {*open_ids, *mine}

    def find_chat(self, partners: Iterable[int]) -> int | None:
        """Return the direct chat of exactly these partners."""
        wanted = sorted(set(partners))
        chats = self._db.column("SELECT id FROM channel WHERE channel_type = 'chat' AND active ORDER BY id")
        return next((chat for chat in chats if sorted(self.partners(chat)) == wanted), None)

    def chat_name(self, partners: Iterable[int]) -> str:
        """Return the name that Odoo stores for a chat: the names of all members, in descending order of their ids."""
        found = self._db.rows(f"SELECT name FROM partner WHERE id IN ({marks(set(partners))}) ORDER BY name")
        return ", ".join(row["name"] for row in found)

    def unread(self, member: Row) -> int:
        """Return how many messages others posted since this member read the channel."""
        count: int = self._db.value(
            f"SELECT COUNT(*) FROM seen_message WHERE res_id = ? AND {_IN_CHANNEL} AND id >= ? AND message_type NOT IN"
            " ('notification', 'user_notification') AND subtype_id = 1",
            member["channel_id"], max(member["new_message_separator"], 0),
        )  # fmt: skip
        return count

    def last_message_id(self, channel_id: int) -> int | None:
        """Return the newest message of a channel."""
        found: int | None = self._db.value(
            f"SELECT MAX(id) FROM seen_message WHERE res_id = ? AND {_IN_CHANNEL}", channel_id
        )
        return found
